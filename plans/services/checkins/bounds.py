"""How much one link can make, so that a leaked one fills neither the database nor the queue.

Somebody who answers never comes near these numbers. Nothing that newly speaks of danger is ever held back by them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from plans.domain.checkins.flagging import FlagPriority
from plans.domain.checkins.response import Response
from plans.models import CheckIn, CheckInRevision

SAVES: Final = ((60, timedelta(minutes=1)), (300, timedelta(days=1)))
"""At most so many saves of one check-in within so long. A whole form with both long scales is 23 pages."""
OWN_A_DAY: Final = 10
"""Check-ins of the patient's own within a day; what comes after that changes the last of them."""


def held_back(row: CheckIn, after: Response, before: Response, now: datetime) -> bool:
    """Whether another save of this check-in is too much; never where it newly tells what a person must act on soon."""
    if not any(_within(row, most, span, now) for most, span in SAVES):
        return False
    soon = (FlagPriority.URGENT, FlagPriority.HIGH)
    told = {(one.rule, one.kind) for one in after.findings if one.priority in soon}
    return not told & after.renewed_since(before)


def _within(row: CheckIn, most: int, span: timedelta, now: datetime) -> bool:
    if row.revision < most:
        return False
    earlier = CheckInRevision.objects.filter(checkin_id=row.pk, number__lte=row.revision - most + 1)
    at = earlier.order_by("-number").values_list("saved_at", flat=True).first()
    return at is not None and at > now - span


def enough_own(own: QuerySet[CheckIn], now: datetime) -> CheckIn | None:
    """The check-in that takes what a patient tells after so many of their own within a day; None before that."""
    today = own.filter(started_at__gt=now - timedelta(days=1)).order_by("-started_at", "-id")
    return today.first() if today.count() >= OWN_A_DAY else None
