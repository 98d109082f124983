"""Alerting about items: whom a round of the ladder reaches, and by which channel (`plans.domain.review.escalation`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from plans.domain.notices import ALERTS, ITEM_ALERT, ITEM_ESCALATED
from plans.domain.outbox import UNSENT, WorkState
from plans.domain.review.escalation import TIER_NUMBERS, URGENT, LadderRung
from plans.domain.review.item_states import EVERYONE
from plans.models import Clinic, Membership, ReviewEvent, ReviewItem, User, Work
from plans.services import outbox, rota
from plans.services.actors import ROLE_MAY, May, Role
from plans.services.rota import OnDuty

_REVIEWERS: Final = tuple(role.value for role in Role if May.REVIEW in ROLE_MAY[role])


def reviewers(clinic: Clinic) -> list[User]:
    """Every active member who may review, by name."""
    members = Membership.objects.filter(
        clinic=clinic, is_active=True, user__is_active=True, role__in=_REVIEWERS
    )
    return [member.user for member in members.select_related("user").order_by("user__name", "id")]


def _of_tier(clinic: Clinic, tier: int, on_duty: OnDuty) -> tuple[int, list[User]]:
    """The people of a tier, or of the first tier above it that has any."""
    for number, people in ((1, on_duty.first), (2, on_duty.second)):
        if tier <= number and people:
            return number, list(people)
    return EVERYONE, reviewers(clinic)


def begin(item: ReviewItem, *, now: datetime, also: Sequence[User] = ()) -> None:
    """Begin the ladder of an urgent item, or begin it again: alerts the first on duty and `also` at once.

    Sets fields of the item, which the caller saves.
    """
    item.alerted_from, item.rung = now, 1
    item.escalate_at = now + URGENT[1].after
    alert(item, rungs=URGENT[:1], now=now, also=also, news=True)


def alert(
    item: ReviewItem,
    *,
    rungs: Iterable[LadderRung],
    now: datetime,
    also: Sequence[User] = (),
    news: bool = False,
) -> None:
    """Queue the alerts of some rungs, each person once, by the highest of their channels, and of `also`.

    Whoever still has an alert about the item that was not sent yet by that channel gets no other. Each round has its
    own number, so that a repeated tick makes no second message; one that brings `news` is no repeat. Sets `item.tier`,
    which the caller saves.
    """
    channels: dict[UUID, tuple[User, int]] = {user.pk: (user, 1) for user in also}
    reached, on_duty = 0, rota.on_duty(item.clinic, now)
    covered = "" if on_duty.watched else ", ".join(one.name for one in on_duty.services)
    for rung in rungs:
        tier, people = _of_tier(item.clinic, TIER_NUMBERS[rung.who], on_duty)
        reached = max(reached, tier)
        for user in people:
            before = channels[user.pk][1] if user.pk in channels else 1
            channels[user.pk] = user, max(before, rung.channel)
    rounds = item.events.filter(kind="alerted").count()
    notice = ITEM_ALERT if news or rounds == 0 else ITEM_ESCALATED
    waiting = _waiting(item)
    for user, channel in channels.values():
        if (user.pk, channel) in waiting:
            continue
        outbox.put(
            notice=notice,
            key=f"{notice}:{item.pk}:{user.pk}:{rounds + 1}",
            clinic_id=item.clinic_id,
            now=now,
            user=user,
            item=item,
            facts={
                "tier": reached or item.tier,
                "channel": channel,
                **({"covered": True} if covered else {}),
            },
        )
    item.tier = max(item.tier, reached)
    ReviewEvent.objects.create(
        item=item,
        at=now,
        kind="alerted",
        facts={
            "tier": reached or item.tier,
            "to": [user.name for user, _channel in channels.values()],
            "channel": max((channel for _user, channel in channels.values()), default=1),
            **({"covered": covered} if covered else {}),
        },
    )


def _waiting(item: ReviewItem) -> set[tuple[UUID | None, int]]:
    """Whose alerts about the item are still to be sent, and by which channel: as they are, or within another."""
    unsent = Q(state__in=UNSENT) | Q(state=WorkState.SKIPPED, carried_by__state__in=UNSENT)
    found = Work.objects.filter(unsent, item=item, notice__in=ALERTS)
    return {(user, int(channel or 1)) for user, channel in found.values_list("user_id", "facts__channel")}
