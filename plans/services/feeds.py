"""The patient's private calendar feed: an address that a calendar program asks again and again, until it is ended.

Two kinds of address: one whose titles say nothing, and one with doses for patients who chose so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.errors import NotFound, Refused
from plans.domain.step_events import StepEvent, step_events
from plans.domain.taper.history import valid_days
from plans.models import LIVE_STATES, Link, Patient, Plan, PlanVersion
from plans.services import audit, clock, links
from plans.services.actors import patient_actor
from plans.services.links import LinkState, LinkView, Purpose
from plans.services.plans.history import schedule_of

MOST_A_DAY: Final = 10
"""So many private addresses a patient may have made within a day."""
_DAY: Final = timedelta(days=1)
FEEDS: Final = (Purpose.FEED, Purpose.FEED_DOSES)


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed tells: (key of the plan, event) each, whose keys never change, and since when they stand."""

    events: Sequence[tuple[str, StepEvent]]
    doses: bool
    language: str
    stamped: datetime


@dataclass(frozen=True, slots=True)
class FeedState:
    """Whether a patient has a feed, its token, and whether it tells the doses."""

    token: str
    doses: bool


def _standing(patient_id: UUID) -> Link | None:
    rows = Link.objects.filter(patient_id=patient_id, purpose__in=FEEDS, revoked_at=None)
    return rows.order_by("-created_at", "-id").first()


def state(link: LinkView) -> FeedState | None:
    """The feed of the patient behind a plan link; None if there is none."""
    found = _standing(link.patient_id)
    if found is None:
        return None
    return FeedState(links.token_of(found), doses=found.purpose == Purpose.FEED_DOSES)


@transaction.atomic
def open_feed(link: LinkView, *, doses: bool) -> FeedState:
    """A new private address; one that stood before is ended. `doses`: the patient wants them in the titles.

    Raises Refused("too_many_changes") after `MOST_A_DAY`.
    """
    patient = Patient.objects.select_for_update().get(pk=link.patient_id)
    made = Link.objects.filter(patient=patient, purpose__in=FEEDS, created_at__gt=clock.now() - _DAY)
    if made.count() >= MOST_A_DAY:
        raise Refused(reason="too_many_changes")
    _end(patient)
    row = links.make(purpose=Purpose.FEED_DOSES if doses else Purpose.FEED, patient=patient)
    _record(patient, row, "feed.opened")
    return FeedState(links.token_of(row), doses)


@transaction.atomic
def close_feed(link: LinkView) -> bool:
    """End the address: calendars that ask it get nothing more. False if there was none."""
    patient = Patient.objects.select_for_update().get(pk=link.patient_id)
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
    """What stands behind a feed's address. Raises NotFound for an unknown or ended one: it says nothing else."""
    for purpose in FEEDS:
        try:
            link = links.look(token, purpose)
        except NotFound:
            continue
        if link.state is not LinkState.GOOD:
            raise NotFound(what="feed")
        return _feed(link, doses=purpose is Purpose.FEED_DOSES)
    raise NotFound(what="feed")


def feed_of(link: LinkView, *, doses: bool) -> Feed:
    """The same for a patient who takes the file from the plan page. Raises NotFound without a plan."""
    return _feed(link, doses=doses)


def _feed(link: LinkView, *, doses: bool) -> Feed:
    plans = Plan.objects.filter(patient_id=link.patient_id).exclude(active_version=None)
    plans = plans.select_related("patient")
    plan = plans.filter(state__in=LIVE_STATES).first() or plans.order_by("-state_at").first()
    if plan is None:
        raise NotFound(what="plan")
    # A plan that made way for another one: what it still had to come is cancelled, not merely left out.
    gone = [
        (old.pk.hex, event)
        for old in plans.exclude(pk=plan.pk).exclude(state__in=LIVE_STATES).order_by("created_at")
        for event in _events(old, ended_on=_day(old, old.state_at))
        if event.cancelled or event.last == _day(old, old.state_at)
    ]
    told = [(plan.pk.hex, event) for event in _events(plan, ended_on=_ended_on(plan))]
    newest = PlanVersion.objects.filter(plan=plan).order_by("-number")[:1].get()
    return Feed(
        events=(*gone, *told),
        doses=doses,
        language=plan.patient.language,
        stamped=max(plan.state_at, newest.issued_at),
    )


def _events(plan: Plan, *, ended_on: date | None) -> tuple[StepEvent, ...]:
    versions = PlanVersion.objects.filter(plan=plan).order_by("number")
    told = [(row.from_day, schedule_of(row)) for row in versions]
    return step_events([valid_days(told[: n + 1]) for n in range(len(told))], ended_on=ended_on)


def _ended_on(plan: Plan) -> date | None:
    """The day a plan ended that was not taken to its end; None for one under way or completed."""
    if plan.state in LIVE_STATES or plan.state == "completed":
        return None
    return _day(plan, plan.state_at)


def _day(plan: Plan, moment: datetime) -> date:
    return moment.astimezone(clock.zone_of(plan.patient.zone)).date()
