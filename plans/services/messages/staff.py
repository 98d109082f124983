"""Letters to members of staff: alerts about items, and letters about their account."""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr

from django.conf import settings

from plans.domain.messages import LetterFacts, Skip, neutral
from plans.domain.notices import ACCOUNT_LETTERS
from plans.models import Membership, ReviewItem, User, Work
from plans.services import account_messages


def to_staff(work: Work, message_id: str, now: datetime) -> LetterFacts | Skip:
    """The letter of a row, or why it must not be sent."""
    user, item = work.user, work.item
    if user is None:
        return Skip("nobody")
    if work.notice in ACCOUNT_LETTERS:
        path = account_messages.path_for(work, user)
        return _letter(work, user, path, None, message_id, now) if path else Skip("over")
    if item is None:
        return Skip("nobody")
    if reason := _why_not(work, user, item):
        return Skip(reason)
    deadline = item.first_action_due if item.first_action_due > now else None
    items = int(work.facts.get("items", 1))
    path = "/queue" if items > 1 else f"/items/{item.pk}"
    return _letter(work, user, path, deadline, message_id, now, items=items)


def _why_not(work: Work, user: User, item: ReviewItem) -> str:
    places = Membership.objects.filter(user=user, clinic=work.clinic, is_active=True, user__is_active=True)
    if not places.exists():
        return "left_clinic"
    if item.state == "resolved":
        return "resolved"
    # Taken on before this alert arose says nothing of what it is about.
    if item.acknowledged_at is not None and item.acknowledged_at >= work.created_at:
        return "acknowledged"
    return ""


def _letter(
    work: Work,
    user: User,
    path: str,
    deadline: datetime | None,
    message_id: str,
    now: datetime,
    *,
    items: int = 1,
) -> LetterFacts:
    clinic = work.clinic
    name, address = parseaddr(settings.MAIL_FROM)
    return LetterFacts(
        work_id=work.pk,
        notice=work.notice,
        language=clinic.language,
        country=clinic.country,
        zone=clinic.zone,
        to_address=user.email,
        sender_name=neutral(clinic.name, name),
        sender_address=address,
        envelope_from=f"bounce+{work.pk.hex}@{settings.MAIL_DOMAIN}",
        message_id=message_id,
        written_at=now,
        clinic_name=neutral(clinic.name, name),
        link=f"{settings.SITE_URL}{path}",
        deadline=deadline,
        repeat=work.repeat,
        items=items,
    )
