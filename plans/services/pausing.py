"""Automatic pauses of patients' messages: people are told at once, and alerts go on, marked if they may have been sent
before (`plans.services.gathering`)."""

from __future__ import annotations

import logging
from enum import Enum
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from plans.domain.notices import Queue
from plans.models import Clinic, Heartbeat, Membership, ReviewItem, User
from plans.services import clock, heartbeat, rota, rows
from plans.services.actors import Role
from plans.services.review.review_items import open_item

log = logging.getLogger(__name__)

AUTOMATIC: Final = (*heartbeat.PUT_BACK, heartbeat.CLOCK_JUMPED)


class SendingMode(Enum):
    """Where a queue's messages go now."""

    OUT = "out"
    # Alerts in a pause: sent, and marked.
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
        Heartbeat.objects.select_for_update(no_key=True).get(name=heartbeat.PAUSE)
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


def folder_of_files() -> str:
    """The folder that receives messages while this database is a copy on another host; else empty."""
    return str(settings.VAR_DIR / "messages") if heartbeat.paused_because() == heartbeat.COPIED else ""
