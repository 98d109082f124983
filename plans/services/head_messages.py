"""The heads of the audit trail as a message: once a week to each lead, whose mailbox no administrator of the database
can change.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from plans.domain.notices import AUDIT_HEADS
from plans.models import Membership, Work
from plans.services import audit_seals, outbox
from plans.services.actors import Role

_LOOKED_BACK: Final = timedelta(days=14)


def tick(now: datetime) -> int:
    """Put this week's message to each lead who has none yet; returns how many. One who leads two clinics gets one."""
    year, week, _day = now.isocalendar()
    keys = Work.objects.filter(notice=AUDIT_HEADS, created_at__gt=now - _LOOKED_BACK).values_list(
        "key", flat=True
    )
    told = set(keys)
    leads = Membership.objects.filter(is_active=True, user__is_active=True, role=Role.LEAD.value)
    due = {
        f"{AUDIT_HEADS}:{one.user_id}:{year}-{week}": one
        for one in leads.select_related("user").order_by("-clinic__name", "-id")
    }
    due = {key: one for key, one in due.items() if key not in told}
    heads = [f"{one.trail} {one.number} {one.head}" for one in audit_seals.heads()] if due else []
    if not heads:
        return 0
    with transaction.atomic():
        return sum(
            outbox.put(
                notice=AUDIT_HEADS,
                key=key,
                clinic_id=one.clinic_id,
                user=one.user,
                now=now,
                facts={"heads": heads},
            )
            for key, one in due.items()
        )
