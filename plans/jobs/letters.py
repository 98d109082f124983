"""Celery entry point for patients' letters."""

from __future__ import annotations

from celery import shared_task

from plans.dispatch import letters
from plans.domain.notices import Queue


@shared_task
def send() -> None:
    """Send what is due. The rows say what: the message carries nothing."""
    letters.run(Queue.LETTERS)
