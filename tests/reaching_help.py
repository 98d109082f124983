"""Members of staff with channels, alerts to them, and the codes they carry."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from plans.domain.reaching import ChannelKind
from plans.models import Patient, ReplyCode, ReviewItem, StaffChannel, User, Work
from plans.services import clock, reply_codes, staff_channels
from plans.services.actors import Actor
from plans.services.review.review_items import open_item

NUMBER = "+15550142"


def confirmed(
    by: Actor,
    kind: ChannelKind = ChannelKind.TEXT,
    address: str = NUMBER,
    *,
    hours: tuple[time, time] | None = None,
) -> UUID:
    """A channel that its owner has added and confirmed with the code that was sent to it."""
    key = staff_channels.add(by=by, kind=kind, address=address)
    row = StaffChannel.objects.get(pk=key)
    staff_channels.confirm(by=by, channel_id=key, code=staff_channels.confirming_code(row))
    if hours is not None:
        staff_channels.set_hours(by=by, channel_id=key, since=hours[0], until=hours[1])
    return key


def raised(clinic_id: UUID, patient: Patient, priority: str = "urgent", key: str = "checkin:1") -> ReviewItem:
    """An item about the patient."""
    with transaction.atomic():
        return open_item(
            clinic_id=clinic_id,
            patient=patient,
            plan=None,
            source="checkin",
            source_key=key,
            priority=priority,
            facts={"code": "x"},
            now=clock.now(),
        )


def alert_of(item: ReviewItem, user: Actor) -> Work:
    """The newest alert to somebody about an item."""
    return Work.objects.filter(item=item, user_id=user.member_id, queue="alerts").latest("created_at")


def code_for(work: Work, channel_id: UUID | None = None, **more: Any) -> str:
    """The code that an alert carries, as if it were being sent now."""
    from plans.domain.reaching import CodePurpose

    with transaction.atomic():
        row = reply_codes.for_work(
            work, purpose=CodePurpose.ALERT, channel_id=channel_id, now=clock.now(), **more
        )
    return reply_codes.code_of(row)


def row_of(work: Work) -> ReplyCode:
    """The code's row."""
    return ReplyCode.objects.get(work=work)


def user_of(actor: Actor) -> User:
    """The actor's user."""
    return User.objects.get(pk=actor.member_id)


HOURS = (time(8), time(20))
MINUTE = timedelta(minutes=1)
