"""A drug that is taken on no day a document covers is not on it, but for the sentence that says when it ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from plans.documents.kinds import draw, read_back
from plans.domain.documents.calendar import entries, slots
from plans.domain.taper.schedule import StepKind
from plans.wording.documents import after_last_day, calendar_words
from plans.wording.first_page import first_page
from tests.documents.plans import DIAZEPAM, TABLET, M, N, facts, of_kind, schedule, solid
from tests.documents.reading import text_of

START = date(2027, 1, 4)
ENDED = date(2027, 1, 31)
ONE, TWO = solid(DIAZEPAM, 4), solid(DIAZEPAM, 8)


def crossover():
    """Clonazepam handed over to diazepam within four weeks; the diazepam is lowered, and stays at 2 mg."""
    steps = [
        (14, StepKind.START, [(M, [solid(TABLET, 4)]), (N, [solid(TABLET, 4)])]),
        (14, StepKind.CROSSOVER, [(M, [solid(TABLET, 4)]), (N, [TWO])]),
        (28, StepKind.CROSSOVER, [(M, [TWO]), (N, [TWO])]),
        (28, StepKind.CUT, [(M, [ONE]), (N, [TWO])]),
        (28, StepKind.CUT, [(N, [TWO])]),
        (60, StepKind.CUT, [(N, [ONE])]),
    ]
    return schedule(START, steps, [TABLET, DIAZEPAM])


def drawn(kind, made_on, language="en", **look):
    """What a document made on a day says, and what reading it back finds."""
    words = calendar_words(language)
    plan = crossover().as_of(made_on)
    given = facts(
        plan,
        made_on=made_on,
        language=language,
        words=words,
        after_last_day=after_last_day(plan, words),
        previous=replace(crossover(), steps=crossover().steps),
        **look,
    )
    pdf = draw(of_kind(given, kind))
    return text_of(pdf).replace("\u00a0", " "), read_back(pdf, of_kind(given, kind))


def test_from_the_day_after_its_last_dose_a_drug_and_its_products_are_left_out():
    still, gone = crossover().as_of(ENDED), crossover().as_of(date(2027, 2, 1))
    assert still.drugs_taken == ("clonazepam", "diazepam")
    assert still.drugs_ended == ()
    assert gone.drugs_taken == ("diazepam",)
    assert gone.products_taken == (DIAZEPAM,)
    assert gone.drugs_ended == (("clonazepam", ENDED),)
    assert gone.steps == crossover().steps
    assert {slot.drug for slot in slots(gone)} == {"diazepam"}
    assert all(entry.slot.drug == "diazepam" for step in gone.steps[2:] for entry in entries(gone, step))


def test_of_a_plan_that_is_over_nothing_is_left_out():
    over = crossover()
    assert replace(over, steps=over.steps[:2]).as_of(date(2028, 1, 1)).drugs == over.drugs


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "The last day of clonazepam was 31 January 2027."),
        ("es", "El último día de clonazepam fue el 31 de enero de 2027."),
    ],
)
@pytest.mark.parametrize("kind", ["calendar", "pharmacy"])
def test_a_document_made_later_names_it_once_to_say_when_it_ended(kind, language, sentence, large):
    said, findings = drawn(kind, date(2027, 4, 5), language, large=large)
    assert findings == ()
    assert said.lower().count("clonazepam") == said.count(sentence) == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["calendar", "pharmacy"])
def test_a_document_without_that_sentence_is_never_offered(kind):
    given = facts(crossover().as_of(date(2027, 4, 5)), made_on=date(2027, 4, 5))
    silent = replace(given, schedule=replace(given.schedule, steps=_diazepam_alone(given.schedule.steps)))
    pdf = draw(of_kind(silent, kind))
    assert "ended_drug" in {finding.code for finding in read_back(pdf, of_kind(given, kind))}


def _diazepam_alone(steps):
    return tuple(
        replace(step, doses=tuple(dose for dose in step.doses if dose.drug == "diazepam")) for step in steps
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["calendar", "pharmacy"])
def test_a_document_that_covers_its_last_day_names_it_and_does_not_say_that_it_ended(kind):
    said, findings = drawn(kind, ENDED)
    assert findings == ()
    assert "Clonazepam" in said
    assert "The last day of clonazepam" not in said


def test_page_one_of_the_web_calendar_says_the_same():
    words = calendar_words("en")
    common: dict[str, Any] = {
        "clinician": "Dr Brandt", "after": "", "visits": (), "country": "GB", "help_checked": START,
    }  # fmt: skip
    page = first_page(crossover(), words, day=date(2027, 4, 5), **common)
    assert page.drugs == "diazepam"
    assert "clonazepam" not in page.products
    assert page.ended == "The last day of clonazepam was 31 January 2027."
    assert all("clonazepam" not in time for step in page.steps for time, _dose, _new in step.doses)
    assert first_page(crossover(), words, day=ENDED, **common).ended == ""
