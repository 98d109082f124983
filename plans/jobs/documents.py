"""Celery entry point for documents."""

from __future__ import annotations

from celery import shared_task

from plans.dispatch import documents

# Leaves time to begin one late and still finish it, both well within a claim's lease.
_SOFT = 110
_HARD = 130


@shared_task(soft_time_limit=_SOFT, time_limit=_HARD)
def draw() -> None:
    """Draw what is due."""
    documents.run()
