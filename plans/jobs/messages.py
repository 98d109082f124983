"""Celery entry point for patients' messages."""

from __future__ import annotations

from celery import shared_task

from plans.dispatch import messages
from plans.domain.notices import Queue


@shared_task
def send() -> None:
    """Send what is due. The task has no arguments: the rows say what to do."""
    messages.run(Queue.MESSAGES)
