"""The clinic's message log: what was sent, what was not, and the clinic's choices where the fate is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from plans.domain.errors import Refused, Stale
from plans.domain.outbox import UNFINISHED, WorkState
from plans.domain.text import fold
from plans.domain.which import which
from plans.models import Patient, User, Work
from plans.services import clock, outbox, paging
from plans.services.access import check_may, get_work_for
from plans.services.actors import Actor, May
from plans.services.delivery import free_carried, record_act
from plans.services.from_row import from_row
from plans.services.outbox import Settlement
from plans.services.outbox.claiming import write_end
from plans.services.paging import Page

PAGE: Final = 50
# A search that matches more people than this is too broad: messages are searched instead.
_FEW_PEOPLE: Final = 500
_ORDER: Final = ("-created_at", "-id")
_REFUSED: Final = (WorkState.REJECTED, WorkState.POISON)
_SEEN: Final = "seen"
"""The key in a row's facts: somebody has looked at it since it was refused or set aside."""
# How long a message that the clinic sends again may still go out.
ONCE_MORE_FOR: Final = timedelta(days=1)


class MessageShow(StrEnum):
    """Which part of the message log."""

    ATTENTION = "attention"
    WAITING = "waiting"
    SENT = "sent"
    NOT_SENT = "not_sent"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message, an alert or a document in the message log, without its content.

    `repeat`: how often it was sent again. `may_choose`: its fate is unknown and nobody has decided yet;
    `may_send_again`: it was not sent again before; `may_try_again`: it was set aside; `may_see`: it was refused or set
    aside, and nobody has acknowledged it yet.
    """

    id: UUID
    notice: str
    queue: str
    state: str
    reason: str
    to_name: str
    patient_id: UUID | None
    plan_id: UUID | None
    item_id: UUID | None
    smtp_code: int | None
    attempts: int
    repeat: int
    created_at: datetime
    due_at: datetime
    try_at: datetime | None
    settled_at: datetime | None
    seen: bool

    @property
    def state_is(self) -> Mapping[str, bool]:
        """Which state it is in, for templates."""
        return which(WorkState, self.state)

    @property
    def may_choose(self) -> bool:
        """Whether the clinic must decide what to do about it."""
        return self.state == WorkState.UNKNOWN and self.reason != "left"

    @property
    def may_send_again(self) -> bool:
        """Whether sending it again is one of the choices."""
        return self.may_choose and self.repeat == 0

    @property
    def may_try_again(self) -> bool:
        """Whether it was set aside and can be retried; a document is drawn again from the plan's page."""
        return self.state == WorkState.POISON and self.queue != "documents"

    @property
    def may_see(self) -> bool:
        """Whether it needs attention until somebody acknowledges it."""
        return self.state in _REFUSED and not self.seen


def _attention() -> Q:
    return Q(state=WorkState.UNKNOWN) & ~Q(reason="left") | Q(state__in=_REFUSED, facts__seen__isnull=True)


def _part(rows: QuerySet[Work], show: MessageShow) -> QuerySet[Work]:
    match show:
        case MessageShow.ATTENTION:
            return rows.filter(_attention())
        case MessageShow.WAITING:
            return rows.filter(state__in=UNFINISHED)
        case MessageShow.SENT:
            return rows.filter(state=WorkState.SENT)
        case MessageShow.NOT_SENT:
            return rows.filter(state__in=(WorkState.SKIPPED, WorkState.CANCELLED))
    return rows


def _matching(rows: QuerySet[Work], clinic_id: str, q: str) -> QuerySet[Work]:
    for word in fold(q).split()[:6]:
        rows = rows.filter(_to_patients(clinic_id, word) | _to_staff(clinic_id, word))
    return rows


def _to_patients(clinic_id: str, word: str) -> Q:
    """Search people first: a clinic has a hundred times as many messages, which are then found by patient."""
    meant = Q(sort_key__contains=word) | Q(record_no__icontains=word)
    found = list(
        Patient.objects.filter(meant, clinic_id=clinic_id).values_list("pk", flat=True)[: _FEW_PEOPLE + 1]
    )
    if len(found) > _FEW_PEOPLE:
        return Q(patient__sort_key__contains=word) | Q(patient__record_no__icontains=word)
    return Q(patient__in=found)


def _to_staff(clinic_id: str, word: str) -> Q:
    staff = User.objects.filter(memberships__clinic_id=clinic_id, name__icontains=word)
    return Q(user__in=list(staff.values_list("pk", flat=True).distinct()))


def _of_clinic(actor: Actor) -> QuerySet[Work]:
    check_may(actor, May.LOOK)
    return Work.objects.filter(clinic_id=str(actor.clinic_id))


def attention_count(actor: Actor) -> int:
    """How many messages need attention, counted up to 1001."""
    return _of_clinic(actor).filter(_attention())[: paging.COUNTED + 1].count()


def messages(
    actor: Actor, *, show: str = "all", q: str = "", key: str | None = None, size: int = PAGE
) -> Page[MessageRow]:
    """A page of the message log, newest first. `q` searches by patient, record number or member of staff."""
    every = _of_clinic(actor)
    part = _part(every, MessageShow(show) if show in {s.value for s in MessageShow} else MessageShow.ALL)
    wanted = _matching(part, str(actor.clinic_id), q)
    return paging.page_of(
        wanted.select_related("patient", "user"),
        _ORDER,
        lambda rows: [_row(row) for row in rows],
        every=every,
        key=key,
        size=size,
    )


def _row(work: Work) -> MessageRow:
    to = work.user or work.patient
    return from_row(MessageRow, work, to_name=to.name if to else "", seen=_SEEN in work.facts)


def leave(*, by: Actor, work_id: UUID) -> None:
    """Acknowledge a message of unknown fate, or one refused or set aside, so that it no longer needs attention.

    Raises Stale if somebody else chose meanwhile.
    """
    with transaction.atomic():
        work = get_work_for(by, work_id, May.EDIT_PATIENT, lock=True)
        if work.state in _REFUSED and _SEEN not in work.facts:
            Work.objects.filter(pk=work.pk).update(facts={**work.facts, _SEEN: True})
            record_act(work, "message.seen", by, {"notice": work.notice})
            return
        if work.state != WorkState.UNKNOWN or work.reason == "left":
            raise Stale(what="message")
        Work.objects.filter(pk=work.pk).update(reason="left")
        record_act(work, "message.left", by, {"notice": work.notice})


def send_again(*, by: Actor, work_id: UUID) -> None:
    """Send a message of unknown fate again, once, with the same Message-ID and the same link.

    Its preconditions are checked when it is sent. Raises Stale if somebody else chose meanwhile, and
    Refused("sent_once_more_already").
    """
    now = clock.now()
    with transaction.atomic():
        work = get_work_for(by, work_id, May.EDIT_PATIENT, lock=True)
        if work.state != WorkState.UNKNOWN:
            raise Stale(what="message")
        if work.repeat:
            raise Refused(reason="sent_once_more_already")
        Work.objects.filter(pk=work.pk).update(
            due_at=now,
            not_after=max(work.not_after or now, now + ONCE_MORE_FOR),
            settled_at=None,
            carried_by=None,
        )
        write_end(Work.objects.filter(pk=work.pk), Settlement(WorkState.PENDING, "once_more", repeat=True))
        free_carried(work.pk)
        record_act(work, "message.once_more", by, {"notice": work.notice})
        outbox.notify_on_commit(work.queue)


def try_again(*, by: Actor, work_id: UUID) -> None:
    """Retry an entry that was set aside, after its cause was fixed. Raises Stale."""
    with transaction.atomic():
        work = get_work_for(by, work_id, May.EDIT_PATIENT, lock=True)
        if work.state != WorkState.POISON:
            raise Stale(what="message")
        facts = {name: value for name, value in work.facts.items() if name != _SEEN}
        Work.objects.filter(pk=work.pk).update(crashes=0, settled_at=None, facts=facts)
        write_end(Work.objects.filter(pk=work.pk), Settlement(WorkState.PENDING, "tried_again"))
        record_act(work, "message.tried_again", by, {"notice": work.notice})
        outbox.notify_on_commit(work.queue)
