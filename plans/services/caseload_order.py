"""The order of the caseload, cut into consecutive runs.

A clinic has thousands of patients, and the list shows 25. Open items, next changes of dose and last answers are looked
up only for the few patients of such a run; the others follow by name, straight from the index.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from plans.domain.checkins.states import CheckInState
from plans.domain.review.item_states import ItemState
from plans.models import LIVE_STATES, CheckIn, Patient, PlanStep, ReviewItem
from plans.services.paging import ListRun

_BY_NAME: Final = ("sort_key", "id")
# Each bound ends a run, so that the first pages are found among few rows: days ahead, and days back.
_SOON: Final = (1, 7, 28)
_LATELY: Final = (1, 7, 28)


class Sort(StrEnum):
    """The sort orders of the caseload; ties are sorted by name."""

    FLAG = "flag"
    NAME = "name"
    CHANGE = "change"
    ANSWER = "answer"


def open_items() -> QuerySet[ReviewItem]:
    """Open items of the outer query's patient."""
    rows = ReviewItem.objects.filter(clinic=OuterRef("clinic"), patient=OuterRef("pk"))
    return rows.exclude(state=ItemState.RESOLVED)


def changes(after: date, until: date | None = None) -> QuerySet[PlanStep]:
    """Steps of the live plan of the outer query's patient that begin after one day and by another."""
    rows = PlanStep.objects.filter(
        version__plan__patient=OuterRef("pk"),
        version__plan__state__in=LIVE_STATES,
        version__replaced_at=None,
        changes=True,
        days__startswith__gt=after,
    )
    return rows if until is None else rows.filter(days__startswith__lte=until)


def _answers(after: datetime | None = None) -> QuerySet[CheckIn]:
    rows = CheckIn.objects.filter(
        clinic=OuterRef("clinic"), patient=OuterRef("pk"), state=CheckInState.SUBMITTED
    )
    return rows if after is None else rows.filter(submitted_at__gt=after)


def _flagged(rows: QuerySet[Patient]) -> QuerySet[Patient]:
    worst = open_items().order_by("priority").values("priority")[:1]
    return rows.filter(Exists(open_items())).annotate(urgency=Subquery(worst))


def _changing(rows: QuerySet[Patient], *, today: date, after: date, until: date | None) -> QuerySet[Patient]:
    first = changes(today).order_by("days__startswith").values("days__startswith")[:1]
    rows = rows.filter(Exists(changes(after, until)))
    if after > today:
        rows = rows.exclude(Exists(changes(today, after)))
    return rows.annotate(next_on=Subquery(first))


def _answering(
    rows: QuerySet[Patient], *, after: datetime | None, before: datetime | None
) -> QuerySet[Patient]:
    last = _answers().order_by("-submitted_at").values("submitted_at")[:1]
    rows = rows.filter(Exists(_answers(after)))
    if before is not None:
        rows = rows.exclude(Exists(_answers(before)))
    return rows.annotate(answered_at=Subquery(last))


def _without(rows: QuerySet[Patient], *, those: Exists) -> QuerySet[Patient]:
    return rows.exclude(those)


def runs_of(sort: Sort, today: date, now: datetime) -> tuple[ListRun[Patient], ...]:
    """The runs of an order; together they hold every patient exactly once."""
    if sort is Sort.FLAG:
        rest = ListRun(partial(_without, those=Exists(open_items())), _BY_NAME)
        return (ListRun(_flagged, ("urgency", *_BY_NAME)), rest)
    if sort is Sort.CHANGE:
        ends = [today, *(today + timedelta(days=days) for days in _SOON)]
        spans: Mapping[date, date | None] = dict(zip(ends, [*ends[1:], None], strict=True))
        return (
            *(
                ListRun(partial(_changing, today=today, after=after, until=until), ("next_on", *_BY_NAME))
                for after, until in spans.items()
            ),
            ListRun(partial(_without, those=Exists(changes(today))), _BY_NAME),
        )
    if sort is Sort.ANSWER:
        since = [*(now - timedelta(days=days) for days in _LATELY), None]
        return (
            *(
                ListRun(partial(_answering, after=after, before=before), ("-answered_at", *_BY_NAME))
                for after, before in zip(since, [None, *since[:-1]], strict=True)
            ),
            ListRun(partial(_without, those=Exists(_answers())), _BY_NAME),
        )
    return (ListRun(lambda rows: rows, _BY_NAME),)
