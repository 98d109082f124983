"""Celery: a schedule whose tasks exist, on the right queues, and a notifier that never holds up a page."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import current_app
from django.conf import settings

from plans.domain.notices import Queue
from plans.jobs import notifier
from plans.jobs.schedule import BEAT, EVERY
from plans.services import outbox
from plans.services.outbox.notifying import Notifier
from taperplan.local.valkey import Valkey


@pytest.fixture(scope="module", autouse=True)
def _tasks_are_known() -> None:
    current_app.loader.import_default_modules()


def test_every_line_of_the_table_names_a_task_and_expires_before_the_next() -> None:
    for entry in BEAT.values():
        assert entry["task"] in current_app.tasks
        assert entry["schedule"] >= EVERY
        assert entry["options"]["expires"] <= entry["schedule"].total_seconds()


@pytest.mark.parametrize("queue", list(Queue))
def test_each_queue_has_a_task_that_is_routed_to_it(queue: Queue) -> None:
    name = notifier._TASKS[queue.value]
    assert name in current_app.tasks
    assert current_app.amqp.router.route({}, name)["queue"].name == queue.value


def test_messages_carry_nothing() -> None:
    for entry in BEAT.values():
        assert "args" not in entry
        assert "kwargs" not in entry


def test_the_notifier_is_connected_at_start() -> None:
    from plans.services.outbox import notifying

    assert notifying._notifier.slot is notifier.notify_workers


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    server = Valkey(tmp_path / "valkey", keep=False)
    server.start()
    monkeypatch.setattr(notifier, "_connection_url", lambda: server.url)
    notifier._mine.producer = None
    yield server
    server.stop()
    notifier._mine.producer = None


def waiting(server: Valkey, queue: str) -> int:
    with redis.Redis.from_url(server.url) as client:
        return int(client.llen(queue))


@pytest.mark.slow
def test_a_notification_puts_one_message_on_the_queue(broker: Valkey) -> None:
    notifier.notify_workers("messages")
    assert waiting(broker, "messages") == 1
    assert waiting(broker, "alerts") == 0


@pytest.mark.faults
def test_a_frozen_broker_costs_a_page_little_and_the_next_pages_nothing(broker: Valkey) -> None:
    rung: list[str] = []

    def notify(queue: str) -> None:
        rung.append(queue)
        notifier.notify_workers(queue)

    slot = Notifier(notify)
    assert slot.notify("messages")
    assert broker.process is not None
    broker.process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert not slot.notify("messages")
        # A second, where the worker's own patience is five.
        assert time.monotonic() - began < 4
        assert not slot.notify("messages")
        assert len(rung) == 2
    finally:
        broker.process.send_signal(signal.SIGCONT)


@pytest.mark.faults
def test_after_the_broker_was_killed_workers_are_notified_again(broker: Valkey) -> None:
    notifier.notify_workers("messages")
    port = broker.port
    broker.kill()
    with pytest.raises(Exception):  # noqa: B017 - whatever the client raises; the outbox's notifier catches it
        notifier.notify_workers("messages")
    broker.start(port=port)
    notifier.notify_workers("messages")
    assert waiting(broker, "messages") == 1


def test_no_result_is_kept_and_nothing_is_scheduled_by_crontab() -> None:
    assert settings.CELERY_RESULT_BACKEND is None
    assert current_app.conf.task_ignore_result
    assert {type(entry["schedule"]).__name__ for entry in BEAT.values()} == {"timedelta"}


def test_a_claim_outlives_the_longest_a_task_may_run() -> None:
    limits = [
        settings.CELERY_TASK_TIME_LIMIT,
        *(t.time_limit for t in current_app.tasks.values() if t.time_limit),
    ]
    assert max(limits) < settings.LEASE_SECONDS


def test_a_name_that_is_no_queue_is_refused(db: Any) -> None:
    with pytest.raises(KeyError):
        notifier.notify_workers("nowhere")
    assert outbox.claim_batch("nowhere") == ()
