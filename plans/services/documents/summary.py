"""What a visit summary tells of a plan on the day it was asked for."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from plans.domain.checkins.spec import QuestionnaireSpec
from plans.domain.checkins.states import OccasionState
from plans.domain.documents.visit import Answered, Decided, Raised, Score, Visit
from plans.domain.review.item_states import ItemState
from plans.models import CheckIn, Document, Flag, Occasion, ReviewItem
from plans.services.checkins import queries
from plans.services.documents.variant import Variant

# Check-ins and coming check-ins shown at most: a summary is read in a minute.
_ANSWERED: Final = 12
_NEXT: Final = 4


def visit_of(document: Document) -> Visit:
    """The summary of a document's plan as things stood at the end of its day: drawn again it says the same."""
    plan, zone, day = document.plan, ZoneInfo(document.patient.zone), Variant.read(document.variant).day
    if day is None:
        raise ValueError("a summary is of a day")
    moment = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    since = _visit_before(document)
    begun = since or plan.created_at

    def on(at: datetime) -> date:
        return at.astimezone(zone).date()

    flags = Flag.objects.filter(patient=document.patient, raised_at__gt=begun, raised_at__lte=moment)
    ended = ReviewItem.objects.filter(
        plan=plan, state=ItemState.RESOLVED, resolved_at__gt=begun, resolved_at__lte=moment
    )
    coming = Occasion.objects.filter(
        plan=plan, state__in=(OccasionState.PLANNED, OccasionState.INVITED), local_date__gte=day
    )
    points = [point for point in queries.history(plan.pk) if point.on <= day]
    return Visit(
        day=day,
        since=on(since) if since is not None else None,
        answered=tuple(
            Answered(point.on, point.doses, missed=point.state == OccasionState.MISSED)
            for point in points[-_ANSWERED:]
        ),
        scores=_scores(document, moment),
        raised=tuple(
            Raised(on(flag.raised_at), flag.rule, flag.severity, flag.facts)
            for flag in flags.order_by("raised_at", "id")
        ),
        decided=tuple(
            Decided(on(item.resolved_at), item.outcome, item.note)
            for item in ended.order_by("resolved_at", "id")
            if item.resolved_at is not None
        ),
        next_checkins=tuple(coming.order_by("local_date").values_list("local_date", flat=True)[:_NEXT]),
    )


def _visit_before(document: Document) -> datetime | None:
    """When the summary of an earlier day was asked for: that was the visit before."""
    mine = Variant.read(document.variant).day
    earlier = Document.objects.filter(plan=document.plan, kind=document.kind).exclude(pk=document.pk)
    days = {row.asked_at: Variant.read(row.variant).day for row in earlier}
    return max((at for at, day in days.items() if day and mine and day < mine), default=None)


def _scores(document: Document, moment: datetime) -> tuple[Score, ...]:
    sheets = CheckIn.objects.filter(plan=document.plan, submitted_at__lt=moment).order_by("local_date", "id")
    totals: dict[str, list[tuple[date, int]]] = {}
    tops: dict[str, int] = {}
    for sheet in sheets:
        for scale, one in sheet.scores.items():
            tops[scale] = QuestionnaireSpec.from_json(sheet.form, sheet.form_version).questionnaire(scale).top
            totals.setdefault(scale, []).append((sheet.local_date, one["total"]))
    found = []
    for scale, run in sorted(totals.items()):
        on, now = run[-1]
        found.append(
            Score(
                scale,
                on,
                now,
                tops[scale],
                now - run[-2][1] if len(run) > 1 else None,
                now - run[0][1] if len(run) > 1 else None,
            )
        )
    return tuple(found)
