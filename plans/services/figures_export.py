"""The tables of How well we do as CSV. Codes, not sentences, times in whole minutes: a column means the same in every
language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Final

from django.db import transaction

from plans.domain.review.figures import ItemClock, Tally, Timing
from plans.domain.review.item_states import Priority
from plans.services import audit, clock
from plans.services.actors import Actor
from plans.services.figures import ByClock, Figures, read
from plans.services.plans.export import Export, Row, as_csv


class FiguresTable(StrEnum):
    """What can be exported; the value is in the address and in the file's name."""

    WEEKS = "weeks"
    RULES = "rules"
    DUTY = "duty"
    OUTCOMES = "outcomes"
    ALERTS = "alerts"


@transaction.atomic
def export(actor: Actor, table: FiguresTable, weeks: int) -> Export:
    """One table of the last `weeks` weeks; that it was exported is kept in the audit trail."""
    columns, rows = _TABLES[table]
    audit.record(
        by=actor,
        act="figures.exported",
        subject_kind="clinic",
        subject_id=actor.home,
        facts={"name": table.value},
    )
    found = read(actor, weeks)
    today = clock.today(found.zone)
    return Export(f"{today.isoformat()}-{table.value}.csv", "text/csv", as_csv(columns, rows(found)))


_TIMED: Final = ("items", "open", "late", "first_median", "first_ninety", "end_median", "end_ninety")
_CLOCKED: Final = tuple(f"{one.value}_{name}" for one in ItemClock for name in _TIMED)


def _minutes(name: str, timing: Timing | None) -> Row:
    found = (timing.median, timing.ninety) if timing else ("", "")
    return {f"{name}_median": str(found[0]), f"{name}_ninety": str(found[1])}


def _timed(tally: Tally) -> Row:
    counts = {"items": str(tally.opened), "open": str(tally.open), "late": str(tally.late)}
    return counts | _minutes("first", tally.first) | _minutes("end", tally.end)


def _clocked(clocks: ByClock) -> Row:
    return {
        f"{one.value}_{name}": cell for one, tally in clocks.items() for name, cell in _timed(tally).items()
    }


def _weeks(found: Figures) -> Iterator[Row]:
    for week in found.weeks:
        yield {
            "week": week.first.isoformat(),
            **{one.value: str(tally.opened) for one, tally in week.priorities.items()},
            "ended": str(week.ended),
            **_clocked(week.clocks),
            "checkins": str(week.load.checkins),
            "flags": str(week.load.flags),
            "flags_per_hundred": "" if week.load.per_hundred is None else str(week.load.per_hundred),
            "alerts_by_day": str(week.by_day),
            "alerts_by_night": str(week.by_night),
        }


def _rules(found: Figures) -> Iterator[Row]:
    loads = {one.rule: one for one in found.load.rules}
    for one in found.rules:
        load = loads.get(one.code)
        yield {
            "rule": one.code,
            **_clocked(one.clocks),
            "flags": str(load.flags) if load else "",
            "flags_per_hundred": "" if load is None or load.per_hundred is None else str(load.per_hundred),
            "flags_acted_on": str(load.acted) if load else "",
        }


def _duty(found: Figures) -> Iterator[Row]:
    for one in found.duty:
        yield {"on_duty": one.name, **_clocked(one.clocks)}


def _outcomes(found: Figures) -> Iterator[Row]:
    for outcome, counts in found.outcomes.items():
        yield {"outcome": outcome, **{one.value: str(counts.get(one, 0)) for one in Priority}}


def _alerts(found: Figures) -> Iterator[Row]:
    for one in found.alerts:
        yield {
            "person": one.name,
            "alerts": str(one.sent),
            "by_night": str(one.by_night),
            "nights": str(found.nights),
            "nights_with_alerts": str(one.nights),
            "most_in_a_night": str(one.most),
        }


_PRIORITIES: Final = tuple(one.value for one in Priority)
_WEEK_COLUMNS: Final = (
    "week", *_PRIORITIES, "ended", *_CLOCKED, "checkins", "flags", "flags_per_hundred", "alerts_by_day",
    "alerts_by_night",
)  # fmt: skip
# Total over FiguresTable (tested).
_TABLES: Final[Mapping[FiguresTable, tuple[tuple[str, ...], Callable[[Figures], Iterator[Row]]]]] = {
    FiguresTable.WEEKS: (_WEEK_COLUMNS, _weeks),
    FiguresTable.RULES: (("rule", *_CLOCKED, "flags", "flags_per_hundred", "flags_acted_on"), _rules),
    FiguresTable.DUTY: (("on_duty", *_CLOCKED), _duty),
    FiguresTable.OUTCOMES: (("outcome", *_PRIORITIES), _outcomes),
    FiguresTable.ALERTS: (
        ("person", "alerts", "by_night", "nights", "nights_with_alerts", "most_in_a_night"),
        _alerts,
    ),
}
