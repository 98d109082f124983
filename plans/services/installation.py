"""The state of the installation for its operator: whether work is done, what waits, how it is set up. No patient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import Count, Min

from plans.domain.outbox import WorkState
from plans.models import Clinic, Heartbeat, Membership, Work
from plans.services import clock, heartbeat, wall
from plans.services.access import check_may
from plans.services.actors import Actor, May
from plans.services.heartbeat import Pulse
from plans.services.wall import Door

_SHOWN: Final = ("MAIL_TRANSPORT", "TEXT_PROVIDER", "SITE_URL", "MAIL_PER_SECOND", "LEASE_SECONDS")
_ONLY_WHETHER: Final = ("BOUNCE_MAILBOX", "MAIL_WEBHOOK", "PING_URL", "TEXT_EVENTS_SECRET", "ROTA_FEED_HOSTS")
_WAITING: Final = (WorkState.PENDING, WorkState.CLAIMED, WorkState.SENDING, WorkState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class LoopRow:
    """A loop and when it last ran, in real time."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WaitingRows:
    """Rows of one queue in one state, and when the oldest of them was due."""

    queue: str
    state: str
    number: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class ClinicRow:
    """A clinic and how many people work in it."""

    name: str
    zone: str
    members: int


@dataclass(frozen=True, slots=True)
class Installation:
    """What an operator sees. `set_to` are settings with their values, `switched` those that hold a secret or a name:
    only whether they are set."""

    pulse: Pulse
    loops: tuple[LoopRow, ...]
    queues: tuple[WaitingRows, ...]
    clinics: tuple[ClinicRow, ...]
    set_to: tuple[tuple[str, str], ...]
    switched: tuple[tuple[str, bool], ...]
    now: datetime


def read(actor: Actor) -> Installation:
    """The state now. Raises NotAllowed for anybody but an operator."""
    check_may(actor, May.OPERATE)
    with wall.through(Door.INSTALLATION):
        return _read()


def _read() -> Installation:
    beats = Heartbeat.objects.exclude(name__startswith=heartbeat.CHAIN).order_by("name")
    waiting = Work.objects.filter(state__in=[one.value for one in _WAITING])
    rows = waiting.values("queue", "state").annotate(number=Count("pk"), oldest=Min("due_at"))
    members = Membership.objects.filter(is_active=True).values("clinic_id").annotate(number=Count("pk"))
    counted = {row["clinic_id"]: row["number"] for row in members}
    return Installation(
        pulse=heartbeat.pulse(),
        loops=tuple(LoopRow(row.name, row.at) for row in beats),
        queues=tuple(
            WaitingRows(row["queue"], row["state"], row["number"], row["oldest"])
            for row in rows.order_by("queue", "state")
        ),
        clinics=tuple(
            ClinicRow(row.name, row.zone, counted.get(row.pk, 0))
            for row in Clinic.objects.order_by("name", "id")
        ),
        set_to=tuple((name, str(getattr(settings, name))) for name in _SHOWN),
        switched=tuple((name, bool(getattr(settings, name))) for name in _ONLY_WHETHER),
        now=clock.real_now(),
    )
