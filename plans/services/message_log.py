"""The clinic's message log: what went out, what did not, and what the clinic decides where nobody can know."""

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
from plans.services.delivery import free_carried, trail
from plans.services.outbox import Settlement
from plans.services.outbox.claiming import write_end
from plans.services.paging import Page

PAGE: Final = 50
# A search that means more people than this says little: their messages are looked through instead.
_FEW_PEOPLE: Final = 500
_ORDER: Final = ("-created_at", "-id")
_REFUSED: Final = (WorkState.REJECTED, WorkState.POISON)
_SEEN: Final = "seen"
"""Among a row's facts: somebody has looked at it since it was refused or set aside."""
# How long a message that is sent once more by choice may still go out.
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
    """A message, an alert or a document as the clinic's message log shows it; never what it says.

    `repeat`: how often it was sent again. `may_choose`: its fate is unknown and nobody has decided yet;
    `may_send_once_more`: that has not been done before; `may_try_again`: it was set aside; `may_see`: it was refused
    or set aside, and nobody has said yet that they have seen it.
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
        """Whether the clinic is asked what to do about it."""
        return self.state == WorkState.UNKNOWN and self.reason != "left"

    @property
    def may_send_once_more(self) -> bool:
        """Whether sending it once more is one of the choices."""
        return self.may_choose and self.repeat == 0

    @property
    def may_try_again(self) -> bool:
        """Whether it was set aside and can be taken up again; a document is drawn again from the plan's page."""
        return self.state == WorkState.POISON and self.queue != "documents"

    @property
    def may_see(self) -> bool:
        """Whether it stands among what needs a look until somebody says that they have looked."""
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
    """People first: a clinic has a hundred times as many messages, which are then reached by their patient."""
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
    """How many messages wait for the clinic's eyes, counted up to 1001."""
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
    return MessageRow(
        id=work.pk,
        notice=work.notice,
        queue=work.queue,
        state=work.state,
        reason=work.reason,
        to_name=to.name if to else "",
        patient_id=work.patient_id,
        plan_id=work.plan_id,
        item_id=work.item_id,
        smtp_code=work.smtp_code,
        attempts=work.attempts,
        repeat=work.repeat,
        created_at=work.created_at,
        due_at=work.due_at,
        try_at=work.try_at,
        settled_at=work.settled_at,
        seen=_SEEN in work.facts,
    )


def leave(*, by: Actor, work_id: UUID) -> None:
    """Leave a message of unknown fate, or one refused or set aside, that the clinic has looked at: it no longer needs
    attention.

    Raises Stale if somebody else chose meanwhile.
    """
    with transaction.atomic():
        work = get_work_for(by, work_id, May.EDIT_PATIENT, lock=True)
        if work.state in _REFUSED and _SEEN not in work.facts:
            Work.objects.filter(pk=work.pk).update(facts={**work.facts, _SEEN: True})
            trail(work, "message.seen", by, {"notice": work.notice})
            return
        if work.state != WorkState.UNKNOWN or work.reason == "left":
            raise Stale(what="message")
        Work.objects.filter(pk=work.pk).update(reason="left")
        trail(work, "message.left", by, {"notice": work.notice})


def send_once_more(*, by: Actor, work_id: UUID) -> None:
    """Send a message of unknown fate once more: the same Message-ID and the same link. Only once.

    Whether it is still right is decided when it is sent. Raises Stale if somebody else chose meanwhile, and
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
        trail(work, "message.once_more", by, {"notice": work.notice})
        outbox.notify_on_commit(work.queue)


def try_again(*, by: Actor, work_id: UUID) -> None:
    """Take work that was set aside out of its corner, after the cause was mended. Raises Stale."""
    with transaction.atomic():
        work = get_work_for(by, work_id, May.EDIT_PATIENT, lock=True)
        if work.state != WorkState.POISON:
            raise Stale(what="message")
        facts = {name: value for name, value in work.facts.items() if name != _SEEN}
        Work.objects.filter(pk=work.pk).update(crashes=0, settled_at=None, facts=facts)
        write_end(Work.objects.filter(pk=work.pk), Settlement(WorkState.PENDING, "tried_again"))
        trail(work, "message.tried_again", by, {"notice": work.notice})
        outbox.notify_on_commit(work.queue)
