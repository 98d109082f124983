"""Laws of findings, over every method and many drugs: one reason for a run, nothing lost, nothing asked for twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings

from plans.domain.errors import TaperError
from plans.domain.taper.engine import Taper, build
from plans.domain.taper.limit_rules import RULES, LimitLevel, gathered
from plans.domain.taper.limits import judge
from plans.domain.taper.request import TaperRequest
from tests.domain.taper.asking import plans

CAUSED = {"ceiling", "pace", "tail", "stop_from", "trough"}


def taper(request: dict[str, Any]) -> Taper:
    try:
        return build(TaperRequest.from_json(request))
    except TaperError:
        assume(False)  # refused as it should be
        raise


@pytest.mark.slow
@given(plans())
@settings(max_examples=150, deadline=None)
def test_the_steps_of_a_finding_are_in_order_and_a_run_has_no_gaps(request: dict[str, Any]) -> None:
    made = taper(request)
    for one in made.verdicts:
        assert list(one.steps) == sorted(set(one.steps))
        assert one.step == (one.steps[0] if one.steps else None)
        assert all(1 <= n <= len(made.schedule.steps) for n in one.steps)
        if not RULES[one.rule].once and one.steps:
            assert one.steps == tuple(range(one.steps[0], one.steps[-1] + 1))
        assert [part.step for part in one.parts] in ([], list(one.steps))
        assert {(part.rule, part.level) for part in one.parts} <= {(one.rule, one.level)}


@pytest.mark.slow
@given(plans())
@settings(max_examples=100, deadline=None)
def test_gathering_again_changes_nothing_and_loses_nothing(request: dict[str, Any]) -> None:
    made = taper(request)
    each = [part for one in made.verdicts for part in one.each]
    assert set(gathered(each)) == set(made.verdicts)


@pytest.mark.slow
@given(plans())
@settings(max_examples=150, deadline=None)
def test_what_was_asked_for_moves_findings_and_takes_none_away(request: dict[str, Any]) -> None:
    made = taper(request)
    alone = judge(
        made.schedule,
        table=made.equivalence,
        goal=made.request.goal,
        method=made.request.method.name,
        country=made.request.country,
        lived=made.lived,
    )
    assert not any(one.rule == "faster_than_asked" for one in alone)
    here = {(part.rule, part.step): part.level for one in made.verdicts for part in one.each}
    there = {(part.rule, part.step): part.level for one in alone for part in one.each}
    assert there.keys() <= here.keys()
    (faster,) = [one for one in made.verdicts if one.rule == "faster_than_asked"] or (None,)
    for (rule, step), level in there.items():
        if here[rule, step] is level:
            continue
        assert (rule in CAUSED, level, here[rule, step]) == (True, LimitLevel.NEEDS_REASON, LimitLevel.NOTE)
        assert faster is not None
        assert step in faster.steps


@pytest.mark.slow
@given(plans(names=("typed",)))
@settings(max_examples=50, deadline=None)
def test_typed_rows_are_never_gathered(request: dict[str, Any]) -> None:
    assert not any(one.rule == "faster_than_asked" for one in taper(request).verdicts)


@pytest.mark.slow
@given(plans())
@settings(max_examples=100, deadline=None)
def test_a_drug_taken_once_a_day_has_neither_a_longer_gap_nor_a_lower_low(request: dict[str, Any]) -> None:
    assume(len(request["regimen"]) == 1)
    rules = {one.rule for one in taper(request).verdicts}
    assert rules.isdisjoint({"dose_gap", "trough"})
