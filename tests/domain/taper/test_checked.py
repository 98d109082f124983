"""The engine's answers, checked by a checker that shares no code with it."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from plans.domain.errors import TaperError
from plans.domain.taper.answer import answer
from plans.domain.taper.engine import build
from plans.domain.taper.request import TaperRequest
from plans.wording.taper import says
from tests.domain.taper.asking import STORY, plans, weekly_plans
from tests.domain.taper.checker import Checker


def answered(asked: dict[str, Any]) -> dict[str, Any]:
    """The answer as JSON that was written and read again."""
    found: dict[str, Any] = json.loads(json.dumps(answer(build(TaperRequest.from_json(asked)), says=says)))
    return found


# `CHECKED_PLANS=50000 pytest tests/domain/taper/test_checked.py` searches longer than there is time for in every run.
@pytest.mark.slow
@settings(
    max_examples=int(os.environ.get("CHECKED_PLANS", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(plans())
def test_an_independent_checker_finds_nothing_in_plans_of_any_drug_method_and_spread(
    asked: dict[str, Any],
) -> None:
    try:
        found = answered(asked)
    except TaperError:
        assume(False)
        raise
    Checker(asked, found).check()


@pytest.mark.slow
@settings(
    max_examples=int(os.environ.get("CHECKED_PLANS", "40")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(weekly_plans())
def test_nor_in_plans_with_days_of_the_week(asked: dict[str, Any]) -> None:
    try:
        found = answered(asked)
    except TaperError:
        assume(False)
        raise
    Checker(asked, found).check()


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        (lambda steps: steps[1].update(days=13), "steps_are_contiguous"),
        (lambda steps: steps[1]["doses"][0].update(dose_mg="0.25"), "takes_make_the_doses"),
        (lambda steps: steps[1]["total_mg"].update(clonazepam="1.5"), "totals_add_up"),
        (lambda steps: steps[2].update(change_percent="-10.00"), "changes_are_true"),
        (lambda steps: steps[2].update(doses=steps[6]["doses"]), "no_day_is_ahead_of_the_line"),
        (lambda steps: steps[2].update(doses=steps[0]["doses"]), "nothing_rises"),
    ],
)
def test_the_checker_notices_what_it_is_there_for(fault: Any, check: str) -> None:
    found = answered(STORY)
    fault(found["steps"])
    with pytest.raises(AssertionError):
        getattr(Checker(STORY, found), check)()


def test_the_checker_notices_a_fill_that_is_too_small() -> None:
    found = answered(STORY)
    found["supply"][0]["whole_units"] -= 1
    with pytest.raises(AssertionError):
        Checker(STORY, found).supply_covers_every_day()
