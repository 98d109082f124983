"""Wiring at start."""

from __future__ import annotations

from django.apps import AppConfig


class PlansConfig(AppConfig):
    """Connects the one upward wire: a committed outbox row rings Celery's bell."""

    name = "plans"
    verbose_name = "Plans"

    def ready(self) -> None:
        """Fill the wake slot of the outbox with the Celery task; services know no Celery."""
        from importlib.util import find_spec

        if find_spec("plans.services.outbox") is None or find_spec("plans.jobs.wake") is None:
            return
        from plans.jobs import wake
        from plans.services import outbox

        outbox.set_wake(wake.ring)
