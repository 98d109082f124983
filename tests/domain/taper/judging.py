"""Judging a test's schedule by the limits."""

from __future__ import annotations

from typing import Any

from plans.domain.amounts import ZERO
from plans.domain.taper.limit_rules import LimitLevel, Verdict
from plans.domain.taper.limits import judge
from plans.domain.taper.schedule import Schedule


def judged(schedule: Schedule, table: str = "ashton_2002", **more: Any) -> list[Verdict]:
    """The findings, with the tests' own liquids confirmed, so that these raise none."""
    asked: dict[str, Any] = {
        "goal": ZERO,
        "method": "typed",
        "confirmed": frozenset(product for product in schedule.products if product.is_liquid),
    }
    return list(judge(schedule, table=table, **(asked | more)))


def found(
    schedule: Schedule, rule: str, table: str = "ashton_2002", **more: Any
) -> list[tuple[int | None, LimitLevel]]:
    return [
        (verdict.step, verdict.level) for verdict in judged(schedule, table, **more) if verdict.rule == rule
    ]
