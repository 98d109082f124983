"""The provider's limit of messages per second: one row holds the next free slot for all workers and machines."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction

from plans.models import Heartbeat
from plans.services import clock

# Nobody reserves further ahead than this: such a row was written with a wrong clock.
_FURTHEST: Final = timedelta(minutes=10)


def reserve(provider: str, count: int, per_second: float) -> float:
    """Reserve `count` consecutive slots, 1/per_second apart; returns the seconds until the first of them."""
    real = clock.real_now()
    name = f"pace:{provider}"
    with transaction.atomic():
        Heartbeat.objects.get_or_create(name=name, defaults={"at": real})
        row = Heartbeat.objects.select_for_update(no_key=True).get(name=name)
        first = max(row.at, real) if row.at - real < _FURTHEST else real
        Heartbeat.objects.filter(name=name).update(at=first + timedelta(seconds=count / per_second))
    return (first - real).total_seconds()
