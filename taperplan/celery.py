"""The Celery app. It only rings the bell: what is to be done stands in the database."""

from __future__ import annotations

import os
import pkgutil
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taperplan.settings")

app = Celery("taperplan")
app.config_from_object("django.conf:settings", namespace="CELERY")


def _job_modules() -> list[str]:
    """Every module of `plans.jobs`: a new file is found without being listed here."""
    import plans.jobs  # noqa: PLC0415 - found when the worker starts, after Django is set up

    return [f"plans.jobs.{module.name}" for module in pkgutil.iter_modules(plans.jobs.__path__)]


app.autodiscover_tasks(_job_modules, related_name="")


@setup_logging.connect
def _log_as_django_does(**_: Any) -> None:
    """Celery leaves logging alone when something is connected here: settings.LOGGING holds."""
    import logging.config  # noqa: PLC0415

    from django.conf import settings  # noqa: PLC0415

    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect
@beat_init.connect
def _refuse_to_work_unprepared(**_: Any) -> None:
    from taperplan import serving  # noqa: PLC0415

    serving.require()
