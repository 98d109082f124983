"""Clocks of several machines compared with the database's, by which leases are kept."""

from __future__ import annotations

import socket
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from plans.models import Heartbeat
from plans.services import clock

_NAME: Final = "clock:"
# Less says nothing: asking takes time, and clocks are never the same.
_NEAR: Final = timedelta(seconds=1)
_FAR: Final = timedelta(seconds=10)


def compare() -> timedelta:
    """Measure how far this machine's clock is behind the database's, and write it down for /heartbeat."""
    began = clock.real_now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        there: datetime = cursor.fetchone()[0]
    took = clock.real_now() - began
    behind = there - (began + took / 2)
    behind = behind if abs(behind) > max(took, _NEAR) else timedelta(0)
    clock.set_behind(behind)
    facts = {"behind_ms": int(behind.total_seconds() * 1000)}
    name = f"{_NAME}{socket.gethostname()[:30]}"
    Heartbeat.objects.update_or_create(name=name, defaults={"at": there, "facts": facts})
    return behind


def differ(since: datetime) -> bool:
    """Whether a machine that worked since then has another time than the database."""
    late = Heartbeat.objects.filter(name__startswith=_NAME, at__gt=since).values_list("facts", flat=True)
    return any(abs(facts["behind_ms"]) > _FAR.total_seconds() * 1000 for facts in late)
