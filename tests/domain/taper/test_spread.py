"""How a lower day is shared over the times of day, and what a whole plan is made of."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from plans.domain.amounts import Dose
from plans.domain.taper.engine import Taper, build
from plans.domain.taper.going_on import go_on_from
from plans.domain.taper.options import options
from plans.domain.taper.preparation import PreparationName
from plans.domain.taper.refusals import NoPreparation, NotOneOf
from plans.domain.taper.request import Intake, TaperRequest
from plans.domain.taper.schedule import Step, TimeOfDay

TEN_PERCENT = {"name": "percent_of_current", "percent": "10", "interval_days": 14}


def plan(regimen: dict[str, str], drug: str, **more: Any) -> Taper:
    """A plan of one drug, 10 % of the current dose every fortnight unless said otherwise."""
    asked: dict[str, Any] = {
        "start": "2026-11-30",
        "regimen": [{"time": time, "drug": drug, "dose_mg": dose} for time, dose in regimen.items()],
        "method": TEN_PERCENT,
    }
    return build(TaperRequest.from_json(asked | more))


THREE_TIMES = {"morning": "1", "midday": "1", "night": "1"}


def shared(step: Step) -> tuple[str, ...]:
    return tuple(dose.dose.text for dose in step.doses)


def test_in_turn_each_cut_lowers_one_time_of_day_and_none_is_given_up() -> None:
    tablets = [{"drug": "alprazolam", "form": "tablet", "strength_mg": "0.25", "split": 2}]
    steps = plan(THREE_TIMES, "alprazolam", spread="in_turn", products=tablets, max_pieces=8).schedule.steps
    assert [shared(step) for step in steps[:5]] == [
        ("1", "1", "1"), ("0.75", "1", "1"), ("0.75", "0.75", "1"), ("0.75", "0.75", "0.75"),
        ("0.5", "0.75", "0.75"),
    ]  # fmt: skip
    last_of_three = next(step for step, after in pairwise(steps) if len(after.doses) < 3)
    assert shared(last_of_three) == ("0.125", "0.125", "0.125")


def test_a_short_acting_drug_keeps_its_times_of_day_by_default() -> None:
    taper = plan(THREE_TIMES, "alprazolam")
    assert taper.request.to_json()["spread"] == "in_turn"
    # the tenth cut used to leave the whole milligram of the night alone
    assert all(len(step.doses) == 3 for step in taper.schedule.steps[:15])


def test_a_long_acting_drug_still_loses_its_daytime_doses_first() -> None:
    taper = plan({"morning": "5", "night": "5"}, "diazepam")
    assert taper.request.to_json()["spread"] == "one_after_another"
    halfway = next(step for step in taper.schedule if step.total("diazepam") <= Dose.parse("5"))
    assert [dose.time for dose in halfway.doses] == [TimeOfDay.NIGHT]


def test_even_makes_the_labels_own_schedule_which_cuts_both_doses_at_once() -> None:
    taper = plan(
        {"morning": "0.5", "night": "0.5"},
        "clonazepam",
        spread="even",
        method={"name": "fixed_amount", "amount_mg": "0.25", "interval_days": 3},
        products=[{"drug": "clonazepam", "form": "tablet", "strength_mg": "0.5", "split": 4}],
    )
    assert [shared(step) for step in taper.schedule] == [
        ("0.5", "0.5"), ("0.375", "0.375"), ("0.25", "0.25"), ("0.125", "0.125"), (),
    ]  # fmt: skip


def test_a_cut_of_more_than_half_a_dose_is_shared_by_all_times_of_day() -> None:
    taper = plan(
        {"morning": "10", "night": "10"},
        "diazepam",
        spread="in_turn",
        method=TEN_PERCENT | {"percent": "60"},
    )
    assert shared(taper.schedule.steps[1]) == ("4", "4")


def test_each_drug_has_a_spread_of_its_own_and_the_request_says_which() -> None:
    asked = {
        "start": "2026-11-30",
        "regimen": [
            {"time": "night", "drug": "lorazepam", "dose_mg": "1"},
            {"time": "night", "drug": "diazepam", "dose_mg": "5"},
        ],
        "method": TEN_PERCENT,
        "spread": {"lorazepam": "even"},
    }
    spread = TaperRequest.from_json(asked).to_json()["spread"]
    assert spread == {"lorazepam": "even", "diazepam": "one_after_another"}


@pytest.mark.parametrize(
    ("spread", "where"), [("sideways", "spread"), ({"diazepam": "sideways"}, "spread.diazepam")]
)
def test_a_spread_nobody_knows_is_refused_with_its_place(spread: Any, where: str) -> None:
    with pytest.raises(NotOneOf) as refused:
        plan({"night": "5"}, "diazepam", spread=spread)
    assert refused.value.where == where


# ── one preparation ──────────────────────────────────────────────────────────────────────────────────────────


def changes(taper: Taper, drug: str) -> int:
    """How often the doses of a drug go from tablets to a liquid or back."""
    drawn = [
        [take.volume is not None for dose in step.doses if dose.drug == drug for take in dose.take]
        for step in taper.schedule
    ]
    flat = [any(one) for one in drawn if one]
    return sum(was != now for was, now in pairwise(flat))


def test_a_plan_goes_from_tablets_to_one_liquid_once_and_stays_with_it() -> None:
    taper = plan(THREE_TIMES, "alprazolam")
    assert changes(taper, "alprazolam") == 1
    last = taper.schedule.steps[-2]
    assert [take.product.form.value for dose in last.doses for take in dose.take] == ["concentrate"]


def test_once_a_liquid_is_begun_a_dose_that_tablets_could_make_is_drawn_as_well() -> None:
    rows = [{"days": 14, "total_mg": total} for total in ("5", "4.7", "4.5", "4.3")]
    taper = plan({"night": "5"}, "diazepam", method={"name": "typed", "rows": rows})
    takes = [step.doses[0].take[0].product.form.value for step in taper.schedule]
    assert takes == ["tablet", "solution", "solution", "solution"]


@pytest.mark.parametrize("dose", ["20", "10"])
def test_a_plan_that_tablets_can_follow_is_made_of_tablets_alone(dose: str) -> None:
    taper = plan({"night": dose}, "diazepam")
    forms = {take.product.form.value for step in taper.schedule for one in step.doses for take in one.take}
    assert forms == {"tablet"}


def test_a_preparation_can_be_asked_for_and_one_that_is_not_there_is_refused() -> None:
    liquid = plan({"night": "10"}, "diazepam", preparation="liquid")
    assert changes(liquid, "diazepam") == 0
    assert all(take.volume for step in liquid.schedule for dose in step.doses for take in dose.take)
    with pytest.raises(NoPreparation) as refused:
        plan({"night": "30"}, "temazepam", preparation="liquid")
    assert refused.value.where == "preparation"


def test_whole_plans_are_offered_side_by_side_with_what_each_costs() -> None:
    taper = plan({"night": "10"}, "diazepam")
    tablets, liquid = (one for one in options(taper) if one.preparation is not PreparationName.MIXED)
    assert (tablets.chosen, liquid.chosen) == (True, False)
    assert tablets.last_dose.dose("diazepam").text == "1"
    assert liquid.last_dose.dose("diazepam").text == "0.5"
    assert (tablets.changes, liquid.changes) == (0, 0)
    assert tablets.longest_step > liquid.longest_step
    assert {product.form.value for product in liquid.supply} == {"solution"}


def test_a_drug_without_a_liquid_leaves_no_choice() -> None:
    assert options(plan({"night": "30"}, "temazepam")) == ()


def test_somebody_who_takes_a_liquid_by_now_does_not_go_back_to_tablets() -> None:
    taper = plan(THREE_TIMES, "alprazolam")
    drawn = next(step for step in taper.schedule if step.doses and step.doses[0].take[0].volume is not None)
    regimen = tuple(Intake(dose.time, dose.drug, Dose.parse("0.25")) for dose in drawn.doses)
    regimen = tuple(Intake(one.time, one.drug, Dose.parse("0.2")) for one in regimen)
    after = go_on_from(taper.request, taper.schedule, from_day=drawn.end, regimen=regimen)
    later = [step for step in after if step.start >= drawn.end]
    assert all(take.volume is not None for step in later for dose in step.doses for take in dose.take)
    assert after.steps[0].start == date(2026, 11, 30)
