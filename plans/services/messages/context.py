"""The context of messages, read in a few queries for many of them.

What does not decide whether a message may be sent (its clinic, links, the message it answers) is read once per claimed
batch; what does decide is read for the few that are sent next, while their patients are locked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Max, Q

from plans.domain.links import LinkPurpose
from plans.domain.messages import DigestFacts, Postpone, Skip
from plans.domain.notices import (
    ALERTS,
    BUDGETED,
    CARRIED,
    CHECKIN_INVITATION,
    CONFIRM_ADDRESS,
    DIGEST,
    ITEM_ESCALATED,
    NOTICES,
    REMINDERS,
    REMINDERS_APART,
    Privacy,
)
from plans.domain.outbox import UNFINISHED, WorkState
from plans.domain.reaching import Route
from plans.domain.review import escalation
from plans.models import Clinic, Link, Membership, Work
from plans.services import links, staff_channels
from plans.services.links import Wanted
from plans.services.review import acknowledging, digest

DAY: Final = timedelta(days=1)
# Another reminder of the same patient that is due this soon counts already.
_SOON: Final = timedelta(minutes=10)
_WENT_OUT: Final = (WorkState.SENT, WorkState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class BatchContext:
    """The context of a claimed batch that does not decide whether messages may be sent.

    links: the lasting links that its messages need, if they exist already.
    first: the first message of a check-in, for threading.
    """

    clinics: dict[UUID, Clinic]
    links: dict[Wanted, Link]
    first: dict[UUID, UUID]


@dataclass(frozen=True, slots=True)
class MessageContext:
    """Everything that decides whether a message may be sent, besides its own row, patient, check-in and plan.

    now: clinic time.
    recently_reminded: when a patient's last reminder went out, within the minimum interval.
    being_reminded: patients whose other reminder is being handed to the mail server.
    not_invited: check-ins whose first message is still pending; no reminder overtakes it.
    bundled: patients with a check-in's message and news of their plan, which become one message.
    asked_last: when the newest message asking to confirm a patient's address was queued.
    staff: the active memberships.
    routes: where messages to staff go, by the entry's key; why not, or why not yet.
    quiet: until when repeats of alerts rest for a person and clinic, because they acknowledged one.
    alerted: when somebody got alerts within the last hour, of whatever clinic.
    written_to: when a person (patient or member of staff) got messages that count towards the day's budget.
    digests: what the digests of these clinics tell.
    """

    now: datetime
    batch: BatchContext
    recently_reminded: dict[UUID, datetime]
    being_reminded: frozenset[UUID]
    not_invited: frozenset[UUID]
    bundled: frozenset[UUID]
    asked_last: dict[UUID, datetime]
    staff: frozenset[tuple[UUID, UUID]]
    routes: dict[UUID, Route | Skip | Postpone]
    quiet: dict[tuple[UUID, UUID], datetime]
    alerted: dict[UUID, list[datetime]]
    digests: dict[UUID, DigestFacts]
    written_to: dict[UUID, list[datetime]]


def links_of(work: Work) -> list[Wanted]:
    """The access links in a patient's message; none in one to staff."""
    notice = NOTICES[work.notice]
    if work.patient_id is None or not isinstance(notice.link, LinkPurpose):
        return []
    purposes = [notice.link] + [LinkPurpose.MAIL] * (notice.privacy is Privacy.CLINICAL)
    return [
        Wanted(
            purpose,
            clinic_id=work.clinic_id,
            patient_id=work.patient_id,
            occasion_id=work.occasion_id if purpose is LinkPurpose.CHECKIN else None,
            plan_id=work.plan_id if purpose in (LinkPurpose.CHECKIN, LinkPurpose.PLAN) else None,
        )
        for purpose in purposes
    ]


def clinics_of(work: Work) -> list[UUID]:
    """The clinic of a message; of an alert for several items, their clinics, its own first."""
    others = {UUID(key) for key in work.facts.get("clinics", ())} - {work.clinic_id}
    return [work.clinic_id, *sorted(others)]


def read_batch(works: Sequence[Work]) -> BatchContext:
    """Read the context of a batch."""
    return BatchContext(
        clinics=Clinic.objects.in_bulk({key for work in works for key in clinics_of(work)}),
        links=links.find_all({wanted for work in works for wanted in links_of(work)}),
        first=_first_messages({work.occasion_id for work in works if work.occasion_id and work.rung}),
    )


def read_context(works: Sequence[Work], batch: BatchContext, now: datetime) -> MessageContext:
    """Read what decides whether some messages of a batch may be sent; `now` is clinic time."""
    around = _reminders(
        {work.pk for work in works}, {work.patient_id for work in works if work.patient_id is not None}, now
    )
    return MessageContext(
        now=now,
        batch=batch,
        recently_reminded=around.recently,
        being_reminded=frozenset(around.being),
        not_invited=frozenset(around.not_invited),
        bundled=frozenset(around.reminded & around.with_news),
        asked_last=_asked_last({work.patient_id for work in works if work.notice == CONFIRM_ADDRESS}),
        staff=_staff({work.user_id for work in works if work.user_id is not None}),
        routes=staff_channels.routes(works, batch.clinics, now),
        quiet=_quiet({(work.user_id, work.clinic_id) for work in works if work.notice == ITEM_ESCALATED}),
        alerted=_alerted({work.user_id for work in works if work.notice in ALERTS}, now),
        digests={
            pk: digest.of_clinic(batch.clinics[pk], now)
            for pk in {work.clinic_id for work in works if work.notice == DIGEST}
        },
        written_to=_written_to([work for work in works if work.notice in BUDGETED], now),
    )


@dataclass(slots=True)
class _Reminders:
    recently: dict[UUID, datetime] = field(default_factory=dict)
    being: set[UUID] = field(default_factory=set)
    not_invited: set[UUID] = field(default_factory=set)
    reminded: set[UUID] = field(default_factory=set)
    with_news: set[UUID] = field(default_factory=set)


def _reminders(mine: Collection[UUID], patients: Collection[UUID], now: datetime) -> _Reminders:
    """Other reminders that these patients are about to get or got recently."""
    found = _Reminders()
    if not patients:
        return found
    rows = Work.objects.filter(
        Q(state__in=UNFINISHED, due_at__lte=now + _SOON)
        | Q(state__in=_WENT_OUT, settled_at__gt=now - REMINDERS_APART),
        patient__in=patients,
        notice__in=(*REMINDERS, *CARRIED),
    ).values_list("pk", "patient_id", "state", "notice", "occasion_id", "settled_at")
    for pk, patient, state, notice, occasion, settled_at in rows:
        if state in _WENT_OUT:
            if notice in REMINDERS and settled_at is not None and pk not in mine:
                found.recently[patient] = max(settled_at, found.recently.get(patient, settled_at))
        elif notice in CARRIED:
            found.with_news.add(patient)
        else:
            found.reminded.add(patient)
            if notice == CHECKIN_INVITATION and occasion is not None:
                found.not_invited.add(occasion)
            if state == WorkState.SENDING and pk not in mine:
                found.being.add(patient)
    return found


def _first_messages(occasions: Collection[UUID]) -> dict[UUID, UUID]:
    if not occasions:
        return {}
    rows = Work.objects.filter(occasion__in=occasions, rung=0, state__in=_WENT_OUT)
    return {occasion: pk for occasion, pk in rows.values_list("occasion_id", "pk") if occasion is not None}


def _asked_last(patients: Collection[UUID | None]) -> dict[UUID, datetime]:
    if not patients:
        return {}
    rows = Work.objects.filter(patient__in=[pk for pk in patients if pk], notice=CONFIRM_ADDRESS)
    newest = rows.exclude(state=WorkState.CANCELLED).values_list("patient_id")
    return {patient: at for patient, at in newest.annotate(at=Max("created_at")) if patient is not None}


def _staff(users: Collection[UUID]) -> frozenset[tuple[UUID, UUID]]:
    if not users:
        return frozenset()
    rows = Membership.objects.filter(user__in=users, is_active=True, user__is_active=True)
    return frozenset(rows.values_list("user_id", "clinic_id"))


def _alerted(users: Collection[UUID | None], now: datetime) -> dict[UUID, list[datetime]]:
    found: defaultdict[UUID, list[datetime]] = defaultdict(list)
    if not users:
        return found
    rows = Work.objects.filter(user__in=[pk for pk in users if pk], notice__in=ALERTS)
    sent = rows.filter(state__in=_WENT_OUT, settled_at__gt=now - escalation.HOUR)
    for user, at in sent.values_list("user_id", "settled_at"):
        if user is not None and at is not None:
            found[user].append(at)
    return found


def _written_to(works: Sequence[Work], now: datetime) -> dict[UUID, list[datetime]]:
    found: defaultdict[UUID, list[datetime]] = defaultdict(list)
    if not works:
        return found
    rows = Work.objects.filter(
        Q(patient__in={work.patient_id for work in works if work.patient_id is not None})
        | Q(user__in={work.user_id for work in works if work.user_id is not None}),
        notice__in=BUDGETED,
        state__in=_WENT_OUT,
        settled_at__gt=now - DAY,
    )
    for patient, user, at in rows.values_list("patient_id", "user_id", "settled_at"):
        person = patient or user
        if person is not None and at is not None:
            found[person].append(at)
    return found


def _quiet(people: Collection[tuple[UUID | None, UUID]]) -> dict[tuple[UUID, UUID], datetime]:
    found = {}
    for user, clinic in people:
        until = acknowledging.quiet_until(user, clinic) if user is not None else None
        if user is not None and until is not None:
            found[user, clinic] = until
    return found
