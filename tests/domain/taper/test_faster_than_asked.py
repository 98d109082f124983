"""Cuts that are larger than the method asked for because the products make none smaller: one finding, one reason."""

from __future__ import annotations

from typing import Any

import pytest

from plans.domain.taper.engine import Taper, assess, build
from plans.domain.taper.limit_rules import LimitLevel, Verdict
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.revisions import hold
from plans.wording.taper import says
from tests.domain.taper.asking import built
from tests.domain.taper.judging import found, judged
from tests.domain.taper.schedules import nightly

# Ordinary starts: (time, drug, mg).
ELEVEN: dict[str, list[tuple[str, str, str]]] = {
    "diazepam 10": [("night", "diazepam", "10")],
    "diazepam 20": [("morning", "diazepam", "10"), ("night", "diazepam", "10")],
    "clonazepam 1.375": [("morning", "clonazepam", "0.375"), ("night", "clonazepam", "1")],
    "clonazepam 1.5": [("morning", "clonazepam", "0.5"), ("night", "clonazepam", "1")],
    "lorazepam 2": [("morning", "lorazepam", "1"), ("night", "lorazepam", "1")],
    "temazepam 30": [("night", "temazepam", "30")],
    "zolpidem 10": [("night", "zolpidem", "10")],
    "alprazolam 1": [("morning", "alprazolam", "0.5"), ("night", "alprazolam", "0.5")],
    "alprazolam 3": [
        ("morning", "alprazolam", "1"),
        ("midday", "alprazolam", "1"),
        ("night", "alprazolam", "1"),
    ],
    "oxazepam 30": [("morning", "oxazepam", "15"), ("night", "oxazepam", "15")],
    "lorazepam with zolpidem": [
        ("morning", "lorazepam", "1"),
        ("night", "lorazepam", "1"),
        ("night", "zolpidem", "10"),
    ],
}
TEN_PERCENT = {"name": "percent_of_current", "percent": "10", "interval_days": 14}
# Zopiclone 7.5 mg from British tablets (halves of 3.75 mg), 5 % every 4 weeks: half of it after half a year.
COARSE: dict[str, Any] = {
    "start": "2026-11-30",
    "regimen": [{"time": "night", "drug": "zopiclone", "dose_mg": "7.5"}],
    "method": {"name": "percent_of_current", "percent": "5", "interval_days": 28},
    "country": "GB",
}


def by_default(start: list[tuple[str, str, str]]) -> Taper:
    regimen = [{"time": time, "drug": drug, "dose_mg": dose} for time, drug, dose in start]
    return build(TaperRequest.from_json({"start": "2026-11-30", "regimen": regimen, "method": TEN_PERCENT}))


def to_write(taper: Taper) -> list[str]:
    """The rules that ask for a typed reason; strengths are confirmed by a tick."""
    needed = {one.rule for one in taper.verdicts if one.level is LimitLevel.NEEDS_REASON}
    return sorted(needed - {"unverified_product"})


def faster(taper: Taper) -> Verdict:
    (one,) = [one for one in taper.verdicts if one.rule == "faster_than_asked"]
    return one


@pytest.mark.parametrize("start", ELEVEN.values(), ids=ELEVEN)
def test_an_ordinary_plan_by_default_asks_for_at_most_one_typed_reason(
    start: list[tuple[str, str, str]],
) -> None:
    assert len(to_write(by_default(start))) <= 1


def test_a_plan_that_keeps_to_the_guideline_asks_for_none() -> None:
    assert to_write(by_default(ELEVEN["diazepam 10"])) == []
    assert to_write(by_default(ELEVEN["diazepam 20"])) == []


def test_products_that_cannot_follow_the_method_are_one_finding_with_every_step_and_percentage() -> None:
    taper = build(TaperRequest.from_json(COARSE))
    assert to_write(taper) == ["faster_than_asked"]
    one = faster(taper)
    cuts, asked = one.facts["cuts"], one.facts["asked"]
    assert isinstance(cuts, dict)
    assert isinstance(asked, dict)
    assert (one.step, [int(n) for n in cuts]) == (one.steps[0], list(one.steps))
    assert list(cuts.values())[-1] == "-100.00"
    assert all(abs(float(str(cuts[n]))) > abs(float(str(asked[n]))) for n in cuts)


def test_what_would_make_a_smaller_cut_is_offered() -> None:
    wafers = built(products=[{"drug": "clonazepam", "form": "tablet", "strength_mg": "0.5", "split": 2}])
    helps = faster(wafers).facts["would_help"]
    assert isinstance(helps, list)
    assert "clonazepam odt 0.125 mg" in helps


def test_what_the_products_are_the_cause_of_is_a_note_that_says_so() -> None:
    notes = [one for one in built().verdicts if "caused" in one.facts]
    assert {one.rule for one in notes} == {"ceiling", "tail", "stop_from"}
    assert {one.level for one in notes} == {LimitLevel.NOTE}


def test_a_low_that_falls_with_such_a_cut_is_answered_with_it() -> None:
    taper = by_default(ELEVEN["oxazepam 30"])
    (low,) = [one for one in taper.verdicts if one.rule == "trough" and "caused" in one.facts]
    assert (low.level, set(low.steps) <= set(faster(taper).steps)) == (LimitLevel.NOTE, True)
    assert says(low).endswith("Answered with the cuts that are larger than asked for.")


def test_a_rate_that_was_asked_for_keeps_its_findings() -> None:
    fast = built(method={"name": "percent_of_current", "percent": "50", "interval_days": 14})
    assert "ceiling" in to_write(fast)
    second = next(one for one in fast.verdicts if one.step == 2)
    assert (second.rule, second.level) == ("ceiling", LimitLevel.NEEDS_REASON)


def test_rows_that_were_typed_keep_their_findings() -> None:
    rows = [{"days": 14, "total_mg": total} for total in ("1.5", "1", "0.5")]
    assert to_write(built(method={"name": "typed", "rows": rows})) == ["ceiling", "trough"]


def test_a_cut_that_would_have_gone_past_the_limit_as_asked_keeps_its_finding() -> None:
    schedule = nightly("diazepam", ["20", "10"], days=28)
    asked = {2: 600_000}  # 6 mg, 30 %
    assert found(schedule, "ceiling", asked=asked) == [(2, LimitLevel.NEEDS_REASON)]
    assert found(schedule, "faster_than_asked", asked=asked) == []
    assert found(schedule, "ceiling", asked={2: 500_000}) == [(2, LimitLevel.NOTE)]
    assert found(schedule, "faster_than_asked", asked={2: 500_000}) == [(2, LimitLevel.NEEDS_REASON)]


def test_a_later_cut_in_the_window_of_a_coarse_one_is_not_answered_twice() -> None:
    schedule = nightly("diazepam", ["20", "17", "15.5"])
    assert found(schedule, "pace", asked={2: 200_000, 3: 150_000})[-1] == (3, LimitLevel.NOTE)
    (one,) = [v for v in judged(schedule, asked={2: 200_000, 3: 150_000}) if v.rule == "faster_than_asked"]
    assert one.facts["cuts"] == {"2": "-15.00", "3": "-8.82"}
    assert found(schedule, "pace", asked={3: 150_000})[-1] == (3, LimitLevel.NEEDS_REASON)


def test_an_abrupt_stop_is_never_gathered() -> None:
    schedule = nightly("diazepam", ["10", "0"])
    assert found(schedule, "abrupt_stop", asked={2: 100_000}) == [(2, LimitLevel.NEEDS_REASON)]


def test_the_stop_of_one_drug_beside_another_is_gathered_by_its_own_cut() -> None:
    taper = by_default(ELEVEN["lorazepam with zolpidem"])
    stops = [one for one in taper.verdicts if one.rule == "stop_from"]
    assert {one.level for one in stops} <= {LimitLevel.NOTE}


def test_a_plan_that_was_held_is_still_judged_by_what_was_asked_for() -> None:
    taper = built()
    held = hold(taper.schedule, from_day=taper.schedule.start, days=14)
    assert to_write(assess(taper.request, held)) == to_write(taper) == ["faster_than_asked"]
