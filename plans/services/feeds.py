"""The patient's private calendar feed: an address that a calendar program polls until it is ended.

There are two kinds: one with neutral titles, and one with doses for patients who chose that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from plans.domain.errors import NotFound, Refused
from plans.domain.link_policy import LinkAct
from plans.domain.people import CareState
from plans.domain.step_events import StepEvent, step_events
from plans.domain.taper.history import valid_days
from plans.domain.taper.plan_states import PlanState
from plans.domain.taper.schedule import Schedule
from plans.models import LIVE_STATES, Document, Link, Patient, Plan, PlanVersion
from plans.services import audit, clock, links
from plans.services.actors import patient_actor
from plans.services.care_status import Care, care_of
from plans.services.links import LinkPurpose, LinkView
from plans.services.plans import taken
from plans.services.plans.history import schedule_of

MOST_A_DAY: Final = 10
"""The most private addresses that a patient may create in a day."""
_DAY: Final = timedelta(days=1)
FEEDS: Final = (LinkPurpose.FEED, LinkPurpose.FEED_DOSES)
_SAID_FOR: Final = timedelta(days=27)


@dataclass(frozen=True, slots=True)
class Feed:
    """The content of a feed: (plan key, event) pairs, whose keys never change, and when they last changed.

    `care` is where its holder is treated now, `care_days` the days on which the feed says so; None: it does not.
    """

    events: Sequence[tuple[str, StepEvent]]
    key: str
    doses: bool
    care: Care
    care_days: tuple[date, date] | None
    clinic_phone: str
    country: str
    language: str
    stamped: datetime


@dataclass(frozen=True, slots=True)
class FeedState:
    """A patient's feed: whether there is one, its token, and whether it shows doses."""

    token: str
    doses: bool


def _standing(patient_id: UUID) -> Link | None:
    rows = Link.objects.filter(patient_id=patient_id, purpose__in=FEEDS, revoked_at=None)
    rows = rows.filter(Q(expires_at=None) | Q(expires_at__gt=clock.now()))
    return rows.order_by("-created_at", "-id").first()


def state(link: LinkView) -> FeedState | None:
    """The state of the feed of the patient behind a plan link."""
    found = _standing(link.patient_id)
    if found is None:
        return None
    return FeedState(links.token_of(found), doses=found.purpose == LinkPurpose.FEED_DOSES)


@transaction.atomic
def open_feed(link: LinkView, *, doses: bool) -> FeedState:
    """Create a private address and end the previous one. `doses`: the patient wants them in the titles.

    Raises Refused("too_many_changes") after `MOST_A_DAY`.
    """
    patient = Patient.objects.select_for_update(no_key=True).get(pk=link.patient_id)
    made = Link.objects.filter(patient=patient, purpose__in=FEEDS, created_at__gt=clock.now() - _DAY)
    if made.count() >= MOST_A_DAY:
        raise Refused(reason="too_many_changes")
    _end(patient)
    row = links.make(purpose=LinkPurpose.FEED_DOSES if doses else LinkPurpose.FEED, patient=patient)
    _record(patient, row, "feed.opened")
    return FeedState(links.token_of(row), doses)


@transaction.atomic
def close_feed(link: LinkView) -> bool:
    """End the address, so that calendars get nothing more from it. False if there was none."""
    patient = Patient.objects.select_for_update(no_key=True).get(pk=link.patient_id)
    row = _standing(patient.pk)
    if row is None:
        return False
    _end(patient)
    _record(patient, row, "feed.closed")
    return True


def _end(patient: Patient) -> None:
    for row in Link.objects.filter(patient=patient, purpose__in=FEEDS, revoked_at=None):
        links.revoke(row.pk)


def _record(patient: Patient, row: Link, act: str) -> None:
    audit.record(
        by=patient_actor(patient.pk, patient.clinic_id),
        act=act,
        subject_kind="link",
        subject_id=row.pk,
        patient_id=patient.pk,
    )


def read_feed(token: str) -> Feed:
    """The feed behind an address. Raises NotFound for an unknown or ended one, and nothing else."""
    for purpose in FEEDS:
        try:
            link = links.look(token, purpose)
        except NotFound:
            continue
        if not links.may(link, LinkAct.FEED, device=""):
            raise NotFound(what="feed")
        return _feed(link, doses=links.may(link, LinkAct.DOSE, device=""))
    raise NotFound(what="feed")


def feed_of(link: LinkView, *, doses: bool) -> Feed:
    """The feed's content for a patient who downloads it from the plan page. Raises NotFound without a plan."""
    return _feed(link, doses=doses)


def _feed(link: LinkView, *, doses: bool) -> Feed:
    plans = Plan.objects.filter(patient_id=link.patient_id).exclude(active_version=None)
    plans = plans.select_related("patient", "clinic", "active_version")
    plan = plans.filter(state__in=LIVE_STATES).first() or plans.order_by("-state_at").first()
    if plan is None:
        raise NotFound(what="plan")
    # A plan that was replaced by another: its future events are cancelled, not merely left out.
    gone = [
        (old.pk.hex, event)
        for old in plans.exclude(pk=plan.pk).exclude(state__in=LIVE_STATES).order_by("created_at")
        for event in _events(old, ended_on=old.ended_on or _day(old, old.state_at))
        if event.cancelled or event.last == (old.ended_on or _day(old, old.state_at))
    ]
    care = care_of(plan.patient)
    current = [(plan.pk.hex, event) for event in _events(plan, ended_on=_ended_on(plan, care))]
    newest = PlanVersion.objects.filter(plan=plan).order_by("-number")[:1].get()
    other = taken.current(plan)
    return Feed(
        events=(*gone, *current),
        key=plan.pk.hex,
        # A calendar never states a dose to somebody who is treated elsewhere or takes another one.
        doses=doses and care.state is CareState.IN_CARE and not (other is not None and other.differs),
        care=care,
        care_days=_said_on(plan, care),
        clinic_phone=plan.clinic.phone,
        country=plan.patient.country,
        language=plan.patient.language,
        stamped=max(plan.state_at, newest.issued_at, *_pages(plan).values()),
    )


def _said_on(plan: Plan, care: Care) -> tuple[date, date] | None:
    """The days on which a calendar says who decides now: up to today, and after an end of care for at most four weeks.

    After a death a calendar says nothing.
    """
    if care.state in (CareState.IN_CARE, CareState.DIED):
        return None
    today = clock.today(plan.patient.zone)
    first = care.since or today
    last = today if care.state is CareState.ADMITTED else min(today, first + _SAID_FOR)
    return first, max(first, last)


def _events(plan: Plan, *, ended_on: date | None) -> tuple[StepEvent, ...]:
    pages = _pages(plan)
    so_far: list[tuple[date, Schedule]] = []
    histories = []
    for row in PlanVersion.objects.filter(plan=plan).order_by("number"):
        so_far.append((row.from_day, schedule_of(row)))
        valid = valid_days(so_far)
        # Whenever pages were extended, the continuing step was published again.
        ends = sorted(until for number, until in pages if number == row.number)
        histories += [valid.through(until) for until in ends or [valid.end]]
    return step_events(histories, ended_on=ended_on)


def _pages(plan: Plan) -> dict[tuple[int, date], datetime]:
    """Until when the pages of each version of a dose that stays were drawn, and when they were first requested."""
    rows = Document.objects.filter(plan=plan, pages_until__isnull=False)
    return {
        (number, until): at
        for number, until, at in rows.order_by("-asked_at").values_list(
            "version__number", "pages_until", "asked_at"
        )
        if until is not None
    }


def _ended_on(plan: Plan, care: Care) -> date | None:
    """The last day for which a plan that was cut short has events; for a paused one, the day before the pause.

    None for a live or completed plan.
    """
    if plan.state == PlanState.COMPLETED:
        return None
    if care.state is CareState.ADMITTED:
        return (care.since or _day(plan, plan.state_at)) - timedelta(days=1)
    if plan.state in LIVE_STATES:
        return None if care.state is CareState.IN_CARE else care.since
    return plan.ended_on or _day(plan, plan.state_at)


def _day(plan: Plan, moment: datetime) -> date:
    return moment.astimezone(clock.zone_of(plan.patient.zone)).date()
