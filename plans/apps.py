"""Wiring at start."""

from __future__ import annotations

from django.apps import AppConfig


class PlansConfig(AppConfig):
    """Connects the one upward wire: a committed outbox row rings Celery's bell."""

    name = "plans"
    verbose_name = "Plans"

    def ready(self) -> None:
        """Fill the wake slot of the outbox with the Celery task; services know no Celery."""
        from plans.jobs import wake
        from plans.services import outbox

        outbox.set_wake(wake.ring)
