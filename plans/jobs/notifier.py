"""Notifies workers; the outbox calls it after a commit."""

from __future__ import annotations

import os
import threading
from typing import Any, Final

from celery import current_app

from plans.domain.json import JsonObject
from plans.domain.notices import Queue

# By name, so that a web process need not import the tasks.
_TASKS: Final[dict[str, str]] = {
    Queue.ALERTS.value: "plans.jobs.alerts.send",
    Queue.MESSAGES.value: "plans.jobs.messages.send",
    Queue.DOCUMENTS.value: "plans.jobs.documents.draw",
}
# Somebody is waiting for a page meanwhile.
_PATIENCE: Final[JsonObject] = {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0}
_EXPIRES_SECONDS: Final = 60
# One connection per thread: they cannot be shared between threads or across a fork.
_mine = threading.local()


def notify_workers(queue: str) -> None:
    """Send the queue's task once, waiting at most a second. Raises whatever the broker's client raises.

    A task that no worker takes within a minute expires: the tick has found the row by then.
    """
    try:
        current_app.send_task(_TASKS[queue], producer=_producer(), retry=False, expires=_EXPIRES_SECONDS)
    except BaseException:
        _mine.producer = None
        raise


def _connection_url() -> str:
    return str(current_app.conf.broker_url)


# Any: kombu ships no types.
def _producer() -> Any:
    if getattr(_mine, "pid", None) != os.getpid() or _mine.producer is None:
        options = {**current_app.conf.broker_transport_options, **_PATIENCE}
        connection = current_app.connection_for_write(_connection_url(), transport_options=options)
        _mine.producer = current_app.amqp.Producer(connection)
        _mine.pid = os.getpid()
    return _mine.producer
