"""What a visit summary says besides the schedule, for the printed document and for the page: what was answered, flagged
and decided since the visit before, what is at home, and what is agreed next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from plans.domain.checkins.spec import QuestionnaireSpec
from plans.domain.checkins.states import OccasionState
from plans.domain.documents.kinds import SUMMARY
from plans.domain.documents.visit import Answered, Decided, Raised, ScoreLine, VisitFacts
from plans.domain.errors import NotFound
from plans.domain.review.item_states import ItemState
from plans.domain.taper import supply
from plans.domain.taper.products import Product
from plans.domain.taper.supply_watch import HomeStock
from plans.models import (
    ON_PAPER_STATES,
    CheckIn,
    Document,
    Flag,
    Occasion,
    Patient,
    Plan,
    PlannedVisit,
    ReviewItem,
)
from plans.services import clock
from plans.services.access import get_plan_for
from plans.services.actors import Actor, May
from plans.services.checkins import queries
from plans.services.documents.variant import Variant
from plans.services.plans import versions
from plans.services.visits import VisitLine, upcoming_visits

# The most past and coming check-ins shown: a summary is read in a minute.
_ANSWERED: Final = 12
_NEXT: Final = 4
# Without a visit to go by, the page compares with so long ago (ours).
USUALLY: Final = timedelta(weeks=4)


class Since(StrEnum):
    """What the page compares with: the last visit, the last summary, some weeks, or a day that was asked for."""

    VISIT = "visit"
    SUMMARY = "summary"
    WEEKS = "weeks"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class VisitPage:
    """The facts of the page.

    `at_home` are whole units (mL of a liquid) by product that should be at home, reckoned from what was counted on
    `counted_on`, else from the fills so far; empty while nobody follows the plan.
    """

    since: date
    since_is: Since
    facts: VisitFacts
    at_home: tuple[tuple[Product, int], ...]
    counted_on: date | None
    visits: tuple[VisitLine, ...]


def page(actor: Actor, plan_id: UUID, *, since: date | None = None) -> VisitPage:
    """The facts of today's visit, compared with the day `since` if it is in the past, else with the last visit.

    Raises NotFound, also for a plan that was never issued.
    """
    plan = get_plan_for(actor, plan_id, May.LOOK)
    version = plan.active_version
    if version is None:
        raise NotFound(what="Plan")
    patient, today = plan.patient, clock.today(plan.patient.zone)
    day, why = (since, Since.ASKED) if since is not None and since < today else _last(plan, today)
    begun = datetime.combine(day, time(), tzinfo=clock.zone_of(patient.zone))
    followed = plan.state in ON_PAPER_STATES
    home = versions.at_home(version, today) if followed else HomeStock({})
    return VisitPage(
        since=day,
        since_is=why,
        facts=facts_of(plan, patient, day=today, since=begun),
        at_home=supply.whole_units(home.stock),
        counted_on=home.counted_on,
        visits=upcoming_visits(patient),
    )


def _last(plan: Plan, today: date) -> tuple[date, Since]:
    """The day of the visit before today's, as far as it is known."""
    visit = PlannedVisit.objects.filter(patient=plan.patient, cancelled_at=None, on__lt=today).order_by("-on")
    summaries = Document.objects.filter(plan=plan, kind=SUMMARY.code).values_list("variant", flat=True)
    found = [(Variant.read(code).day, Since.SUMMARY) for code in summaries]
    found += [(on, Since.VISIT) for on in visit.values_list("on", flat=True)[:1]]
    known = [(day, why) for day, why in found if day is not None and day < today]
    return max(known, default=(today - USUALLY, Since.WEEKS))


def facts_of(plan: Plan, patient: Patient, *, day: date, since: datetime | None) -> VisitFacts:
    """The facts as of the end of a day; flags and decisions from `since` on, or from the plan's beginning."""
    zone = ZoneInfo(patient.zone)
    moment = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    begun = since or plan.created_at

    def on(at: datetime) -> date:
        return at.astimezone(zone).date()

    flags = Flag.objects.filter(patient=patient, raised_at__gt=begun, raised_at__lte=moment)
    ended = ReviewItem.objects.filter(
        plan=plan, state=ItemState.RESOLVED, resolved_at__gt=begun, resolved_at__lte=moment
    )
    coming = Occasion.objects.filter(
        plan=plan, state__in=(OccasionState.PLANNED, OccasionState.INVITED), local_date__gte=day
    )
    points = [point for point in queries.history(plan.pk) if point.on <= day]
    return VisitFacts(
        day=day,
        since=on(since) if since is not None else None,
        answered=tuple(
            Answered(point.on, point.doses, missed=point.state == OccasionState.MISSED)
            for point in points[-_ANSWERED:]
        ),
        scores=_scores(plan, moment),
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


def _scores(plan: Plan, moment: datetime) -> tuple[ScoreLine, ...]:
    checkins = CheckIn.objects.filter(plan=plan, submitted_at__lt=moment).order_by("local_date", "id")
    totals: dict[str, list[tuple[date, int]]] = {}
    tops: dict[str, int] = {}
    for checkin in checkins:
        for scale, one in checkin.scores.items():
            tops[scale] = (
                QuestionnaireSpec.from_json(checkin.form, checkin.form_version).questionnaire(scale).top
            )
            totals.setdefault(scale, []).append((checkin.local_date, one["total"]))
    found = []
    for scale, run in sorted(totals.items()):
        on, now = run[-1]
        found.append(
            ScoreLine(
                scale,
                on,
                now,
                tops[scale],
                now - run[-2][1] if len(run) > 1 else None,
                now - run[0][1] if len(run) > 1 else None,
            )
        )
    return tuple(found)
