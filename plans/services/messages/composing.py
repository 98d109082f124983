"""Composing: the facts of a message from its row and context. `begin` composes a few at a time."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parseaddr
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, transaction
from django.urls import reverse

from plans.domain import bounce_address
from plans.domain.checkins import occasions as when
from plans.domain.checkins.help_lines import help_for
from plans.domain.links import LinkPurpose
from plans.domain.messages import MessageFacts, Postpone, Skip, neutral
from plans.domain.notices import CONFIRM_ADDRESS, DIGEST, NOTICES, Notice, Privacy, StaffPage
from plans.domain.outbox import WorkState
from plans.domain.people import EmailState
from plans.domain.reaching import ChannelKind, Route
from plans.domain.review.item_states import Priority
from plans.models import Patient, User, Work
from plans.services import (
    account_messages,
    channel_messages,
    clock,
    credentials,
    links,
    outbox,
    reply_codes,
    staff_channels,
)
from plans.services.checkins import duration
from plans.services.messages import bundling
from plans.services.messages.context import (
    BatchContext,
    MessageContext,
    clinics_of,
    links_of,
    read_batch,
    read_context,
)
from plans.services.messages.preconditions import count_confirm, why_not
from plans.services.outbox import Claim

log = logging.getLogger(__name__)

UNCONFIRMED: Final = EmailState.UNCONFIRMED.value
_PATHS: Final = {
    LinkPurpose.CHECKIN: "/c/",
    LinkPurpose.PLAN: "/p/",
    LinkPurpose.CONFIRM: "/y/",
    LinkPurpose.MAIL: "/m/",
}
_T = TypeVar("_T")
_Addresses = Mapping[tuple[UUID, LinkPurpose], str]


@dataclass(frozen=True, slots=True)
class Failed:
    """Composing raised an exception, which is logged and does not affect the other messages."""


Composed = MessageFacts | Skip | Postpone | Failed


def prepare(claims: Sequence[Claim]) -> BatchContext:
    """Read for a claimed batch what its messages need but what does not decide whether they may be sent."""
    rows = Work.objects.filter(pk__in=[claim.id for claim in claims])
    return read_batch(
        list(rows.only("notice", "rung", "facts", "clinic_id", "patient_id", "occasion_id", "plan_id"))
    )


def begin(
    claims: Sequence[Claim], batch: BatchContext, channel: ChannelKind = ChannelKind.EMAIL
) -> dict[UUID, Composed]:
    """Compose the messages of some claims of a batch and mark those that may be sent as "sending".

    `channel`: by what they are to go. One that goes by another now (a channel was added or removed meanwhile), one that
    is no longer ours, and one whose row another transaction is changing are missing from the result. For every
    MessageFacts the caller must send or settle. Messages of one patient must be begun one after another: reminders are
    decided under the patient's lock, and the second must see the first.
    """
    with transaction.atomic():
        locked, now = _locked(claims), clock.now()
        context = read_context(locked, batch, now)
        works = [work for work in locked if _goes_by(work, context) in (None, channel)]
        composed = _compose(works, context)
        for work in works:
            one = composed[work.pk]
            if isinstance(one, MessageFacts):
                composed[work.pk] = _guarded(work, partial(_completed, work, one, context))
        facts = {pk: one for pk, one in composed.items() if isinstance(one, MessageFacts)}
        begun = outbox.mark_sending(
            {claim: facts[claim.id].message_id for claim in claims if claim.id in facts}
        )
    return {pk: one for pk, one in composed.items() if pk in begun or pk not in facts}


def _goes_by(work: Work, context: MessageContext) -> ChannelKind | None:
    """By what a message to staff goes; None for one that does not go now. Patients' go by e-mail."""
    route = context.routes.get(work.pk)
    if route is None:
        return ChannelKind.EMAIL
    return route.kind if isinstance(route, Route) else None


def _completed(work: Work, facts: MessageFacts, context: MessageContext) -> MessageFacts:
    """The facts with what is written down only when a message goes out: news that it carries, its reply code, that an
    address was asked."""
    if work.notice == CONFIRM_ADDRESS:
        count_confirm(work, facts.to_address)
    if also := bundling.take_along(work, context):
        return replace(facts, also=also)
    purpose, route = NOTICES[work.notice].reply_code, context.routes.get(work.pk)
    if purpose is None or not isinstance(route, Route):
        return facts
    code = reply_codes.for_work(work, purpose=purpose, channel_id=route.channel_id, now=context.now)
    may_reply = staff_channels.may_reply(route.kind)
    return replace(
        facts,
        code=reply_codes.code_of(code),
        code_link=f"{settings.SITE_URL}/k/{reply_codes.token_of(code)}",
        may_reply=may_reply,
        reply_to=facts.envelope_from if may_reply and route.kind is ChannelKind.EMAIL else "",
    )


def compose(work_id: UUID) -> Composed:
    """Compose a message as it would be sent now; or why it may not be sent, or not yet."""
    rows = Work.objects.select_related("patient", "user", "occasion", "plan", "item")
    works = [rows.get(pk=work_id)]
    return _compose(works, read_context(works, read_batch(works), clock.now()))[work_id]


def resume(patient: Patient, now: datetime) -> int:
    """Release messages that waited for the patient's address to be confirmed and are still in time; returns how many.

    Call it in the transaction that confirms the address.
    """
    waiting = Work.objects.filter(
        patient=patient, state=WorkState.SKIPPED, reason=UNCONFIRMED, not_after__gt=now
    )
    count = waiting.update(state=WorkState.PENDING, reason="", settled_at=None, due_at=now, try_at=None)
    if count:
        outbox.notify_on_commit("messages")
    return count


def message_id(work_id: UUID, repeat: int = 0) -> str:
    """The Message-ID of a message: the same whenever it is sent.

    A repeated alert gets its own, so that no mailbox drops it as a duplicate of one that never arrived.
    """
    again = f".{repeat}" if repeat else ""
    return f"<{work_id}{again}@{settings.MAIL_DOMAIN}>"


# Only the columns that are used: a plan's draft alone may be larger than all the rest.
_OF_WORK: Final = (
    "notice", "queue", "rung", "repeat", "reason", "facts", "state", "token", "created_at", "clinic_id", "patient_id",
    "version_id", "occasion_id", "plan_id", "user_id", "item_id",
)  # fmt: skip
_TO_PATIENTS: Final = (
    "patient__email", "patient__phone", "patient__email_state", "patient__care_state", "patient__mail_state",
    "patient__contact_how", "patient__discreet", "patient__language", "patient__country", "patient__zone",
    "patient__preferred_name", "patient__name",
    "occasion__state", "occasion__closes_at", "occasion__form", "occasion__checkin__state", "plan__state",
    "plan__active_version_id",
)  # fmt: skip
_TO_STAFF: Final = (
    "user__email", "user__is_active", "user__password", "user__last_login", "item__state", "item__acknowledged_at",
    "item__first_action_due", "item__severity",
    "item__first_action_due", "item__severity", "item__holder", "item__holder__name",
)  # fmt: skip


def _locked(claims: Sequence[Claim]) -> list[Work]:
    """The rows of claims that are still ours, with their patients locked, in the order of the claims.

    Patients are locked first, in the order of their keys. A row that another transaction holds is left out instead of
    waited for, so that deadlocks cannot occur.
    """
    ids = {claim.patient_id for claim in claims if claim.patient_id is not None}
    tokens = {claim.id: claim.token for claim in claims}
    if ids:
        # Everything about a patient is read after the lock is taken.
        list(
            Patient.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk")
        )
        rows = Work.objects.select_related("patient", "occasion__checkin", "plan")
        rows = rows.only(*_OF_WORK, *_TO_PATIENTS)
    else:
        rows = Work.objects.select_related("user", "item__holder").only(*_OF_WORK, *_TO_STAFF)
    free = rows.select_for_update(of=("self",), skip_locked=True, no_key=True)
    found = {
        work.pk: work
        for work in free.filter(pk__in=tokens, state=WorkState.CLAIMED)
        if work.token == tokens[work.pk]
    }
    return [found[claim.id] for claim in claims if claim.id in found]


def _compose(works: Sequence[Work], context: MessageContext) -> dict[UUID, Composed]:
    """Decide for each whether it may be sent, and compose those that may."""
    decided = {work.pk: _guarded(work, partial(_decide, work, context)) for work in works}
    going = [work for work in works if decided[work.pk] is None]
    addresses = _addresses(going, context.batch)
    written = {work.pk: _guarded(work, partial(_write, work, context, addresses)) for work in going}
    return {pk: written[pk] if why is None else why for pk, why in decided.items()}


def _decide(work: Work, context: MessageContext) -> Skip | Postpone | None:
    why = why_not(work, context) or bundling.waits(work, context)
    route = context.routes.get(work.pk)
    return why if why is not None or route is None or isinstance(route, Route) else route


def _guarded(work: Work, act: Callable[[], _T]) -> _T | Failed:
    """Log a fault with one message, so that it does not stop the others."""
    try:
        return act()
    except DatabaseError:
        raise
    except Exception:
        log.exception("message cannot be composed", extra={"row_id": str(work.pk), "kind": work.notice})
        return Failed()


def _addresses(works: Sequence[Work], batch: BatchContext) -> _Addresses:
    """The addresses of some messages' links, by row and purpose; missing links are created."""
    wanted = {work.pk: links_of(work) for work in works}
    missing = {one for each in wanted.values() for one in each if one not in batch.links}
    found = {**batch.links, **links.lasting_all(missing)} if missing else batch.links
    return {
        (pk, one.purpose): f"{settings.SITE_URL}{_PATHS[one.purpose]}{links.token_of(found[one])}"
        for pk, each in wanted.items()
        for one in each
    }


def _write(work: Work, context: MessageContext, addresses: _Addresses) -> MessageFacts:
    notice = NOTICES[work.notice]
    if isinstance(notice.link, StaffPage):
        return _to_staff(work, notice.link, context)
    return _to_patient(work, notice, context, addresses)


def _to_patient(work: Work, notice: Notice, context: MessageContext, addresses: _Addresses) -> MessageFacts:
    patient, clinic, occasion = work.patient, context.batch.clinics[work.clinic_id], work.occasion
    if patient is None or not isinstance(notice.link, LinkPurpose):
        raise ValueError("a message to a patient has a patient and an access link")
    name, address = _sender(settings.MAIL_FROM)
    # A stranger who receives a neutral message by mistake must not be able to change the patient's choices.
    neutral_one = notice.privacy is Privacy.NEUTRAL
    # To the patient who asked for it, a message says even less: neither the clinic nor what waits.
    less = patient.discreet and not neutral_one
    return MessageFacts(
        work_id=work.pk,
        notice=work.notice,
        language=patient.language,
        country=patient.country,
        zone=when.known_zone(patient.zone, clinic.zone),
        to_address=patient.email,
        to_phone=patient.phone,
        sender_name=name if less else neutral(clinic.name, name),
        sender_address=address,
        envelope_from=envelope_from(work.pk, context.now),
        message_id=message_id(work.pk),
        written_at=context.now,
        clinic_name=clinic.name,
        link=addresses[work.pk, notice.link],
        clinic_phone=clinic.phone,
        clinic_hours=clinic.hours,
        discreet=less,
        first_name="" if neutral_one or less else patient.preferred_name or patient.name.split()[0],
        emergency=help_for(patient.country).emergency,
        mail_link="" if neutral_one else addresses[work.pk, LinkPurpose.MAIL],
        deadline=occasion.closes_at if occasion is not None else None,
        answers_message=_first_message(work, context),
        minutes=duration.minutes_for(clinic.pk, occasion.form) if occasion is not None else 0,
    )


def _to_staff(work: Work, page: StaffPage, context: MessageContext) -> MessageFacts:
    user, item, clinic = work.user, work.item, context.batch.clinics[work.clinic_id]
    if user is None:
        raise ValueError("a message to staff has a user")
    route = context.routes[work.pk]
    if not isinstance(route, Route):
        raise ValueError("a message without a way to go is not written")
    items = int(work.facts.get("items", 1))
    said = channel_messages.said(work)
    deadline = item.first_action_due if item is not None and item.first_action_due > context.now else None
    name, address = _sender(settings.MAIL_FROM)
    return MessageFacts(
        work_id=work.pk,
        notice=work.notice,
        language=clinic.language,
        country=clinic.country,
        zone=clinic.zone,
        to_address=route.address,
        sender_name=neutral(clinic.name, name),
        sender_address=address,
        envelope_from=envelope_from(work.pk, context.now),
        message_id=message_id(work.pk, work.repeat),
        written_at=context.now,
        clinic_name=", ".join(neutral(context.batch.clinics[key].name, name) for key in clinics_of(work)),
        link=f"{settings.SITE_URL}{_STAFF_PATHS[page](work, user)}",
        deadline=deadline,
        repeat=work.repeat,
        items=items,
        channel=route.kind,
        code=said.code,
        about=said.about,
        whom=said.whom,
        urgent=item is not None and item.severity == Priority.URGENT.value,
        digest=context.digests[work.clinic_id] if work.notice == DIGEST else None,
        # An alert is sent although somebody holds the item only if they have done nothing with it.
        holder=item.holder.name if item is not None and item.holder is not None and items == 1 else "",
        covered=bool(work.facts.get("covered")),
    )


def _item_path(work: Work, _user: User) -> str:
    return "/queue" if int(work.facts.get("items", 1)) > 1 else f"/items/{work.item_id}"


_STAFF_PATHS: Final[Mapping[StaffPage, Callable[[Work, User], str]]] = {
    StaffPage.ITEM: _item_path,
    StaffPage.QUEUE: lambda _work, _user: "/queue",
    StaffPage.PASSWORD: lambda _work, user: account_messages.password_path(user),
    StaffPage.INVITATIONS: lambda _work, _user: account_messages.invitations_path(),
    StaffPage.CHANNELS: lambda _work, _user: channel_messages.path(),
    StaffPage.NOT_ME: lambda work, _user: credentials.not_me_path(work),
    StaffPage.TRAIL: lambda _work, _user: reverse("trail"),
}


@functools.lru_cache(maxsize=4)
def _sender(raw: str) -> tuple[str, str]:
    return parseaddr(raw)


def envelope_from(work_id: UUID, now: datetime) -> str:
    """The envelope sender, which names the row and is signed, so that a bounce report can be matched and believed."""
    return bounce_address.write(settings.LINK_KEY, work_id, now.astimezone(UTC).date(), settings.MAIL_DOMAIN)


def _first_message(work: Work, context: MessageContext) -> str:
    """The Message-ID of the occasion's first message, so that mailboxes thread its reminders with it."""
    if work.occasion_id is None or work.rung == 0:
        return ""
    first = context.batch.first.get(work.occasion_id)
    return message_id(first) if first else ""
