"""What was really valid on each day, across versions: the past never changes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.domain.errors import TaperError
from plans.domain.taper import revisions
from plans.domain.taper.engine import build
from plans.domain.taper.history import valid_days
from plans.domain.taper.request import TaperRequest

START = date(2026, 11, 30)
PLAN = build(
    TaperRequest.from_json(
        {
            "start": START.isoformat(),
            "regimen": [
                {"time": "morning", "drug": "clonazepam", "dose_mg": "0.5"},
                {"time": "night", "drug": "clonazepam", "dose_mg": "1"},
            ],
            "products": [
                {"drug": "clonazepam", "form": "tablet", "strength_mg": "0.5", "split": 2},
                {"drug": "clonazepam", "form": "odt", "strength_mg": "0.125", "split": 1},
            ],
            "method": {"name": "percent_of_current", "percent": "10", "interval_days": 14},
        }
    )
).schedule


def days_of(schedule):
    """The doses of every day, by day."""
    return {step.start + timedelta(days=n): step.doses for step in schedule for n in range(step.days)}


def revised(schedule, act, day, days):
    """One revision, or the same schedule where it cannot be made."""
    acts = {
        "hold": lambda: revisions.hold(schedule, from_day=day, days=days),
        "step_back": lambda: revisions.step_back(schedule, from_day=day, hold_days=days),
        "slow_down": lambda: revisions.pace(schedule, from_day=day, interval_days=days, faster=False),
        "stop_here": lambda: revisions.stop_here(schedule, from_day=day),
        "resume": lambda: revisions.resume(schedule, from_day=day),
    }
    return acts[act]()


@pytest.mark.slow
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["hold", "step_back", "slow_down", "stop_here", "resume"]),
            st.integers(0, 60),
            st.integers(1, 42),
        ),
        max_size=6,
    )
)
def test_days_before_a_revision_stay_as_they_were(acts):
    versions = [(PLAN.start, PLAN)]
    day = PLAN.start
    for act, wait, days in acts:
        day += timedelta(days=wait)
        before = days_of(valid_days(versions).through(day))
        try:
            changed = revised(versions[-1][1].through(day), act, day, days)
        except TaperError:
            continue
        versions.append((day, changed))
        after = days_of(valid_days(versions).through(day))
        assert {d: doses for d, doses in after.items() if d < day} == {
            d: doses for d, doses in before.items() if d < day
        }
        assert {d: doses for d, doses in after.items() if d >= day} == {
            d: doses for d, doses in days_of(changed).items() if d >= day
        }


def test_a_version_that_tells_another_past_is_not_believed():
    later = build(
        TaperRequest.from_json(
            {
                "start": START.isoformat(),
                "regimen": [{"time": "night", "drug": "clonazepam", "dose_mg": "1"}],
                "method": {"name": "percent_of_current", "percent": "10", "interval_days": 14},
            }
        )
    ).schedule
    day = START + timedelta(days=20)
    found = days_of(valid_days([(START, PLAN), (day, later)]))
    assert found[day - timedelta(days=1)] == days_of(PLAN)[day - timedelta(days=1)]
    assert found[day] == days_of(later)[day]


def test_a_step_that_goes_on_through_a_revision_stays_one_step():
    held = revisions.hold(PLAN, from_day=START + timedelta(days=3), days=14)
    assert valid_days([(START, PLAN), (START + timedelta(days=3), held)]).steps == held.steps


def test_a_history_needs_a_version():
    with pytest.raises(ValueError):
        valid_days([])
