"""Several drugs one after the other, and crossovers to a long-acting one, worked out by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from plans.domain.errors import TaperError
from plans.domain.taper.reading import percent_text
from plans.domain.taper.refusals import EndsBeforeStart, NotMakeable, TooFewSteps
from plans.domain.taper.schedule import Schedule, Step, StepKind, TimeOfDay
from tests.domain.taper.asking import ZOLPIDEM, built

BOTH = [
    {"time": "night", "drug": "clonazepam", "dose_mg": "1"},
    {"time": "night", "drug": "zolpidem", "dose_mg": "10"},
]


def method(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "interval_days": 14, **fields}


def test_several_drugs_are_tapered_one_after_the_other_in_the_order_chosen() -> None:
    plan = built(
        regimen=BOTH,
        drug_order=["zolpidem", "clonazepam"],
        method=method("percent_of_original", percent="50"),
        **ZOLPIDEM,
    ).schedule
    assert [(step.total("zolpidem").text, step.total("clonazepam").text) for step in plan] == [
        ("10", "1"), ("5", "1"), ("0", "1"), ("0", "0.5"), ("0", "0"),
    ]  # fmt: skip
    assert [step.days for step in plan] == [14, 14, 14, 14, 1]


def test_a_drug_left_out_of_the_order_stays_as_it_is() -> None:
    plan = built(
        regimen=BOTH, drug_order=["zolpidem"], method=method("percent_of_original", percent="50"), **ZOLPIDEM
    ).schedule
    assert [step.total("clonazepam").text for step in plan] == ["1", "1", "1"]
    assert plan.last_dose_day() is None


def test_several_drugs_are_at_zero_by_a_date_one_after_the_other_at_one_rate() -> None:
    taper = built(
        regimen=BOTH, method={"name": "target_date", "by": "2027-11-30", "interval_days": 7}, **ZOLPIDEM
    )
    plan = taper.schedule
    assert date(2027, 8, 31) < plan.end <= date(2027, 11, 30)
    assert not plan.steps[-1].doses
    assert taper.rate is not None
    slower = built(
        regimen=BOTH,
        method=method(
            "percent_of_current", percent=percent_text(taper.rate - Fraction(1, 100)), interval_days=7
        ),
        **ZOLPIDEM,
    )
    assert slower.schedule.end > date(2027, 11, 30)


def test_a_number_of_steps_counts_the_cuts_of_all_drugs() -> None:
    plan = built(
        regimen=BOTH, method={"name": "steps", "count": 12, "interval_days": 14}, **ZOLPIDEM
    ).schedule
    # all twelve, or as many as the gentlest rate that arrives in twelve needs
    assert 10 * 14 < plan.days <= 12 * 14 + 1


def test_fewer_steps_than_drugs_are_refused() -> None:
    with pytest.raises(TooFewSteps) as refused:
        built(regimen=BOTH, method={"name": "steps", "count": 1, "interval_days": 14}, **ZOLPIDEM)
    assert refused.value.where == "method.count"


def test_a_date_too_near_for_a_cut_of_each_drug_is_refused() -> None:
    with pytest.raises(EndsBeforeStart):
        built(
            regimen=BOTH, method={"name": "target_date", "by": "2026-12-10", "interval_days": 7}, **ZOLPIDEM
        )


def test_a_drug_that_stays_does_not_carry_the_plan_past_its_date() -> None:
    plan = built(
        regimen=BOTH,
        drug_order=["zolpidem"],
        method={"name": "target_date", "by": "2027-01-01", "interval_days": 14},
        **ZOLPIDEM,
    ).schedule
    assert plan.end == date(2027, 1, 1)


def test_a_long_last_stage_of_a_crossover_does_not_carry_the_plan_past_its_date() -> None:
    plan = built(
        crossover={"to": "diazepam", "stage_days": 28},
        method={"name": "target_date", "by": "2027-06-01", "interval_days": 7},
        **ZOLPIDEM,
    ).schedule
    assert date(2027, 5, 1) < plan.end <= date(2027, 6, 1)


def test_a_crossover_moves_the_night_dose_first_a_week_a_stage() -> None:
    plan = built(crossover={"to": "diazepam"}, **ZOLPIDEM).schedule
    stages = [
        [(dose.time.value, dose.drug, dose.dose.text) for dose in step.doses] for step in plan.steps[:3]
    ]
    assert stages == [
        [("morning", "clonazepam", "0.5"), ("night", "clonazepam", "1")],
        [("morning", "clonazepam", "0.5"), ("night", "diazepam", "20")],
        [("morning", "diazepam", "10"), ("night", "diazepam", "20")],
    ]
    assert [step.days for step in plan.steps[:3]] == [7, 7, 14]
    assert [step.kind for step in plan.steps[:3]] == [StepKind.START, StepKind.CROSSOVER, StepKind.CROSSOVER]


def test_a_crossover_to_a_dose_too_small_to_make_is_refused_rather_than_stopped() -> None:
    regimen = [{"time": "night", "drug": "clonazepam", "dose_mg": "0.25"}]
    products = [*ZOLPIDEM["products"][:1], {"drug": "diazepam", "form": "tablet", "strength_mg": "10"}]
    with pytest.raises(TaperError) as refused:
        built(regimen=regimen, crossover={"to": "diazepam"}, products=products)
    assert (refused.value.code, refused.value.where) == ("not_makeable", "crossover.to")
    assert refused.value.nearest == {"lower": "0", "higher": "10"}


def test_after_a_crossover_daytime_doses_end_before_the_night_dose() -> None:
    regimen = [
        {"time": time, "drug": "alprazolam", "dose_mg": "0.5"} for time in ("morning", "midday", "night")
    ]
    products = [
        {"drug": "alprazolam", "form": "tablet", "strength_mg": "0.5", "split": 2},
        {"drug": "diazepam", "form": "tablet", "strength_mg": "2", "split": 2},
        {"drug": "diazepam", "form": "tablet", "strength_mg": "5", "split": 2},
    ]
    plan = built(regimen=regimen, products=products, crossover={"to": "diazepam"}).schedule
    lasts = {
        time: max(step.n for step in plan if step.at(time, "diazepam"))
        for time in (TimeOfDay.MORNING, TimeOfDay.MIDDAY, TimeOfDay.NIGHT)
    }
    assert lasts[TimeOfDay.MORNING] < lasts[TimeOfDay.MIDDAY] < lasts[TimeOfDay.NIGHT]
    night = [step.at(TimeOfDay.NIGHT, "diazepam") for step in plan if step.at(TimeOfDay.MIDDAY, "diazepam")]
    assert len(set(night)) == 1


def test_a_crossover_is_refused_where_the_pieces_do_not_reach_the_equivalent_rather_than_cut() -> None:
    regimen = [{"time": "night", "drug": "clonazepam", "dose_mg": "2.5"}]
    products = [
        {"drug": "clonazepam", "form": "tablet", "strength_mg": "2", "split": 4},
        {"drug": "diazepam", "form": "tablet", "strength_mg": "10"},
    ]
    with pytest.raises(NotMakeable) as refused:
        built(regimen=regimen, crossover={"to": "diazepam"}, products=products)
    assert refused.value.where == "crossover.to"
    assert refused.value.nearest == {"lower": "40", "higher": None}
    taper = built(regimen=regimen, crossover={"to": "diazepam"}, products=products, max_pieces=5)
    assert taper.schedule.steps[1].total("diazepam").text == "50"


# ── a switch in parts ────────────────────────────────────────────────────────────────────────────────────────


def switched(dose: str, **crossover: Any) -> Schedule:
    """Alprazolam at night, switched to diazepam in the way given."""
    return built(
        regimen=[{"time": "night", "drug": "alprazolam", "dose_mg": dose}],
        products=[
            {"drug": "alprazolam", "form": "tablet", "strength_mg": "1", "split": 2},
            {"drug": "diazepam", "form": "tablet", "strength_mg": "10", "split": 2},
        ],
        method=method("fixed_amount", amount_mg="5", interval_days=7),
        crossover={"to": "diazepam", **crossover},
    ).schedule


def both(step: Step) -> tuple[str, str]:
    return step.total("alprazolam").text, step.total("diazepam").text


def test_a_switch_in_parts_replaces_half_a_milligram_at_a_time_as_ashton_does() -> None:
    assert [both(step) for step in switched("2", part_mg="0.5").steps[:5]] == [
        ("2", "0"), ("1.5", "10"), ("1", "20"), ("0.5", "30"), ("0", "40"),
    ]  # fmt: skip


def test_a_part_that_the_tablets_cannot_leave_is_the_next_larger_one() -> None:
    # 0.1 mg off 2 mg cannot be made of halves of 1 mg tablets: half a milligram is the smallest part
    assert [both(step) for step in switched("2", part_mg="0.1").steps[:3]] == [
        ("2", "0"), ("1.5", "10"), ("1", "20"),
    ]  # fmt: skip


def test_a_share_of_the_equivalent_is_given_and_no_more() -> None:
    assert [both(step) for step in switched("2", percent_of_equivalent="50").steps[:2]] == [
        ("2", "0"), ("0", "20"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("part_mg", "0", "zero_amount"),
        ("percent_of_equivalent", "120", "out_of_range"),
        ("percent_of_equivalent", "0", "zero_amount"),
    ],
)
def test_a_part_or_a_share_out_of_range_is_refused_with_its_place(key: str, value: str, code: str) -> None:
    with pytest.raises(TaperError) as refused:
        switched("2", **{key: value})
    assert (refused.value.code, refused.value.where) == (code, f"crossover.{key}")


# ── a cut of each in turn ────────────────────────────────────────────────────────────────────────────────────


def in_turn(**changes: Any) -> Schedule:
    """Diazepam and clonazepam at night, a cut of each in turn."""
    asked: dict[str, Any] = {
        "regimen": [
            {"time": "night", "drug": "diazepam", "dose_mg": "4"},
            {"time": "night", "drug": "zolpidem", "dose_mg": "10"},
        ],
        "method": method("percent_of_original", percent="25", interval_days=7),
        "interleave": True,
        **ZOLPIDEM,
    }
    return built(**asked | changes).schedule


def test_two_drugs_are_cut_in_turn_an_interval_for_each() -> None:
    plan = in_turn()
    assert [
        (step.days, step.total("diazepam").text, step.total("zolpidem").text) for step in plan
    ] == [
        (7, "4", "10"), (7, "3", "10"), (7, "3", "7.5"), (7, "2", "7.5"), (7, "2", "5"), (7, "1", "5"),
        (7, "1", "2.5"), (7, "0", "2.5"), (1, "0", "0"),
    ]  # fmt: skip


def test_no_step_of_drugs_cut_in_turn_lowers_two_of_them() -> None:
    plan = in_turn(method=method("percent_of_current", percent="10", interval_days=14))
    for before, step in pairwise(plan.steps):
        lower = [drug for drug in plan.drugs if step.total(drug) < before.total(drug)]
        assert len(lower) == 1


@pytest.mark.parametrize(
    "solved",
    [
        {"name": "steps", "count": 12, "interval_days": 14},
        {"name": "target_date", "by": "2027-11-30", "interval_days": 7},
    ],
)
def test_a_method_solved_for_its_end_is_not_cut_in_turn(solved: dict[str, Any]) -> None:
    with pytest.raises(TaperError) as refused:
        in_turn(method=solved)
    assert (refused.value.code, refused.value.where) == ("cannot_interleave", "interleave")
