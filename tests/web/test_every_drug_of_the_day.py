"""Every place that shows a dose names every drug that is taken on its day with its dose, and none that is not."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from tests.makers_plans import CROSSOVER, STORY, THREE, TOGETHER
from tests.web.dose_places import PLACES, Place, answer, document, piece, said
from tests.web.lives import Life
from tests.web.markup import tight

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("standing_clock")]

LIVES = {
    "one drug": (STORY, 20, ""),
    "before a crossover": (CROSSOVER, 0, ""),
    "within a crossover": (CROSSOVER, 8, ""),
    "after a crossover": (CROSSOVER, 30, ""),
    "two drugs": (TOGETHER, 1, ""),
    "three drugs": (THREE, 1, ""),
    "held within a crossover": (CROSSOVER, 8, "hold"),
    "two drugs, stepped back": (TOGETHER, 20, "step_back"),
}
# A strength is no dose: "one 0.5 mg tablet", "a 1 mg/mL solution".
MG = r"[\d.]+ mg(?! (?:tablet|orally|odt|capsule|film)|/ml)"


def doses_in(text: str, drugs: tuple[str, ...], drug: str = "") -> set[tuple[str, str]]:
    """Every dose that a text gives, with the drug that stands before it; `drug` is named before the text begins."""
    found = set()
    for token in re.findall(rf"\b(?:{'|'.join(drugs)})\b|{MG}", text):
        if token in drugs:
            drug = token
        else:
            found.add((drug, token.removesuffix(" mg")))
    return found


def faults(life: Life, place: Place) -> str:
    """What a place says that it must not, or leaves out; empty where it is right."""
    try:
        text = place.text(life)
    except AssertionError as nothing:
        return str(nothing)
    drugs = life.schedule.drugs
    # A calendar of one drug (one that is left, too) names it once, above its days.
    left = life.schedule.as_of(life.today).drugs
    above = left[0] if place.how == "drug" and len(left) == 1 else ""
    shown, wanted = doses_in(text, drugs, above), set(place.wanted(life))
    if place.how == "drug" and above:
        # Its days end with what they add up to.
        shown -= {(above, dose.text) for _, dose in place.step(life).day} - wanted
    return "" if shown == wanted else f"{sorted(wanted)} wanted in: {text[:300]}"


@pytest.mark.slow
@pytest.mark.parametrize("name", LIVES)
def test_every_place_names_each_drug_of_the_day_with_its_dose_and_no_other(name):
    life = Life(*LIVES[name])
    found = {where: faults(life, place) for where, place in PLACES.items()}
    assert {where: fault for where, fault in found.items() if fault} == {}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("size", ["normal", "large"])
@pytest.mark.parametrize("kind", ["calendar", "pharmacy", "summary"])
@pytest.mark.parametrize("name", ["one drug", "within a crossover", "three drugs"])
def test_every_document_names_each_drug_and_reads_back_right_day_by_day(name, kind, size):
    life = Life(*LIVES[name])
    text, found = document(life, kind, size)
    assert found == ()
    several = len(life.schedule.drugs) > 1
    wanted = [(one.drug, one.dose.text) for one in life.step.doses]
    if kind == "pharmacy":
        wanted = [(drug, dose.text) for drug, dose in life.step.day]
    for drug, mg in wanted:
        # A calendar has a column for each drug: its reading back has compared every cell with its head.
        together = {f"{drug} {mg} mg", f"{mg} mg {drug}"} if several and kind != "calendar" else {f"{mg} mg"}
        assert drug in text
        assert any(said in text for said in together), (drug, mg)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["one drug", "before a crossover", "three drugs"])
def test_the_command_names_each_drug_in_every_format(name, tmp_path):
    life = Life(*LIVES[name])
    first = life.schedule.steps[0]
    table = answer(life, "table", tmp_path)
    assert all(f"{dose.text} mg {drug}" in table.splitlines()[1] for drug, dose in first.day)
    rows = [row for row in csv.DictReader(io.StringIO(answer(life, "csv", tmp_path))) if row["n"] == "1"]
    assert [(row["drug"], row["dose_mg"]) for row in rows] == [(d.drug, d.dose.text) for d in first.doses]
    total = json.loads(answer(life, "json", tmp_path))["steps"][0]["total_mg"]
    assert {drug: mg for drug, mg in total.items() if mg != "0"} == {d: mg.text for d, mg in first.day}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["one drug", "two drugs", "within a crossover"])
def test_what_is_still_to_dispense_names_its_drug(name):
    life = Life(*LIVES[name])
    lines = re.findall(r"Still to dispense: ([^<]*)</th>", life.change_page())
    assert lines
    assert all(line.lower().startswith(life.schedule.drugs) for line in lines)
    moved = re.search(r"To dispense</th>(.*?)</tr>", life.get(f"/items/{life.item.pk}"), re.DOTALL)
    assert moved is not None
    assert all(f"× {drug}" in said(moved[1]) for drug in {line.split()[0].lower() for line in lines})


@pytest.mark.slow
@pytest.mark.parametrize(("story", "ago"), [(TOGETHER, 10), (CROSSOVER, 0), (THREE, 10)])
def test_the_month_marks_each_day_on_which_the_dose_of_any_drug_changes(story, ago):
    life = Life(story, ago)
    page = life.phone.get("/p/").content.decode()
    days = {int(n) for n in re.findall(r'<td class="change">(\d+)', tight(page))}
    month = life.today.replace(day=1)
    changes = [step.start for step in life.schedule if life.schedule.changes(step)]
    assert days == {day.day for day in changes if day.replace(day=1) == month}
    assert days


@pytest.mark.slow
def test_a_plan_that_stays_names_each_drug_it_stays_on():
    life = Life(TOGETHER, 1, "stop_here")
    text = piece(r"<dt>Stays at</dt><dd>(.*?)<small>", life.plan_page)
    assert doses_in(text, life.schedule.drugs) == {(drug, dose.text) for drug, dose in life.step.day}
    assert "no lorazepam" not in said(life.phone.get("/p/calendar").content.decode())
