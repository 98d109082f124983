"""The pace that a patient lives is kept by a change that lays the steps out again: never hurried by other tablets."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from plans.domain.amounts import Dose
from plans.domain.errors import TaperError
from plans.domain.taper import catalogue
from plans.domain.taper.amendments import (
    Amendment,
    ChangeProducts,
    ChangeSpread,
    Hold,
    HoldOpen,
    Pace,
    Resume,
    Standing,
    StopHere,
    SwitchDrug,
    TakesDose,
    TaperOn,
    amend,
)
from plans.domain.taper.crossover import Crossover
from plans.domain.taper.drug import Spread
from plans.domain.taper.engine import build
from plans.domain.taper.lived_pace import gaps
from plans.domain.taper.methods.percent_of_current import PercentOfCurrent
from plans.domain.taper.products import Product
from plans.domain.taper.request import Intake, TaperRequest
from plans.domain.taper.schedule import Schedule, TimeOfDay
from tests.domain.taper.chains import requests
from tests.makers_plans import STORY

START = date(2026, 11, 30)
# Two cuts on.
DAY = START + timedelta(days=33)


def plan(**changes: Any) -> tuple[TaperRequest, Schedule]:
    taper = build(TaperRequest.from_json({**STORY, "start": START.isoformat(), **changes}))
    return taper.request, taper.schedule


def slowed(days: int = 28, count: int = 0, **changes: Any) -> tuple[TaperRequest, Schedule]:
    """The plan, slowed down after its first cut."""
    request, schedule = plan(**changes)
    made = amend(request, schedule, [Pace(START + timedelta(days=16), interval_days=days, count=count)])
    return made.request, made.schedule


def products(schedule: Schedule) -> tuple[Product, ...]:
    """The country's list in place of the plan's own."""
    return catalogue.default_products(schedule.drug, "US")


def relaid(schedule: Schedule, day: date) -> list[Amendment]:
    """Each change that lays the steps out again."""
    drug = schedule.drug
    return [
        ChangeProducts(day, products=products(schedule)),
        ChangeSpread(day, drug=drug, spread=Spread.ONE_AFTER_ANOTHER),
        ChangeSpread(day, drug=drug, spread=Spread.EVEN),
        SwitchDrug(
            day, crossover=Crossover("diazepam", 7, (TimeOfDay.NIGHT, TimeOfDay.MORNING), None, Fraction(100))
        ),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("n", range(4))
def test_a_plan_that_was_slowed_down_goes_on_as_slowly(n: int) -> None:
    """It was laid out at 14 days between cuts again."""
    request, schedule = slowed()
    made = amend(request, schedule, [relaid(schedule, DAY)[n]]).schedule
    assert min(gaps(made, DAY)) == 28
    assert made.steps != amend(*plan(), [relaid(schedule, DAY)[n]]).schedule.steps


def test_a_plan_that_was_sped_up_goes_on_as_fast_and_no_faster() -> None:
    request, schedule = plan()
    made = amend(request, schedule, [Pace(START + timedelta(days=16), interval_days=7, faster=True)])
    day = START + timedelta(days=24)
    again = amend(made.request, made.schedule, [relaid(schedule, day)[1]]).schedule
    assert set(gaps(again, day)) == {7}


@pytest.mark.parametrize("method", [
    {"name": "percent_of_current", "percent": "10", "interval_days": 14, "lengthen_days": 1},
    {"name": "target_date", "by": "2027-08-30", "interval_days": 14},
    {"name": "steps", "count": 14, "interval_days": 14},
    {"name": "micro", "percent": "10", "interval_days": 14},
])  # fmt: skip
def test_each_method_goes_on_as_slowly_and_ends_no_earlier(method: dict[str, Any]) -> None:
    """Lengthening intervals began again with the first, and a target date was kept that the plan had left behind."""
    request, schedule = plan(method=method)
    day = START + timedelta(days=75)
    held = amend(request, schedule, [Hold(day, days=28)]).schedule
    for before in (schedule, held, amend(request, schedule, [Pace(day, interval_days=28)]).schedule):
        made = amend(request, before, [ChangeSpread(day, drug="clonazepam", spread=Spread.EVEN)]).schedule
        assert min(gaps(made, day)) >= min(gaps(before, day))
        assert made.end >= before.end - timedelta(days=14), (method, made.end, before.end)


def test_a_plan_slowed_for_some_steps_is_not_hurried_in_the_middle_of_them() -> None:
    request, schedule = slowed(28, count=4)
    made = amend(request, schedule, [relaid(schedule, DAY)[1]]).schedule
    assert min(gaps(made, DAY)[:2]) == 28


def test_one_day_moved_for_a_visit_is_no_pace() -> None:
    request, schedule = plan()
    moved = amend(request, schedule, [Hold(START + timedelta(days=30), days=3)]).schedule
    made = amend(request, moved, [relaid(schedule, DAY)[1]]).schedule
    assert min(gaps(made, DAY)) == 14


def test_going_on_from_another_dose_keeps_the_pace_from_its_first_day() -> None:
    request, schedule = slowed()
    taken = (Intake(TimeOfDay.NIGHT, "clonazepam", Dose.parse("1")),)
    made = amend(request, schedule, [TakesDose(DAY, regimen=taken)]).schedule
    first = next(step for step in made if step.start == DAY)
    assert first.days >= 28
    assert min(gaps(made, DAY)) == 28


def test_the_end_of_a_hold_without_an_end_goes_on_at_the_pace_before_it() -> None:
    """Where another dose was taken meanwhile, the method began again at its own pace."""
    request, schedule = slowed()
    held = amend(request, schedule, [HoldOpen(DAY)])
    taken = (Intake(TimeOfDay.NIGHT, "clonazepam", Dose.parse("1")),)
    other = amend(request, held.schedule, [TakesDose(DAY, regimen=taken)], Standing(None, schedule))
    assert other.held_open is False or other.schedule.maintenance
    day = DAY + timedelta(days=10)
    resumed = amend(request, held.schedule, [Resume(day)], Standing(None, schedule)).schedule
    assert min(gaps(resumed, day)) == 28


def test_tapering_on_as_before_from_a_dose_that_stayed_has_the_pace_before_it() -> None:
    """It went back to the first interval of the plan."""
    request, schedule = slowed()
    day = START + timedelta(days=120)
    stays = amend(request, schedule, [StopHere(day)]).schedule
    made = amend(request, stays, [TaperOn(day + timedelta(days=60))]).schedule
    assert min(gaps(made, day + timedelta(days=60))) == 28


def test_tapering_on_by_another_method_has_that_methods_pace() -> None:
    request, schedule = slowed(goal_mg="0.5")
    day = schedule.end + timedelta(days=3)
    made = amend(request, schedule, [TaperOn(day, method=PercentOfCurrent(Fraction(25), 7))]).schedule
    assert min(gaps(made, day)) < 28
    as_before = amend(request, schedule, [TaperOn(day)]).schedule
    assert min(gaps(as_before, day)) >= 28


@pytest.mark.slow
@settings(max_examples=60, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=requests(), data=st.data())
def test_no_change_that_lays_a_slowed_plan_out_again_brings_a_cut_sooner(
    asked: dict[str, Any], data: st.DataObject
) -> None:
    """The law: over every drug, method and spread, the shortest time between two cuts is not shortened."""
    try:
        taper = build(TaperRequest.from_json(asked))
    except TaperError:
        return
    plain = taper.schedule
    first = plain.start + timedelta(days=data.draw(st.integers(0, 60)))
    try:
        made = amend(
            taper.request,
            plain,
            [Pace(first, interval_days=data.draw(st.sampled_from([17, 21, 28, 42, 90])))],
        )
        day = first + timedelta(days=data.draw(st.sampled_from([0, 1, 9, 30])))
        before, lived = made.schedule, gaps(made.schedule, day)
        assume(lived and lived != gaps(plain, day))
        later = amend(made.request, before, [data.draw(st.sampled_from(relaid(before, day)))])
    except TaperError:
        return
    found = gaps(later.schedule, day)
    assert not found or min(found) >= min(lived)
