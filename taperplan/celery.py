"""The Celery app. It only notifies workers: the database says what is to be done."""

from __future__ import annotations

import logging.config
import os
import pkgutil
import signal
from pathlib import Path

from celery import Celery
from celery.signals import (
    beat_init,
    heartbeat_sent,
    setup_logging,
    worker_init,
    worker_process_init,
    worker_ready,
)
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from taperplan import broker, serving
from taperplan.parent import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taperplan.settings")
# Django's checks would import every page; a worker does not need them, and `make test` runs them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

broker.use()
app = Celery("taperplan")
app.config_from_object("django.conf:settings", namespace="CELERY")


def _job_modules() -> list[str]:
    """Every module of `plans.jobs`, so that new ones need not be listed here."""
    import plans.jobs  # noqa: PLC0415 - its modules read models, which are ready only now

    return [f"plans.jobs.{module.name}" for module in pkgutil.iter_modules(plans.jobs.__path__)]


app.autodiscover_tasks(_job_modules, related_name="")


@setup_logging.connect
def _log_as_django_does(**_: object) -> None:
    """Keep settings.LOGGING: Celery leaves logging alone if something is connected here."""
    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect
def _refuse_to_work_unprepared(**_: object) -> None:
    """Exit if the settings are incomplete: Celery would only log an exception, and then send links made without a
    key."""
    _require(keys=True)


@beat_init.connect
def _refuse_to_tick_unprepared(**_: object) -> None:
    """The same for beat, which only puts tasks into Redis and is given no key."""
    _require(keys=False)


def _require(*, keys: bool) -> None:
    try:
        serving.require(keys=keys)
    except ImproperlyConfigured as unprepared:
        raise SystemExit(str(unprepared)) from None


@worker_process_init.connect
def _die_with_the_worker(**_: object) -> None:
    """Let the pool die with a killed worker: an orphan would go on drawing beside its successor."""
    die_with_parent(os.getppid(), signal.SIGKILL)


@worker_process_init.connect
def _watch_the_clock(**_: object) -> None:
    """Watch the clock in a worker's child, which lives long enough to notice a jump."""
    from plans.dispatch import clock_guard  # noqa: PLC0415 - reads models, which are ready only now

    clock_guard.start()


@worker_ready.connect
def _say_ready(**_: object) -> None:
    """Touch the file named by WORKER_READY_FILE, for the process that started us and waits."""
    ready = os.environ.get("WORKER_READY_FILE")
    if ready:
        Path(ready).touch()


@heartbeat_sent.connect
def _say_alive(**_: object) -> None:
    """Touch the file named by WORKER_ALIVE_FILE every two seconds while the worker's loop runs and Redis answers."""
    alive = os.environ.get("WORKER_ALIVE_FILE")
    if alive:
        Path(alive).touch()
