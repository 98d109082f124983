"""Celery entry point for bounces."""

from __future__ import annotations

from celery import shared_task

from plans.dispatch import bounces


@shared_task
def read() -> None:
    """Read the bounce mailbox."""
    bounces.run()
