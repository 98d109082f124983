"""Going on from the dose that is really taken, and resting the plan for a stay in hospital."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.domain.amounts import Dose
from plans.domain.taper import dose_records, engine
from plans.domain.taper.going_on import after_a_stay, go_on_as_agreed, go_on_from
from plans.domain.taper.refusals import AgreedNotKept, NotMakeable, OutsidePlan
from plans.domain.taper.request import Intake
from plans.domain.taper.revisions import held_until, hold_through, pace, pause, step_back, stop_here
from plans.domain.taper.schedule import Schedule, StepKind, TimeOfDay
from plans.domain.taper.supply import plan_supply
from tests.domain.taper.asking import ZOLPIDEM, built, diazepam
from tests.domain.taper.test_rises import TEN, found, made, night, row, total

PLAN = diazepam("20", "10", "5", "2", method=TEN)
START, DAY = PLAN.schedule.start, PLAN.schedule.start + timedelta(days=30)


def taking(*doses: tuple[str, str, str]) -> tuple[Intake, ...]:
    return tuple(Intake(TimeOfDay(time), drug, Dose.parse(mg)) for time, drug, mg in doses)


def totals(schedule: Schedule) -> list[str]:
    return [" + ".join(f"{drug} {dose.text}" for drug, dose in step.day) for step in schedule]


def before(schedule: Schedule, day: date) -> list[Any]:
    return [
        schedule.step_on(schedule.start + timedelta(days=n)).day  # type: ignore[union-attr]
        for n in range((day - schedule.start).days)
    ]


def test_the_days_before_stay_and_the_method_goes_on_from_the_dose_that_is_taken() -> None:
    after = go_on_from(PLAN.request, PLAN.schedule, from_day=DAY, regimen=taking(("night", "diazepam", "10")))
    assert before(after, DAY) == before(PLAN.schedule, DAY)
    steps = [step for step in after if step.start >= DAY]
    assert [step.day.dose("diazepam").text for step in steps][:3] == ["10", "9", "8.5"]
    assert (steps[0].kind, steps[0].days, steps[1].kind) == (StepKind.CUT, 14, StepKind.CUT)
    assert after.steps[-1].kind is StepKind.STOP


def test_going_on_above_the_plan_is_a_rise_that_needs_a_reason() -> None:
    after = go_on_from(PLAN.request, PLAN.schedule, from_day=DAY, regimen=taking(("night", "diazepam", "20")))
    judged = engine.assess(PLAN.request, after)
    (rise,) = found(judged, "rise")
    assert (rise.facts["before_mg"], rise.facts["after_mg"]) == ("16.5", "20")
    assert after.steps[(rise.step or 0) - 1].kind is StepKind.RISE


def test_typed_rows_go_on_with_those_under_the_dose_on_their_own_days() -> None:
    rows = [total(14, "20"), total(14, "18"), total(14, "12"), total(14, "6"), row(1)]
    taper = made([night("diazepam", "20")], *rows)
    day = taper.schedule.start + timedelta(days=20)
    after = go_on_from(
        taper.request, taper.schedule, from_day=day, regimen=taking(("night", "diazepam", "10"))
    )
    assert totals(after) == ["diazepam 20", "diazepam 18", "diazepam 10", "diazepam 6", ""]
    assert after.steps[3].start == taper.schedule.steps[3].start
    assert after.end == taper.schedule.end


def test_a_number_of_steps_goes_on_for_as_many_intervals_as_were_to_come() -> None:
    """A step of several intervals counted as one: the rest of the plan took half its time."""
    taper = made([night("diazepam", "20")], method={"name": "steps", "count": 10, "interval_days": 14})
    day = taper.schedule.steps[4].start
    after = go_on_from(
        taper.request, taper.schedule, from_day=day, regimen=taking(("night", "diazepam", "10"))
    )
    assert abs((after.end - taper.schedule.end).days) <= 14


def test_a_crossover_goes_on_with_what_is_left_to_replace() -> None:
    taper = made(
        [night("alprazolam", "1", "morning"), night("alprazolam", "1")],
        method=TEN,
        crossover={"to": "diazepam"},
    )
    day = taper.schedule.steps[1].start + timedelta(days=3)
    both = taking(("morning", "alprazolam", "1"), ("night", "diazepam", "15"))
    after = go_on_from(taper.request, taper.schedule, from_day=day, regimen=both)
    assert totals(after)[:4] == [
        "alprazolam 2", "alprazolam 1 + diazepam 20", "alprazolam 1 + diazepam 15", "diazepam 35",
    ]  # fmt: skip
    done = go_on_from(
        taper.request, taper.schedule, from_day=day, regimen=taking(("night", "diazepam", "30"))
    )
    assert all("alprazolam" not in said for said in totals(done)[2:])


def test_a_drug_the_plan_was_to_leave_alone_stays() -> None:
    regimen = [night("clonazepam", "1"), night("zolpidem", "10")]
    taper = built(regimen=regimen, drug_order=["clonazepam"], **ZOLPIDEM)
    day = taper.schedule.start + timedelta(days=20)
    now = taking(("night", "clonazepam", "0.5"), ("night", "zolpidem", "10"))
    after = go_on_from(taper.request, taper.schedule, from_day=day, regimen=now)
    assert after.steps[-1].day.drugs == ("zolpidem",)


def test_nothing_taken_ends_the_plan_on_that_day() -> None:
    after = go_on_from(PLAN.request, PLAN.schedule, from_day=DAY, regimen=())
    assert (after.end, after.steps[-1].kind, after.steps[-1].doses) == (DAY, StepKind.STOP, ())


def test_a_dose_at_the_goal_already_goes_on() -> None:
    taper = diazepam("20", "10", "5", "2", method=TEN, goal_mg="10")
    after = go_on_from(
        taper.request, taper.schedule, from_day=DAY, regimen=taking(("night", "diazepam", "8"))
    )
    assert (totals(after)[-1], after.maintenance) == ("diazepam 8", True)


def test_a_dose_that_the_products_do_not_make_is_refused_with_the_nearest() -> None:
    with pytest.raises(NotMakeable) as refusal:
        go_on_from(PLAN.request, PLAN.schedule, from_day=DAY, regimen=taking(("night", "diazepam", "5.3")))
    assert refusal.value.nearest == {"lower": "5", "higher": "5.5"}


def test_a_day_outside_the_plan_is_refused() -> None:
    with pytest.raises(OutsidePlan):
        go_on_from(PLAN.request, PLAN.schedule, from_day=START - timedelta(days=1), regimen=())


def test_after_the_last_dose_the_plan_goes_on_from_a_dose_taken_up_again() -> None:
    later = PLAN.schedule.end + timedelta(days=10)
    after = go_on_from(
        PLAN.request, PLAN.schedule, from_day=later, regimen=taking(("night", "diazepam", "5"))
    )
    assert not after.step_on(later - timedelta(days=1)).doses  # type: ignore[union-attr]
    step = after.step_on(later)
    assert step is not None
    assert (step.day.dose("diazepam").text, step.kind) == ("5", StepKind.RISE)
    assert [v.step for v in found(engine.assess(PLAN.request, after), "new_drug")] == [step.n]
    assert after.steps[-1].kind is StepKind.STOP


def test_going_on_above_what_was_really_taken_is_marked_a_rise() -> None:
    taken = taking(("night", "diazepam", "5"))
    planned = taking(("night", "diazepam", "16"))
    marked = go_on_from(PLAN.request, PLAN.schedule, from_day=DAY, regimen=planned, taken=taken)
    assert marked.step_on(DAY).kind is StepKind.RISE  # type: ignore[union-attr]
    same = go_on_from(PLAN.request, PLAN.schedule, from_day=DAY, regimen=planned, taken=planned)
    assert same.step_on(DAY).kind is not StepKind.RISE  # type: ignore[union-attr]


def test_a_plan_at_maintenance_is_gone_on_with_long_after_its_written_steps() -> None:
    stays = stop_here(PLAN.schedule, from_day=DAY)
    later = stays.end + timedelta(days=100)
    after = go_on_from(PLAN.request, stays, from_day=later, regimen=taking(("night", "diazepam", "15")))
    assert after.step_on(later - timedelta(days=1)).day == stays.steps[-1].day  # type: ignore[union-attr]
    assert after.step_on(later).day.dose("diazepam").text == "15"  # type: ignore[union-attr]


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(passed=st.integers(0, 300), halves=st.integers(1, 25))
def test_wherever_it_goes_on_the_past_stays_and_nothing_rises_in_silence(passed: int, halves: int) -> None:
    day = START + timedelta(days=passed)
    after = go_on_from(
        PLAN.request, PLAN.schedule, from_day=day, regimen=taking(("night", "diazepam", str(halves)))
    )
    assert before(after, day) == before(PLAN.schedule, day)
    assert after.step_on(day).day.dose("diazepam").text == str(halves)  # type: ignore[union-attr]
    judged = engine.assess(PLAN.request, after)
    was = PLAN.schedule.step_on(day - timedelta(days=1)) or PLAN.schedule.steps[0]
    rises = halves > was.day.dose("diazepam").units // 100_000
    assert bool(found(judged, "rise")) is rises


# ── a stay in hospital ───────────────────────────────────────────────────────────────────────────────────────


def test_in_a_pause_nothing_steps_down_however_long_it_lasts() -> None:
    rests = pause(PLAN.schedule, from_day=DAY)
    assert before(rests, DAY) == before(PLAN.schedule, DAY)
    for days in (0, 1, 50, 500):
        step = rests.step_on(DAY + timedelta(days=days))
        assert step is not None
        assert (step.kind, step.day.dose("diazepam").text) == (StepKind.PAUSE, "16.5")


def test_a_pause_on_the_day_of_a_cut_keeps_the_dose_before_the_cut() -> None:
    cut = PLAN.schedule.steps[1].start
    step = pause(PLAN.schedule, from_day=cut).step_on(cut)
    assert step is not None
    assert step.day == PLAN.schedule.steps[0].day


def test_the_pharmacy_dispenses_nothing_for_a_stay() -> None:
    rests = pause(PLAN.schedule, from_day=DAY).through(DAY + timedelta(days=100))
    assert all(fill.first < DAY for fill in plan_supply(rests, 28).fills)


def test_the_plan_goes_on_after_the_stay_from_what_is_taken_then() -> None:
    rests = pause(PLAN.schedule, from_day=DAY)
    home = DAY + timedelta(days=12)
    after = go_on_from(PLAN.request, rests, from_day=home, regimen=taking(("night", "diazepam", "10")))
    assert [step.kind.value for step in after][:5] == ["start", "cut", "cut", "pause", "cut"]
    assert (after.steps[3].start, after.steps[3].end) == (DAY, home - timedelta(days=1))


def after_the_stay(
    agreed: Schedule, days: int, *taken: tuple[str, str, str], as_agreed: bool = True
) -> Schedule:
    """Home after so many days of a stay begun on DAY; on the dose before it unless told otherwise."""
    rests, home = pause(agreed, from_day=DAY), DAY + timedelta(days=days)
    regimen = taking(*taken) or dose_records.pattern_on(rests, home)
    coming = after_a_stay(rests, before=agreed, from_day=home, regimen=regimen)
    lay_out = go_on_as_agreed if as_agreed else go_on_from
    return lay_out(PLAN.request, coming, from_day=home, regimen=regimen)


@pytest.mark.parametrize("days", [0, 3, 40])
def test_after_a_stay_the_steps_left_come_as_long_as_planned_and_no_sooner_than_agreed(days: int) -> None:
    agreed = hold_through(PLAN.schedule, from_day=DAY, through=DAY + timedelta(days=60))
    made = after_the_stay(agreed, days)
    home = DAY + timedelta(days=days)
    change = made.next_change(home)
    assert change is not None
    assert change.start == max(DAY + timedelta(days=61), home + timedelta(days=14))
    left = [(step.doses, step.days) for step in agreed if step.start > DAY + timedelta(days=60)]
    assert [(step.doses, step.days) for step in made if step.start >= change.start] == left
    assert before(made, DAY) == before(PLAN.schedule, DAY)
    assert held_until(made, home) == (
        change.start - timedelta(days=1) if days < 40 else held_until(made, home)
    )


def test_a_dose_raised_in_hospital_comes_down_by_the_dose_before_the_stay() -> None:
    agreed = pace(PLAN.schedule, from_day=DAY, interval_days=28, faster=False)
    made = after_the_stay(agreed, 5, ("night", "diazepam", "20"))
    coming = [step for step in made if step.start >= DAY + timedelta(days=5)]
    assert [step.day.dose("diazepam").text for step in coming[:2]] == ["20", "16.5"]
    assert [step.days for step in coming[:3]] == [28, 28, 28]


def test_a_dose_lowered_in_hospital_stays_until_the_agreed_steps_come_below_it() -> None:
    agreed = pace(PLAN.schedule, from_day=DAY, interval_days=28, faster=False)
    made = after_the_stay(agreed, 5, ("night", "diazepam", "10"))
    coming = [step for step in made if step.start >= DAY + timedelta(days=5)]
    above = [step for step in agreed if step.start > DAY and step.day.dose("diazepam") >= Dose.parse("10")]
    assert coming[0].day.dose("diazepam").text == "10"
    assert coming[0].days == 28 + sum(step.days for step in above)


def test_what_was_agreed_can_be_given_up_for_the_plans_method() -> None:
    agreed = pace(PLAN.schedule, from_day=DAY, interval_days=28, faster=False)
    made = after_the_stay(agreed, 5, as_agreed=False)
    change = made.next_change(DAY + timedelta(days=5))
    assert change is not None
    assert change.start == DAY + timedelta(days=5 + 14)


def test_steps_that_rise_cannot_follow_another_dose() -> None:
    agreed = step_back(PLAN.schedule, from_day=DAY + timedelta(days=7), hold_days=14)
    with pytest.raises(AgreedNotKept):
        after_the_stay(agreed, 5, ("night", "diazepam", "10"))
    assert [step.kind.value for step in after_the_stay(agreed, 5)].count("step_back") == 1


# ── a step back and tolerance ────────────────────────────────────────────────────────────────────────────────


def test_a_step_back_within_28_days_of_the_cut_is_no_rise() -> None:
    cut = PLAN.schedule.steps[1].start
    back = step_back(PLAN.schedule, from_day=cut + timedelta(days=13), hold_days=14)
    assert back.steps[2].kind is StepKind.STEP_BACK
    assert found(engine.assess(PLAN.request, back), "rise") == []


def test_later_than_28_days_it_is_a_rise() -> None:
    slow = diazepam("20", "10", "5", "2", method=TEN | {"interval_days": 56})
    cut = slow.schedule.steps[1].start
    within = step_back(slow.schedule, from_day=cut + timedelta(days=28), hold_days=14)
    late = step_back(slow.schedule, from_day=cut + timedelta(days=29), hold_days=14)
    assert (within.steps[2].kind, late.steps[2].kind) == (StepKind.STEP_BACK, StepKind.RISE)
    assert found(engine.assess(slow.request, within), "rise") == []
    assert [v.step for v in found(engine.assess(slow.request, late), "rise")] == [3]


def test_a_second_step_back_goes_further_back_and_is_a_rise() -> None:
    day = PLAN.schedule.steps[2].start + timedelta(days=2)
    once = step_back(PLAN.schedule, from_day=day, hold_days=21)
    twice = step_back(once, from_day=day + timedelta(days=5), hold_days=21)
    assert [step.kind for step in twice][3:5] == [StepKind.STEP_BACK, StepKind.RISE]
