"""What a plan's amounts in mg mean after a change to another drug, and what a switch replaces."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from plans.domain.amounts import Dose
from plans.domain.taper.amendments import (
    Amended,
    Amendment,
    BeginDrug,
    ChangeProducts,
    SwitchDrug,
    TakesDose,
    TaperOn,
    amend,
)
from plans.domain.taper.crossover import Crossover
from plans.domain.taper.engine import Taper, assess, build
from plans.domain.taper.going_on import go_on_from
from plans.domain.taper.limit_rules import LimitLevel
from plans.domain.taper.methods.percent_of_current import PercentOfCurrent
from plans.domain.taper.refusals import NothingToCross, SwitchRefused
from plans.domain.taper.request import Intake, TaperRequest
from plans.domain.taper.schedule import StepKind, TimeOfDay

PERCENT = {"name": "percent_of_current", "percent": "10", "interval_days": 14}
FIXED = {"name": "fixed_amount", "amount_mg": "0.25", "interval_days": 14}
TWO_BANDS = [{"above_mg": "1", "amount_mg": "0.5"}, {"above_mg": "0", "amount_mg": "0.25"}]
TEN_AND_FIVE = {"first": {"percent": "10"}, "then": {"percent": "5"}}
START = date(2026, 11, 30)
ONE = timedelta(days=1)


def plan(dose_mg: str = "3", drug: str = "lorazepam", **more: Any) -> Taper:
    regimen = [{"time": "night", "drug": drug, "dose_mg": dose_mg}]
    asked = {"start": START.isoformat(), "regimen": regimen, "method": PERCENT} | more
    return build(TaperRequest.from_json(asked))


def switched(taper: Taper, to: str = "diazepam", *others: Amendment, after: int = 3, **how: Any) -> Amended:
    day = START + after * ONE
    switch = SwitchDrug(day, crossover=Crossover(to, **how))
    return amend(taper.request, taper.schedule, [*others, switch])


def last(made: Amended) -> list[tuple[str, str]]:
    return [(drug, dose.text) for drug, dose in made.schedule.steps[-1].day]


def counts(made: Amended) -> list[tuple[str, str]]:
    return [(one.dose.text, one.becomes.text) for one in made.counted]


def begin(after: int, drug: str = "temazepam", dose_mg: str = "7.5") -> BeginDrug:
    return BeginDrug(START + after * ONE, doses=(Intake(TimeOfDay.NIGHT, drug, Dose.parse(dose_mg)),))


def test_a_dose_to_stay_on_is_its_equivalent_of_the_new_drug_after_a_switch() -> None:
    made = switched(plan(goal_mg="1.5"))
    assert last(made) == [("diazepam", "15")]
    assert counts(made) == [("1.5", "15")]
    assert TaperRequest.from_json(made.request.to_json()).goal.text == "15"


def test_a_dose_to_stay_on_just_under_the_present_one_still_lets_the_switch_be_made() -> None:
    made = switched(plan(goal_mg="2.75"), "clonazepam")
    assert [step.kind for step in made.schedule][1] is StepKind.CROSSOVER
    assert last(made) == [("clonazepam", "1.375")]


def test_a_dose_that_stays_already_is_switched_and_stays_as_its_equivalent() -> None:
    made = switched(plan(goal_mg="1.5"), after=300)
    assert made.schedule.steps[-1].kind is StepKind.CROSSOVER
    assert last(made) == [("diazepam", "15")]
    assert made.schedule.maintenance


def test_a_dose_to_stay_on_that_cannot_be_made_becomes_the_next_one_above_it() -> None:
    made = switched(plan(goal_mg="1.75", equivalence="va_dod_2021", country="US"))
    assert Dose.parse(last(made)[0][1]) >= Dose.parse("8.75")
    assert counts(made) == [("1.75", last(made)[0][1])]
    assert made.request.goal.text == last(made)[0][1]


def test_a_share_of_the_equivalent_counts_for_the_dose_to_stay_on_too() -> None:
    assert last(switched(plan(goal_mg="1.5"), percent=Fraction(50))) == [("diazepam", "7.5")]


@pytest.mark.parametrize(
    ("method", "found"),
    [
        (FIXED, [("0.25", "2.5")]),
        (
            {"name": "bands", "interval_days": 14, "bands": TWO_BANDS},
            [("1", "10"), ("0.5", "5"), ("0.25", "2.5")],
        ),
        (
            {"name": "two_rates", "interval_days": 14, "below_mg": "1"} | TEN_AND_FIVE,
            [("1", "10")],
        ),
    ],
)
def test_the_amounts_of_a_method_count_as_mg_of_the_new_drug(method: Any, found: list[Any]) -> None:
    made = switched(plan(method=method))
    assert counts(made) == found
    assert TaperRequest.from_json(made.request.to_json()).method == made.request.method


def test_fixed_cuts_go_on_at_the_same_pace_after_a_switch_to_a_weaker_drug() -> None:
    before = plan(method=FIXED)
    made = switched(before)
    assert abs((made.schedule.end - before.schedule.end).days) <= 14


@pytest.mark.slow
def test_fixed_cuts_are_never_larger_than_asked_for_after_a_switch_to_a_stronger_drug() -> None:
    made = switched(plan("30", "diazepam", method=FIXED | {"amount_mg": "2"}), "clonazepam")
    assert counts(made) == [("2", "0.1")]
    totals = [step.total("clonazepam").units for step in made.schedule if step.start >= START + 3 * ONE]
    assert max(one - other for one, other in pairwise(totals)) <= Dose.parse("0.125").units


def test_a_lowest_dose_asked_for_is_converted_and_the_usual_one_is_the_new_drugs_own() -> None:
    assert switched(plan()).request.end.last_dose.text == "0.5"
    made = switched(plan(end={"last_dose_mg": "0.25"}))
    assert made.request.end.last_dose.text == "2.5"
    assert counts(made) == [("0.25", "2.5")]


def test_amounts_after_an_earlier_switch_are_those_of_its_drug() -> None:
    first = switched(plan(method=FIXED))
    again = amend(
        first.request, first.schedule, [SwitchDrug(START + 60 * ONE, crossover=Crossover("clonazepam"))]
    )
    assert counts(again) == [("2.5", "0.125")]


def test_cuts_in_mg_of_several_drugs_are_refused_and_switched_with_a_percentage() -> None:
    regimen = [
        {"time": "night", "drug": "lorazepam", "dose_mg": "2"},
        {"time": "night", "drug": "temazepam", "dose_mg": "15"},
    ]
    both = plan(regimen=regimen, method=FIXED)
    with pytest.raises(SwitchRefused) as refusal:
        switched(both)
    assert refusal.value.facts["why"] == "several"
    percent = TaperOn(START + 3 * ONE, method=PercentOfCurrent(percent=Fraction(10), interval_days=14))
    assert switched(both, "diazepam", percent).schedule.steps[-1].kind is StepKind.STOP


def test_an_amount_too_large_for_mg_of_the_new_drug_is_refused() -> None:
    bands = [{"above_mg": "100", "amount_mg": "1"}, {"above_mg": "0", "amount_mg": "0.5"}]
    with pytest.raises(SwitchRefused) as refusal:
        switched(plan(method={"name": "bands", "interval_days": 14, "bands": bands}))
    assert (refusal.value.facts["why"], refusal.value.facts["mg"]) == ("out_of_range", "100")


def test_a_switch_that_would_leave_no_stage_is_refused() -> None:
    with pytest.raises(NothingToCross):
        switched(plan(), "lorazepam")
    soon = {"name": "target_date", "by": "2027-01-10", "interval_days": 7}
    with pytest.raises(SwitchRefused) as refusal:
        switched(plan(method=soon), after=33, stage_days=14)
    assert refusal.value.facts["why"] == "target_date"


def test_a_plan_with_a_switch_notes_that_its_amounts_are_of_the_new_drug() -> None:
    taper = plan(crossover={"to": "diazepam"}, goal_mg="15", method=FIXED)
    (note,) = [one for one in taper.verdicts if one.rule == "new_drugs_mg"]
    assert note.level is LimitLevel.NOTE
    assert note.facts == {"drug": "diazepam", "amounts_mg": ["15", "0.25"]}
    made = switched(plan(goal_mg="1.5"))
    assert "new_drugs_mg" in {one.rule for one in assess(made.request, made.schedule).verdicts}
    for without in (plan(crossover={"to": "diazepam"}), plan(method=FIXED)):
        assert "new_drugs_mg" not in {one.rule for one in without.verdicts}


# ── drugs that a switch was not made for ─────────────────────────────────────────────────────────────────────


def test_a_drug_added_before_the_switch_is_refused_and_is_never_replaced_by_it() -> None:
    ahead = plan("2", "alprazolam", crossover={"to": "diazepam", "stage_days": 60})
    taking = TakesDose(
        START + 3 * ONE,
        regimen=(Intake(TimeOfDay.NIGHT, "alprazolam", Dose.parse("2")), *begin(3).doses),
    )
    for change in (begin(3), taking):
        with pytest.raises(SwitchRefused) as refusal:
            amend(ahead.request, ahead.schedule, [change])
        assert refusal.value.facts == {"why": "ahead", "drug": "temazepam", "to": "diazepam"}
    with pytest.raises(SwitchRefused):
        go_on_from(ahead.request, ahead.schedule, from_day=START + 3 * ONE, regimen=taking.regimen)
    with pytest.raises(SwitchRefused):
        switched(plan("2", "alprazolam"), "diazepam", begin(3))


def test_a_drug_added_after_the_switch_stays_beside_the_new_drug() -> None:
    crossed = plan("2", "alprazolam", crossover={"to": "diazepam"})
    made = amend(crossed.request, crossed.schedule, [begin(14)])
    step = made.schedule.step_on(START + 15 * ONE)
    assert step is not None
    assert [(drug, dose.text) for drug, dose in step.day if drug == "temazepam"] == [("temazepam", "7.5")]
    again = TaperRequest.from_json(made.request.to_json())
    later = amend(again, made.schedule, [ChangeProducts(START + 20 * ONE, products=made.schedule.products)])
    step = later.schedule.step_on(START + 21 * ONE)
    assert step is not None
    assert "temazepam" in step.day.drugs


def test_a_drug_added_to_a_plan_that_goes_to_a_dose_does_not_become_the_drug_of_that_dose() -> None:
    down = plan(goal_mg="1.5")
    with pytest.raises(SwitchRefused) as refusal:
        amend(down.request, down.schedule, [begin(3)])
    assert refusal.value.facts["why"] == "goal"
    made = amend(down.request, down.schedule, [begin(300)])
    assert last(made) == [("lorazepam", "1.5"), ("temazepam", "7.5")]
