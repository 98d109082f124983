"""Celery entry point of the tick."""

from __future__ import annotations

from celery import shared_task

from plans.dispatch import upkeep


@shared_task
def tick() -> None:
    """Do what is due by the clock."""
    upkeep.run()
