"""A switch by both ends of the published equivalents: what each would give, in the answer and as a plan of its own."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

from plans.domain.amounts import Dose
from plans.domain.taper.amendments import SwitchDrug, amend
from plans.domain.taper.answer import answer
from plans.domain.taper.crossover import Crossover
from plans.domain.taper.crossover_range import RangeEnd, crossover_range
from plans.domain.taper.drug import SourceMark
from plans.domain.taper.engine import Taper, assess, build
from plans.domain.taper.equivalence import TABLES
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import StepKind
from plans.wording.taper import says

SWITCH: dict[str, Any] = {
    "start": "2026-11-30",
    "regimen": [
        {"time": "morning", "drug": "alprazolam", "dose_mg": "0.5"},
        {"time": "night", "drug": "alprazolam", "dose_mg": "1"},
    ],
    "method": {"name": "percent_of_current", "percent": "10", "interval_days": 14},
    "crossover": {"to": "diazepam"},
}


def switched(**changes: Any) -> Taper:
    return build(TaperRequest.from_json(SWITCH | changes))


def test_both_ends_are_the_least_and_the_most_that_any_table_says() -> None:
    low, chosen, high = crossover_range(switched())
    rows = [table.rows["alprazolam"] for table in TABLES.values() if "alprazolam" in table.rows]
    least = 15 / max(Fraction((row.value or row.high).units, 100_000) for row in rows)
    most = 15 / min(Fraction((row.value or row.low).units, 100_000) for row in rows)
    assert low.equal.units == int(least * 100_000)
    assert high.equal.units == int(most * 100_000)
    assert (chosen.table, chosen.equal) == ("ashton_2002", Dose.parse("30"))
    assert [one.end for one in (low, chosen, high)] == list(RangeEnd)
    assert all(one.sources and one.mark in SourceMark for one in (low, chosen, high))


def test_the_chosen_end_is_the_plan_itself_and_another_that_of_the_table_it_names() -> None:
    low, chosen, _high = crossover_range(switched())
    stages = [step for step in switched().schedule if step.kind is StepKind.CROSSOVER]
    assert (chosen.first, chosen.whole) == (stages[0].total("diazepam"), stages[-1].total("diazepam"))
    assert (chosen.stages, chosen.last_day) == (len(stages), switched().schedule.last_dose_day())
    other = [one for one in switched(equivalence=low.table).schedule if one.kind is StepKind.CROSSOVER]
    assert (low.first, low.whole) == (other[0].total("diazepam"), other[-1].total("diazepam"))
    assert low.whole is not None
    assert chosen.whole is not None
    assert low.whole < chosen.whole


def test_several_drugs_that_are_replaced_together_are_added_up_by_one_table_at_a_time() -> None:
    regimen = [
        {"time": "morning", "drug": "lorazepam", "dose_mg": "1"},
        {"time": "night", "drug": "temazepam", "dose_mg": "15"},
    ]
    low, chosen, high = crossover_range(switched(regimen=regimen))
    assert low.equal <= chosen.equal <= high.equal
    for one in (low, high):
        rows = TABLES[one.table].rows
        assert {"lorazepam", "temazepam"} <= set(rows)


def test_an_end_that_the_products_cannot_make_says_why_and_the_others_stand() -> None:
    tablets = [
        {"drug": "alprazolam", "form": "tablet", "strength_mg": "0.5", "split": 2},
        {"drug": "diazepam", "form": "tablet", "strength_mg": "10"},
    ]
    regimen = [{"time": "night", "drug": "alprazolam", "dose_mg": "0.5"}]
    low, chosen, _high = crossover_range(switched(regimen=regimen, products=tablets))
    assert low.refusal is not None
    assert low.refusal.code == "not_makeable"
    assert (low.first, low.last_day) == (None, None)
    assert chosen.first == Dose.parse("10")


def test_a_share_of_the_equivalent_and_a_dose_to_stay_on_hold_at_both_ends() -> None:
    asked = {"crossover": {"to": "diazepam", "percent_of_equivalent": "50"}, "goal_mg": "2"}
    for one in crossover_range(switched(**asked)):
        assert one.last_day is None
        assert one.whole is not None
        assert one.whole.units * 2 <= one.equal.units


def test_the_answer_has_the_range_where_there_is_a_switch_alone() -> None:
    found = answer(switched(), says=says)["crossover_range"]
    assert isinstance(found, list)
    assert [one["end"] for one in found] == ["low", "chosen", "high"]
    assert found[1] | {"source": ""} == {
        "end": "chosen", "table": "ashton_2002", "equal_mg": "30", "first_dose_mg": "20", "whole_dose_mg": "30",
        "stages": 2, "last_day": "2028-04-02", "refused": None, "source": "", "mark": "verified",
    }  # fmt: skip
    plain = {key: value for key, value in SWITCH.items() if key != "crossover"}
    assert "crossover_range" not in answer(build(TaperRequest.from_json(plain)), says=says)


def test_a_switch_from_other_doses_than_the_request_begins_with_has_no_range() -> None:
    plain = build(TaperRequest.from_json({k: v for k, v in SWITCH.items() if k != "crossover"}))
    day = plain.schedule.steps[2].start
    to_diazepam = SwitchDrug(day, crossover=Crossover("diazepam", stage_days=7))
    made = amend(plain.request, plain.schedule, [to_diazepam])
    assert crossover_range(assess(made.request, made.schedule)) == ()
    # And back again: nothing of what the request begins with is replaced.
    later = next(step.start for step in made.schedule if step.day.drugs == ("diazepam",)) + timedelta(days=7)
    back = amend(made.request, made.schedule, [SwitchDrug(later, crossover=Crossover("alprazolam"))])
    assert crossover_range(assess(back.request, back.schedule)) == ()
