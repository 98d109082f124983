"""A new drug that builds up after a switch: for how long by the exposure model, and when nothing is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from plans.domain.taper import catalogue
from plans.domain.taper.accumulation import STEADY
from plans.domain.taper.engine import Taper, build
from plans.domain.taper.exposure import curve, shares_of_steady
from plans.domain.taper.limit_rules import LimitLevel, Verdict
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import StepKind
from plans.wording.taper import says

SWITCH: dict[str, Any] = {
    "start": "2026-11-30",
    "regimen": [
        {"time": "morning", "drug": "lorazepam", "dose_mg": "1"},
        {"time": "night", "drug": "lorazepam", "dose_mg": "2"},
    ],
    "method": {"name": "percent_of_current", "percent": "10", "interval_days": 14},
    "crossover": {"to": "diazepam"},
}
LONG_ACTING = [drug.name for drug in catalogue.drugs() if drug.long_acting]


def switched(**changes: Any) -> Taper:
    return build(TaperRequest.from_json(SWITCH | changes))


def note(taper: Taper) -> Verdict | None:
    return next((one for one in taper.verdicts if one.rule == "accumulation"), None)


def test_a_switch_to_diazepam_says_from_how_much_its_level_rises_and_until_when() -> None:
    taper = switched()
    found = note(taper)
    assert found is not None
    last = [step for step in taper.schedule if step.kind is StepKind.CROSSOVER][-1]
    assert (found.level, found.step, found.mark) == (LimitLevel.NOTE, last.n, "unverified")
    assert "Taperplan" in found.source
    assert found.facts["share_percent"] == "53"
    assert found.facts["days"] == 8
    assert found.facts["reached_on"] == (last.start + timedelta(days=8)).isoformat()
    assert (found.facts["half_life_hours"], found.facts["metabolite_half_life_hours"]) == ("48", "62")
    said = says(found)
    assert "from 53 % of its steady level" in said.replace("\u00a0", " ")
    assert "about 4 weeks (27 days)" in said
    assert "scilit" in said


def test_the_days_are_those_of_the_exposure_curve() -> None:
    taper = switched(equivalence="ashton_2002")
    steps = taper.schedule.steps
    kept = replace(
        taper.schedule, steps=(*steps[:2], replace(steps[2], end=steps[2].start + timedelta(days=59)))
    )
    alone = replace(
        kept,
        drug="diazepam",
        drugs=("diazepam",),
        steps=tuple(
            replace(step, n=step.n - 1, doses=tuple(one for one in step.doses if one.drug == "diazepam"))
            for step in kept.steps[1:]
        ),
    )
    days = list(curve(alone, table="ashton_2002", extra_days=0).days())
    # The curve takes its first step to have been taken for long: 1,000 is the average of its dose.
    steady = (
        sum(one.dose.units for one in alone.steps[1].doses)
        * 1000
        // sum(one.dose.units for one in alone.steps[0].doses)
    )
    assert days[-1][0] <= steady <= days[-1][1]
    shares = shares_of_steady(alone.steps, "diazepam", days=60)
    begins = len(days) - 60
    assert all(
        low * 1000 // steady - 1 <= share <= high * 1000 // steady + 1
        for share, (low, high) in zip(shares, days[begins:], strict=True)
    )


def test_nothing_is_said_without_a_switch_nor_once_the_level_is_reached_by_the_last_stage() -> None:
    plain = {key: value for key, value in SWITCH.items() if key != "crossover"}
    assert note(build(TaperRequest.from_json(plain))) is None
    regimen = [
        {"time": "morning", "drug": "lorazepam", "dose_mg": "0.5"},
        {"time": "night", "drug": "diazepam", "dose_mg": "40"},
    ]
    half = {"to": "diazepam", "percent_of_equivalent": "50"}
    there = switched(regimen=regimen, crossover=half)
    assert [step.total("diazepam").text for step in there.schedule.steps[:2]] == ["40", "42.5"]
    assert note(there) is None


def test_a_first_cut_before_the_level_is_reached_is_named() -> None:
    soon = switched(method={"name": "percent_of_current", "percent": "10", "interval_days": 7})
    found = note(soon)
    assert found is not None
    assert found.facts["cut_days"] == 7
    assert "The first cut comes before that, 7 days after the switch." in says(found)
    late = note(switched())
    assert late is not None
    assert "first cut" not in says(late)


def test_a_typed_switch_is_noted_like_a_staged_one() -> None:
    rows = [
        {"days": 7, "doses": [{"time": "night", "drug": "lorazepam", "dose_mg": "2"}]},
        {"days": 28, "doses": [{"time": "night", "drug": "diazepam", "dose_mg": "20"}]},
    ]
    regimen = [{"time": "night", "drug": "lorazepam", "dose_mg": "2"}]
    taper = build(
        TaperRequest.from_json(
            {
                "start": "2026-11-30",
                "regimen": regimen,
                "method": {"name": "typed", "rows": rows},
                "goal_mg": "0",
            }
        )
    )
    assert [step.kind for step in taper.schedule][1] is StepKind.SWAP
    found = note(taper)
    assert found is not None
    assert (found.facts["drug"], found.step) == ("diazepam", 2)


@pytest.mark.parametrize("drug", LONG_ACTING)
def test_every_long_acting_drug_comes_to_its_steady_level_in_time(drug: str) -> None:
    taper = switched()
    step = taper.schedule.steps[2]
    made = replace(step, doses=tuple(replace(one, drug=drug) for one in step.doses if one.drug == "diazepam"))
    first = replace(taper.schedule.steps[0], doses=())
    for longest in (False, True):
        shares = shares_of_steady((first, made), drug, days=120, longest=longest)
        assert shares[0] < STEADY <= shares[-1] <= 1_001
