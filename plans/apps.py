"""Wiring at start."""

from __future__ import annotations

from django.apps import AppConfig


class PlansConfig(AppConfig):
    """Connects the one upward wire: a committed outbox row notifies Celery's workers. And begins to compare clocks."""

    name = "plans"
    verbose_name = "Plans"

    def ready(self) -> None:
        """Fill the notifier's slot of the outbox with the Celery task; services know no Celery."""
        from plans.jobs import notifier  # noqa: PLC0415 - reads models, which are ready only now
        from plans.services import machine_clocks, outbox  # noqa: PLC0415 - the same

        outbox.set_notifier(notifier.notify_workers)
        machine_clocks.begin()
