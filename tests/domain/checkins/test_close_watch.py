"""Who is under close watch: each rule just inside and just outside its days, and which rules hold."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from plans.domain.checkins.close_watch import CHECKS, WatchFacts, WatchRule, rules_met, rules_on

TODAY = date(2026, 11, 23)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (WatchFacts(), ""),
        (WatchFacts(first_cut=ago(0)), "first_cut"),
        (WatchFacts(first_cut=ago(14)), "first_cut"),
        (WatchFacts(first_cut=ago(15)), ""),
        (WatchFacts(first_cut=ago(-1)), ""),
        (WatchFacts(step_backs=(ago(60), ago(28))), "step_back"),
        (WatchFacts(step_backs=(ago(29), ago(-1))), ""),
        (WatchFacts(urgent=(ago(28),)), "urgent_item"),
        (WatchFacts(urgent=(ago(29),)), ""),
        (WatchFacts(item_nine=((ago(40), 1), (ago(90), 0))), "item_nine"),
        (WatchFacts(item_nine=((ago(40), 0), (ago(90), 3))), ""),
        (WatchFacts(item_nine=((ago(-1), 1),)), ""),
        (WatchFacts(marked=True, marked_until=TODAY), "marked"),
        (WatchFacts(marked=True, marked_until=ago(1)), ""),
        (WatchFacts(marked=True), "marked"),
        (WatchFacts(high_risk=True), "risk_grid"),
    ],
)
def test_a_rule_holds_within_its_days_and_no_longer(facts: WatchFacts, rule: str) -> None:
    assert rules_met(facts, TODAY) == ({WatchRule(rule)} if rule else frozenset())


def test_a_plan_that_cuts_every_fortnight_is_under_close_watch_after_its_first_cut_only() -> None:
    facts = WatchFacts(first_cut=TODAY)
    watched = [bool(rules_met(facts, TODAY + timedelta(days=day))) for day in range(365)]
    assert watched == [True] * 15 + [False] * 350


def test_every_rule_has_its_check_and_all_but_the_grid_hold_unless_switched_off() -> None:
    assert CHECKS.keys() == set(WatchRule)
    assert set(WatchRule) - rules_on({}) == {WatchRule.RISK_GRID}
    assert rules_on({"first_cut": False, "risk_grid": True}) == set(WatchRule) - {WatchRule.FIRST_CUT}
    assert rules_met(WatchFacts(first_cut=TODAY), TODAY, rules_on({"first_cut": False})) == frozenset()
