"""Revisions: what moves, what stays, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.domain.errors import TaperError
from plans.domain.taper.engine import assess
from plans.domain.taper.refusals import (
    NoStepBefore,
    NotHeld,
    NothingLater,
    NothingToHold,
    OutOfRange,
    OutsidePlan,
)
from plans.domain.taper.revisions import hold, pace, resume, step_back, stop_here
from plans.domain.taper.schedule import Schedule, StepKind
from tests.domain.taper.asking import STORY, a_day, asked, built

PLAN = built().schedule
FIRST, LAST = PLAN.start, PLAN.end
# in the third step, 0.25 mg in the morning and 1 mg at night, which ends on 10 January
DAY = date(2027, 1, 5)

Revision = Callable[[Schedule, date], Schedule]
REVISIONS: dict[str, Revision] = {
    "hold": lambda plan, day: hold(plan, from_day=day, days=14),
    "hold_then_resume": lambda plan, day: resume(hold(plan, from_day=day, days=14), from_day=day),
    "step_back": lambda plan, day: step_back(plan, from_day=day, hold_days=21),
    "slow_down": lambda plan, day: pace(plan, from_day=day, interval_days=28, faster=False),
    "stop_here": lambda plan, day: stop_here(plan, from_day=day),
}


def regimen(schedule: Schedule, day: date) -> object:
    step = schedule.step_on(day)
    return None if step is None else step.doses


@pytest.mark.slow
@pytest.mark.parametrize("name", REVISIONS)
@settings(max_examples=60, deadline=None)
@given(places=st.lists(st.integers(0, (LAST - FIRST).days), min_size=1, max_size=4))
def test_a_revision_leaves_the_days_already_taken_untouched(name: str, places: list[int]) -> None:
    plan = PLAN
    for place in places:
        day = FIRST + timedelta(days=place)
        try:
            revised = REVISIONS[name](plan, day)
        except TaperError:
            continue
        for n in range(place):
            assert regimen(revised, FIRST + timedelta(days=n)) == regimen(plan, FIRST + timedelta(days=n))
        assert revised.start == FIRST
        assert revised.steps[-1].doses == plan.steps[-1].doses or name == "stop_here"
        plan = revised


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, (LAST - FIRST).days), days=st.integers(1, 60))
def test_a_hold_moves_every_later_day_by_its_length(place: int, days: int) -> None:
    day = FIRST + timedelta(days=place)
    due = PLAN.next_change(day)
    if due is None:
        with pytest.raises(NothingToHold):
            hold(PLAN, from_day=day, days=days)
        return
    held = hold(PLAN, from_day=day, days=days)
    assert held.end == PLAN.end + timedelta(days=days)
    for n in range((LAST - due.start).days + 1):
        later = due.start + timedelta(days=n)
        assert regimen(held, later + timedelta(days=days)) == regimen(PLAN, later)


def test_holding_14_days_shows_a_hold_from_the_day_the_change_was_due() -> None:
    step = hold(PLAN, from_day=DAY, days=14).steps[3]
    assert (step.kind, step.start, step.end) == (StepKind.HOLD, date(2027, 1, 11), date(2027, 1, 24))
    assert step.doses == PLAN.steps[2].doses


def test_a_second_hold_makes_the_first_one_longer() -> None:
    held = hold(PLAN, from_day=DAY, days=14)
    longer = hold(held, from_day=date(2027, 1, 12), days=7)
    assert [step.kind for step in longer].count(StepKind.HOLD) == 1
    assert longer.steps[3].days == 21


def test_holding_again_before_the_hold_has_begun_makes_it_longer() -> None:
    longer = hold(hold(PLAN, from_day=DAY, days=14), from_day=DAY, days=14)
    assert longer.steps[3].days == 28


def test_a_held_plan_resumes_on_the_day_asked_for() -> None:
    held = hold(PLAN, from_day=DAY, days=14)
    resumed = resume(held, from_day=date(2027, 1, 18))
    assert (resumed.steps[3].kind, resumed.steps[3].days) == (StepKind.HOLD, 7)
    assert resumed.steps[4].start == date(2027, 1, 18)


def test_resuming_before_the_hold_has_begun_takes_it_out() -> None:
    assert resume(hold(PLAN, from_day=DAY, days=14), from_day=DAY) == PLAN


def test_a_plan_that_is_not_held_cannot_be_resumed() -> None:
    with pytest.raises(NotHeld):
        resume(PLAN, from_day=DAY)


def test_stepping_back_returns_to_the_regimen_before_and_comes_down_from_there() -> None:
    steps = step_back(PLAN, from_day=DAY, hold_days=21).steps
    assert (steps[2].end, steps[3].start, steps[3].days) == (date(2027, 1, 4), DAY, 21)
    assert (steps[3].kind, steps[3].doses) == (StepKind.STEP_BACK, PLAN.steps[1].doses)
    assert (steps[4].kind, steps[4].doses, steps[4].days) == (StepKind.CUT, PLAN.steps[2].doses, 14)
    assert steps[5].doses == PLAN.steps[3].doses


def test_stepping_back_twice_goes_up_two_steps() -> None:
    once = step_back(PLAN, from_day=DAY, hold_days=21)
    twice = step_back(once, from_day=date(2027, 1, 10), hold_days=21)
    assert twice.steps[4].doses == PLAN.steps[0].doses
    assert twice.steps[5].doses == PLAN.steps[1].doses


@pytest.mark.parametrize("late", [5, 45])
def test_stepping_back_twice_never_goes_down_however_late_the_first_was(late: int) -> None:
    """A step back after more than 28 days is a rise; the next one once went to the dose below it."""
    day = DAY + timedelta(days=late)
    once = step_back(hold(PLAN, from_day=DAY, days=60), from_day=day, hold_days=21)
    twice = step_back(once, from_day=day + timedelta(days=2), hold_days=21)
    doses = [
        schedule.step_on(day + timedelta(days=3)).day.dose("clonazepam").units  # type: ignore[union-attr]
        for schedule in (hold(PLAN, from_day=DAY, days=60), once, twice)
    ]
    assert doses == sorted(set(doses))
    assert doses[-1] == PLAN.steps[0].day.dose("clonazepam").units


def test_under_a_rise_there_is_no_step_to_go_back_to() -> None:
    rows = [{"days": 14, "total_mg": total} for total in ("1.5", "0.5", "1", "0.75")]
    risen = built(method={"name": "typed", "rows": rows}).schedule
    back = step_back(risen, from_day=risen.steps[2].start, hold_days=7)
    assert back.step_on(risen.steps[2].start).day == risen.steps[0].day  # type: ignore[union-attr]


def test_a_swap_for_slightly_less_is_no_step_to_go_back_to() -> None:
    """Within one smallest piece another drug may be more: the regimen before it is less."""
    night = [{"time": "night", "drug": "diazepam", "dose_mg": dose} for dose in ("10", "6")]
    swap = {"time": "night", "drug": "clonazepam", "dose_mg": "0.375"}
    rows = [{"days": 14, "doses": [dose]} for dose in (*night, swap)]
    products = [
        {"drug": "diazepam", "form": "tablet", "strength_mg": "2", "split": 2},
        {"drug": "clonazepam", "form": "tablet", "strength_mg": "0.5", "split": 4},
    ]
    plan = built(
        regimen=night[:1], products=products, max_pieces=8, method={"name": "typed", "rows": rows}
    ).schedule
    assert plan.steps[2].kind is StepKind.SWAP
    back = step_back(plan, from_day=plan.steps[2].start, hold_days=7)
    assert back.step_on(plan.steps[2].start).day == plan.steps[0].day  # type: ignore[union-attr]


def test_stepping_back_on_the_day_of_a_cut_undoes_the_cut() -> None:
    steps = step_back(PLAN, from_day=PLAN.steps[2].start, hold_days=7).steps
    assert steps[2].doses == PLAN.steps[1].doses
    assert steps[3].doses == PLAN.steps[2].doses


def test_from_the_day_of_zero_the_last_dose_can_be_taken_up_again() -> None:
    steps = step_back(PLAN, from_day=LAST, hold_days=14).steps
    assert steps[-2].doses == PLAN.steps[-2].doses
    assert (steps[-1].kind, steps[-1].doses) == (StepKind.STOP, ())


def test_the_first_regimen_has_none_before_it() -> None:
    with pytest.raises(NoStepBefore):
        step_back(PLAN, from_day=FIRST, hold_days=14)


def test_slowing_down_makes_the_present_and_later_steps_longer_and_none_shorter() -> None:
    slower = pace(PLAN, from_day=DAY, interval_days=21, faster=False)
    for before, after in zip(PLAN, slower, strict=True):
        started = after.n >= 3 and after.kind is not StepKind.STOP
        assert after.days == (max(before.days, 21) if started else before.days)


def test_stopping_here_ends_the_plan_with_the_present_dose() -> None:
    stopped = stop_here(PLAN, from_day=DAY)
    assert stopped.steps == PLAN.steps[:3]
    assert stopped.last_dose_day() is None


def test_a_revised_plan_is_judged_and_supplied_like_any_other() -> None:
    taper = assess(asked(), hold(PLAN, from_day=DAY, days=14))
    assert taper.schedule.steps[3].kind is StepKind.HOLD
    assert taper.supply.fills[-1].last >= PLAN.end


@pytest.mark.parametrize("name", REVISIONS)
@pytest.mark.parametrize("day", [FIRST - timedelta(days=1), LAST + timedelta(days=1)])
def test_a_day_outside_the_plan_is_refused(name: str, day: date) -> None:
    with pytest.raises(OutsidePlan):
        REVISIONS[name](PLAN, day)


@pytest.mark.parametrize("days", [0, -1, 367, True])
def test_a_number_of_days_out_of_range_is_refused(days: int) -> None:
    with pytest.raises(OutOfRange):
        hold(PLAN, from_day=DAY, days=days)
    with pytest.raises(OutOfRange):
        step_back(PLAN, from_day=DAY, hold_days=days)
    with pytest.raises(OutOfRange):
        pace(PLAN, from_day=DAY, interval_days=days, faster=False)


def test_there_is_nothing_to_hold_slow_down_or_stop_on_the_day_of_zero() -> None:
    with pytest.raises(NothingToHold):
        hold(PLAN, from_day=LAST, days=14)
    with pytest.raises(NothingLater):
        pace(PLAN, from_day=LAST, interval_days=14, faster=False)
    with pytest.raises(NothingLater):
        stop_here(PLAN, from_day=LAST)


@pytest.mark.parametrize("name", ["hold", "step_back", "slow_down"])
def test_a_cut_too_small_for_the_tablets_is_still_reported_after_a_revision(name: str) -> None:
    revised = {
        "hold": lambda: hold(PLAN, from_day=DAY, days=14),
        "step_back": lambda: step_back(PLAN, from_day=DAY, hold_days=14),
        "slow_down": lambda: pace(PLAN, from_day=DAY, interval_days=21, faster=False),
    }[name]()
    longer = assess(asked(), revised).longer
    # the doses that last longer are the same ones, wherever they stand now
    assert [a_day(revised.steps[n - 1]).text for n in longer] == [
        "1", "0.75", "0.625", "0.5", "0.375", "0.25", "0.125",
    ]  # fmt: skip


def test_a_plan_that_stays_on_its_dose_waits_for_no_cut() -> None:
    stayed = stop_here(PLAN, from_day=PLAN.steps[3].start)
    assert assess(asked(), stayed).longer == ()


def test_judging_a_plan_again_says_what_building_it_said() -> None:
    for method in ({"name": "target_date", "by": "2027-11-30", "interval_days": 14}, STORY["method"]):
        taper = built(method=method)
        assert assess(taper.request, taper.schedule) == taper
