"""Limits per link, so that a leaked one fills neither the database nor the queue.

Nobody who answers normally comes near these limits, and they never hold back new signs of danger.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from plans.domain.checkins.flagging import FlagPriority
from plans.domain.checkins.response import Response
from plans.models import CheckIn, CheckInRevision

SAVES: Final = ((60, timedelta(minutes=1)), (300, timedelta(days=1)))
"""The most saves of one check-in within a time span. A whole form with both long scales is 23 pages."""
OWN_A_DAY: Final = 10
"""Unscheduled check-ins of a patient per day; further ones change the last of them."""


def held_back(row: CheckIn, after: Response, before: Response, now: datetime) -> bool:
    """Whether another save of this check-in is too many; never if it newly reports what somebody must act on soon."""
    if not any(_within(row, most, span, now) for most, span in SAVES):
        return False
    soon = (FlagPriority.URGENT, FlagPriority.HIGH)
    urgent = {(one.rule, one.kind) for one in after.findings if one.priority in soon}
    return not urgent & after.renewed_since(before)


def _within(row: CheckIn, most: int, span: timedelta, now: datetime) -> bool:
    if row.revision < most:
        return False
    earlier = CheckInRevision.objects.filter(checkin_id=row.pk, number__lte=row.revision - most + 1)
    at = earlier.order_by("-number").values_list("saved_at", flat=True).first()
    return at is not None and at > now - span


def enough_own(own: QuerySet[CheckIn], now: datetime) -> CheckIn | None:
    """The check-in that takes further answers once a patient has begun the day's limit; None before that."""
    today = own.filter(started_at__gt=now - timedelta(days=1)).order_by("-started_at", "-id")
    return today.first() if today.count() >= OWN_A_DAY else None
