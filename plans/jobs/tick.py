"""Celery entry point of the tick."""

from __future__ import annotations

from celery import shared_task

from plans.dispatch import upkeep


@shared_task
def tick() -> None:
    """One turn of what the clock brings about."""
    upkeep.run()
