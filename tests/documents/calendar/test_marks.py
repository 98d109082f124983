"""Signs and marks of a day: no two products share a sign, a day with two marks shows both, and with two drugs every
time of day keeps its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from plans.documents.calendar import document as calendar
from plans.documents.calendar.context import CalendarContext
from plans.documents.engine import signs
from plans.documents.kinds import draw, read_back
from plans.documents.readback.pdf import OUTLINES, read_pages
from plans.domain.amounts import Dose
from plans.domain.documents.calendar import shown_days
from plans.domain.taper.products import Form, Product
from plans.domain.taper.schedule import StepKind
from plans.wording.documents import calendar_words
from tests.documents.plans import (
    DIAZEPAM,
    MID,
    QUARTERS,
    SOLUTION,
    TABLET,
    M,
    N,
    assert_sound,
    facts,
    many_doses,
    measured,
    schedule,
    solid,
)

START, CUT, HOLD, STOP = StepKind.START, StepKind.CUT, StepKind.HOLD, StepKind.STOP
STAGE = StepKind.CROSSOVER
FIRST = date(2026, 12, 14)
STRENGTHS = ("1", "2", "4", "5", "10", "15", "20", "30", "40")


def of_products(count):
    """A week of one drug in so many strengths, quartered, halved and whole by turns."""
    products = [Product("diazepam", Form.TABLET, Dose.parse(mg), split=4) for mg in STRENGTHS[:count]]
    steps = [
        (3, START if n == 0 else CUT, [(N, [solid(product, quarters)])])
        for n, (product, quarters) in enumerate(
            zip(reversed(products), (4, 3, 2, 1, 4, 3, 2, 1, 8), strict=False)
        )
    ]
    return facts(schedule(FIRST, steps, products))


def test_every_product_of_a_plan_has_a_sign_of_its_own():
    assert len(set(OUTLINES)) == len(OUTLINES) == signs.KINDS
    given = of_products(signs.KINDS)
    pdf = draw(given)
    assert read_back(pdf, given) == ()
    page = read_pages(pdf)[1]
    assert {outline for form in page.forms for outline, _ in form.signs} == set(OUTLINES)


@pytest.mark.slow
def test_a_product_beyond_the_last_sign_is_named_in_words_alone():
    given = of_products(signs.KINDS + 1)
    assert read_back(draw(given), given) == ()
    assert read_back(draw(replace(given, large=True)), replace(given, large=True)) == ()


def test_the_sign_of_another_product_is_caught():
    # The same products in another order: every word is right, every sign is another one.
    given = of_products(6)
    products = given.schedule.products
    turned = replace(given.schedule, products=products[1:] + products[:1])
    found = read_back(draw(replace(given, schedule=turned)), given)
    assert "signs" in {finding.code for finding in found}


def two_marks(last_step):
    doses = [(M, [solid(TABLET, 4)]), (N, [solid(TABLET, 8)])]
    return schedule(FIRST, [(14, START, doses), last_step, (1, STOP, [])], [TABLET])


HELD = two_marks((8, HOLD, [(M, [solid(TABLET, 4)]), (N, [solid(TABLET, 8)])]))
CHANGED = two_marks((1, CUT, [(M, [solid(TABLET, 2)]), (N, [solid(TABLET, 8)])]))
ONE_DAY = schedule(
    FIRST, [(1, START, [(M, [solid(TABLET, 6)]), (N, [solid(TABLET, 8)])]), (1, STOP, [])], [TABLET]
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "look", [{}, {"low_ink": True, "paper": "letter"}, {"large": True}], ids=["normal", "low-ink", "large"]
)
@pytest.mark.parametrize(
    ("plan", "words"),
    [(HELD, "HOLD same dose"), (CHANGED, "NEW DOSE"), (ONE_DAY, "START")],
    ids=["held", "changed", "one-day"],
)
def test_a_last_day_that_is_marked_otherwise_too_shows_both_marks(plan, words, look):
    given = facts(plan, **look)
    pdf = draw(given)
    assert read_back(pdf, given) == ()
    both = [
        form
        for page in read_pages(pdf)
        for form in page.forms
        if {words, "LAST DAY"} <= {run.text for run in form.runs}
    ]
    assert len(both) == 1


def test_a_last_day_that_lacks_one_of_its_marks_is_caught():
    # The same days, the hold taken back: its last day says LAST DAY alone.
    given = facts(HELD)
    again = replace(HELD, steps=(HELD.steps[0], replace(HELD.steps[1], kind=CUT), HELD.steps[2]))
    found = read_back(draw(replace(given, schedule=again)), given)
    assert ("mark", HELD.steps[1].end.isoformat()) in {(f.code, f.facts.get("date")) for f in found}


def handed_over(*more):
    """From clonazepam to diazepam, morning first."""
    steps = [
        (7, START, [(M, [solid(TABLET, 4)]), (N, [solid(TABLET, 4)])]),
        (7, STAGE, [(M, [solid(DIAZEPAM, 20)]), (N, [solid(TABLET, 4)])]),
        *more,
    ]
    return schedule(date(2027, 1, 4), steps, [TABLET, DIAZEPAM, SOLUTION])


def headings(page):
    """The columns of a list of days: each time of day with the drug under it, and where it begins."""
    names = {"clonazepam", "diazepam"}
    heads = [run for run in page.runs if run.bold and run.text in ("Morning", "Midday", "Evening", "Night")]
    under = {
        head: next(
            (r.text for r in page.runs if r.text in names and abs(r.x - head.x) < 1 and r.y < head.y), ""
        )
        for head in heads
    }
    return [(head.text, under[head], head.x) for head in sorted(heads, key=lambda run: run.x)]


@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
def test_in_a_crossover_each_drug_and_time_keeps_its_column_on_a_page(large):
    given = facts(handed_over(), large=large)
    pdf = draw(given)
    assert read_back(pdf, given) == ()
    pages = [page for page in read_pages(pdf) if any(run.text == "Monday" for run in page.runs)]
    columns = headings(pages[-1])
    assert [drug for _, drug, _ in columns] in (["clonazepam", "diazepam", "clonazepam"], ["", ""])
    starts = [x for _, _, x in columns]
    for form in (form for form in pages[-1].forms if any(run.text == "no dose" for run in form.runs)):
        doses = [run for run in form.runs if run.bold and run.text.endswith(" mg")]
        assert all(any(0 <= run.x - start < 70 for start in starts) for run in doses)


@pytest.mark.slow
def test_a_measured_dose_beside_tablets_of_another_drug_reads_back():
    mixed = handed_over((7, STAGE, [(M, [solid(TABLET, 2)]), (M, [measured(4000)]), (N, [measured(5000)])]))
    for large in (False, True):
        given = facts(mixed, large=large)
        assert read_back(draw(given), given) == ()


def test_a_dose_written_twice_under_one_time_is_caught():
    given = facts(handed_over())
    days = handed_over()
    doubled = replace(days.steps[1], doses=(*days.steps[1].doses, days.steps[1].doses[0]))
    pdf = draw(replace(given, schedule=replace(days, steps=(days.steps[0], doubled))))
    assert read_back(pdf, given)


@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
def test_a_month_that_needs_more_pages_is_shared_out_evenly_and_every_day_is_on_one(large):
    given = facts(many_doses(), large=large)
    sections = calendar.sections(CalendarContext(given))
    pages = [section.days(n) for section in sections for n in range(section.pages)]
    shown = [day for page in pages for day in page]
    assert shown == [given.schedule.start + timedelta(days=n) for n in range(given.schedule.days)]
    counts = {len(page) for page in pages if page}
    assert max(counts) - min(counts) <= 1


def test_a_time_of_day_that_has_ended_is_said_for_two_weeks_and_then_leaves_the_page():
    steps = [
        (10, START, [(M, [solid(TABLET, 4)]), (MID, [solid(TABLET, 4)]), (N, [solid(TABLET, 4)])]),
        (60, CUT, [(M, [solid(TABLET, 4)]), (N, [solid(TABLET, 4)])]),
    ]
    plan = schedule(date(2027, 1, 1), steps, [TABLET])
    days = {
        day.date: [entry.slot.time for entry in day.entries] for day in shown_days(plan, made_on=plan.start)
    }
    assert days[date(2027, 1, 24)] == [M, MID, N]
    assert days[date(2027, 1, 25)] == [M, N]
    pages = [page for page in read_pages(draw(facts(plan))) if any(run.text == "Monday" for run in page.runs)]
    assert ["Midday" in {run.text for run in page.all_runs()} for page in pages] == [True, False, False]


def test_in_large_print_what_is_taken_is_never_under_eighteen_points():
    third = schedule(FIRST, [(7, START, [(N, [solid(QUARTERS, 7)])])], [QUARTERS])
    given = facts(third, large=True)
    pdf = draw(given)
    assert read_back(pdf, given) == ()
    runs = [run for shown in read_pages(pdf)[2:] for form in shown.forms for run in form.runs]
    assert "and three quarters of a 0.5 mg tablet" in [run.text for run in runs]
    assert min(run.size for run in runs if "mg" in run.text) >= 18


def one_of_each():
    """A rise, a spread, a step back, a switch to another drug, each on a day of its own."""
    t, low = TABLET, DIAZEPAM
    steps = [
        (5, START, [(M, [solid(t, 4)]), (N, [solid(t, 4)])]),
        (5, StepKind.RISE, [(M, [solid(t, 4)]), (N, [solid(t, 6)])]),
        (5, StepKind.CUT, [(M, [solid(t, 4)]), (N, [solid(t, 4)])]),
        (5, StepKind.STEP_BACK, [(M, [solid(t, 4)]), (N, [solid(t, 6)])]),
        (5, StepKind.SPREAD, [(M, [solid(t, 6)]), (N, [solid(t, 4)])]),
        (5, StepKind.SWAP, [(M, [solid(t, 6)]), (N, [solid(low, 20)])]),
    ]
    return schedule(FIRST, steps, [t, low])


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("paper", ["a4", "letter"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_rise_a_switch_and_other_times_have_marks_of_their_own(large, paper, language):
    words = calendar_words(language)
    given = facts(one_of_each(), large=large, paper=paper, language=language, words=words, made_on=FIRST)
    pdf = draw(given)
    assert read_back(pdf, given) == ()
    written = [run.text for page in read_pages(pdf) for form in page.forms for run in form.runs]
    # In large print the table of steps has them too; a list of days has both halves of the spread in one mark.
    for key, times in (("rise", 2), ("switch", 1), ("new_dose", 1)):
        assert written.count(words.say(key)) == times * (2 if large else 1), key
    assert written.count(words.say("spread")) == 1
    assert written.count(words.say("spread_times")) == int(large)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", [StepKind.CUT, StepKind.RISE, StepKind.SPREAD, StepKind.SWAP], ids=lambda kind: kind.value
)
def test_a_mark_that_says_something_else_than_the_plan_is_found(kind):
    """The page drawn says what `kind` says; the plan it is read against says another."""
    given = facts(one_of_each())
    pdf = draw(given)
    for at, step in enumerate(given.schedule.steps[1:], start=1):
        rises = (StepKind.RISE, StepKind.STEP_BACK)
        if step.kind is kind or {step.kind, kind} <= set(rises):
            continue
        steps = list(given.schedule.steps)
        steps[at] = replace(step, kind=kind)
        other = replace(given, schedule=replace(given.schedule, steps=tuple(steps)))
        assert "mark" in {finding.code for finding in read_back(pdf, other)}


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("paper", ["a4", "letter"])
@pytest.mark.parametrize("liquid", [False, True], ids=["tablets", "a liquid"])
@pytest.mark.parametrize("drugs", [1, 2], ids=["one drug", "two drugs"])
def test_months_with_every_mark_they_hold_have_a_key_with_room(language, paper, liquid, drugs):
    one, two, four = (
        (measured(1000), measured(2000), measured(4000)) if liquid
        else (solid(DIAZEPAM, 2), solid(DIAZEPAM, 4), solid(DIAZEPAM, 8))
    )  # fmt: skip
    steps = [
        (14, START, [(N, [four])]), (14, CUT, [(N, [two])]), (14, HOLD, [(N, [two])]),
        (14, StepKind.RISE, [(N, [four])]), (14, CUT, [(N, [one])]),
    ]  # fmt: skip
    products = [SOLUTION if liquid else DIAZEPAM]
    if drugs == 2:
        steps.append((14, StepKind.SWAP, [(N, [solid(TABLET, 4)])]))
        products.insert(0, TABLET)
    plan = schedule(FIRST, steps, products)
    assert_sound(facts(plan, paper=paper, language=language, words=calendar_words(language)))
