"""Counting how well the queue is worked: the database times and groups a clinic's items, and a row keeps each week.

    tick(now)       # the running week once an hour, a year of weeks after midnight

A page then reads as many rows as it shows weeks, however many items there are. Weeks are counted anew every night,
because an item of an earlier week may end today. Names of patients and answers are never read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Max, Min

from plans.domain.checkins.flagging import FlagPriority
from plans.domain.json import JsonObject
from plans.domain.notices import ALERTS, Queue
from plans.domain.outbox import WorkState
from plans.domain.review import figures
from plans.domain.review.figures import Measured
from plans.domain.review.item_states import ItemState, Priority
from plans.models import Clinic, FiguresWeek, ReviewItem, Work
from plans.services import rota, rows
from plans.services.bucket import Bucket
from plans.services.checkins import alert_load
from plans.services.checkins.alert_load import WeekLoad
from plans.services.review.holding import opening_of

KEPT_WEEKS: Final = max(figures.SPANS)
_RUNNING_EVERY: Final = timedelta(hours=1)
# An alert of unknown fate may have woken somebody.
_WENT_OUT: Final = (WorkState.SENT, WorkState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class AlertsSent:
    """Alerts that went out to one person in one night (the day on which it began), or by day."""

    person: UUID
    night: date | None
    count: int


@dataclass(frozen=True, slots=True)
class CountedWeek:
    """What is kept of a week: items by whoever was first on duty (None: nobody) and by rule or source, how many ended,
    alerts, and the load of each flag rule."""

    duty: tuple[tuple[UUID | None, Measured], ...]
    rules: tuple[tuple[str, Measured], ...]
    ended: int
    alerts: tuple[AlertsSent, ...]
    load: WeekLoad

    def to_json(self) -> JsonObject:
        """As the row's facts."""
        return {
            "duty": [[str(person) if person else None, some.to_json()] for person, some in self.duty],
            "rules": [[code, some.to_json()] for code, some in self.rules],
            "ended": self.ended,
            "alerts": [
                [str(one.person), one.night.isoformat() if one.night else None, one.count]
                for one in self.alerts
            ],
            "checkins": self.load.checkins,
            "flags": {rule: list(counts) for rule, counts in self.load.rules.items()},
        }

    @classmethod
    def from_json(cls, facts: JsonObject) -> CountedWeek:
        """From the row's facts."""
        return cls(
            duty=tuple(
                (UUID(person) if person else None, Measured.from_json(some)) for person, some in facts["duty"]
            ),
            rules=tuple((code, Measured.from_json(some)) for code, some in facts["rules"]),
            ended=facts["ended"],
            alerts=tuple(
                AlertsSent(UUID(person), date.fromisoformat(night) if night else None, count)
                for person, night, count in facts["alerts"]
            ),
            load=WeekLoad(facts["checkins"], facts["flags"]),
        )


def tick(now: datetime) -> int:
    """Count what is due; returns in how many clinics. Raises RowsFailed after all of them if any failed."""
    found = Clinic.objects.annotate(
        oldest=Min("figures_weeks__counted_at"), newest=Max("figures_weeks__counted_at")
    )
    due = {
        pk: weeks
        for pk, zone, oldest, newest in found.values_list("pk", "zone", "oldest", "newest")
        if (weeks := _weeks_due(now, zone, oldest, newest))
    }
    clinics = Clinic.objects.filter(pk__in=due)
    return rows.count_each(clinics, "created_at", lambda pk: count(pk, now, due[pk]))


def _weeks_due(now: datetime, zone: str, oldest: datetime | None, newest: datetime | None) -> int:
    """How many weeks to count: all after midnight, the running one after an hour, or none."""
    here = now.astimezone(ZoneInfo(zone))
    (midnight,) = figures.midnights([here.date()], ZoneInfo(zone))
    if oldest is None or newest is None or oldest < midnight:
        return KEPT_WEEKS
    return 1 if newest <= now - _RUNNING_EVERY else 0


def count(clinic_id: UUID, now: datetime, weeks: int) -> bool:
    """Count the last weeks of a clinic anew; what is older than is ever shown is forgotten."""
    clinic = Clinic.objects.get(pk=clinic_id)
    days = figures.mondays(now.astimezone(ZoneInfo(clinic.zone)).date(), weeks)
    found = counted(clinic, days, now)
    kept = [
        FiguresWeek(clinic=clinic, first=day, counted_at=now, facts=one.to_json())
        for day, one in zip(days, found, strict=True)
    ]
    FiguresWeek.objects.bulk_create(
        kept, update_conflicts=True, unique_fields=["clinic", "first"], update_fields=["counted_at", "facts"]
    )
    if weeks == KEPT_WEEKS:
        FiguresWeek.objects.filter(clinic=clinic, first__lt=days[0]).delete()
    return True


def counted(clinic: Clinic, days: Sequence[date], now: datetime) -> tuple[CountedWeek, ...]:
    """The weeks of a clinic that begin on `days`, the last of which is still running."""
    opening = opening_of(clinic)
    edges = figures.midnights(days, opening.zone)
    turns = _turns(clinic, edges[0], now)
    ruler = figures.open_time(opening, edges[0], now)
    facts: JsonObject = {
        "clinic": clinic.pk,
        "since": edges[0],
        "now": now,
        "weeks": list(edges),
        "turns": [since for since, _ in turns],
        "edges": list(ruler.edges),
        "passed": list(ruler.passed),
        "urgent": Priority.URGENT.value,
        "info": FlagPriority.INFO.value,
    }
    groups = [(*row[:3], _measured(row[3:])) for row in _rows(_GROUPS, facts)]
    ended = _ended(clinic, edges)
    nights = figures.night_edges(days[0], now.astimezone(opening.zone).date(), opening.zone)
    alerts = _alerts(clinic, edges, nights, days[0])
    return tuple(
        CountedWeek(
            duty=tuple(
                (turns[turn - 1][1], one) for of, turn, code, one in groups if of == week and code is None
            ),
            rules=tuple((code, one) for of, _, code, one in groups if of == week and code is not None),
            ended=ended.get(week, 0),
            alerts=tuple(one for of, one in alerts if of == week),
            load=load,
        )
        for week, load in enumerate(alert_load.weeks_of(clinic, edges), 1)
    )


def _turns(clinic: Clinic, since: datetime, until: datetime) -> tuple[tuple[datetime, UUID | None], ...]:
    """From when on who was first on duty, from `since` on: of several the one named first; None for nobody."""
    found = rota.stretches_between(clinic, since, until)
    return tuple((one.start, one.first[0] if one.first else None) for one in found) or ((since, None),)


_Row: TypeAlias = tuple[Any, ...]  # Any: what the database gives


def _rows(sql: str, facts: JsonObject) -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        found: list[_Row] = cursor.fetchall()
    return found


def _measured(row: _Row) -> Measured:
    priority, outcome, opened, late, first, end = row
    return Measured(Priority(priority), outcome, opened, late, Counter(first or ()), Counter(end or ()))


def _ended(clinic: Clinic, edges: Sequence[datetime]) -> Mapping[int, int]:
    """How many items were resolved in each week, whenever they were opened."""
    found = ReviewItem.objects.filter(clinic=clinic, state=ItemState.RESOLVED, resolved_at__gte=edges[0])
    return dict(found.order_by().values_list(Bucket("resolved_at", edges)).annotate(n=Count("id")))


def _alerts(
    clinic: Clinic, edges: Sequence[datetime], nights: Sequence[datetime], first: date
) -> list[tuple[int, AlertsSent]]:
    """The alerts of each week."""
    sent = Work.objects.filter(
        clinic=clinic, queue=Queue.ALERTS, settled_at__gte=edges[0], state__in=_WENT_OUT, notice__in=ALERTS
    ).exclude(user=None)
    found = sent.order_by().values_list("user_id", Bucket("settled_at", edges), Bucket("settled_at", nights))
    return [
        (week, AlertsSent(person, figures.night_of(edge, first), count))
        for person, week, edge, count in found.annotate(n=Count("id"))
    ]


def _minutes(moment: str, edge: str) -> str:
    """SQL: the minutes from the beginning to a moment by the clock of the item's priority; NULL for one before it.

    On the ruler of opening hours: those up to the last edge, and those since, if that edge opened the clinic.
    """

    def ruler(at: str, edge: str) -> str:
        return f"coalesce(r.passed[{edge}] + {edge} %% 2 * extract(epoch FROM {at} - r.edges[{edge}]), 0)"

    wall = f"extract(epoch FROM {moment} - i.began)"
    opening = f"{ruler(moment, edge)} - {ruler('i.began', 'i.began_edge')}"
    which = f"CASE WHEN i.severity = %(urgent)s THEN {wall} ELSE {opening} END"
    return f"CASE WHEN {moment} >= i.began THEN floor(({which}) / 60)::int END"


# An item is timed from when it got its priority: one that became urgent later was not urgent before, and what was done
# before that is no answer to it. Its rules are counted apart, because it may have several.
_MEASURED: Final = f"""
WITH ruler AS MATERIALIZED (
    SELECT %(edges)s::timestamptz[] AS edges, %(passed)s::float8[] AS passed,
        %(weeks)s::timestamptz[] AS weeks, %(turns)s::timestamptz[] AS turns
), items AS MATERIALIZED (
    SELECT i.id, i.source, i.severity, i.outcome, i.opened_at, i.first_action_at, i.resolved_at,
        coalesce(i.first_action_at, %(now)s) > i.first_action_due
            OR coalesce(i.resolved_at, %(now)s) > i.resolve_due AS late,
        coalesce((
            SELECT max(e.at) FROM plans_reviewevent e
            WHERE e.item_id = i.id AND e.kind = 'raised_again' AND e.facts ->> 'severity' <> e.facts ->> 'severity_was'
        ), i.opened_at) AS began
    FROM plans_reviewitem i
    WHERE i.clinic_id = %(clinic)s AND i.opened_at >= %(since)s AND i.opened_at <= %(now)s
), placed AS MATERIALIZED (
    SELECT i.*, width_bucket(i.opened_at, r.weeks) AS week, width_bucket(i.opened_at, r.turns) AS turn,
        width_bucket(i.began, r.edges) AS began_edge,
        width_bucket(i.first_action_at, r.edges) AS first_edge,
        width_bucket(i.resolved_at, r.edges) AS end_edge
    FROM items i CROSS JOIN ruler r
), measured AS MATERIALIZED (
    SELECT i.id, i.source, i.severity, i.outcome, i.late, i.week, i.turn,
        {_minutes("i.first_action_at", "i.first_edge")} AS first,
        {_minutes("i.resolved_at", "i.end_edge")} AS last
    FROM placed i CROSS JOIN ruler r
), ruled AS (
    SELECT DISTINCT f.item_id, f.rule FROM plans_flag f
    WHERE f.clinic_id = %(clinic)s AND f.raised_at >= %(since)s AND f.severity <> %(info)s
)
"""  # noqa: S608 - our own text
_GROUPED: Final = """
    m.severity, m.outcome, count(*), count(*) FILTER (WHERE m.late),
    array_agg(m.first) FILTER (WHERE m.first IS NOT NULL), array_agg(m.last) FILTER (WHERE m.last IS NOT NULL)
"""
_GROUPS: Final = f"""
{_MEASURED}
SELECT m.week, m.turn, NULL AS code, {_GROUPED} FROM measured m GROUP BY m.week, m.turn, m.severity, m.outcome
UNION ALL
SELECT m.week, NULL, coalesce(f.rule, m.source) AS code, {_GROUPED} FROM measured m
LEFT JOIN ruled f ON f.item_id = m.id GROUP BY m.week, coalesce(f.rule, m.source), m.severity, m.outcome
"""  # noqa: S608 - our own text
