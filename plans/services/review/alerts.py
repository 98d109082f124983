"""Alerting for urgent items: first on duty, then second, then every clinician of the clinic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from plans.domain.notices import ITEM_ALERT, ITEM_ESCALATED
from plans.domain.review.item_states import EVERYONE
from plans.models import Clinic, Membership, ReviewEvent, ReviewItem, User
from plans.services import outbox, rota
from plans.services.actors import ROLE_MAY, May, Role

_REVIEWERS = tuple(role.value for role in Role if May.REVIEW in ROLE_MAY[role])


def reviewers(clinic: Clinic) -> list[User]:
    """Every active member who may review, by name."""
    members = Membership.objects.filter(
        clinic=clinic, is_active=True, user__is_active=True, role__in=_REVIEWERS
    )
    return [member.user for member in members.select_related("user").order_by("user__name", "id")]


def _of_tier(clinic: Clinic, tier: int, now: datetime) -> tuple[int, list[User]]:
    """The people of a tier, or of the first tier above it that has any."""
    on_duty = rota.on_duty(clinic, now)
    for number, people in ((1, on_duty.first), (2, on_duty.second)):
        if tier <= number and people:
            return number, list(people)
    return EVERYONE, reviewers(clinic)


def alert(item: ReviewItem, *, tier: int | None, now: datetime, also: Sequence[User] = ()) -> None:
    """Queue alerts for a tier (None: only `also`); sets `item.tier`, which the caller saves.

    Each round of alerts has its own number: a second round makes new messages, a repeated tick does not.
    """
    reached, people = (item.tier, []) if tier is None else _of_tier(item.clinic, tier, now)
    rounds = item.events.filter(kind="alerted").count()
    recipients = {user.pk: user for user in (*people, *also)}
    notice = ITEM_ALERT if rounds == 0 else ITEM_ESCALATED
    for user in recipients.values():
        outbox.put(
            notice=notice,
            key=f"{notice}:{item.pk}:{user.pk}:{rounds + 1}",
            clinic_id=item.clinic_id,
            now=now,
            user=user,
            item=item,
            facts={"tier": reached},
        )
    item.tier = max(item.tier, reached)
    ReviewEvent.objects.create(
        item=item,
        at=now,
        kind="alerted",
        facts={"tier": reached, "to": [user.name for user in recipients.values()]},
    )
