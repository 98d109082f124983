"""Times of day: six names or clock times, up to eight, in one order everywhere."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.domain.amounts import total
from plans.domain.errors import TaperError
from plans.domain.taper import exposure, going_on, supply
from plans.domain.taper.answer import answer
from plans.domain.taper.crossover import night_first
from plans.domain.taper.engine import Taper, build
from plans.domain.taper.request import Intake, TaperRequest
from plans.domain.taper.schedule import DAY_ORDER, MOST_TIMES, TimeOfDay, in_order
from plans.domain.taper.snapshot import dump, load
from plans.wording.taper import says
from tests.domain.taper.test_answer import ANSWER, REQUEST

TEN_PERCENT = {"name": "percent_of_current", "percent": "10", "interval_days": 14}
FIVE = ("morning", "midday", "afternoon", "evening", "night")
EIGHT_BY_CLOCK = tuple(f"{hour:02}:30" for hour in (0, 3, 6, 9, 12, 15, 18, 22))

clock_times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
days = st.one_of(
    st.lists(st.sampled_from([str(time) for time in DAY_ORDER]), min_size=1, unique=True),
    st.lists(clock_times, min_size=1, max_size=MOST_TIMES, unique=True),
)


def regimen(*times: str, drug: str = "alprazolam", dose_mg: str = "0.5") -> list[dict[str, str]]:
    return [{"time": time, "drug": drug, "dose_mg": dose_mg} for time in times]


def taken_at(*times: str, **changes: Any) -> Taper:
    request = {"start": "2026-11-30", "regimen": regimen(*times), "method": TEN_PERCENT} | changes
    return build(TaperRequest.from_json(request))


def test_alprazolam_five_times_a_day_is_planned_and_each_cut_lowers_one_time() -> None:
    schedule = taken_at(*FIVE).schedule
    assert [dose.time.value for dose in schedule.steps[0].doses] == list(FIVE)
    assert {dose.dose.text for dose in schedule.steps[0].doses} == {"0.5"}
    assert [dose.dose.text for dose in schedule.steps[1].doses] == ["0.25", "0.5", "0.5", "0.5", "0.5"]
    assert not schedule.steps[-1].doses


@pytest.mark.slow
@settings(deadline=None)
@given(days)
def test_doses_stand_in_the_order_of_the_day_however_they_were_asked_for(times: list[str]) -> None:
    taper = taken_at(*times)
    REQUEST.validate(taper.request.to_json())
    ANSWER.validate(json.loads(json.dumps(answer(taper, says=says, exposure=True))))
    assert taper.schedule.times == in_order(map(TimeOfDay, times))
    for step in taper.schedule:
        minutes = [dose.time.minutes for dose in step.doses]
        assert minutes == sorted(set(minutes))
        for dose in step.doses:
            assert total(take.dose for take in dose.take) == dose.dose
    ends = [step.end.toordinal() + 1 for step in taper.schedule]
    assert [step.start.toordinal() for step in taper.schedule][1:] == ends[:-1]


@pytest.mark.slow
@settings(deadline=None)
@given(days)
def test_a_plan_is_read_back_from_its_text_with_its_times(times: list[str]) -> None:
    taper = taken_at(*times)
    again = load(dump(taper))
    assert again.schedule == taper.schedule
    assert again.request == taper.request


@pytest.mark.slow
@settings(deadline=None)
@given(days)
def test_what_is_bought_is_what_every_time_of_every_day_takes(times: list[str]) -> None:
    tablets = [{"drug": "alprazolam", "form": "tablet", "strength_mg": "0.25", "split": 2}]
    schedule = taken_at(*times, products=tablets).schedule
    quarters = sum(
        take.quarters * step.days for step in schedule for dose in step.doses for take in dose.take
    )
    found = supply.plan_supply(schedule, 28)
    left = sum(one.take.quarters for one in found.leftovers)
    assert 4 * sum(fill.whole_units for fill in found.fills) == quarters + left


def test_names_and_clock_times_have_one_order_and_an_hour_each() -> None:
    assert [time.hour for time in DAY_ORDER] == [8, 12, 15, 18, 22, 23]
    assert TimeOfDay("06:30").hour == 6
    assert in_order([TimeOfDay("23:00"), TimeOfDay("06:30"), TimeOfDay("06:05")]) == (
        "06:05",
        "06:30",
        "23:00",
    )


@pytest.mark.parametrize("text", ["noon", "6:30", "24:00", "06:60", "06.30", "", "06:30 ", "６:30"])
def test_no_other_text_is_a_time_of_day(text: str) -> None:
    with pytest.raises(TaperError) as refusal:
        taken_at("morning", text)
    assert (refusal.value.code, refusal.value.where) == ("not_one_of", "regimen[1].time")


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"regimen": regimen("morning", "22:00")}, "regimen[1].time"),
        ({"falls_first": ["22:00"]}, "falls_first[0]"),
        ({"crossover": {"to": "diazepam", "order": ["night", "22:00"]}}, "crossover.order[1]"),
        (
            {"method": {"name": "typed", "rows": [{"days": 7, "doses": regimen("night", "22:00")}]}},
            "method.rows[0].doses[1].time",
        ),
    ],
)
def test_a_plan_uses_names_or_clock_times(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(TaperError) as refusal:
        taken_at("morning", "night", **changes)
    assert (refusal.value.code, refusal.value.where) == ("mixed_times", where)
    assert "not both" in says(refusal.value)


def test_days_before_a_plan_may_have_been_counted_by_other_times() -> None:
    before = [{"days": 14, "doses": regimen("morning", "night")}]
    assert taken_at("08:00", "22:00", taken_before=before).schedule.steps[0].doses


def test_nine_times_of_day_are_too_many() -> None:
    assert len(taken_at(*EIGHT_BY_CLOCK).schedule.times) == MOST_TIMES
    with pytest.raises(TaperError) as refusal:
        taken_at(*EIGHT_BY_CLOCK, "23:30")
    assert (refusal.value.code, refusal.value.facts["most"]) == ("too_many", MOST_TIMES)


def test_a_plan_without_the_new_times_is_echoed_as_before() -> None:
    taper = taken_at("morning", "night")
    assert taper.request.to_json()["falls_first"] == ["morning", "midday", "evening", "night"]
    curve = exposure.curve(taper.schedule, table="ashton_2002")
    assert {str(time): hour for time, hour in curve.hours.items()} == {
        "morning": 8, "midday": 12, "evening": 18, "night": 22,
    }  # fmt: skip


def test_a_crossover_begins_at_the_end_of_the_day() -> None:
    assert night_first(DAY_ORDER) == ("bedtime", "night", "morning", "midday", "afternoon", "evening")
    assert night_first(in_order(map(TimeOfDay, EIGHT_BY_CLOCK)))[:2] == ("22:30", "00:30")
    stages = taken_at("06:30", "13:00", "22:00", crossover={"to": "diazepam"}).schedule.steps
    assert [dose.drug for dose in stages[1].doses] == ["alprazolam", "alprazolam", "diazepam"]


def test_a_crossover_that_goes_on_replaces_times_that_no_order_names() -> None:
    taper = taken_at("morning", "night", crossover={"to": "diazepam"})
    half = taper.schedule.steps[0].doses[0].dose
    taken = tuple(Intake(TimeOfDay(time), "alprazolam", half) for time in ("afternoon", "bedtime"))
    after = going_on.go_on_from(taper.request, taper.schedule, from_day=date(2026, 12, 3), regimen=taken)
    assert {dose.drug for dose in after.steps[3].doses} == {"diazepam"}
    assert not after.steps[-1].doses


def test_going_on_from_doses_at_new_times_loses_none_of_them() -> None:
    taper = taken_at("morning", "night")
    taken = tuple(
        Intake(TimeOfDay(time), "alprazolam", taper.schedule.steps[0].doses[0].dose)
        for time in ("morning", "bedtime")
    )
    after = going_on.go_on_from(taper.request, taper.schedule, from_day=date(2026, 12, 7), regimen=taken)
    for step in after.steps[1:3]:
        assert [dose.time.value for dose in step.doses] == ["morning", "bedtime"]
    assert not after.steps[-1].doses


def test_going_on_by_the_clock_in_a_plan_of_names_is_refused() -> None:
    taper = taken_at("morning", "night")
    taken = (Intake(TimeOfDay("22:00"), "alprazolam", taper.schedule.steps[0].doses[0].dose),)
    with pytest.raises(TaperError) as refusal:
        going_on.go_on_from(taper.request, taper.schedule, from_day=date(2026, 12, 7), regimen=taken)
    assert (refusal.value.code, refusal.value.where) == ("mixed_times", "regimen[0].time")
