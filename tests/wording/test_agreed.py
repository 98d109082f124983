"""What page 1 says that a plan is for is true on the day it is made: lowering, staying, or lowering to a dose that
stays."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from plans.documents.kinds import draw, read_back
from plans.domain.taper.schedule import StepKind
from plans.wording.documents import calendar_words
from plans.wording.first_page import first_page
from tests.documents.plans import TABLET, N, facts, of_kind, schedule, solid
from tests.documents.reading import text_of

START = date(2027, 1, 4)
ONE, HALF, TWO = solid(TABLET, 4), solid(TABLET, 2), solid(TABLET, 8)
LOWERING = [(14, StepKind.START, [(N, [ONE])]), (14, StepKind.CUT, [(N, [HALF])]), (1, StepKind.STOP, [])]
STAYING = [(14, StepKind.START, [(N, [ONE])]), (60, StepKind.CUT, [(N, [HALF])])]
RISING = [(14, StepKind.START, [(N, [ONE])]), (60, StepKind.RISE, [(N, [TWO])])]
HELD = [(14, StepKind.START, [(N, [ONE])]), (14, StepKind.HOLD, [(N, [ONE])])]
LATER = START + timedelta(days=20)

SAID = {
    "en": {
        "lowers": "Your plan to lower this medicine slowly, agreed with Dr Ana Brandt",
        "lowers_to_stay": "Your plan to lower this medicine slowly, to a dose that stays, agreed with Dr Ana Brandt",
        "stays": "Your plan to stay at this dose, agreed with Dr Ana Brandt",
        "changes": "Your plan for this medicine, agreed with Dr Ana Brandt",
    },
    "es": {
        "lowers": "Su plan para bajar este medicamento poco a poco, acordado con Dr Ana Brandt",
        "lowers_to_stay": "Su plan para bajar poco a poco hasta una dosis fija, acordado con Dr Ana Brandt",
        "stays": "Su plan para seguir con esta dosis, acordado con Dr Ana Brandt",
        "changes": "Su plan para este medicamento, acordado con Dr Ana Brandt",
    },
}
CASES = [
    (LOWERING, START, "lowers"),
    (LOWERING, LATER, "lowers"),
    (STAYING, START, "lowers_to_stay"),
    (STAYING, LATER, "stays"),
    (RISING, START, "changes"),
    (RISING, LATER, "stays"),
    (HELD, START, "stays"),
]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("steps", "day", "said"), CASES)
def test_the_web_calendar_says_what_the_plan_is_for(steps, day, said, language):
    page = first_page(
        schedule(START, steps, [TABLET]),
        calendar_words(language),
        day=day,
        clinician="Dr Ana Brandt",
        after="",
        visits=(),
        country="GB",
        help_checked=START,
    )
    assert page.agreed == f"{SAID[language][said]}."


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("steps", "day", "said"), CASES)
def test_page_one_of_the_document_says_the_same_and_reads_back(steps, day, said, language, large):
    plan = schedule(START, steps, [TABLET])
    given = facts(plan, made_on=day, language=language, words=calendar_words(language), large=large)
    pdf = draw(of_kind(given, "calendar"))
    assert read_back(pdf, of_kind(given, "calendar")) == ()
    assert SAID[language][said] in text_of(pdf)


@pytest.mark.slow
def test_a_document_that_says_it_of_another_day_is_never_offered():
    plan = schedule(START, STAYING, [TABLET])
    given = facts(plan, made_on=LATER)
    words = given.words
    false = {**words.said, "plan_agreed_stays": words.said["plan_agreed"]}
    other = facts(plan, made_on=LATER, words=type(words)(**{**_fields(words), "said": false}))
    pdf = draw(of_kind(other, "calendar"))
    assert "agreed" in {finding.code for finding in read_back(pdf, of_kind(given, "calendar"))}


def _fields(words):
    return {name: getattr(words, name) for name in words.__slots__}
