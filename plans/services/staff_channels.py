"""The channels of members of staff: adding and confirming them, their order and times, and where a message goes now.

    add → a code goes to it → confirm → it counts, in its place of the order → remove

Only confirmed channels count; without any, messages go to the e-mail of the login. An alert names a place in the order
(the entry's fact "channel"), and which channel that is is decided when it is sent.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from plans.domain.errors import NotFound, Refused
from plans.domain.messages import Postpone, Skip
from plans.domain.notices import CHANNEL_CODE, NOTICES, Audience, Reach
from plans.domain.reaching import (
    CHANNELS_MOST,
    CODE_FOR,
    CODE_TRIES,
    LOGIN,
    ChannelHours,
    ChannelKind,
    Route,
)
from plans.domain.review.item_states import Priority
from plans.models import Clinic, ReplyCode, StaffChannel, User, Work
from plans.services import audit, clock, limits, outbox, reply_codes, wall
from plans.services.actors import Actor
from plans.services.wall import Door

_CODES_A_DAY: Final = 12
"""Codes that one person may have sent in a day: a text message costs money, and may go to a stranger."""


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel as its owner sees it. `refused`: what was sent to it last did not come back, or was refused."""

    id: UUID
    kind: ChannelKind
    address: str
    use_from: time | None
    use_until: time | None
    confirmed: bool
    code_waits: bool
    offered: bool
    worked_at: datetime | None
    failing_since: datetime | None
    number: int


def kinds_offered() -> tuple[ChannelKind, ...]:
    """The kinds that this installation can send to."""
    found = [ChannelKind.EMAIL]
    if settings.PUSH_SCHEMES:
        found.append(ChannelKind.PUSH)
    if settings.TEXT_PROVIDER:
        found.append(ChannelKind.TEXT)
    return tuple(found)


def may_reply(kind: ChannelKind) -> bool:
    """Whether a reply to such a message can be received here."""
    if kind is ChannelKind.TEXT:
        return bool(settings.TEXT_EVENTS_SECRET)
    return kind is ChannelKind.EMAIL and bool(settings.BOUNCE_MAILBOX)


def _standing(user_id: UUID) -> Iterable[StaffChannel]:
    return StaffChannel.objects.filter(user_id=user_id, removed_at=None).order_by(
        "position", "created_at", "id"
    )


def channels_of(by: Actor) -> tuple[ChannelRow, ...]:
    """The actor's own channels, in their order."""
    real, offered = clock.real_now(), kinds_offered()
    return tuple(
        ChannelRow(
            id=row.pk,
            kind=ChannelKind(row.kind),
            address=row.address,
            use_from=row.use_from,
            use_until=row.use_until,
            confirmed=row.confirmed_at is not None,
            code_waits=row.confirmed_at is None
            and row.code_tries < CODE_TRIES
            and row.code_expires_at > real,
            offered=ChannelKind(row.kind) in offered,
            worked_at=row.worked_at,
            failing_since=row.failing_since,
            number=number,
        )
        for number, row in enumerate(_standing(by.member_id), 1)
    )


# ── changing them ─────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def add(*, by: Actor, kind: ChannelKind, address: str) -> UUID:
    """Add a channel, and send a code to it. `address` was cleaned by the form (`plans.channels.push.addresses`).

    Raises Refused: "not_offered", "too_many_channels", "already_listed", "too_many_codes".
    """
    user = _locked_user(by)
    if kind not in kinds_offered():
        raise Refused(reason="not_offered", where="kind")
    standing = list(_standing(user.pk))
    if len(standing) >= CHANNELS_MOST:
        raise Refused(reason="too_many_channels", where="address", most=CHANNELS_MOST)
    row = StaffChannel(
        user=user,
        kind=kind.value,
        address=address,
        position=max((one.position for one in standing), default=0) + 1,
        created_at=clock.now(),
        code_expires_at=clock.real_now(),
    )
    try:
        with transaction.atomic():
            _send_code(by, row)
    except IntegrityError as twice:
        raise Refused(reason="already_listed", where="address") from twice
    _record(by, "member.channel_added", row)
    return row.pk


@transaction.atomic
def send_code(*, by: Actor, channel_id: UUID) -> None:
    """Send a new code to a channel that is not confirmed; the one before is void. Raises Refused("too_many_codes")."""
    row = _locked(by, channel_id)
    if row.confirmed_at is None:
        _send_code(by, row)


def _send_code(by: Actor, row: StaffChannel) -> None:
    if limits.count("channel:code", str(row.user_id), within=timedelta(days=1)) > _CODES_A_DAY:
        raise Refused(reason="too_many_codes", where="address")
    row.nonce = secrets.token_bytes(16)
    row.code_tries, row.code_expires_at = 0, clock.real_now() + CODE_FOR
    row.save()
    outbox.put(
        notice=CHANNEL_CODE,
        key=f"{CHANNEL_CODE}:{row.pk}:{bytes(row.nonce).hex()[:8]}",
        clinic_id=by.home,
        now=clock.now(),
        user=row.user,
        facts={"channel_id": str(row.pk)},
    )


def confirming_code(row: StaffChannel) -> str:
    """The six digits that confirm a channel."""
    return reply_codes.digits_of(bytes(row.nonce), b"channel-code" + row.pk.bytes, 6)


def confirm(*, by: Actor, channel_id: UUID, code: str) -> None:
    """Confirm a channel with the code that was sent to it: from then on it counts.

    Raises Refused: "code_wrong" with `left` tries, "code_over".
    """
    with transaction.atomic():
        row = _locked(by, channel_id)
        if row.confirmed_at is not None:
            return
        if row.code_tries >= CODE_TRIES or row.code_expires_at <= clock.real_now():
            raise Refused(reason="code_over", where="code")
        right = hmac.compare_digest(confirming_code(row).encode(), code.encode("utf-8", "replace"))
        if right:
            row.confirmed_at = row.worked_at = clock.now()
            row.save(update_fields=["confirmed_at", "worked_at"])
            _record(by, "member.channel_confirmed", row)
        else:
            # Outside this block a refusal would take the count back.
            row.code_tries += 1
            row.save(update_fields=["code_tries"])
    if not right:
        left = CODE_TRIES - row.code_tries
        raise Refused(reason="code_wrong" if left else "code_over", where="code", left=left)


@transaction.atomic
def set_hours(*, by: Actor, channel_id: UUID, since: time | None, until: time | None) -> None:
    """Say when a channel may be used for what is not urgent; both None: always. Raises Refused("half_hours")."""
    row = _locked(by, channel_id)
    if (since is None) != (until is None) or (since is not None and since == until):
        raise Refused(reason="half_hours", where="until")
    row.use_from, row.use_until = since, until
    row.save(update_fields=["use_from", "use_until"])


@transaction.atomic
def move_up(*, by: Actor, channel_id: UUID) -> None:
    """Put a channel one place ahead."""
    _locked_user(by)
    rows = list(_standing(by.member_id))
    here = next((number for number, row in enumerate(rows) if row.pk == channel_id), None)
    if here is None:
        raise NotFound(what="channel")
    if here:
        rows[here - 1], rows[here] = rows[here], rows[here - 1]
    for position, row in enumerate(rows, 1):
        StaffChannel.objects.filter(pk=row.pk).exclude(position=position).update(position=position)


@transaction.atomic
def remove(*, by: Actor, channel_id: UUID) -> None:
    """Remove a channel: nothing more is sent to it, and codes that were sent to it answer nothing any more."""
    row = _locked(by, channel_id)
    row.removed_at = clock.now()
    row.save(update_fields=["removed_at"])
    codes = ReplyCode.objects.filter(channel=row)
    # Of every clinic that sent to it.
    with wall.through(Door.PERSON, row.user_id):
        codes.filter(ended_at=None).update(ended_at=row.removed_at)
        codes.filter(cleared_at=None).update(cleared_at=row.removed_at)
    _record(by, "member.channel_removed", row)


def check_own(*, by: Actor, channel_id: UUID) -> None:
    """Raise NotFound unless a channel is the actor's own."""
    if not StaffChannel.objects.filter(pk=channel_id, user_id=by.member_id, removed_at=None).exists():
        raise NotFound(what="channel")


def _locked_user(by: Actor) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=by.member_id)


def _locked(by: Actor, channel_id: UUID) -> StaffChannel:
    rows = StaffChannel.objects.select_for_update(of=("self",), no_key=True).select_related("user")
    row = rows.filter(pk=channel_id, user_id=by.member_id, removed_at=None).first()
    if row is None:
        raise NotFound(what="channel")
    return row


def _record(by: Actor, act: str, row: StaffChannel) -> None:
    audit.record(
        by=by, act=act, subject_kind="user", subject_id=row.user_id, facts={"who": by.name, "kind": row.kind}
    )


# ── where a message goes ──────────────────────────────────────────────────────────────────────────────────────


def usable(user: User) -> tuple[Route, ...]:
    """A person's confirmed channels in their order; without any, the e-mail of the login."""
    return _usable_of([user])[user.pk]


def _usable_of(users: Sequence[User]) -> dict[UUID, tuple[Route, ...]]:
    rows = StaffChannel.objects.filter(
        user__in=[user.pk for user in users],
        removed_at=None,
        confirmed_at__isnull=False,
        kind__in=kinds_offered(),
    )
    found: dict[UUID, list[Route]] = {}
    for row in rows.order_by("position", "created_at", "id"):
        found.setdefault(row.user_id, []).append(_route(row))
    return {user.pk: tuple(found.get(user.pk, ())) or (login_of(user),) for user in users}


def _route(row: StaffChannel) -> Route:
    return Route(ChannelKind(row.kind), row.address, row.pk, ChannelHours(row.use_from, row.use_until))


def login_of(user: User) -> Route:
    """The e-mail of the login."""
    return Route(ChannelKind.EMAIL, user.email)


def routes(
    works: Sequence[Work], clinics: Mapping[UUID, Clinic], now: datetime
) -> dict[UUID, Route | Skip | Postpone]:
    """Where each message to staff goes now, by the entry's key; why not, or why not yet."""
    to_staff = [
        work for work in works if NOTICES[work.notice].audience is Audience.STAFF and work.user is not None
    ]
    if not to_staff:
        return {}
    in_order = [work.user for work in to_staff if NOTICES[work.notice].reach is Reach.ORDER if work.user]
    by_user = _usable_of(in_order) if in_order else {}
    named = {work.facts.get("channel_id") for work in to_staff if NOTICES[work.notice].reach is Reach.ONE} - {
        None,
        LOGIN,
    }
    rows = {str(row.pk): row for row in StaffChannel.objects.filter(pk__in=named)} if named else {}
    return {work.pk: _one(work, by_user, rows, clinics[work.clinic_id].zone, now) for work in to_staff}


def _one(
    work: Work,
    by_user: Mapping[UUID, tuple[Route, ...]],
    rows: Mapping[str, StaffChannel],
    zone: str,
    now: datetime,
) -> Route | Skip | Postpone:
    user, reach = work.user, NOTICES[work.notice].reach
    if user is None:
        return Skip("nobody")
    if reach is Reach.ORDER:
        return _in_order(work, by_user[user.pk], zone, now)
    named = work.facts.get("channel_id", LOGIN)
    if reach is Reach.LOGIN or named == LOGIN:
        return login_of(user)
    row = rows.get(str(named))
    if row is None or row.removed_at is not None or row.user_id != user.pk:
        return Skip("channel_removed")
    return _route(row) if ChannelKind(row.kind) in kinds_offered() else Skip("channel_not_offered")


def _in_order(work: Work, mine: tuple[Route, ...], zone: str, now: datetime) -> Route | Postpone:
    """The n-th channel that may be used now, or the last if there are fewer; what is urgent may use any."""
    item = work.item
    if item is None or Priority(item.severity) is not Priority.URGENT:
        local = now.astimezone(ZoneInfo(zone)).time()
        open_now = tuple(route for route in mine if route.hours.has(local))
        if not open_now:
            until = min(route.hours.next_start(now, zone) for route in mine)
            return Postpone(until=until, reason="channel_hours")
        mine = open_now
    return mine[min(place_of(work), len(mine)) - 1]


def place_of(work: Work) -> int:
    """Which of the person's channels an alert is for, counted from 1."""
    return max(1, int(work.facts.get("channel", 1)))


def kinds(work_ids: Iterable[UUID], now: datetime) -> dict[UUID, ChannelKind]:
    """By what each message to staff would go now, for those that do not go by e-mail."""
    rows = Work.objects.select_related("user", "item").filter(pk__in=list(work_ids), user__isnull=False)
    works = list(rows)
    found = routes(works, Clinic.objects.in_bulk({work.clinic_id for work in works}), now)
    return {
        pk: route.kind
        for pk, route in found.items()
        if isinstance(route, Route) and route.kind is not ChannelKind.EMAIL
    }


# ── how they fare ─────────────────────────────────────────────────────────────────────────────────────────────


def worked(user_id: UUID, channel_id: UUID | None, now: datetime) -> None:
    """Something that was sent to a channel came back: what was known against it is over. None: the login's e-mail."""
    if channel_id is not None:
        StaffChannel.objects.filter(pk=channel_id).update(worked_at=now, failing_since=None)
    failures = ReplyCode.objects.filter(user_id=user_id, channel_id=channel_id)
    with wall.through(Door.PERSON, user_id):
        failures.filter(failed_at__isnull=False, cleared_at=None).update(cleared_at=now)


def fails(channel_id: UUID | None, now: datetime) -> None:
    """A channel does not work: since now, unless that is known."""
    if channel_id is not None:
        rows = StaffChannel.objects.filter(pk=channel_id, removed_at=None, failing_since=None)
        rows.update(failing_since=now)


def next_at_once(work: Work, now: datetime) -> bool:
    """An alert was refused for good: it goes to the person's next channel at once. False if there is none."""
    user = work.user
    if NOTICES[work.notice].reach is not Reach.ORDER or user is None:
        return False
    place = place_of(work)
    if place >= len(usable(user)):
        return False
    return outbox.put(
        notice=work.notice,
        key=f"{work.key}:next",
        clinic_id=work.clinic_id,
        now=now,
        user=user,
        item=work.item,
        facts={**work.facts, "channel": place + 1},
    )


def senders(kind: ChannelKind, address: str) -> list[StaffChannel]:
    """The confirmed channels with an address, of everybody who has it."""
    same = Q(address__iexact=address) if kind is ChannelKind.EMAIL else Q(address=address)
    rows = StaffChannel.objects.filter(same, kind=kind.value, removed_at=None, confirmed_at__isnull=False)
    return list(rows.filter(user__is_active=True).select_related("user").order_by(F("confirmed_at").desc()))
