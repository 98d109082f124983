"""Plans and names that need more room: they are laid out differently and read back, never clipped and never refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise, product

import pytest

from plans.documents.kinds import draw, read_back
from plans.documents.readback.pdf import read_pages
from plans.domain.amounts import Dose, Volume
from plans.domain.documents.calendar import DayMark, mark_of
from plans.domain.documents.kinds import KINDS
from plans.domain.documents.visit import Decided
from plans.domain.taper.amendments import ChangeProducts, amend
from plans.domain.taper.products import Form, Product, Take
from plans.domain.taper.revisions import hold
from plans.domain.taper.schedule import StepKind
from plans.domain.taper.weekdays import Weekdays
from plans.wording.documents import after_last_day, calendar_words
from plans.wording.visit_summary import sections
from tests.documents.pictures import VISIT
from tests.documents.plans import (
    DIAZEPAM,
    LONG,
    MID,
    SOLUTION,
    TABLET,
    E,
    M,
    N,
    assert_sound,
    clonazepam,
    facts,
    many_doses,
    measured,
    of_kind,
    schedule,
    solid,
    two_bottles,
)
from tests.domain.taper.asking import built

EVERY_LOOK = [
    {"paper": paper, "large": large, "language": language, "words": calendar_words(language)}
    for paper, large, language in product(("a4", "letter"), (False, True), ("en", "es"))
]


def texts(pdf):
    return [run.text for page in read_pages(pdf) for run in page.all_runs()]


@pytest.mark.slow
@pytest.mark.parametrize(
    "look", EVERY_LOOK, ids=lambda look: f"{look['paper']}-{look['large']}-{look['language']}"
)
@pytest.mark.parametrize("plan", [many_doses, two_bottles, clonazepam])
def test_many_doses_many_products_and_long_names_are_drawn_in_every_look(plan, look):
    made = plan()
    after = after_last_day(made, look["words"])
    assert_sound(
        facts(made, after_last_day=after, follow_up=(date(2027, 1, 13), date(2027, 1, 20)), **LONG, **look)
    )


@pytest.mark.slow
def test_with_two_bottles_every_dose_says_which_one():
    said = texts(draw(facts(two_bottles())))
    assert "oral solution, 1 mg in each mL" in said
    assert any(text.startswith("oral concentrate, 5 mg in each") for text in said)


def test_a_number_never_leaves_its_unit_in_the_heads_of_a_pharmacy_sheet():
    steps = [(7, StepKind.START, [(M, [solid(TABLET, 4)]), (N, [solid(DIAZEPAM, 4)])])]
    plan = schedule(date(2027, 1, 4), steps, [TABLET, DIAZEPAM])
    said = texts(draw(of_kind(facts(plan), "pharmacy")))
    assert not [
        pair for pair in pairwise(said) if pair[0].endswith((" 2", " 0.5")) and pair[1].startswith("mg")
    ]
    assert "2 mg tablets" in said


def test_what_to_go_on_taking_names_each_drug_of_two():
    plan = schedule(
        date(2027, 1, 4),
        [(7, StepKind.START, [(M, [solid(TABLET, 4)]), (N, [solid(DIAZEPAM, 4)])])],
        [TABLET, DIAZEPAM],
    )
    said = after_last_day(plan, calendar_words("en")).replace("\u00a0", " ")
    assert "clonazepam 0.5 mg in the morning and diazepam 2 mg at night" in said


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
def test_every_planned_visit_stands_in_the_list_and_on_the_page_of_its_day(large):
    visits = (*(date(2026, 12, day) for day in (1, 4, 9, 11, 15, 18, 22, 29)), date(2027, 5, 30))
    given = facts(clonazepam(), large=large, follow_up=visits)
    pdf = draw(given)
    assert read_back(pdf, given) == ()
    assert sum("30 May 2027" in text for text in texts(pdf)) >= 1
    missing = replace(given, follow_up=(*visits, date(2027, 1, 3)))
    assert {finding.facts["what"] for finding in read_back(pdf, missing)} == {"list", "page"}


@pytest.mark.slow
def test_a_long_word_on_what_comes_next_moves_the_calendar_to_pages_with_room_for_it():
    after = "Do not stop: keep taking what you take on the last day until we have spoken, we telephone you that week. "
    steps = [(13, StepKind.START, [(M, [solid(TABLET, 4)])])]
    plan = schedule(date(2027, 1, 18), steps, [TABLET])
    assert_sound(facts(plan, after_last_day=after * 2))
    assert_sound(facts(plan, after_last_day=after * 2, large=True))


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(
    "note",
    [
        "The patient asked whether the plan may wait until the spring, and why. " * 28,
        "x" * 2000,
        "<b>A <b &amp; <img src='/etc/passwd'/> ${7*7} %s {0} '; DROP TABLE plans",
    ],
    ids=["long", "one word", "hostile"],
)
def test_a_note_stands_on_a_visit_summary_whole_and_as_it_was_typed(note, large):
    words = calendar_words("en")
    visit = replace(VISIT, decided=(Decided(date(2027, 1, 19), "plan_changed", note),))
    given = facts(clonazepam(), large=large, sections=sections(clonazepam(), visit, words))
    pdf = draw(of_kind(given, "summary"))
    assert read_back(pdf, of_kind(given, "summary")) == ()
    column = [run.text for page in read_pages(pdf) for run in page.runs if not run.bold]
    assert note.replace(" ", "")[-40:] in "".join(column).replace(" ", "")


@pytest.mark.slow
@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_three_quarters_of_a_tablet_with_a_long_name_have_room_in_large_print_in_every_language(paper):
    five = Product("chlordiazepoxide", Form.TABLET, Dose.parse("5"), split=4)
    low = Product("chlordiazepoxide", Form.TABLET, Dose.parse("0.5"), split=2)
    capsule = Product("chlordiazepoxide", Form.CAPSULE, Dose.parse("1"))
    taken = [(M, [solid(five, 11), solid(low, 10), solid(capsule, 8)]), (N, [solid(DIAZEPAM, 6)])]
    plan = schedule(date(2027, 1, 4), [(7, StepKind.START, taken)], [five, low, capsule, DIAZEPAM])
    for language in ("en", "es"):
        assert_sound(facts(plan, large=True, paper=paper, language=language, words=calendar_words(language)))


@pytest.mark.slow
def test_no_line_of_any_document_begins_with_a_unit_that_left_its_number():
    words = calendar_words("es")
    typed = "Keep taking 0.375 mg at night, or 0.4 mL of the solution, " * 6
    given = facts(
        clonazepam(), large=True, language="es", words=words, after_last_day=typed,
        sections=sections(clonazepam(), VISIT, words),
    )  # fmt: skip
    for kind in KINDS:
        pdf = draw(of_kind(given, kind))
        assert not [text for text in texts(pdf) if text.startswith(("mg", "mL"))], kind
        assert read_back(pdf, of_kind(given, kind)) == ()


@pytest.mark.slow
def test_a_mark_beside_the_lines_of_a_bottle_does_not_part_them_for_the_reader():
    weak = Product("clonazepam", Form.SOLUTION, Dose.parse("0.125"), step_ml=Volume(100))
    strong = Product("clonazepam", Form.SOLUTION, Dose.parse("1"), step_ml=Volume(100))
    little = [measured(100, weak)]
    every = [(M, [measured(1600, weak)]), (MID, little), (E, little), (N, little)]
    both = [(M, [measured(1200, strong), measured(1400, weak)]), (E, [measured(400, weak)])]
    steps = [(7, StepKind.START, every), (7, StepKind.STEP_BACK, both)]
    plan = schedule(date(2028, 7, 16), steps, [strong, weak])
    assert_sound(facts(plan, language="es", words=calendar_words("es"), week_starts=6))


@pytest.mark.slow
@pytest.mark.parametrize("microlitres", [50, 1550, 10050])
@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_a_long_name_of_a_drug_and_the_milligrams_of_its_volume_have_a_line_each(paper, microlitres):
    weak = Product("chlordiazepoxide", Form.SOLUTION, Dose.parse("0.125"), step_ml=Volume(50))
    small = Product("diazepam", Form.TABLET, Dose.parse("0.125"))
    taken = [(MID, [solid(small, 4)]), (MID, [measured(microlitres, weak)])]
    plan = schedule(date(2026, 1, 2), [(1, StepKind.START, taken), (1, StepKind.STOP, [])], [weak, small])
    for language in ("en", "es"):
        words = calendar_words(language)
        assert_sound(facts(plan, paper=paper, language=language, words=words))


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
@pytest.mark.parametrize(
    "hours",
    [
        "Monday to Thursday 8:00 to 12:30 and 13:30 to 17:45, Friday 8:00 to 12:00",
        (
            "Monday 8:00 to 12:00, Tuesday 13:00 to 19:00, Wednesday 8:00 to 12:00, Thursday 13:00 to 19:00, "
            "Friday 9:00 to 11:30, Saturday 10:00 to 11:00"
        ),
    ],
    ids=["two lines", "longer"],
)
def test_opening_hours_of_every_length_are_no_reason_to_refuse(hours, large):
    for look in ({}, LONG):
        given = facts(clonazepam(), clinic_hours=hours, large=large, **look)
        pdf = draw(given)
        assert read_back(pdf, given) == ()
        assert hours in " ".join(run.text for run in read_pages(pdf)[0].runs)


def test_a_day_of_many_doses_from_two_bottles_each_has_its_page_in_large_print() -> None:
    def bottle(drug: str, strength: str, step: int) -> Product:
        return Product(drug, Form.SOLUTION, Dose.parse(strength), step_ml=Volume(step))

    shelf = {
        drug: [bottle(drug, "0.5", 50), bottle(drug, "0.125", 50)]
        for drug in ("chlordiazepoxide", "diazepam")
    }
    regimen = [
        (time, [Take(product, volume=Volume(550)) for product in shelf[drug]])
        for time in (M, MID, E, N)
        for drug in shelf
    ]
    plan = schedule(
        date(2028, 2, 23), [(7, StepKind.START, regimen)], [one for drug in shelf for one in shelf[drug]]
    )
    assert_sound(facts(plan, large=True, language="es", words=calendar_words("es")))


@pytest.mark.parametrize("language", ["en", "es"])
def test_four_visits_in_a_week_across_two_months_have_room_in_large_print(language: str) -> None:
    plan = schedule(date(2026, 9, 28), [(7, StepKind.START, [(M, [solid(TABLET, 4)])])], [TABLET])
    visits = tuple(date(2026, 9, day) for day in (29, 30)) + tuple(date(2026, 10, day) for day in (2, 3))
    given = facts(plan, large=True, language=language, words=calendar_words(language), follow_up=visits)
    assert_sound(given)


def test_the_dates_of_a_week_keep_clear_of_the_year_of_birth_over_a_single_visit() -> None:
    # the head of 25 April to 1 May: the longest dates there are, in the largest letters
    plan = schedule(date(2027, 4, 18), [(21, StepKind.START, [(M, [solid(TABLET, 4)])])], [TABLET])
    visits = (date(2027, 4, 18), date(2027, 5, 1))
    given = facts(plan, large=True, paper="a4", language="es", words=calendar_words("es"), week_starts=6)
    assert_sound(replace(given, follow_up=visits))


@pytest.mark.slow
def test_a_tablet_that_is_broken_otherwise_from_a_day_on_has_one_sign_and_one_line():
    """Other products for the same drug: the pharmacy's tablet can no longer be halved. Its calendar once never read
    back, so that it was never offered."""
    regimen = [{"time": "midday", "drug": "estazolam", "dose_mg": "5"}]
    tablets = [{"drug": "estazolam", "form": "tablet", "strength_mg": mg, "split": 2} for mg in ("1", "2")]
    taper = built(regimen=regimen, products=tablets)
    day = taper.schedule.start + timedelta(days=20)
    products = tuple(
        replace(one, split=1 if one.strength.text == "2" else 2) for one in taper.schedule.products
    )
    changed = amend(taper.request, taper.schedule, [ChangeProducts(day, products=products)]).schedule
    assert {take.product.split for step in changed for dose in step.doses for take in dose.take} == {1, 2}
    shown = changed.each_once().as_of(day)
    assert_sound(
        facts(
            shown, made_on=day, fills_from=day, previous=taper.schedule, previous_made_on=taper.schedule.start
        )
    )


def test_days_off_are_read_back_where_the_tablets_stand_in_a_table():
    """So many tablets that cells hold milligrams alone: a day without a dose has no row. Its calendar once never read
    back, so that it was never offered."""
    doses = {"morning": "40", "evening": "40", "night": "40", "bedtime": "25"}
    regimen = [{"time": time, "drug": "zolpidem", "dose_mg": mg} for time, mg in doses.items()]
    rows = [{"days": 28, "doses": regimen, "days_of_week": ["monday", "tuesday"]}, {"days": 1, "doses": []}]
    products = [{"drug": "zolpidem", "form": "tablet", "strength_mg": mg} for mg in ("10", "5")]
    plan = built(regimen=regimen, products=products, method={"name": "typed", "rows": rows}).schedule
    assert_sound(facts(plan))


WEEKLY = (Weekdays.named(["monday"]), Weekdays.named(["friday"]))


@pytest.mark.parametrize("days", [14, 60])
@pytest.mark.parametrize("large", [False, True])
def test_a_volume_of_a_day_of_the_week_that_never_comes_is_neither_drawn_nor_missed(
    days: int, large: bool
) -> None:
    """A step of three days from a Monday on has no Friday. Its calendar once never read back, so that it was never
    offered."""
    plan = schedule(
        date(2027, 1, 4),
        [
            (3, StepKind.START, [(M, [measured(1800)]), (N, [measured(2000)])]),
            (days, StepKind.CUT, [(M, [measured(1000)]), (N, [measured(2000)])]),
        ],
        [SOLUTION],
    )
    first = plan.steps[0]
    monday, friday = (replace(dose, weekdays=when) for dose, when in zip(first.doses, WEEKLY, strict=True))
    plan = replace(plan, steps=(replace(first, doses=(monday, friday)), *plan.steps[1:]))
    plan = replace(plan, steps=(plan.steps[0], replace(plan.steps[1], doses=(plan.steps[1].doses[0],))))
    given = facts(plan, large=large, made_on=plan.start)
    assert_sound(given)
    said = texts(draw(of_kind(given, "calendar")))
    assert not any("fill to 2 mL" in text for text in said)
    assert any("fill to 1.8 mL" in text for text in said)


def test_the_rest_of_a_step_made_of_other_tablets_is_no_hold_to_anybody_who_reads_it() -> None:
    """Nobody asked for a hold: the pharmacy has other tablets. Every day until the next cut said HOLD."""
    taper = built(
        regimen=[{"time": "night", "drug": "diazepam", "dose_mg": "20"}],
        products=[{"drug": "diazepam", "form": "tablet", "strength_mg": "5", "split": 2}],
    )
    day = taper.schedule.start + timedelta(days=3)
    fives = Product("diazepam", Form.TABLET, Dose.parse("5"), split=2)
    tens = Product("diazepam", Form.TABLET, Dose.parse("10"), split=4)
    changed = amend(taper.request, taper.schedule, [ChangeProducts(day, products=(tens, fives))]).schedule
    rest = changed.steps[1]
    assert (rest.start, rest.kind, changed.held(rest)) == (day, StepKind.HOLD, False)
    assert changed.as_read().steps[1].kind is StepKind.START
    assert mark_of(changed, rest) is None
    shown = changed.each_once().as_of(day)
    given = facts(
        shown, made_on=day, fills_from=day, previous=taper.schedule, previous_made_on=taper.schedule.start
    )
    assert_sound(given)
    for kind in ("calendar", "pharmacy"):
        assert not [text for text in texts(draw(of_kind(given, kind))) if "HOLD" in text]
    held = hold(changed, from_day=day, days=7)
    assert [mark_of(held, step) for step in held.steps[1:3]] == [None, DayMark.HOLD]


def test_a_hold_that_was_asked_for_is_still_called_one() -> None:
    plan = clonazepam()
    (step,) = [step for step in plan if step.kind is StepKind.HOLD]
    assert plan.as_read() is plan
    assert mark_of(plan, step) is DayMark.HOLD
