"""Celery entry point for the calendars that rotas are kept in."""

from __future__ import annotations

from celery import shared_task

from plans.dispatch import rota_feeds


@shared_task
def read() -> None:
    """Read the calendars that are due."""
    rota_feeds.run()
