"""A clinic's own limits: what they turn into a note, each just under and just over, and what they never touch."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from plans.domain.amounts import Dose
from plans.domain.taper.clinic_limits import NONE, PACE, TAILS, ClinicLimits, agreed
from plans.domain.taper.engine import build
from plans.domain.taper.limit_rules import RULES, LimitLevel
from plans.domain.taper.refusals import NotOneOf, OutOfRange
from plans.domain.taper.request import TaperRequest
from tests.domain.taper.asking import plans
from tests.domain.taper.judging import found, judged
from tests.domain.taper.schedules import nightly
from tests.domain.taper.test_laws_of_findings import taper

SIGNED = {"by": "Dr Lead", "on": "2026-12-01"}
NOTE, REASON = LimitLevel.NOTE, LimitLevel.NEEDS_REASON


def own(pace: int | None = None, tail: str | None = None) -> ClinicLimits:
    return ClinicLimits(pace, Dose.parse(tail) if tail else None, **SIGNED)


@pytest.mark.parametrize(("last", "level"), [("15", NOTE), ("14.9999", REASON)])
def test_a_fall_within_the_clinics_pace_is_a_note_and_a_hair_more_needs_a_reason(
    last: str, level: LimitLevel
) -> None:
    schedule = nightly("diazepam", ["20", "18", last])
    assert found(schedule, "pace")[-1] == (3, REASON)
    assert found(schedule, "pace", agreed=own(25))[-1] == (3, level)


def test_a_single_large_cut_is_within_it_if_the_fall_of_28_days_is() -> None:
    alone, after_another = nightly("diazepam", ["20", "17"]), nightly("diazepam", ["20", "18.4", "15.9"])
    assert found(alone, "pace", agreed=own(20)) == [(2, NOTE)]
    assert found(after_another, "pace", agreed=own(20)) == [(3, REASON)]
    assert found(after_another, "pace", agreed=own(21)) == [(3, NOTE)]


@pytest.mark.parametrize(("after", "level"), [("3.5", NOTE), ("3.49999", REASON)])
def test_a_cut_at_a_low_dose_within_the_clinics_limit_is_a_note(after: str, level: LimitLevel) -> None:
    schedule = nightly("diazepam", ["5", after])
    assert found(schedule, "tail") == [(2, REASON)]
    assert found(schedule, "tail", agreed=own(tail="1.5")) == [(2, level)]
    assert found(schedule, "tail", agreed=own(25)) == [(2, REASON)]


def test_a_finding_within_a_limit_says_up_to_which_figure_and_who_signed_it_when() -> None:
    (one,) = judged(nightly("diazepam", ["20", "17"]), agreed=own(22))
    assert agreed(one.facts) == {"agreed": "22", "agreed_by": "Dr Lead", "agreed_on": "2026-12-01"}
    (without,) = judged(nightly("diazepam", ["20", "17"]))
    assert agreed(without.facts) == {}


def test_above_the_ceiling_no_limit_of_a_clinic_helps() -> None:
    assert found(nightly("diazepam", ["20", "14.9"]), "ceiling", agreed=own(25, "2")) == [(2, REASON)]


def test_the_other_rules_a_clinic_might_ease_ask_for_no_reason_anyway() -> None:
    # If one of them ever does, it wants a limit in `ClinicLimits`.
    assert {RULES[rule].level for rule in ("start_day", "cut_day", "coarse_end")} == {NOTE}


def test_limits_are_stored_and_read_back_and_figures_out_of_range_are_refused() -> None:
    for limits in (NONE, own(20), own(25, "2"), own(tail="1.25")):
        assert ClinicLimits.from_json(limits.to_json()) == limits
    for pace in (PACE[0] - 1, PACE[1] + 1):
        with pytest.raises(OutOfRange):
            ClinicLimits.from_json(own().to_json() | {"pace": pace})
    for tail in ("1", "2.01"):
        with pytest.raises(NotOneOf):
            ClinicLimits.from_json(own().to_json() | {"tail": tail})


@pytest.mark.slow
@given(plans())
@settings(max_examples=150, deadline=None)
def test_the_widest_limits_take_no_finding_away_and_ease_none_but_the_pace_and_the_tail(
    request: dict[str, Any],
) -> None:
    before = taper(request)
    after = build(TaperRequest.from_json(request), agreed=own(PACE[1], TAILS[-1].text))
    assert after.schedule == before.schedule
    was = {(part.rule, part.step): part.level for one in before.verdicts for part in one.each}
    now = {(part.rule, part.step): part.level for one in after.verdicts for part in one.each}
    covered = ("pace", "tail", "faster_than_asked")
    assert {key: level for key, level in was.items() if key[0] not in covered} == {
        key: level for key, level in now.items() if key[0] not in covered
    }
    assert {key for key in was if key[0] in covered[:2]} == {key for key in now if key[0] in covered[:2]}
    for one in after.verdicts:
        if agreed(one.facts):
            assert (one.rule in covered[:2], one.level) == (True, NOTE)
