"""Every refusal of the plan services has a sentence; the sentence for each version says dose, days and method."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from plans.domain.amounts import Dose
from plans.domain.errors import Refused, Stale
from plans.domain.regimen import DayDose
from plans.domain.taper.plan_states import REVISIONS, PlanState
from plans.wording import plans as words

SERVICES = Path(words.__file__).parent.parent / "services" / "plans"
DOSE = DayDose.of({"alprazolam": Dose.parse("3"), "diazepam": Dose.parse("10")})
FALLBACK = words.problem(Refused(reason="no such reason"))


def reasons():
    """The reasons that the source of the plan services and of the states refuses with."""
    sources = [*SERVICES.glob("*.py"), SERVICES.parent.parent / "domain" / "taper" / "plan_states.py"]
    return {found for path in sources for found in re.findall(r'Refused\(reason="(\w+)"', path.read_text())}


def test_every_reason_of_a_refusal_has_its_own_sentence():
    assert reasons()
    assert {reason for reason in reasons() if words.problem(Refused(reason=reason)) == FALLBACK} == set()


@pytest.mark.parametrize("what", ["draft", "shown", "plan"])
def test_every_stale_refusal_has_its_sentence(what):
    assert "{" not in words.problem(Stale(what=what, who="Dr N. Sampleton"))


def test_every_state_has_a_name():
    assert set(words.STATE_NAMES) == set(PlanState)


@pytest.mark.parametrize("act", REVISIONS)
def test_every_change_tells_its_story(act):
    said = words.version_story(act.value, {"days": 14}, DOSE)
    assert said != words.version_story("unknown", {}, DOSE)
    assert "{" not in said


def test_a_first_version_tells_from_which_dose_and_how():
    said = words.version_story("issued", {"method": "percent_of_current"}, DOSE)
    assert (
        said
        == "From ALPRAZolam\u00a03\u00a0mg + diazePAM\u00a010\u00a0mg a day. Percent of the current dose."
    )


@pytest.mark.parametrize(("days", "said"), [(1, "1 day"), (14, "2 weeks"), (7, "1 week"), (212, "212 days")])
def test_spans_are_said_in_whole_weeks_where_they_are(days, said):
    assert words.weeks_count(days) == said


def test_days_are_written_so_that_they_never_break():
    assert words.short_day_year(date(2027, 6, 13)) == "13\u00a0Jun\u00a02027"
