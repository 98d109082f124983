"""Each method's steps, worked out by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from plans.domain.amounts import Dose
from plans.domain.taper.occupancy import CURVES, CurveNotCovered
from plans.domain.taper.reading import percent_text
from plans.domain.taper.refusals import (
    BandsGap,
    BandsOrder,
    EndsBeforeStart,
    GoalNotReached,
    MissingKey,
    NotMakeable,
    TooLong,
    TotalAboveStart,
    TotalNeedsOneDrug,
)
from plans.domain.taper.schedule import StepKind, TimeOfDay
from tests.domain.taper.asking import ZOLPIDEM, a_day, built, diazepam, doses


def method(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "interval_days": 14, **fields}


def typed(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"name": "typed", "rows": list(rows)}


ONE_AFTER_ANOTHER = {"spread": "one_after_another"}


def test_one_after_another_the_morning_dose_ends_before_the_night_dose() -> None:
    plan = built(**ONE_AFTER_ANOTHER).schedule
    assert [
        (step.at(TimeOfDay.MORNING, "clonazepam").text, step.at(TimeOfDay.NIGHT, "clonazepam").text)
        for step in plan
    ] == [
        ("0.5", "1"), ("0.375", "1"), ("0.25", "1"), ("0.125", "1"), ("0", "1"), ("0", "0.875"), ("0", "0.75"),
        ("0", "0.625"), ("0", "0.5"), ("0", "0.375"), ("0", "0.25"), ("0", "0.125"), ("0", "0"),
    ]  # fmt: skip
    assert [step.days for step in plan] == [14, 14, 14, 14, 28, 14, 28, 28, 42, 56, 84, 98, 1]
    assert plan.steps[-1].kind is StepKind.STOP


def test_a_cut_too_small_for_the_tablets_lengthens_the_step_before_it_and_is_reported() -> None:
    assert built(**ONE_AFTER_ANOTHER).longer == (5, 7, 8, 9, 10, 11, 12)


def test_which_time_of_day_falls_first_can_be_chosen() -> None:
    second = built(falls_first=["night"], **ONE_AFTER_ANOTHER).schedule.steps[1]
    assert second.at(TimeOfDay.MORNING, "clonazepam").text == "0.5"
    assert second.at(TimeOfDay.NIGHT, "clonazepam").text == "0.875"


def test_one_time_of_day_changes_per_step_wherever_possible() -> None:
    # 3 mg to an ideal 2 mg: the morning's 0.75 mg ends alone, being more than half of the cut; 0.25 mg would not be
    regimen = [
        {"time": "morning", "drug": "clonazepam", "dose_mg": "0.75"},
        {"time": "night", "drug": "clonazepam", "dose_mg": "2.25"},
    ]
    cut = method("fixed_amount", amount_mg="1")
    assert (
        a_day(built(regimen=regimen, method=cut, max_pieces=6, **ONE_AFTER_ANOTHER).schedule.steps[1]).text
        == "2.25"
    )
    regimen = [
        {"time": "morning", "drug": "clonazepam", "dose_mg": "0.25"},
        {"time": "night", "drug": "clonazepam", "dose_mg": "2.75"},
    ]
    assert (
        a_day(built(regimen=regimen, method=cut, max_pieces=6, **ONE_AFTER_ANOTHER).schedule.steps[1]).text
        == "2"
    )


def test_percent_of_the_original_dose_is_a_straight_line() -> None:
    plan = diazepam("10", "2", "5", method=method("percent_of_original", percent="20"))
    assert doses(plan) == ["10", "8", "6", "4", "2", "0"]


def test_a_fixed_amount_is_the_same_cut_every_time() -> None:
    plan = diazepam("5", "2", "5", method=method("fixed_amount", amount_mg="1"), max_pieces=4)
    assert doses(plan) == ["5", "4", "3", "2", "1", "0"]


def test_a_band_gives_its_cut_until_the_dose_has_left_it() -> None:
    bands = [{"above_mg": "6", "amount_mg": "2"}, {"above_mg": "0", "amount_mg": "1"}]
    assert doses(diazepam("10", "2", "5", method=method("bands", bands=bands))) == [
        "10", "8", "6", "5", "4", "3", "2", "1", "0",
    ]  # fmt: skip


def test_two_rates_slow_down_under_the_given_dose() -> None:
    rates = method("two_rates", first={"percent": "50"}, then={"percent": "25"}, below_mg="5")
    # 16, 8, 4 (under 5 from here on), 3, 2.25, 1.69, 1.27, 0.95: the tablets of 1 mg follow
    assert doses(diazepam("16", "1", "10", split=1, method=rates, max_pieces=8)) == [
        "16", "8", "4", "3", "2", "1", "0",
    ]  # fmt: skip


def test_each_of_two_rates_has_an_interval_of_its_own() -> None:
    rates = {
        "name": "two_rates",
        "first": {"percent": "10", "interval_days": 14},
        "then": {"percent": "5", "interval_days": 28},
        "below_mg": "8",
    }
    plan = diazepam("40", "2", "5", "10", method=rates)
    before = [step.days for step in plan.schedule if a_day(step) > Dose.parse("8")]
    after = [step.days for step in plan.schedule if Dose(0) < a_day(step) <= Dose.parse("8")]
    assert all(days % 14 == 0 for days in before)
    assert all(days % 28 == 0 for days in after)
    assert plan.request.to_json()["method"] == rates


def test_the_first_of_two_rates_may_be_of_the_original_dose() -> None:
    rates = {
        "name": "two_rates",
        "first": {"percent": "10", "interval_days": 14, "of": "original"},
        "then": {"percent": "50", "interval_days": 28},
        "below_mg": "20",
    }
    plan = diazepam("50", "2", "5", "10", method=rates, max_pieces=8)
    assert doses(plan)[:9] == ["50", "45", "40", "35", "30", "25", "20", "15", "7.5"]


@pytest.mark.parametrize("lacks", ["first", "then"])
def test_a_rate_without_an_interval_is_refused_with_its_place(lacks: str) -> None:
    rates: dict[str, Any] = {
        "name": "two_rates",
        "first": {"percent": "10", "interval_days": 14},
        "then": {"percent": "5", "interval_days": 28},
        "below_mg": "8",
    }
    del rates[lacks]["interval_days"]
    with pytest.raises(MissingKey) as refused:
        diazepam("40", "10", method=rates)
    assert refused.value.where == f"method.{lacks}.interval_days"


def test_equal_occupancy_takes_larger_cuts_from_larger_doses() -> None:
    plan = diazepam("40", "2", "10", method=method("equal_occupancy", points="5"), max_pieces=8)
    cuts = [a_day(before).units - a_day(step).units for before, step in pairwise(plan.schedule)]
    # 40 mg is 61.82 % of the scale; 56.82 % is 32.5 mg, 51.82 % is 26.6 mg
    assert doses(plan)[:3] == ["40", "33", "27"]
    assert cuts[0] > cuts[3] > cuts[-1]


def test_each_curve_of_occupancy_gives_steps_of_its_own() -> None:
    def second(curve: str) -> str:
        points = method("equal_occupancy", points="10", curve=curve)
        return doses(diazepam("10", "2", "5", method=points))[1]

    # 10 mg is 28.8 % by the fit (18.8 % is 5.7 mg), and 90.9 % as quoted (80.9 % is 4.2 mg)
    assert (second("maudsley_2024"), second("diazepam_quoted")) == ("6", "4.5")


def test_a_curve_of_one_drug_says_nothing_of_another() -> None:
    with pytest.raises(CurveNotCovered) as refused:
        diazepam("8", "2", method=method("equal_occupancy", points="5", curve="alprazolam_spect"))
    assert refused.value.where == "method.curve"


def test_every_curve_has_a_mark_and_a_source_and_its_own_figure() -> None:
    assert CURVES["alprazolam_spect"].half_units("alprazolam", "ashton_2002") == 1_050_000
    assert CURVES["maudsley_2024"].half_units("lorazepam", "ashton_2002") == 247_000
    assert all(curve.source and curve.mark for curve in CURVES.values())


def test_a_micro_taper_with_a_liquid_goes_down_a_little_every_day() -> None:
    products = [{"drug": "diazepam", "form": "solution", "mg_per_ml": "1", "step_ml": "0.1"}]
    plan = diazepam("10", products=products, method=method("micro", percent="14"))
    assert doses(plan)[:15] == [
        "10", "9.9", "9.8", "9.7", "9.6", "9.5", "9.4", "9.3", "9.2", "9.1", "9", "8.9", "8.8", "8.7", "8.6",
    ]  # fmt: skip
    assert {step.days for step in plan.schedule.steps[:14]} == {1}


def test_a_target_date_is_kept_with_the_gentlest_rate_that_keeps_it() -> None:
    by = date(2027, 6, 30)
    plan = built(method={"name": "target_date", "by": by.isoformat(), "interval_days": 7})
    assert 0 <= (by - plan.schedule.end).days < 7
    assert plan.rate is not None
    gentler = {
        "name": "percent_of_current",
        "percent": percent_text(plan.rate - Fraction(1, 100)),
        "interval_days": 7,
    }
    assert built(method=gentler).schedule.end > by


def test_a_number_of_steps_solves_the_rate_and_is_judged_like_any_other() -> None:
    plan = built(method=method("steps", count=10))
    assert plan.schedule.days == 10 * 14 + 1
    assert any(verdict.rule == "ceiling" for verdict in plan.verdicts)


def test_one_step_stops_at_once() -> None:
    assert doses(built(method=method("steps", count=1))) == ["1.5", "0"]


@pytest.mark.parametrize("by", ["2026-11-29", "2026-12-01"])
def test_a_date_before_the_first_cut_is_refused(by: str) -> None:
    with pytest.raises(EndsBeforeStart):
        built(method={"name": "target_date", "by": by, "interval_days": 14})


@pytest.mark.parametrize("goal", ["0.5", "0.75", "1.25"])
def test_a_plan_ends_on_its_maintenance_dose(goal: str) -> None:
    plan = built(goal_mg=goal)
    assert a_day(plan.schedule.steps[-1]).text == goal
    assert plan.schedule.steps[-1].days == 14
    assert plan.schedule.last_dose_day() is None


def test_bands_that_rise_or_leave_a_gap_are_refused() -> None:
    bands = [{"above_mg": "0", "amount_mg": "1"}, {"above_mg": "5", "amount_mg": "2"}]
    with pytest.raises(BandsOrder):
        diazepam("10", "2", method=method("bands", bands=bands))
    with pytest.raises(BandsGap):
        diazepam("8", "2", method=method("bands", bands=[{"above_mg": "5", "amount_mg": "2"}]))


def test_a_current_dose_that_cannot_be_made_is_refused_with_its_neighbours_and_what_would_help() -> None:
    with pytest.raises(NotMakeable) as refused:
        diazepam("7.5", "2", method=method("fixed_amount", amount_mg="1"))
    assert refused.value.where == "regimen[0].dose_mg"
    assert refused.value.nearest == {"lower": "7", "higher": "8"}
    assert "diazepam tablet 5 mg" in refused.value.facts["would_help"]  # type: ignore[operator]  # a list


# ── typed rows ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_typed_total_is_shared_like_the_total_of_any_method() -> None:
    plan = built(method=typed({"days": 14, "total_mg": "1.375"}, {"days": 7, "total_mg": "0.75"}))
    first, last = plan.schedule.steps
    assert first.at(TimeOfDay.MORNING, "clonazepam").text == "0.375"
    assert (last.at(TimeOfDay.MORNING, "clonazepam").text, a_day(last).text) == ("0.25", "0.75")


def test_a_typed_total_off_the_usual_way_is_still_shared_if_it_can_be() -> None:
    # 3 mg is not (none, 3 mg) with whole 2 mg and 5 mg tablets, nor is 1 mg; 7 mg is 2 mg and 5 mg
    regimen = [
        {"time": time, "drug": "diazepam", "dose_mg": dose}
        for time, dose in (("morning", "4"), ("night", "5"))
    ]
    plan = diazepam("5", "2", "5", split=1, regimen=regimen, method=typed({"days": 7, "total_mg": "7"}))
    assert [dose.dose.text for dose in plan.schedule.steps[0].doses] == ["2", "5"]
    plan = diazepam("5", "2", "5", split=1, regimen=regimen, method=typed({"days": 7, "total_mg": "8"}))
    assert [dose.dose.text for dose in plan.schedule.steps[0].doses] == ["4", "4"]


def test_a_typed_row_that_cannot_be_made_is_refused_with_the_nearest() -> None:
    with pytest.raises(NotMakeable) as refused:
        built(method=typed({"days": 14, "total_mg": "1.5"}, {"days": 14, "total_mg": "1.3"}))
    assert refused.value.where == "method.rows[1].total_mg"
    assert refused.value.nearest == {"lower": "1.25", "higher": "1.375"}


def test_a_typed_dose_that_cannot_be_made_is_refused_with_the_nearest() -> None:
    dose = {"time": "night", "drug": "clonazepam", "dose_mg": "0.3"}
    with pytest.raises(NotMakeable) as refused:
        built(method=typed({"days": 14, "doses": [dose]}))
    assert refused.value.where == "method.rows[0].doses[0].dose_mg"
    assert refused.value.nearest == {"lower": "0.25", "higher": "0.375"}


def test_a_typed_rise_is_a_rise_and_marked_as_one() -> None:
    rows = [{"days": 7, "total_mg": total} for total in ("1.5", "1.25", "1.375")]
    assert [step.kind for step in built(method=typed(*rows)).schedule] == [
        StepKind.START, StepKind.CUT, StepKind.RISE,
    ]  # fmt: skip


def test_alternate_days_can_be_typed_and_are_judged() -> None:
    rows = [{"days": 1, "total_mg": total} for total in ("1.5", "0", "1.5", "0", "1.5", "0")]
    assert any(verdict.rule == "alternate_day" for verdict in built(method=typed(*rows)).verdicts)


def test_a_first_row_under_the_present_dose_is_judged_as_the_cut_it_is() -> None:
    plan = built(method=typed({"days": 14, "total_mg": "1"}, {"days": 14, "total_mg": "0.875"}))
    assert any((verdict.rule, verdict.step) == ("ceiling", 1) for verdict in plan.verdicts)


def test_equal_rows_are_one_step_and_zero_at_the_end_is_one_day() -> None:
    rows = [{"days": 7, "total_mg": total} for total in ("1.5", "1.5", "0.125", "0")]
    assert [step.days for step in built(method=typed(*rows)).schedule] == [14, 7, 1]


def test_a_stated_goal_of_zero_adds_the_day_of_zero_and_another_goal_must_be_reached() -> None:
    row = {"days": 7, "total_mg": "0.125"}
    assert doses(built(goal_mg="0", method=typed(row))) == ["0.125", "0"]
    with pytest.raises(GoalNotReached):
        built(goal_mg="0.25", method=typed(row))


def test_a_total_that_cannot_be_shared_out_is_refused() -> None:
    with pytest.raises(TotalAboveStart):
        built(method=typed({"days": 7, "total_mg": "2"}))
    regimen = [
        {"time": "night", "drug": "clonazepam", "dose_mg": "1"},
        {"time": "night", "drug": "zolpidem", "dose_mg": "10"},
    ]
    with pytest.raises(TotalNeedsOneDrug):
        built(regimen=regimen, method=typed({"days": 7, "total_mg": "1"}), **ZOLPIDEM)


def test_a_micro_taper_with_a_liquid_falls_a_little_every_day_and_meets_the_line_at_every_interval() -> None:
    liquid = [{"drug": "diazepam", "form": "solution", "mg_per_ml": "1", "step_ml": "0.1"}]
    taper = built(
        regimen=[{"time": "night", "drug": "diazepam", "dose_mg": "10"}],
        products=liquid,
        method=method("micro", percent="10"),
        goal_mg="9",
    )
    plan = taper.schedule
    # 1 mg over 14 days in steps of 0.1 mg: no cut is larger than one step of the syringe
    falls = [(a_day(a).units - a_day(b).units) for a, b in pairwise(plan)]
    assert set(falls) == {10_000}
    at = plan.step_on(date(2026, 12, 14))
    assert at is not None
    assert a_day(at).text == "9"
    assert (plan.steps[-2].end - plan.start).days == 13


@pytest.mark.slow
@pytest.mark.timeout(15)
def test_a_line_of_ten_years_of_days_is_refused_in_a_moment_however_odd_its_percentage() -> None:
    with pytest.raises(TooLong):
        built(method={"name": "micro", "percent": "0.001", "interval_days": 1})


def test_a_goal_that_cannot_be_made_names_the_products_that_would_make_it() -> None:
    with pytest.raises(NotMakeable) as refused:
        built(goal_mg="0.9375")
    assert refused.value.facts["would_help"] == []
    with pytest.raises(NotMakeable) as refused:
        diazepam("10", "5", goal_mg="1", country="US")
    assert refused.value.facts["would_help"] == ["diazepam tablet 2 mg", "diazepam solution 1 mg/mL"]
    assert refused.value.nearest == {"lower": "0", "higher": "2.5"}
