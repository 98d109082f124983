"""The only place where time is read. There are two clocks, and it matters which one is used.

`now()` is clinic time: when things are due, when they happened, what day it is for a patient. A demo can move it
forward. `real_now()` is the database's time, which all machines share: for leases, back-off, heartbeats, limits and
sessions, which must neither jump with a demo nor differ between machines. Bind either once per unit of work and pass it
down.

Reading it makes no query: each process measures from time to time how far its machine is off (`machine_clocks`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from plans.models import DemoClock

_behind = timedelta(0)
_standing: ContextVar[datetime | None] = ContextVar("standing", default=None)


def machine_now() -> datetime:
    """This machine's time, in UTC. Only for comparing it with the database's and for noticing jumps."""
    return datetime.now(UTC)


def real_now() -> datetime:
    """The database's time, in UTC, as this process last measured it."""
    return machine_now() + _behind


def set_behind(behind: timedelta) -> None:
    """Set how far this machine's clock is behind the database's; see `machine_clocks`."""
    global _behind  # noqa: PLW0603 - one machine a process
    _behind = behind


def offset() -> timedelta:
    """How far clinic time is ahead of real time; zero outside demo mode."""
    standing = _standing.get()
    if standing is not None:
        return standing - real_now()
    if not settings.TAPERPLAN_DEMO:
        return timedelta(0)
    seconds = DemoClock.objects.filter(pk=1).values_list("offset_seconds", flat=True).first()
    return timedelta(seconds=seconds or 0)


def now() -> datetime:
    """Clinic time, in UTC."""
    return _standing.get() or machine_now() + offset()


def today(zone: str) -> date:
    """The date by clinic time in an IANA time zone."""
    return now().astimezone(ZoneInfo(zone)).date()


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Fix clinic time at `moment`, which is how the demo's past is seeded. Refused outside a demo."""
    if not settings.TAPERPLAN_DEMO:
        raise RuntimeError("the clinic's clock may only be stopped in a demo")
    token = _standing.set(moment)
    try:
        yield
    finally:
        _standing.reset(token)


def set_offset(ahead: timedelta) -> None:
    """Set the demo clock `ahead` of real time. The caller has made sure that this is a demo."""
    DemoClock.objects.update_or_create(pk=1, defaults={"offset_seconds": int(ahead.total_seconds())})


def zone_of(name: str) -> ZoneInfo:
    """The time zone of a patient or clinic, from the pinned tzdata."""
    return ZoneInfo(name)
