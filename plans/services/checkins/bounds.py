"""How much one link can make, so that a leaked one fills neither the database nor the queue.

Somebody who answers never comes near these numbers. Nothing that newly speaks of danger is ever held back by them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from plans.domain.checkins.flagging import FlagFinding, FlagPriority
from plans.models import CheckIn, CheckInRevision

SAVES: Final = ((60, timedelta(minutes=1)), (300, timedelta(days=1)))
"""At most so many saves of one sheet within so long. A whole form with both long scales is 23 pages."""
OWN_A_DAY: Final = 10
"""Check-ins of the patient's own within a day; what comes after that changes the last of them."""


def held_back(
    sheet: CheckIn, found: Sequence[FlagFinding], renewed: Collection[tuple[str, str]], now: datetime
) -> bool:
    """Whether another save of this sheet is too much; never where it raises something a person must act on soon."""
    soon = {(one.rule, one.kind) for one in found if one.priority in (FlagPriority.URGENT, FlagPriority.HIGH)}
    return not soon & set(renewed) and any(_within(sheet, most, span, now) for most, span in SAVES)


def _within(sheet: CheckIn, most: int, span: timedelta, now: datetime) -> bool:
    if sheet.revision < most:
        return False
    earlier = CheckInRevision.objects.filter(checkin_id=sheet.pk, number__lte=sheet.revision - most + 1)
    at = earlier.order_by("-number").values_list("saved_at", flat=True).first()
    return at is not None and at > now - span


def enough_own(own: QuerySet[CheckIn], now: datetime) -> CheckIn | None:
    """The sheet that takes what a patient tells after so many of their own within a day; None before that."""
    today = own.filter(started_at__gt=now - timedelta(days=1)).order_by("-started_at", "-id")
    return today.first() if today.count() >= OWN_A_DAY else None
