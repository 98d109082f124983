"""How a plan ends: doses under the last one asked for, doses kept too long, days under 1 mg of diazepam equivalent."""

from __future__ import annotations

from typing import Any

import pytest

from plans.domain.errors import TaperError
from plans.domain.taper.engine import Taper, build
from plans.domain.taper.limit_rules import LimitLevel, Verdict
from plans.domain.taper.request import TaperRequest
from tests.domain.taper.asking import asked, built, diazepam

# The guideline's own slowest pace, and tablets that make only halves of the dose.
SLOWEST: dict[str, Any] = {
    "start": "2026-11-30",
    "regimen": [{"time": "night", "drug": "diazepam", "dose_mg": "10"}],
    "method": {"name": "percent_of_current", "percent": "5", "interval_days": 28},
}
COARSE: dict[str, Any] = {
    "start": "2026-11-30",
    "regimen": [{"time": "night", "drug": "zopiclone", "dose_mg": "7.5"}],
    "method": {"name": "percent_of_current", "percent": "5", "interval_days": 28},
    "country": "GB",
}


def typed(*totals: str, days: int = 14, **more: Any) -> Taper:
    rows = [{"days": days, "total_mg": total} for total in totals]
    return diazepam(totals[0], "1", split=4, method={"name": "typed", "rows": rows}, **more)


def of(taper: Taper, rule: str) -> Verdict | None:
    return next((one for one in taper.verdicts if one.rule == rule), None)


def test_days_under_the_last_dose_are_a_note_with_their_count() -> None:
    one = of(typed("1", "0.75", "0.5", "0.25", "0"), "last_dose")
    assert one is not None
    assert (one.level, one.steps, one.facts["days"]) == (LimitLevel.NOTE, (4,), 14)
    assert (one.facts["limit"], one.facts["dose_mg"]) == ("0.5", "0.25")
    assert of(typed("1", "0.75", "0.5", "0"), "last_dose") is None


def test_the_last_dose_and_the_longest_step_can_be_asked_for() -> None:
    low = {"last_dose_mg": "0.25"}
    assert of(typed("1", "0.75", "0.5", "0.25", "0", end=low), "last_dose") is None
    assert of(build(TaperRequest.from_json(SLOWEST)), "longest_step") is not None
    longer = SLOWEST | {"end": {"longest_step_days": 366}}
    assert of(build(TaperRequest.from_json(longer)), "longest_step") is None


def test_the_defaults_are_half_a_milligram_of_diazepam_and_84_days() -> None:
    assert asked().to_json()["end"] == {"last_dose_mg": "0.025", "longest_step_days": 84}
    without = asked(
        regimen=[{"time": "night", "drug": "zaleplon", "dose_mg": "10"}],
        products=[{"drug": "zaleplon", "form": "capsule", "strength_mg": "5"}],
        equivalence="nsw",
    )
    assert without.to_json()["end"] == {"last_dose_mg": "0", "longest_step_days": 84}


def test_after_a_crossover_the_last_dose_is_of_the_new_drug() -> None:
    request = asked(crossover={"to": "diazepam"})
    assert request.to_json()["end"] == {"last_dose_mg": "0.5", "longest_step_days": 84}


@pytest.mark.parametrize(
    ("end", "where"),
    [
        ({"last_dose_mg": "5mg"}, "end.last_dose_mg"),
        ({"longest_step_days": 0}, "end.longest_step_days"),
        ({"longest_step_days": 367}, "end.longest_step_days"),
        ({"last_step_days": 7}, "end.last_step_days"),
        ("0.5", "end"),
    ],
)
def test_an_end_is_read_strictly(end: object, where: str) -> None:
    with pytest.raises(TaperError) as refusal:
        asked(end=end)
    assert refusal.value.where == where


def test_a_plan_that_is_to_end_on_a_small_dose_may() -> None:
    assert of(typed("1", "0.5", "0.25", goal_mg="0.25"), "last_dose") is None


def test_a_dose_kept_for_more_than_84_days_is_a_note_and_so_is_half_the_rate() -> None:
    taper = build(TaperRequest.from_json(COARSE))
    longest, slower = of(taper, "longest_step"), of(taper, "slower_than_asked")
    assert longest is not None
    assert slower is not None
    days = {step.n: step.days for step in taper.schedule}
    assert [days[n] > 84 for n in longest.steps] == [True] * len(longest.steps)
    assert longest.facts["days"] == max(days.values())
    assert [days[n] > 56 for n in slower.steps] == [True] * len(slower.steps)
    assert {longest.level, slower.level} == {LimitLevel.NOTE}


def test_a_dose_kept_for_twice_the_interval_is_no_finding() -> None:
    taper = built()
    assert {taper.schedule.steps[n - 1].days for n in taper.longer} >= {28}
    slower = of(taper, "slower_than_asked")
    named = slower.steps if slower else ()
    assert all(taper.schedule.steps[n - 1].days > 28 for n in named)


def test_rows_that_were_typed_last_as_long_as_they_say() -> None:
    taper = typed("2", "1", days=200)
    assert of(taper, "longest_step") is None
    assert of(taper, "slower_than_asked") is None


def test_the_days_under_1_mg_of_diazepam_equivalent_are_counted() -> None:
    assert typed("2", "1", "0.75", "0.5", "0").low_days == 28
    assert typed("2", "1", "0").low_days == 0
    slowest = build(TaperRequest.from_json(SLOWEST))
    low = [step.days for step in slowest.schedule if 0 < step.total("diazepam").units < 100_000]
    assert slowest.low_days == sum(low)


def test_where_no_table_covers_the_drug_they_are_not_known() -> None:
    taper = built(
        regimen=[{"time": "night", "drug": "zaleplon", "dose_mg": "10"}],
        products=[{"drug": "zaleplon", "form": "capsule", "strength_mg": "5"}],
        equivalence="nsw",
    )
    assert taper.low_days is None
