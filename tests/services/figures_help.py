"""Items of a clinic in November 2026, opened, acted on and ended at moments by its clock."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from zoneinfo import ZoneInfo

from django.db import transaction

from plans.models import FiguresWeek, ReviewItem, Work
from plans.services import figures_counting, review
from plans.services.review import acts
from tests.makers import make_clinic
from tests.makers_checkins import on

NEW_YORK = ZoneInfo("America/New_York")
_keys = count(1)


def at(day, hour, minute=0, *, zone=NEW_YORK, fold=0):
    """A moment by the clock at the clinic, in November or, from day 101 on, in December 2026."""
    month, day = (12, day - 100) if day > 100 else (11, day)
    return datetime(2026, month, day, hour, minute, tzinfo=zone, fold=fold).astimezone(UTC)


NOW = at(102, 10)


def opened(clinic, moment, priority="high", *, patient=None, key="", source="supply", flags=()):
    with transaction.atomic():
        return review.open_item(
            clinic_id=clinic.id,
            patient=patient,
            plan=None,
            source=source,
            source_key=key or f"supply:{next(_keys)}",
            priority=priority,
            facts={},
            flags=flags,
            now=moment,
        )


def lock(item):
    return ReviewItem.objects.values_list("lock", flat=True).get(pk=item.pk)


def called(clinic, item, moment):
    with on(moment):
        acts.claim(by=clinic.primary, item_id=item.pk)
        acts.log_call(
            by=clinic.primary, item_id=item.pk, seen_lock=lock(item), callee="patient", outcome="reached"
        )


def ended(clinic, item, moment, outcome="plan_changed"):
    """End an item after a call, as some must."""
    called(clinic, item, moment)
    with on(moment):
        acts.resolve(
            by=clinic.primary, item_id=item.pk, seen_lock=lock(item), outcome=outcome, note="Spoke to them."
        )


def from_september(**more):
    """A clinic whose people have been on duty since September."""
    with on(datetime(2026, 9, 1, tzinfo=UTC)):
        return make_clinic(**more)


def sent(item, user, moment, state="sent"):
    """Let the alerts of an item to somebody have gone out."""
    rows = Work.objects.filter(item=item, user_id=user.member_id)
    assert rows.update(state=state, settled_at=moment, lease_until=None)


def counted(now=NOW):
    """Count every clinic anew, however lately it was counted."""
    FiguresWeek.objects.all().delete()
    with on(now):
        figures_counting.tick(now)
