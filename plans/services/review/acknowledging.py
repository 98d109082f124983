"""Acknowledging an alert: by its reply code (text message, e-mail) or by the button on its page.

It says that the alert arrived: repeats to this person stop for ten minutes. It does not claim the item: only signing in
and claiming takes responsibility, and alerts to others go on. Whoever answers a test proves that its channel works.

Guessing is limited by sender and by person; a code is valid for hours, for one person, and only from a channel that was
confirmed before the code was sent: a number that changed hands answers nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from plans.domain.errors import NotFound
from plans.domain.notices import REPLY_ANSWER
from plans.domain.reaching import (
    LOGIN,
    QUIET_FOR,
    AnsweredBy,
    ChannelKind,
    CodePurpose,
    ReplyAnswer,
    clean_number,
    code_in,
)
from plans.domain.review.item_states import ItemState
from plans.domain.text import BadText
from plans.models import Membership, ReplyCode, ReviewEvent, ReviewItem, StaffChannel, User, Work
from plans.services import audit, clock, heartbeat, limits, outbox, reply_codes, staff_channels, wall
from plans.services.access import actor_for
from plans.services.actors import Actor
from plans.services.wall import Door

WRONG_MOST: Final = 5
"""Wrong codes from one sender, and to one person, after which replies are refused for the rest of the hour."""
_WITHIN: Final = timedelta(hours=1)


def quiet_until(user_id: UUID, clinic_id: UUID) -> datetime | None:
    """Until when (clinic time) repeats of alerts to a person rest because they acknowledged one; None: they do not."""
    now = clock.now()
    rows = ReplyCode.objects.filter(
        user_id=user_id,
        clinic_id=clinic_id,
        purpose=CodePurpose.ALERT.value,
        answered_at__gt=now - QUIET_FOR,
    ).exclude(answered_by=AnsweredBy.REPORT.value)
    last = rows.order_by("-answered_at").values_list("answered_at", flat=True).first()
    return last + QUIET_FOR if last is not None else None


# ── the ways to answer ────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def by_text(*, sender: str, body: str) -> ReplyAnswer | None:
    """Take a text message that came in; None if nobody has the number. Its sender is told what became of it."""
    try:
        number = clean_number(sender if sender.lstrip().startswith(("+", "00")) else f"+{sender.strip()}")
    except BadText:
        return None
    channels = staff_channels.senders(ChannelKind.TEXT, number)
    for one in channels:
        wall.enter_through(Door.PERSON, one.user_id)
    return _by_reply(channels, number, body, AnsweredBy.TEXT) if channels else None


@transaction.atomic
def by_email(*, work_id: UUID, sender: str, body: str) -> ReplyAnswer | None:
    """Take a reply by e-mail to the address that only the message `work_id` had; None for a stranger's.

    The code stands in the first line: what follows may be the message itself, quoted.
    """
    work = Work.objects.select_related("user").filter(pk=work_id, user__isnull=False).first()
    user = work.user if work is not None else None
    if user is None or not user.is_active:
        return None
    first = next((line.strip() for line in body.splitlines() if line.strip()), "")
    if first.startswith(">"):
        first = ""
    channels = [one for one in staff_channels.senders(ChannelKind.EMAIL, sender) if one.user_id == user.pk]
    if channels:
        return _by_reply(channels, sender.lower(), first, AnsweredBy.EMAIL)
    if sender.lower() != user.email.lower():
        return None
    return _reply(user, None, user.created_at, sender.lower(), first, AnsweredBy.EMAIL)


def _by_reply(channels: Sequence[StaffChannel], sender: str, body: str, how: AnsweredBy) -> ReplyAnswer:
    """The answer to a reply from an address; several people may share it."""
    code, now = code_in(body), clock.now()
    mine = next(
        (one for one in channels if code and _valid(one.user_id, code, one.confirmed_at, now)), channels[0]
    )
    return _reply(mine.user, mine, mine.confirmed_at, sender, body, how)


def _valid(user_id: UUID, code: str, since: datetime | None, now: datetime) -> ReplyCode | None:
    """The code, if it is this person's and was sent after the channel that it comes from was confirmed."""
    row = reply_codes.live(user_id, code, now)
    return row if row is not None and since is not None and row.created_at >= since else None


def _reply(
    user: User, channel: StaffChannel | None, since: datetime | None, sender: str, body: str, how: AnsweredBy
) -> ReplyAnswer:
    now, code = clock.now(), code_in(body)
    keys = (("reply:sender", how.value, sender), ("reply:person", str(user.pk)))
    if any(limits.counted(*key) >= WRONG_MOST for key in keys):
        return _told(user, channel, ReplyAnswer.TOO_MANY, now, f"{now:%Y%m%d%H}")
    row = _valid(user.pk, code, since, now) if code else None
    if row is None:
        for key in keys:
            limits.count(*key, within=_WITHIN)
        if not code:
            return _told(user, channel, ReplyAnswer.NO_CODE, now, f"{now:%Y%m%d%H%M}")
        answer = ReplyAnswer.OLD if reply_codes.was(user.pk, code, now) else ReplyAnswer.UNKNOWN
        return _told(user, channel, answer, now, f"{now:%Y%m%d%H%M}")
    answer = _answered(row, how, channel.pk if channel is not None else None, now)
    return _told(user, channel, answer, now, str(row.pk))


def _told(
    user: User, channel: StaffChannel | None, answer: ReplyAnswer, now: datetime, once: str
) -> ReplyAnswer:
    """Tell the sender what became of the reply, by the way it came; once for the same."""
    clinic = Membership.objects.filter(user=user, is_active=True).order_by("created_at").first()
    if clinic is not None:
        outbox.put(
            notice=REPLY_ANSWER,
            key=f"{REPLY_ANSWER}:{user.pk}:{answer.value}:{once}",
            clinic_id=clinic.clinic_id,
            now=now,
            user=user,
            facts={"channel_id": str(channel.pk) if channel is not None else LOGIN, "answer": answer.value},
        )
    return answer


@transaction.atomic
def by_link(token: str) -> ReplyAnswer | None:
    """Take the button on the page of an alert or a test; None for an unknown link."""
    row = reply_codes.by_token(token)
    if row is None or not row.user.is_active:
        return None
    now = clock.now()
    if row.ended_at is not None or row.expires_at <= now:
        return ReplyAnswer.OLD
    return _answered(row, AnsweredBy.LINK, row.channel_id, now)


def state_of_link(token: str) -> tuple[CodePurpose, ReplyAnswer | None] | None:
    """What the page behind a link shows: what it is about, and what has become of it; None for an unknown link."""
    row = reply_codes.by_token(token)
    if row is None or not row.user.is_active:
        return None
    purpose = CodePurpose(row.purpose)
    if row.ended_at is not None or row.expires_at <= clock.now():
        return purpose, ReplyAnswer.OLD
    if row.answered_at is None or row.answered_by == AnsweredBy.REPORT.value:
        return purpose, None
    return purpose, ReplyAnswer.WORKS if purpose is CodePurpose.TEST else ReplyAnswer.NOTED


@transaction.atomic
def by_report(work_id: UUID) -> bool:
    """A provider reports that a text message was delivered: its channel works, and a test has come back. It is no
    acknowledgement. False for a message without a code."""
    wall.enter_through(Door.WORK, work_id)
    row = ReplyCode.objects.filter(work_id=work_id, channel__kind=ChannelKind.TEXT.value).first()
    if row is None:
        return False
    now = clock.now()
    if row.purpose == CodePurpose.TEST.value:
        _mark(row, AnsweredBy.REPORT, now)
        heartbeat.chain_works(row.clinic_id)
    staff_channels.worked(row.user_id, row.channel_id, now)
    return True


# ── what an answer does ───────────────────────────────────────────────────────────────────────────────────────


def _mark(row: ReplyCode, how: AnsweredBy, now: datetime) -> bool:
    """Mark a code as answered; False if it was before. Of two at once, one is first."""
    fresh = ReplyCode.objects.filter(pk=row.pk, answered_at=None)
    if not fresh.exists():
        # A delivery report says less than the person: the person's own answer takes its place.
        fresh = ReplyCode.objects.filter(pk=row.pk, answered_by=AnsweredBy.REPORT.value)
    return fresh.update(answered_at=now, answered_by=how.value) == 1


def _answered(row: ReplyCode, how: AnsweredBy, channel_id: UUID | None, now: datetime) -> ReplyAnswer:
    """`channel_id`: the channel that is proved to work."""
    try:
        by = actor_for(row.user_id, row.clinic_id)
    except NotFound:
        return ReplyAnswer.OLD
    first = _mark(row, how, now)
    staff_channels.worked(row.user_id, channel_id, now)
    heartbeat.chain_works(row.clinic_id)
    if row.purpose == CodePurpose.TEST.value:
        staff_channels.worked(row.user_id, row.channel_id, now)
        return ReplyAnswer.WORKS
    if not first:
        return ReplyAnswer.NOTED_BEFORE
    items = _items_of(row)
    for item in items:
        _record(item, by, how, now)
    return ReplyAnswer.NOTED if items else ReplyAnswer.RESOLVED


def _items_of(row: ReplyCode) -> list[ReviewItem]:
    """The items of an alert that are still open: one message may be about several."""
    gathered = Work.objects.filter(Q(pk=row.work_id) | Q(carried_by_id=row.work_id), item__isnull=False)
    rows = ReviewItem.objects.filter(pk__in=gathered.values("item_id"), clinic_id=row.clinic_id)
    return list(rows.exclude(state=ItemState.RESOLVED.value))


def _record(item: ReviewItem, by: Actor, how: AnsweredBy, now: datetime) -> None:
    """Write it into the item's history. The item itself stays as it is: nobody's open form becomes outdated by it."""
    facts = {"how": how.value}
    ReviewEvent.objects.create(item=item, at=now, by_id=by.user_id, kind="acknowledged", facts=facts)
    audit.record(
        by=by,
        act="item.acknowledged",
        subject_kind="item",
        subject_id=item.pk,
        clinic_id=item.clinic_id,
        patient_id=item.patient_id,
        plan_id=item.plan_id,
        facts=facts,
        at=now,
    )
