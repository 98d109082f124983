"""Wiring at start."""

from __future__ import annotations

from django.apps import AppConfig


class PlansConfig(AppConfig):
    """Connects the outbox to Celery and the audit trail to signing in, and starts comparing clocks."""

    name = "plans"
    verbose_name = "Plans"

    def ready(self) -> None:
        """Hand the outbox its notifier: services do not import Celery."""
        from plans.jobs import notifier  # noqa: PLC0415 - reads models, which are ready only now
        from plans.services import machine_clocks, outbox  # noqa: PLC0415 - the same
        from plans.web import sign_in_trail  # noqa: PLC0415 - the same

        outbox.set_notifier(notifier.notify_workers)
        sign_in_trail.connect()
        machine_clocks.begin()
