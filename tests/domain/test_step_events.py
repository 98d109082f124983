"""Steps as calendar events across versions: a key keeps its step, a change raises the count, a removal is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from plans.domain.step_events import step_events
from plans.domain.taper.schedule import Schedule
from tests.documents.plans import clonazepam

PLAN = clonazepam()


def shorter(steps: int) -> Schedule:
    return replace(PLAN, steps=PLAN.steps[:steps])


def test_a_first_version_is_one_event_a_step_and_none_was_changed() -> None:
    events = step_events([PLAN])
    assert [(e.n, e.first, e.last, e.sequence, e.cancelled) for e in events] == [
        (step.n, step.start, step.end, 0, False) for step in PLAN
    ]


def test_an_unchanged_step_keeps_its_count_whatever_version_tells_it() -> None:
    assert step_events([PLAN, PLAN, PLAN]) == step_events([PLAN])


def test_a_changed_step_counts_up_and_the_others_do_not() -> None:
    steps = list(PLAN.steps)
    steps[-1] = replace(steps[-1], end=steps[-1].end + timedelta(days=7))
    events = step_events([PLAN, replace(PLAN, steps=tuple(steps))])
    assert [event.sequence for event in events] == [0] * (len(steps) - 1) + [1]
    assert events[-1].last == PLAN.end + timedelta(days=7)


def test_a_removed_step_is_cancelled_with_the_days_it_had() -> None:
    events = step_events([PLAN, shorter(9)])
    gone = [event for event in events if event.cancelled]
    assert [(event.n, event.sequence, event.first) for event in gone] == [
        (step.n, 1, step.start) for step in PLAN.steps[9:]
    ]


@pytest.mark.slow
def test_a_step_that_comes_back_counts_on() -> None:
    last = step_events([PLAN, shorter(9), PLAN])[-1]
    assert (last.sequence, last.cancelled) == (2, False)


def test_a_plan_that_ended_tells_no_step_to_come() -> None:
    ended = date(2026, 12, 20)
    events = step_events([PLAN], ended_on=ended)
    assert [event.cancelled for event in events] == [False, False] + [True] * 9
    assert events[1].last == ended
