"""The pause of patients' messages that the system makes by itself: people are told at once, and no alert is held.

Alerts go on, for items that are open: all that waits for one person in one message, marked where it may have gone
before.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import datetime
from enum import Enum
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from plans.domain.notices import LONGEST_BACKOFF, Queue
from plans.domain.outbox import LEASED, WorkState
from plans.domain.review.item_states import ItemState
from plans.models import Clinic, Heartbeat, Membership, ReviewItem, User, Work
from plans.services import clock, heartbeat, rows
from plans.services.actors import SYSTEM, Role
from plans.services.delivery import TOLD, trail
from plans.services.outbox import Settlement
from plans.services.outbox.claiming import lease_from, write_end
from plans.services.review.review_items import open_item

log = logging.getLogger(__name__)

AUTOMATIC: Final = (*heartbeat.PUT_BACK, heartbeat.CLOCK_JUMPED)


class Going(Enum):
    """What becomes of a queue's messages now."""

    OUT = "out"
    # Alerts in a pause: out, gathered and marked.
    MARKED = "marked"
    FILES = "files"
    NOWHERE = "nowhere"


def going(queue: Queue) -> Going:
    """Whether messages of a queue go out now."""
    why = heartbeat.paused_because()
    if why == heartbeat.COPIED:
        return Going.FILES
    if not why:
        return Going.OUT
    if queue is Queue.ALERTS and not heartbeat.alerts_held(clock.real_now()):
        return Going.MARKED
    return Going.NOWHERE


def pause(why: str) -> None:
    """Pause messages to patients, and tell the people on duty and the leads of every clinic; once a pause."""
    with transaction.atomic():
        Heartbeat.objects.get_or_create(name=heartbeat.PAUSE, defaults={"at": clock.real_now()})
        Heartbeat.objects.select_for_update().get(name=heartbeat.PAUSE)
        if heartbeat.paused_because() == why:
            return
        heartbeat.set_paused(True, why=why)
    try:
        tell()
    except Exception:
        # The pause stands; the tick tells of it.
        log.exception("the pause of sending could not be told to the clinics")


def tell() -> int:
    """Raise an urgent item of a pause in every clinic that has none of it yet; how many. Only of a pause that nobody
    made by hand."""
    at = heartbeat.paused_at()
    if at is None or heartbeat.paused_because() not in AUTOMATIC:
        return 0
    key = f"sending_paused:{int(at.timestamp())}"
    untold = Clinic.objects.exclude(pk__in=ReviewItem.objects.filter(source_key=key).values("clinic_id"))
    return rows.count_each(untold, "name", lambda pk: _tell(pk, key))


def _tell(clinic_id: UUID, key: str) -> bool:
    clinic = Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)
    if ReviewItem.objects.filter(clinic=clinic, source_key=key).exists():
        return False
    leads = User.objects.filter(
        is_active=True,
        pk__in=Membership.objects.filter(clinic=clinic, is_active=True, role=Role.LEAD.value).values(
            "user_id"
        ),
    )
    open_item(
        clinic_id=clinic.pk,
        patient=None,
        plan=None,
        source="mail",
        source_key=key,
        priority="urgent",
        facts={"code": f"paused_{heartbeat.paused_because()}"},
        now=clock.now(),
        also=[*([clinic.second] if clinic.second is not None else []), *leads],
    )
    return True


@transaction.atomic
def gather_alerts() -> int:
    """Make the alerts that wait for one person into one message; how many messages were marked as possible repeats.

    What a wrong clock wrote on them (a lease, a wait, an hour to come) holds none of them back.
    """
    real, now = clock.real_now(), clock.now()
    alerts = Work.objects.filter(queue=Queue.ALERTS.value)
    lease = lease_from(clock.real_now())
    held = alerts.filter(state__in=LEASED, lease_until__gt=lease_from(lease))
    held.update(lease_until=lease)
    waiting = alerts.filter(state=WorkState.PENDING)
    waiting.filter(try_at__gt=real + LONGEST_BACKOFF).update(try_at=None)
    waiting.filter(due_at__gt=now).update(due_at=now)
    noticed = (heartbeat.paused_at() or real) + clock.offset()
    marked = 0
    for first, *others in _by_person(real):
        old = first.repeat == 0 and any(work.created_at <= noticed for work in (first, *others))
        first.facts = {**first.facts, "items": len({work.item_id for work in (first, *others)})}
        first.repeat += old
        first.save(update_fields=["facts", "repeat"])
        marked += old
        for told in others:
            write_end(Work.objects.filter(pk=told.pk), Settlement(WorkState.SKIPPED, TOLD))
            Work.objects.filter(pk=told.pk).update(carried_by=first)
            trail(told, "message.skipped", SYSTEM, {"notice": told.notice, "reason": TOLD})
    return marked


def _by_person(real: datetime) -> list[list[Work]]:
    """Alerts of open items that may go now, one list a person and clinic, the most pressing first."""
    found = Work.objects.select_for_update(of=("self",), skip_locked=True).select_related("item")
    found = found.filter(queue=Queue.ALERTS.value, state=WorkState.PENDING).exclude(try_at__gt=real)
    groups: defaultdict[tuple[UUID, UUID | None], list[Work]] = defaultdict(list)
    for work in found.exclude(item__state=ItemState.RESOLVED).order_by("item__priority", "due_at", "id"):
        taken = work.item.acknowledged_at if work.item is not None else None
        if taken is None or taken < work.created_at:
            groups[work.clinic_id, work.user_id].append(work)
    return list(groups.values())


def folder_of_files() -> str:
    """Where messages go while this database is a copy on another host; empty while they go out."""
    return str(settings.VAR_DIR / "messages") if heartbeat.paused_because() == heartbeat.COPIED else ""
