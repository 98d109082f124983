"""Wiring at start."""

from __future__ import annotations

from django.apps import AppConfig


class PlansConfig(AppConfig):
    """Connects the outbox to Celery, and signing in to the audit trail and to what is kept of forms; starts comparing
    clocks."""

    name = "plans"
    verbose_name = "Plans"

    def ready(self) -> None:
        """Hand the outbox its notifier: services do not import Celery."""
        from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415 - reads models, which are ready only now

        from plans.jobs import notifier  # noqa: PLC0415 - the same
        from plans.services import machine_clocks, outbox  # noqa: PLC0415 - the same
        from plans.web import kept_forms, sign_in_trail  # noqa: PLC0415 - the same

        user_logged_in.connect(kept_forms.begin_session)
        outbox.set_notifier(notifier.notify_workers)
        sign_in_trail.connect()
        machine_clocks.begin()
