"""Automatic pauses of patients' messages: people are told at once, and alerts go on.

Alerts go on for open items: everything for one person is gathered into one message, marked if it may have been sent
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

from plans.domain.notices import ALERTS, LONGEST_BACKOFF, Queue
from plans.domain.outbox import LEASED, WorkState
from plans.domain.review.item_states import ItemState
from plans.models import Clinic, Heartbeat, Membership, ReviewItem, User, Work
from plans.services import clock, heartbeat, rota, rows, staff_channels
from plans.services.actors import SYSTEM, Role
from plans.services.delivery import BUNDLED, record_act
from plans.services.outbox import Settlement
from plans.services.outbox.claiming import lease_from, write_end
from plans.services.review.review_items import open_item

log = logging.getLogger(__name__)

AUTOMATIC: Final = (*heartbeat.PUT_BACK, heartbeat.CLOCK_JUMPED)


class SendingMode(Enum):
    """Where a queue's messages go now."""

    OUT = "out"
    # Alerts in a pause: sent, gathered and marked.
    MARKED = "marked"
    FILES = "files"
    NOWHERE = "nowhere"


def sending_mode(queue: Queue) -> SendingMode:
    """The sending mode of a queue now."""
    why = heartbeat.paused_because()
    if why == heartbeat.COPIED:
        return SendingMode.FILES
    if not why:
        return SendingMode.OUT
    if queue is Queue.ALERTS and not heartbeat.alerts_held(clock.real_now()):
        return SendingMode.MARKED
    return SendingMode.NOWHERE


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
        # The pause is in force; the tick will tell people.
        log.exception("the pause of sending could not be told to the clinics")


def tell() -> int:
    """Open an urgent item about an automatic pause in every clinic that has none yet; returns how many."""
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
    now = clock.now()
    open_item(
        clinic_id=clinic.pk,
        patient=None,
        plan=None,
        source="mail",
        source_key=key,
        priority="urgent",
        facts={"code": f"paused_{heartbeat.paused_because()}"},
        now=now,
        also=[*rota.on_duty(clinic, now).second, *leads],
    )
    return True


@transaction.atomic
def gather_alerts() -> int:
    """Gather the alerts that wait for one person into one message; returns how many were marked as possible repeats.

    Times that a wrong clock wrote on them (a lease, a wait, a future due time) are ignored.
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
        for other in others:
            write_end(Work.objects.filter(pk=other.pk), Settlement(WorkState.SKIPPED, BUNDLED))
            Work.objects.filter(pk=other.pk).update(carried_by=first)
            record_act(other, "message.skipped", SYSTEM, {"notice": other.notice, "reason": BUNDLED})
    return marked


def _by_person(real: datetime) -> list[list[Work]]:
    """Alerts of open items that may be sent now, one list per person, place of their channels and clinic, the most
    urgent first."""
    found = Work.objects.select_for_update(of=("self",), skip_locked=True).select_related("item")
    found = found.filter(notice__in=ALERTS, state=WorkState.PENDING).exclude(try_at__gt=real)
    groups: defaultdict[tuple[UUID, UUID | None, int], list[Work]] = defaultdict(list)
    for work in found.exclude(item__state=ItemState.RESOLVED).order_by("item__priority", "due_at", "id"):
        taken = work.item.acknowledged_at if work.item is not None else None
        if taken is None or taken < work.created_at:
            groups[work.clinic_id, work.user_id, staff_channels.place_of(work)].append(work)
    return list(groups.values())


def folder_of_files() -> str:
    """The folder that receives messages while this database is a copy on another host; else empty."""
    return str(settings.VAR_DIR / "messages") if heartbeat.paused_because() == heartbeat.COPIED else ""
