"""Every place that shows a dose names every drug that is taken on its day with its dose, and none that is not."""

from __future__ import annotations

import re

import pytest

from tests.makers_plans import CROSSOVER, STORY, THREE, TOGETHER
from tests.web.dose_places import PLACES, Life, Place

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
MG = r"[\d.]+ mg(?! (?:tablet|capsule|wafer|film)|/ml)"


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
    # The calendar of one drug names it once, above its days.
    above = drugs[0] if place.how == "drug" and len(drugs) == 1 else ""
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
