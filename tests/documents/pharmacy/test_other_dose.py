"""The pharmacy sheet says when the dose actually taken differs from the plan's, and is refused if it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from plans.documents.kinds import draw, read_back
from plans.domain.amounts import Dose
from plans.domain.taper.request import Intake
from plans.domain.taper.schedule import StepKind, TimeOfDay
from plans.wording.documents import calendar_words
from plans.wording.taken import pharmacy_words
from tests.documents.plans import DIAZEPAM, TABLET, M, N, facts, of_kind, schedule, solid

SINCE = date(2026, 12, 28)


def sheet(language: str = "en", **look: object):
    """A pharmacy sheet of two drugs, where less of one is taken than planned."""
    steps = [(14, StepKind.START, [(M, [solid(TABLET, 4)]), (N, [solid(DIAZEPAM, 4)])])]
    plan = schedule(date(2027, 1, 4), steps, [TABLET, DIAZEPAM])
    regimen = (
        Intake(TimeOfDay.MORNING, "clonazepam", Dose.parse("0.25")),
        Intake(TimeOfDay.NIGHT, "diazepam", Dose.parse("2")),
    )
    words = calendar_words(language)
    said = pharmacy_words(regimen, SINCE, words)
    return facts(plan, language=language, words=words, other_dose=said, **look)


def test_every_drug_that_is_taken_is_named_with_its_dose_and_since_when():
    said = sheet().other_dose.replace("\u00a0", " ")
    assert (
        "Taken since 28 December 2026: clonazepam: 0.25 mg in the morning; diazepam: 2 mg at night." in said
    )
    assert "Ask the clinic before you dispense." in said


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("large", [False, True])
def test_the_sheet_says_it_and_reads_back_without_a_finding(language, large):
    given = sheet(language, large=large)
    pdf = draw(of_kind(given, "pharmacy"))
    assert read_back(pdf, of_kind(given, "pharmacy")) == ()


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
def test_a_sheet_that_does_not_say_it_is_never_offered(large):
    given = sheet(large=large)
    silent = draw(of_kind(replace(given, other_dose=""), "pharmacy"))
    assert "other_dose" in {finding.code for finding in read_back(silent, of_kind(given, "pharmacy"))}
