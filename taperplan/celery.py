"""The Celery app. It only notifies workers: what is to be done stands in the database."""

from __future__ import annotations

import logging.config
import os
import pkgutil
import signal
from pathlib import Path

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init, worker_process_init, worker_ready
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from taperplan import serving
from taperplan.local.children import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taperplan.settings")
# Django's checks load every page; a worker draws and sends without them, and `make test` has run them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("taperplan")
app.config_from_object("django.conf:settings", namespace="CELERY")


def _job_modules() -> list[str]:
    """Every module of `plans.jobs`: a new file is found without being listed here."""
    import plans.jobs  # noqa: PLC0415 - its modules read models, which are ready only now

    return [f"plans.jobs.{module.name}" for module in pkgutil.iter_modules(plans.jobs.__path__)]


app.autodiscover_tasks(_job_modules, related_name="")


@setup_logging.connect
def _log_as_django_does(**_: object) -> None:
    """Celery leaves logging alone when something is connected here: settings.LOGGING holds."""
    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect
@beat_init.connect
def _refuse_to_work_unprepared(**_: object) -> None:
    """Ends the process: Celery only logs whatever else a receiver raises, and would send links made with no key."""
    try:
        serving.require()
    except ImproperlyConfigured as unprepared:
        raise SystemExit(str(unprepared)) from None


@worker_process_init.connect
def _die_with_the_worker(**_: object) -> None:
    """A worker that is killed takes its pool with it: an orphan would go on drawing beside its successor."""
    die_with_parent(os.getppid(), signal.SIGKILL)


@worker_process_init.connect
def _watch_the_clock(**_: object) -> None:
    """A child of a worker lives long enough to see the clock jump."""
    from plans.dispatch import clock_guard  # noqa: PLC0415 - reads models, which are ready only now

    clock_guard.start()


@worker_ready.connect
def _say_ready(**_: object) -> None:
    """Touch the file named by WORKER_READY_FILE, for whoever started us and waits."""
    ready = os.environ.get("WORKER_READY_FILE")
    if ready:
        Path(ready).touch()
