"""Days of the week: nights off at the end, alternate nights, weekdays; a week whose days differ is one step."""

from __future__ import annotations

import copy
import pickle
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from plans.domain.amounts import Dose
from plans.domain.documents.calendar import DayMark, shown_days
from plans.domain.errors import TaperError
from plans.domain.taper import snapshot
from plans.domain.taper.answer import answer
from plans.domain.taper.dose_records import pattern_on
from plans.domain.taper.engine import Taper, assess, build
from plans.domain.taper.exposure import curve
from plans.domain.taper.going_on import go_on_from
from plans.domain.taper.limit_rules import LimitLevel, Verdict
from plans.domain.taper.maintenance import same_from
from plans.domain.taper.refusals import WeeklyPattern
from plans.domain.taper.request import Intake, TaperRequest
from plans.domain.taper.revisions import hold, pace, pause, step_back
from plans.domain.taper.schedule import StepKind, TimeOfDay
from plans.domain.taper.supply import plan_supply
from plans.domain.taper.taken import Recorded
from plans.domain.taper.weekdays import EVERY_DAY, WEEKDAYS, Weekdays
from plans.wording.taper import says
from tests.domain.taper.asking import weekly_plans

NIGHT = TimeOfDay.NIGHT
THREE = ["monday", "wednesday", "friday"]
FOUR = ["monday", "wednesday", "friday", "saturday"]
LAWFUL = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def zolpidem(*rows: dict[str, Any], dose_mg: str = "5", **changes: Any) -> dict[str, Any]:
    """A request of zolpidem at night in the US, with typed rows."""
    return {
        "start": "2026-11-30",
        "regimen": [{"time": "night", "drug": "zolpidem", "dose_mg": dose_mg}],
        "method": {"name": "typed", "rows": list(rows)},
    } | changes


def row(days: int, *on: str, dose_mg: str = "5") -> dict[str, Any]:
    dose = {"time": "night", "drug": "zolpidem", "dose_mg": dose_mg}
    return {"days": days, "doses": [dose]} | ({"days_of_week": list(on)} if on else {})


STOP = {"days": 1, "total_mg": "0"}
# The label calls the tablet not scored: halves are asked for.
HALVES = [{"drug": "zolpidem", "form": "tablet", "strength_mg": "5", "split": 2}]
# Nights off as four and then two nights a week.
NIGHTS = zolpidem(row(7, *FOUR), row(14, "monday", "friday"), STOP)
# Diazepam down to 1 mg, then five and three nights a week.
ENDING: dict[str, Any] = {
    "start": "2026-11-30",
    "regimen": [{"time": "night", "drug": "diazepam", "dose_mg": "5"}],
    "method": {"name": "fixed_amount", "amount_mg": "1", "interval_days": 14},
    "end": {"days_of_week": [["monday", "tuesday", "wednesday", "friday", "saturday"], THREE]},
}


def built(asked: dict[str, Any]) -> Taper:
    return build(TaperRequest.from_json(asked))


def of_rule(taper: Taper, rule: str) -> list[Verdict]:
    return [found for found in taper.verdicts if found.rule == rule]


def refused(asked: dict[str, Any]) -> TaperError:
    with pytest.raises(TaperError) as found:
        built(asked)
    return found.value


# ── one step ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_four_nights_a_week_are_one_step_with_no_cut_and_no_rise_inside() -> None:
    # The nights of bpac NZ's "planned medicine-free days": 5 mg on Monday, Wednesday, Friday and Saturday.
    taper = built(zolpidem(row(28, *FOUR), STOP))
    first, last = taper.schedule.steps
    assert (first.days, first.kind, last.kind) == (28, StepKind.CUT, StepKind.STOP)
    assert first.week("zolpidem") == Dose.parse("20")
    assert [bool(day.doses) for day in first.week_of_days] == [True, False, True, False, True, True, False]
    assert not of_rule(taper, "rise")
    off = of_rule(taper, "alternate_day")
    assert [(one.step, one.level, one.facts["days_off"]) for one in off] == [(1, LimitLevel.NEEDS_REASON, 3)]
    (gap,) = of_rule(taper, "dose_gap")
    assert (gap.facts["before_hours"], gap.facts["gap_hours"]) == ("24", "48")
    assert not of_rule(taper, "trough")


def test_the_same_nights_typed_day_by_day_are_still_steps_of_their_own() -> None:
    nights = [{"days": 1, "total_mg": dose} for dose in ("5", "0", "5", "0", "5", "5", "0")]
    assert len(built(zolpidem(*nights)).schedule.steps) == 6


def test_a_week_is_compared_with_the_week_before() -> None:
    found = answer(built(NIGHTS), says=says)
    assert [step["change_percent"] for step in found["steps"]] == ["-42.86", "-50.00", "-100.00"]
    assert [step.get("week_mg") for step in found["steps"]] == [
        {"zolpidem": "20"},
        {"zolpidem": "10"},
        None,
    ]
    assert found["steps"][0]["total_mg"] == {"zolpidem": "5"}
    assert found["steps"][0]["doses"][0]["days_of_week"] == FOUR
    (ceiling,) = [one for one in found["verdicts"] if one["rule"] == "ceiling"]
    assert ceiling["facts"]["per_week"] is True
    assert "10\u00a0mg a week to 0\u00a0mg a week" in ceiling["says"]


def test_more_nights_and_a_larger_dose_on_a_night_are_rises_and_other_nights_are_neither() -> None:
    more = built(zolpidem(row(14, *THREE), row(14, *FOUR), STOP))
    larger = built(zolpidem(row(14, *FOUR), row(14, "monday", dose_mg="10"), STOP))
    other = built(zolpidem(row(14, *THREE), row(14, "tuesday", "thursday", "saturday"), STOP))
    assert [step.kind for step in more.schedule] == [StepKind.CUT, StepKind.RISE, StepKind.STOP]
    (rise,) = of_rule(more, "rise")
    assert (rise.facts["before_mg"], rise.facts["after_mg"], rise.facts["per_week"]) == ("15", "20", True)
    assert [step.kind for step in larger.schedule] == [StepKind.CUT, StepKind.RISE, StepKind.STOP]
    (rise,) = of_rule(larger, "rise")
    assert (rise.facts["per"], rise.facts["after_mg"]) == ("dose", "10")
    assert [step.kind for step in other.schedule] == [StepKind.CUT, StepKind.SPREAD, StepKind.STOP]
    assert not of_rule(other, "rise")


def test_two_doses_on_different_nights_are_two_doses_of_one_time_of_day() -> None:
    rows = {
        "days": 14,
        "doses": [
            {"time": "night", "drug": "zolpidem", "dose_mg": "5", "days_of_week": THREE},
            {
                "time": "night",
                "drug": "zolpidem",
                "dose_mg": "2.5",
                "days_of_week": [day for day in WEEKDAYS if day not in THREE],
            },
        ],
    }
    taper = built(zolpidem(rows, STOP, products=HALVES))
    step = taper.schedule.steps[0]
    assert step.week("zolpidem") == Dose.parse("25")
    assert (step.total("zolpidem"), step.at(NIGHT, "zolpidem")) == (Dose.parse("5"), Dose.parse("5"))
    assert taper.schedule.step_on(date(2026, 12, 1)).day.dose("zolpidem") == Dose.parse("2.5")  # type: ignore[union-attr]  # a day of the plan
    assert not of_rule(taper, "alternate_day")
    assert not of_rule(taper, "dose_gap")


def test_limits_of_a_day_look_at_the_fullest_day() -> None:
    # Less a week than 5 mg every night, but 15 mg on one of them: the maximum is 10 mg.
    taper = built(zolpidem(row(14, "monday", dose_mg="15"), STOP))
    (above,) = of_rule(taper, "above_max_and_now")
    assert (above.facts["dose_mg"], above.level) == ("15", LimitLevel.REFUSED)
    assert (above.facts["before_mg"], above.facts["after_mg"]) == ("5", "15")


def test_nights_off_of_a_long_acting_drug_need_a_reason() -> None:
    rows = [
        {"days": 28, "total_mg": "5", "days_of_week": ["monday", "wednesday", "friday", "sunday"]},
        STOP,
    ]
    asked = ENDING | {"method": {"name": "typed", "rows": rows}}
    (off,) = of_rule(built({key: asked[key] for key in ("start", "regimen", "method")}), "alternate_day")
    assert (off.level, off.facts["half_life_hours"]) == (LimitLevel.NEEDS_REASON, "20")


# ── endings ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_stages_of_fewer_nights_stand_between_the_last_dose_and_the_stop() -> None:
    taper = built(ENDING)
    last_dose, five, three, stop = taper.schedule.steps[-4:]
    assert not last_dose.weekly
    assert (five.days, three.days, stop.days) == (14, 14, 1)
    assert [step.week("diazepam").text for step in (last_dose, five, three)] == ["7", "5", "3"]
    assert [step.kind for step in (five, three, stop)] == [StepKind.CUT, StepKind.CUT, StepKind.STOP]
    assert taper.request.to_json()["end"] == {
        "last_dose_mg": "0.5",
        "longest_step_days": 84,
        "days_of_week": ENDING["end"]["days_of_week"],
    }
    assert TaperRequest.from_json(taper.request.to_json()) == taper.request
    assert not of_rule(taper, "faster_than_asked")


def test_a_plan_without_stages_is_the_same_but_for_them() -> None:
    plain = built({key: value for key, value in ENDING.items() if key != "end"})
    kept = built(ENDING).schedule.steps
    assert [step.doses for step in kept if not step.weekly] == [step.doses for step in plain.schedule]


def test_a_target_date_and_a_number_of_steps_still_arrive() -> None:
    by = ENDING | {"method": {"name": "target_date", "by": "2027-06-01", "interval_days": 14}}
    count = ENDING | {"method": {"name": "steps", "count": 8, "interval_days": 14}}
    assert built(by).schedule.end <= date(2027, 6, 1)
    assert [step.weekly for step in built(by).schedule.steps[-3:]] == [True, True, False]
    schedule = built(count).schedule
    assert (schedule.steps[-1].start - schedule.start).days == 8 * 14


# ── what a date says ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_day_of_the_calendar_says_what_is_taken_on_it() -> None:
    schedule = built(NIGHTS).schedule
    days = shown_days(schedule, made_on=schedule.start)
    said = {day.date: [entry.dose.text for entry in day.entries] for day in days}
    assert said[date(2026, 11, 30)] == ["5"]
    assert said[date(2026, 12, 1)] == ["0"]
    # The plan's last dose is on a Friday, three days before the stop.
    assert (days[-1].date, schedule.last_dose_day()) == (date(2026, 12, 18), date(2026, 12, 18))
    assert DayMark.LAST_DAY in days[-1].marks
    marked = [day.date for day in days if DayMark.NEW_DOSE in day.marks]
    assert marked == [date(2026, 12, 7)]


def test_a_night_off_is_a_day_of_its_step_and_no_stop() -> None:
    schedule = built(NIGHTS).schedule
    tuesday = schedule.step_on(date(2026, 12, 1))
    assert tuesday is not None
    assert (tuesday.n, tuesday.kind, tuesday.doses) == (1, StepKind.CUT, ())
    assert schedule.next_change(date(2026, 12, 1)) is schedule.steps[1]


def test_the_pharmacy_hands_out_what_the_days_need() -> None:
    schedule = built(NIGHTS).schedule
    supply = plan_supply(schedule, 7)
    assert [(str(fill.first), fill.whole_units) for fill in supply.fills] == [
        ("2026-11-30", 4),
        ("2026-12-07", 2),
        ("2026-12-14", 2),
    ]
    assert supply.leftovers == ()


def test_what_is_left_of_a_pattern_that_goes_on_lasts_to_its_next_nights() -> None:
    taper = built(
        zolpidem(row(28, "monday", "friday"))
        | {"stock": [{"product": "zolpidem tablet 5 mg", "whole_units": 9}]}
    )
    assert taper.schedule.maintenance
    assert taper.run_out is None
    assert taper.supply.run_out == date(2027, 1, 1)


def test_the_exposure_of_a_night_off_falls_and_its_average_is_that_of_the_week() -> None:
    schedule = built(
        zolpidem(
            row(14, *THREE),
            regimen=[{"time": "night", "drug": "zolpidem", "dose_mg": "5", "days_of_week": THREE}],
        )
    ).schedule
    days = list(curve(schedule, table="ashton_2002").days())
    # Monday and Sunday: two nights after Friday's dose.
    assert days[0][1] > 10 * days[6][1]
    levels = curve(schedule, table="ashton_2002").levels[: 7 * 24]
    assert 960 <= sum(levels) // len(levels) <= 1040


# ── what is taken now, and what was really taken ─────────────────────────────────────────────────────────────────


def test_a_pattern_that_is_taken_now_is_the_start_and_no_varied_use() -> None:
    now = [{"time": "night", "drug": "zolpidem", "dose_mg": "5", "days_of_week": FOUR}]
    taper = built(zolpidem(row(14, *FOUR), row(14, *THREE), STOP, regimen=now))
    assert [step.kind for step in taper.schedule] == [StepKind.START, StepKind.CUT, StepKind.STOP]
    assert not of_rule(taper, "varied_before")
    (caution,) = [one for one in taper.cautions if one.code == "withdrawal_risk"]
    assert caution.facts["days_a_week"] == 4
    assert taper.request.to_json()["regimen"] == now


def test_weeks_before_the_plan_may_have_had_days_of_their_own() -> None:
    before = [{"days": 28, "doses": [row(7, *FOUR)["doses"][0] | {"days_of_week": FOUR}]}]
    now = [{"time": "night", "drug": "zolpidem", "dose_mg": "5", "days_of_week": THREE}]
    taper = built(zolpidem(row(14, *THREE), STOP, regimen=now, taken_before=before))
    assert taper.request.to_json()["taken_before"] == before
    assert answer(taper, says=says)["steps"][0]["change_percent_14d"] == "-25.00"


def test_a_night_taken_that_was_to_be_off_changes_that_night_of_the_week_alone() -> None:
    schedule = built(NIGHTS).schedule
    request = TaperRequest.from_json(NIGHTS)
    tuesday = date(2026, 12, 1)
    told = Recorded(tuesday, tuesday, (Intake(NIGHT, "zolpidem", Dose.parse("5")),))
    found = assess(request, schedule, recorded=(told,))
    # Before step 2: 20 mg and the one night more in the window of 14 days, under the 35 mg a week before the plan.
    assert {stretch.first: sum(len(one.weekdays) for one in stretch.doses) for stretch in found.lived.days}[
        tuesday
    ] == 5
    assert [one.facts["before_mg"] for one in of_rule(found, "tail")] == ["35"]
    assert not of_rule(found, "rise")


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("asked", "code", "where"),
    [
        (zolpidem(row(28, "mon"), STOP), "not_one_of", "method.rows[0].days_of_week[0]"),
        (zolpidem(row(28, "monday", "monday"), STOP), "duplicate", "method.rows[0].days_of_week[1]"),
        (zolpidem(row(28) | {"days_of_week": []}, STOP), "empty_list", "method.rows[0].days_of_week"),
        (zolpidem(row(6, "monday"), STOP), "weekly_pattern", "method.rows[0].days"),
        (ENDING | {"end": {"days_of_week": [THREE, THREE]}}, "weekly_pattern", "end.days_of_week[1]"),
        (ENDING | {"end": {"days_of_week": [list(WEEKDAYS)]}}, "weekly_pattern", "end.days_of_week[0]"),
        (ENDING | {"goal_mg": "1"}, "weekly_pattern", "end.days_of_week"),
        (zolpidem(row(28), STOP, end={"days_of_week": [THREE]}), "weekly_pattern", "end.days_of_week"),
        (
            ENDING | {"method": {"name": "fixed_amount", "amount_mg": "1", "interval_days": 6}},
            "weekly_pattern",
            "end.days_of_week",
        ),
    ],
)
def test_a_refusal_names_the_place(asked: dict[str, Any], code: str, where: str) -> None:
    error = refused(asked)
    assert (error.code, error.where) == (code, where)
    assert "%(" not in says(error)


def test_a_method_that_begins_from_an_even_dose_says_from_which() -> None:
    now = [{"time": "night", "drug": "diazepam", "dose_mg": "5", "days_of_week": THREE}]
    error = refused(ENDING | {"regimen": now})
    assert isinstance(error, WeeklyPattern)
    assert (error.where, error.nearest) == ("regimen[0].days_of_week", {"lower": "2.1", "higher": "2.2"})
    assert "2.1\u00a0mg or 2.2\u00a0mg every day" in says(error)
    assert "15\u00a0mg a week, about 2.14285\u00a0mg a day" in says(error)


def test_all_seven_days_are_every_day() -> None:
    asked = TaperRequest.from_json(zolpidem(row(14, *WEEKDAYS), STOP))
    assert not build(asked).schedule.weekly
    assert Weekdays.named(WEEKDAYS) is EVERY_DAY
    assert asked.to_json()["method"] == TaperRequest.from_json(zolpidem(row(14), STOP)).to_json()["method"]


# ── kept, revised, gone on from ──────────────────────────────────────────────────────────────────────────────────


def test_a_stored_plan_keeps_its_nights_and_one_without_them_is_written_as_before() -> None:
    taper = built(NIGHTS)
    text = snapshot.dump(taper)
    assert snapshot.load(text).schedule == taper.schedule
    assert snapshot.load(text).request == taper.request
    assert "days_of_week" not in snapshot.dump(built(zolpidem(row(28), STOP)))


def test_holding_and_stepping_back_keep_the_nights_of_the_week() -> None:
    schedule = built(NIGHTS).schedule
    held = hold(schedule, from_day=date(2026, 12, 3), days=3)
    assert [(step.kind, step.days) for step in held] == [
        (StepKind.CUT, 7),
        (StepKind.HOLD, 3),
        (StepKind.CUT, 14),
        (StepKind.STOP, 1),
    ]
    assert held.steps[1].doses == schedule.steps[0].doses
    back = step_back(schedule, from_day=date(2026, 12, 9), hold_days=14)
    assert [step.week("zolpidem").text for step in back][:3] == ["20", "10", "20"]
    assert back.steps[2].kind is StepKind.STEP_BACK
    resting = pause(schedule, from_day=date(2026, 12, 3))
    assert resting.steps[-1].doses == schedule.steps[0].doses


def test_going_on_from_what_is_taken_keeps_later_nights() -> None:
    request = TaperRequest.from_json(NIGHTS)
    regimen = (Intake(NIGHT, "zolpidem", Dose.parse("5")),)
    made = go_on_from(request, build(request).schedule, from_day=date(2026, 12, 2), regimen=regimen)
    assert [(step.kind, step.week("zolpidem").text) for step in made] == [
        (StepKind.CUT, "20"),
        (StepKind.RISE, "35"),
        (StepKind.CUT, "10"),
        (StepKind.STOP, "0"),
    ]


def test_going_on_as_before_in_a_stage_keeps_its_nights_and_the_stages_after_it() -> None:
    request = TaperRequest.from_json(ENDING)
    schedule = build(request).schedule
    five, three = schedule.steps[-3:-1]
    day = five.start + timedelta(days=3)
    regimen = pattern_on(schedule, day)
    assert [len(one.weekdays) for one in regimen] == [5]
    made = go_on_from(request, schedule, from_day=day, regimen=regimen)
    assert [step.doses for step in made.steps[-3:]] == [five.doses, three.doses, ()]
    # Nobody asked for a hold: the step goes on to the end that was planned.
    assert made.steps[-3] == five


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def made(asked: dict[str, Any]) -> Taper:
    try:
        return built(asked)
    except TaperError:
        assume(False)
        raise


@pytest.mark.slow
@LAWFUL
@given(weekly_plans())
def test_laws_of_a_pattern(asked: dict[str, Any]) -> None:
    taper = made(asked)
    schedule = taper.schedule
    # spans are the days of the plan, each once, with the doses of that weekday
    day = schedule.start
    for span in schedule.spans:
        assert span.start == day
        assert not span.weekly
        while day <= span.end:
            on = schedule.step_on(day)
            assert on is not None
            assert (on.doses, on.n) == (span.doses, span.n)
            day += timedelta(days=1)
    assert day == schedule.end + timedelta(days=1)
    # a kind tells the truth of weeks: what is less is a cut, and nothing is called a rise inside a week
    for before, step in pairwise(schedule):
        was, now = (sum(one.week(drug).units for drug in schedule.drugs) for one in (before, step))
        assert (step.kind is StepKind.STOP) == (not step.doses)
        assert now >= was or step.kind in (StepKind.CUT, StepKind.STOP)
    # what is stored, asked again or held is the same plan
    assert snapshot.load(snapshot.dump(taper)).schedule == schedule
    again = TaperRequest.from_json(taper.request.to_json())
    assert again == taper.request
    assert build(again).schedule == schedule
    assert same_from(
        schedule, pace(schedule, from_day=schedule.start, interval_days=1, faster=False), schedule.start
    )


def test_a_plan_without_days_of_the_week_has_none_in_another_process_either() -> None:
    every_day = zolpidem({"days": 14, "total_mg": "2.5"}, STOP, products=HALVES)
    there = pickle.loads(pickle.dumps(built(every_day).schedule))
    assert not any(step.weekly for step in there)
    assert pickle.loads(pickle.dumps(EVERY_DAY)) is copy.deepcopy(EVERY_DAY) is EVERY_DAY
