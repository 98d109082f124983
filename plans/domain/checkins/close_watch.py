"""Close watch: whose missed check-ins and lost messages cannot wait, by rules of which each can be switched off.

A cut alone is no reason: the usual plan cuts every fortnight, and everybody would be under close watch always.

    >>> from datetime import date
    >>> facts = WatchFacts(first_cut=date(2026, 11, 2))
    >>> sorted(rule.value for rule in rules_met(facts, date(2026, 11, 9)))
    ['first_cut']
    >>> sorted(rule.value for rule in rules_met(facts, date(2026, 11, 23)))
    []
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final


class WatchRule(StrEnum):
    """The rules."""

    FIRST_CUT = "first_cut"
    STEP_BACK = "step_back"
    URGENT_ITEM = "urgent_item"
    ITEM_NINE = "item_nine"
    MARKED = "marked"
    RISK_GRID = "risk_grid"


FIRST_CUT_DAYS: Final = 14
STEP_BACK_DAYS: Final = 28
URGENT_DAYS: Final = 28
MARK_MOST_DAYS: Final = 91
"""The farthest day until which a clinician may mark a patient."""

OFF_BY_DEFAULT: Final = frozenset({WatchRule.RISK_GRID})
"""Rules that hold only once a lead has switched them on: the grid puts most people at its highest level."""


@dataclass(frozen=True, slots=True)
class WatchFacts:
    """What the rules look at, of one patient. Days are local dates, in any order.

    first_cut: the first day on which the patient's plan went down. step_backs: first days of steps back. urgent: days
    on which an urgent item was opened. item_nine: the answers to item nine, by day. high_risk: the withdrawal-risk grid
    is at its highest level at today's dose, and that dose is high. marked: by a clinician, until a day (None: until
    unmarked).
    """

    first_cut: date | None = None
    step_backs: tuple[date, ...] = ()
    urgent: tuple[date, ...] = ()
    item_nine: tuple[tuple[date, int], ...] = ()
    high_risk: bool = False
    marked: bool = False
    marked_until: date | None = None


def _within(days: Iterable[date], on: date, count: int) -> bool:
    """Whether one of some days is `on`, or up to `count` days before it."""
    return any(timedelta(0) <= on - day <= timedelta(days=count) for day in days)


def _first_cut(facts: WatchFacts, on: date) -> bool:
    return facts.first_cut is not None and _within((facts.first_cut,), on, FIRST_CUT_DAYS)


def _step_back(facts: WatchFacts, on: date) -> bool:
    return _within(facts.step_backs, on, STEP_BACK_DAYS)


def _urgent_item(facts: WatchFacts, on: date) -> bool:
    return _within(facts.urgent, on, URGENT_DAYS)


def _item_nine(facts: WatchFacts, on: date) -> bool:
    answered = [(day, value) for day, value in facts.item_nine if day <= on]
    return bool(answered) and max(answered)[1] > 0


def _marked(facts: WatchFacts, on: date) -> bool:
    return facts.marked and (facts.marked_until is None or on <= facts.marked_until)


def _risk_grid(facts: WatchFacts, _on: date) -> bool:
    return facts.high_risk


CHECKS: Final[Mapping[WatchRule, Callable[[WatchFacts, date], bool]]] = {
    WatchRule.FIRST_CUT: _first_cut,
    WatchRule.STEP_BACK: _step_back,
    WatchRule.URGENT_ITEM: _urgent_item,
    WatchRule.ITEM_NINE: _item_nine,
    WatchRule.MARKED: _marked,
    WatchRule.RISK_GRID: _risk_grid,
}
"""The check of each rule. Total over WatchRule (tested)."""


def rules_on(switched: Mapping[str, bool]) -> frozenset[WatchRule]:
    """The rules that hold in a clinic, from what its lead has switched; the others hold as by default."""
    return frozenset(rule for rule in WatchRule if switched.get(rule.value, rule not in OFF_BY_DEFAULT))


def rules_met(
    facts: WatchFacts, on: date, rules: Collection[WatchRule] = tuple(WatchRule)
) -> frozenset[WatchRule]:
    """Which of some rules put the patient under close watch on a local date."""
    return frozenset(rule for rule in rules if CHECKS[rule](facts, on))
