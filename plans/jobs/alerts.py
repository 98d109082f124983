"""Celery entry point for alerts to clinicians: a queue and a connection of their own."""

from __future__ import annotations

from celery import shared_task

from plans.dispatch import messages
from plans.domain.notices import Queue


@shared_task
def send() -> None:
    """Send the alerts that are due."""
    messages.run(Queue.ALERTS)
