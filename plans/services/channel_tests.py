"""The daily test: each channel of whoever is on duty gets a quiet message that must come back.

    10:00  a test to each channel ──► reply, button or delivery report: it works
                                  └─► nothing within 30 minutes: an alarm by another channel, to another person, and on
                                      every page of the clinic, until something comes back

So the whole chain is proved on an ordinary morning: tick, outbox, worker, provider, phone, and the way back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from plans.domain.channel_test import ChannelTestTime
from plans.domain.errors import Refused
from plans.domain.notices import CHANNEL_FAILED, CHANNEL_TEST
from plans.domain.reaching import LOGIN, ChannelKind, CodePurpose, Route
from plans.models import Clinic, Membership, ReplyCode, User, Work
from plans.services import audit, clock, heartbeat, limits, outbox, reply_codes, rota, rows, staff_channels
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May
from plans.services.review.alerts import reviewers

_KEY: Final = "channel_test"
SHOWN_FOR: Final = timedelta(days=3)
"""How long a failure is shown on every page unless the channel is tested again: its owner may be off duty since."""
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class FailingChannel:
    """A channel that did not answer."""

    who: str
    kind: ChannelKind
    since: datetime


@dataclass(frozen=True, slots=True)
class TestedChannel:
    """The last test of a channel: when it was sent, when it came back, when it was given up."""

    who: str
    kind: ChannelKind
    sent_at: datetime
    came_back_at: datetime | None
    failed_at: datetime | None


def time_of(clinic: Clinic) -> ChannelTestTime:
    """When the clinic's test is sent."""
    return ChannelTestTime.usable(clinic.settings.get(_KEY))


def test_time(actor: Actor) -> ChannelTestTime:
    """The same, for the actor's own clinic."""
    return time_of(get_clinic_for(actor))


@transaction.atomic
def set_time(*, by: Actor, chosen: ChannelTestTime) -> bool:
    """Set it; False if it is unchanged."""
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    before = time_of(clinic)
    if before == chosen:
        return False
    clinic.settings = {**clinic.settings, _KEY: chosen.to_json()}
    clinic.save(update_fields=["settings"])
    audit.record(
        by=by,
        act="clinic.channel_test_set",
        subject_kind="clinic",
        subject_id=clinic.pk,
        facts={"before": before.to_json(), "after": chosen.to_json()},
    )
    return True


# ── by the clock ──────────────────────────────────────────────────────────────────────────────────────────────


def tick(now: datetime) -> int:
    """Send today's tests where they are due, and give up those that did not come back in time; returns how many.

    None is sent while sending is paused: in a pause only what concerns patients reaches staff. `now` is clinic time.
    May run twice or in two places at once. Raises RowsFailed after all rows if any failed.
    """
    clinics = Clinic.objects.none() if heartbeat.is_paused() else Clinic.objects.all()
    sent, failed = rows.each(clinics, "name", lambda pk: _send_due(pk, now))
    waiting = ReplyCode.objects.filter(
        purpose=CodePurpose.TEST.value, answered_at=None, failed_at=None, cleared_at=None
    )
    given_up, failed_too = rows.each(waiting, "created_at", lambda pk: _give_up(pk, now))
    if failed or failed_too:
        raise rows.RowsFailed(failed + failed_too)
    return sum(map(int, sent)) + sum(map(bool, given_up))


def _send_due(clinic_id: UUID, now: datetime) -> int:
    clinic = Clinic.objects.select_related("primary", "second").get(pk=clinic_id)
    day = now.astimezone(ZoneInfo(clinic.zone)).date()
    if not time_of(clinic).due(now, clinic.zone):
        return 0
    if ReplyCode.objects.filter(clinic=clinic, day=day, purpose=CodePurpose.TEST.value).exists():
        return 0
    return sum(_test(clinic, user, now, day) for user in rota.on_duty(clinic, now).first)


@transaction.atomic
def test_now(by: Actor) -> int:
    """Send a test to each of the actor's own channels; returns how many. Raises Refused("tested_just_now")."""
    if limits.take("channel:test", str(by.member_id), burst=2, every=timedelta(minutes=10)):
        raise Refused(reason="tested_just_now")
    clinic = get_clinic_for(by)
    return _test(clinic, User.objects.get(pk=by.member_id), clock.now(), None)


def _test(clinic: Clinic, user: User, now: datetime, day: date | None) -> int:
    return sum(_test_one(clinic, user, route, now, day) for route in staff_channels.usable(user))


def _test_one(clinic: Clinic, user: User, route: Route, now: datetime, day: date | None) -> bool:
    """`day`: the clinic's day whose test it is; None: its owner asked for it."""
    named = str(route.channel_id) if route.channel_id else LOGIN
    key = f"{CHANNEL_TEST}:{clinic.pk.hex}:{user.pk.hex}:{named}:{day or now:%Y-%m-%d}{'' if day else f'{now:T%H%M%S}'}"
    if not outbox.put(
        notice=CHANNEL_TEST, key=key, clinic_id=clinic.pk, now=now, user=user, facts={"channel_id": named}
    ):
        return False
    work = Work.objects.get(key=key)
    # An earlier one that still waits is not given up: this one decides.
    ReplyCode.objects.filter(
        clinic=clinic, user=user, channel_id=route.channel_id, purpose=CodePurpose.TEST.value, answered_at=None,
        failed_at=None,
    ).update(cleared_at=now)  # fmt: skip
    reply_codes.for_work(work, purpose=CodePurpose.TEST, channel_id=route.channel_id, now=now, day=day)
    return True


def _give_up(pk: UUID, now: datetime) -> bool:
    row = (
        ReplyCode.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("clinic__primary", "clinic__second", "user", "channel")
        .filter(pk=pk, answered_at=None, failed_at=None, cleared_at=None)
        .first()
    )
    if row is None or row.created_at + time_of(row.clinic).within > now:
        return False
    fail(row, now)
    return True


def fail(row: ReplyCode, now: datetime) -> None:
    """A test did not come back, or was refused: mark it, and sound the alarm unless it has sounded for this channel."""
    known = ReplyCode.objects.filter(
        clinic_id=row.clinic_id,
        user_id=row.user_id,
        channel_id=row.channel_id,
        failed_at__isnull=False,
        cleared_at=None,
    )
    fresh = not known.exclude(pk=row.pk).exists()
    known.exclude(pk=row.pk).update(cleared_at=now)
    row.failed_at = now
    row.save(update_fields=["failed_at"])
    staff_channels.fails(row.channel_id, now)
    if fresh:
        _alarm(row, now)


def refused(work: Work, now: datetime) -> None:
    """The test of a channel was refused by its provider: it need not be waited for."""
    rows_ = ReplyCode.objects.select_for_update(of=("self",), no_key=True).select_related(
        "clinic__primary", "clinic__second", "user"
    )
    row = rows_.filter(work_id=work.pk, answered_at=None, failed_at=None).first()
    if row is not None and row.purpose == CodePurpose.TEST.value:
        fail(row, now)


def _alarm(row: ReplyCode, now: datetime) -> None:
    """Tell the person by another channel, and another person."""
    others = [one for one in staff_channels.usable(row.user) if one.channel_id != row.channel_id]
    if others:
        _tell(row, row.user, others[0], now)
    if (somebody := _somebody_else(row, now)) is not None:
        _tell(row, somebody, staff_channels.usable(somebody)[0], now)


def _somebody_else(row: ReplyCode, now: datetime) -> User | None:
    """The second on duty, else the clinic's lead, else anybody who may review."""
    clinic = row.clinic
    people = [*rota.on_duty(clinic, now).second, *([clinic.lead] if clinic.lead else []), *reviewers(clinic)]
    return next((user for user in people if user.pk != row.user_id and user.is_active), None)


def _tell(row: ReplyCode, to: User, route: Route, now: datetime) -> None:
    outbox.put(
        notice=CHANNEL_FAILED,
        key=f"{CHANNEL_FAILED}:{row.pk}:{to.pk}",
        clinic_id=row.clinic_id,
        now=now,
        user=to,
        facts={
            "channel_id": str(route.channel_id) if route.channel_id else LOGIN,
            "code_id": str(row.pk),
        },
    )


# ── what is shown ─────────────────────────────────────────────────────────────────────────────────────────────


def failing(clinic_id: UUID, now: datetime) -> tuple[FailingChannel, ...]:
    """The channels of present members that did not answer, newest first; every page shows them."""
    found = ReplyCode.objects.filter(
        clinic_id=clinic_id,
        failed_at__gt=now - SHOWN_FOR,
        cleared_at=None,
        user__memberships__clinic_id=clinic_id,
        user__memberships__is_active=True,
    ).order_by("-failed_at")
    return tuple(
        FailingChannel(who, ChannelKind(kind or ChannelKind.EMAIL.value), failed_at)
        for who, kind, failed_at in found.values_list("user__name", "channel__kind", "failed_at")[:20]
        if failed_at is not None
    )


def last_tests(actor: Actor) -> tuple[TestedChannel, ...]:
    """The last test of each channel of the clinic's present members, newest first."""
    clinic = get_clinic_for(actor)
    members = Membership.objects.filter(clinic=clinic, is_active=True).values("user_id")
    newest = (
        ReplyCode.objects.filter(clinic=clinic, purpose=CodePurpose.TEST.value, user__in=members)
        .order_by("user_id", F("channel_id").asc(nulls_first=True), "-created_at")
        .distinct("user_id", "channel_id")
        .select_related("user", "channel")
    )
    found = [
        TestedChannel(
            who=row.user.name,
            kind=ChannelKind(row.channel.kind) if row.channel is not None else ChannelKind.EMAIL,
            sent_at=row.created_at,
            came_back_at=row.answered_at,
            failed_at=row.failed_at,
        )
        for row in newest
        if row.channel is None or row.channel.removed_at is None
    ]
    return tuple(sorted(found, key=lambda one: one.sent_at, reverse=True)[:_AT_ONCE])


def chain_worked_at(actor: Actor) -> datetime | None:
    """When something sent to a member of the clinic last came back, in clinic time."""
    real = heartbeat.chain_worked_at(get_clinic_for(actor).pk)
    return real + clock.offset() if real is not None else None
