"""Use that varied before a plan: what is said of it, and from which even dose the plan starts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.domain.taper.engine import Taper, build
from plans.domain.taper.limit_rules import LimitLevel, Verdict
from plans.domain.taper.request import TaperRequest
from plans.wording.taper import says


def nights(dose_mg: str) -> list[dict[str, str]]:
    return [] if dose_mg == "0" else [{"time": "night", "drug": "zolpidem", "dose_mg": dose_mg}]


def after(days: list[tuple[int, str]], *, start_mg: str = "5") -> Taper:
    request: dict[str, Any] = {
        "start": "2026-11-30",
        "regimen": nights(start_mg),
        "taken_before": [{"days": count, "doses": nights(dose)} for count, dose in days],
        "method": {"name": "percent_of_current", "percent": "25", "interval_days": 14},
    }
    return build(TaperRequest.from_json(request))


def told(taper: Taper) -> list[Verdict]:
    return [one for one in taper.verdicts if one.rule == "varied_before"]


def varied(taper: Taper) -> Verdict:
    [one] = told(taper)
    return one


def test_four_nights_a_week_are_noted_and_an_even_dose_of_more_needs_a_reason() -> None:
    week = [(1, "5"), (1, "0"), (1, "5"), (1, "0"), (1, "5"), (1, "5"), (1, "0")]
    one = varied(after(week * 4))
    assert (one.step, one.level) == (None, LimitLevel.NEEDS_REASON)
    assert says(one) == (
        "In the 28 days before the plan zolpidem was taken unevenly: 0\xa0mg to 5\xa0mg a day, 80\xa0mg in all, "
        "days without: 12. The plan starts from an even 5\xa0mg a day. Taken every day, that is more than was taken."
    )


def test_an_even_dose_of_what_was_taken_on_average_is_a_note() -> None:
    assert varied(after([(1, "10"), (1, "0")] * 14)).level is LimitLevel.NOTE
    assert varied(after([(1, "10"), (1, "0")] * 14, start_mg="10")).level is LimitLevel.NEEDS_REASON


def test_only_the_last_28_days_count_and_earlier_ones_are_as_now() -> None:
    assert told(after([(1, "10"), (1, "0"), (28, "5")])) == []
    one = varied(after([(1, "10"), (1, "0")]))
    assert (one.facts["total_mg"], one.facts["days_without"]) == ("140", 1)


@pytest.mark.parametrize("days", [[(28, "5")], [(14, "10"), (14, "5")], [(14, "0"), (14, "5")]])
def test_days_that_only_fell_or_only_rose_are_not_varied(days: list[tuple[int, str]]) -> None:
    assert told(after(days)) == []


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(["0", "5", "10"]), min_size=28, max_size=28))
def test_the_days_named_are_the_days_taken(days: list[str]) -> None:
    said = told(after([(1, dose) for dose in days]))
    taken = [int(dose) for dose in days]
    steps = [now - was for was, now in pairwise(taken)]
    assert bool(said) == (min(steps) < 0 < max(steps))
    for one in said:
        assert one.facts["total_mg"] == str(sum(taken))
        assert one.facts["days_without"] == days.count("0")
        assert (one.facts["lowest_mg"], one.facts["highest_mg"]) == (str(min(taken)), str(max(taken)))
        assert (one.level is LimitLevel.NEEDS_REASON) == (sum(taken) < 28 * 5)
