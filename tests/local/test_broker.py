"""What stands in a queue of Redis and is no task is dropped, and the next task arrives."""

from __future__ import annotations

import base64
import json
import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings
from kombu import Consumer, Queue

from taperplan.broker import TaskTransport, is_message
from taperplan.celery import app


@pytest.fixture
def queue() -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex}"
    yield name
    with redis.Redis.from_url(settings.REDIS_CLIENT_URL) as client:
        client.delete(name)


def fill(queue: str, *entries: bytes) -> None:
    with redis.Redis.from_url(settings.REDIS_CLIENT_URL) as client:
        client.lpush(queue, *entries)


def task(**changes: Any) -> dict[str, Any]:
    """A task as Celery writes it."""
    return {
        "body": base64.b64encode(b"[[], {}, {}]").decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"task": "plans.jobs.tick.tick", "id": "1"},
        "properties": {
            "body_encoding": "base64",
            "delivery_info": {"exchange": "", "routing_key": "tick"},
            "delivery_tag": "1",
        },
        **changes,
    }


CHANGES: tuple[dict[str, Any], ...] = (
    {"headers": None},
    {"headers": {}},
    {"properties": []},
    {"properties": {"delivery_tag": "1"}},
    {"body": 7},
    {"body": "not base64!"},
)
NO_TASKS = (
    b"hello",
    b"",
    b"\xff\xfe",
    b"[1, 2]",
    b"7",
    b"null",
    b"{}",
    *(json.dumps(task(**changes)).encode() for changes in CHANGES),
)


@pytest.mark.slow
def test_entries_that_are_no_tasks_are_dropped_and_the_task_behind_them_arrives(
    queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    fill(queue, *NO_TASKS)
    arrived: list[str] = []

    def take(message: Any) -> None:
        arrived.append(message.headers["task"])
        message.ack()

    with app.connection_for_write() as connection, caplog.at_level(logging.ERROR, "taperplan.broker"):
        assert isinstance(connection.transport, TaskTransport)
        app.send_task("plans.jobs.tick.tick", queue=queue, connection=connection)
        with Consumer(connection, [Queue(queue)], on_message=take):
            while not arrived:
                connection.drain_events(timeout=10)
    assert arrived == ["plans.jobs.tick.tick"]
    dropped = [record for record in caplog.records if record.name == "taperplan.broker"]
    assert len(dropped) == len(NO_TASKS)
    # What was written into the queue does not reach the log.
    assert {record.getMessage() for record in dropped} == {"dropped an entry of a queue that is no task"}


def test_what_celery_writes_is_a_task() -> None:
    assert is_message(task())
