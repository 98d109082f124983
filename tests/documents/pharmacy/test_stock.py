"""What was counted at home is taken off the fills and stated; a pharmacy sheet that leaves it out is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from plans.documents.kinds import draw, read_back
from plans.documents.pharmacy.content import at_hand_words
from plans.documents.pharmacy.context import PharmacyContext
from plans.domain.documents.facts import CalendarFacts, PharmacyFacts
from plans.domain.taper.schedule import StepKind
from plans.wording.documents import calendar_words
from tests.documents.plans import SOLUTION, TABLET, M, N, facts, measured, of_kind, schedule, solid
from tests.documents.reading import text_of

START = date(2027, 1, 4)
# 12 tablets and a half, and 30 mL.
STOCK = {TABLET: 50, SOLUTION: 30_000}


def given(language: str = "en", **look: object) -> CalendarFacts:
    """Two tablets in the morning and 2 mL at night for eight weeks."""
    steps = [(56, StepKind.START, [(M, [solid(TABLET, 8)]), (N, [measured(2000)])])]
    words = calendar_words(language)
    return facts(schedule(START, steps, [TABLET, SOLUTION]), language=language, words=words, **look)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "en",
            "Counted at home: clonazepam 0.5 mg tablets: 12.5; diazepam oral solution, 1 mg in each mL: 30 mL.",
        ),
        ("es", "Contado en casa:"),
    ],
)
@pytest.mark.parametrize("large", [False, True])
def test_the_fills_are_fewer_by_what_was_counted_and_the_sheet_says_so(language, sentence, large):
    known = given(language, at_hand=STOCK, counted_on=START, large=large)
    pdf = draw(of_kind(known, "pharmacy"))
    assert read_back(pdf, of_kind(known, "pharmacy")) == ()
    said = text_of(pdf).replace("\u00a0", " ")
    assert sentence in said
    # 112 tablets in all, less 12 whole ones; 112 mL, less 30.
    assert "100" in said
    assert "82 mL" in said


@pytest.mark.slow
def test_a_sheet_that_does_not_take_it_off_is_never_offered():
    known = given(at_hand=STOCK, counted_on=START)
    silent = draw(of_kind(given(at_hand={}), "pharmacy"))
    codes = {defect.code for defect in read_back(silent, of_kind(known, "pharmacy"))}
    assert {"at_hand", "fills"} <= codes


def test_a_count_of_an_earlier_day_and_what_was_never_counted_are_said_to_be_reckoned():
    known = of_kind(given(at_hand=STOCK), "pharmacy")
    assert isinstance(known, PharmacyFacts)
    for counted_on, said in (
        (known.made_on - timedelta(days=3), "At home by the count of 1 January 2027, later fills"),
        (None, "At home if every fill so far was collected and every dose taken:"),
    ):
        words = at_hand_words(PharmacyContext(replace(known, counted_on=counted_on)))
        assert said in words.replace("\u00a0", " ")
        assert "count it before you give less" in words


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
def test_a_fill_in_instalments_is_listed_by_what_is_handed_out_each_time(large):
    known = of_kind(given(fill_days=28, instalment_days=7, large=large), "pharmacy")
    pdf = draw(known)
    assert read_back(pdf, known) == ()
    said = text_of(pdf).replace("\u00a0", " ")
    assert "Prescribed for 28 days at a time, handed out in instalments of 7 days." in said
    # Eight times 14 tablets and 14 mL; without instalments two times 56.
    assert said.count("14 mL") >= 8
    assert isinstance(known, PharmacyFacts)
    at_once = draw(replace(known, instalment_days=None))
    assert {"instalments", "fills"} <= {defect.code for defect in read_back(at_once, known)}


@pytest.mark.slow
def test_doses_handed_out_every_day_fill_as_many_pages_as_they_need():
    known = of_kind(given(fill_days=1), "pharmacy")
    assert read_back(draw(known), known) == ()
