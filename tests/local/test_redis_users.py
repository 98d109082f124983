"""Redis' users by role, on a real server: each can do its work, and no more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from kombu import Consumer, Queue
from kombu.transport.redis import (  # type: ignore[attr-defined]  # not in the stubs
    REFRESH_BINDING,
    SWEEP_BINDINGS,
)

from taperplan.celery import app
from taperplan.local.children import end, free_port, spawn
from taperplan.local.valkey import binary
from tests.faults.harness import wait_for

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Addresses by user, of a server with the users that the script makes."""
    folder = tmp_path_factory.mktemp("redis")
    subprocess.run([ROOT / "deploy/make-secrets.sh", folder], check=True, capture_output=True)
    port = free_port()
    command = [
        str(binary()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", "--aclfile",
        str(folder / "secrets/redis_users"),
    ]  # fmt: skip
    child = spawn(command, log=folder / "log", cwd=folder, env={"LC_ALL": "C"})

    def address(user: str) -> str:
        file = folder / f"secrets/redis_{user}"
        password = file.read_text() if file.exists() else "none"
        return f"redis://{user}:{password}@127.0.0.1:{port}/0"

    def answers() -> bool:
        try:
            with redis.Redis.from_url(address("health"), retry=None, protocol=2) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            assert child.poll() is None
            return False

    try:
        wait_for(answers, 20)
        yield address
    finally:
        end(child, signal.SIGTERM, patience=5)


@pytest.mark.parametrize("role", ["web", "beat", "worker"])
def test_what_a_role_puts_into_a_queue_a_worker_takes_out(users: Any, role: str) -> None:
    arrived: list[str] = []
    with app.connection_for_write(users(role)) as there:
        app.send_task("plans.jobs.tick.tick", queue="tick", connection=there)

    def take(message: Any) -> None:
        arrived.append(message.headers["task"])
        message.ack()

    with app.connection_for_read(users("worker")) as here, Consumer(here, [Queue("tick")], on_message=take):
        while not arrived:
            here.drain_events(timeout=10)
    assert arrived == ["plans.jobs.tick.tick"]


def test_a_worker_keeps_the_bindings_of_its_queues_alive(users: Any) -> None:
    """With Celery's own scripts, which it runs from time to time: a worker whose user may not is ended by it."""
    with redis.Redis.from_url(users("worker")) as client:
        key = f"_kombu.binding.{uuid.uuid4().hex}"
        client.register_script(REFRESH_BINDING)(
            keys=[key, f"{key}.deadlines"], args=["queue", "exchange", 1000]
        )
        assert client.smembers(key) == {b"queue"}
        assert client.register_script(SWEEP_BINDINGS)(keys=[f"{key}.deadlines"], args=[key, key, 100]) == 0


@pytest.mark.parametrize("role", ["web", "worker"])
def test_sendings_are_counted_outside_the_database(users: Any, role: str) -> None:
    key = uuid.uuid4().hex
    with redis.Redis.from_url(users(role)) as client:
        client.zadd("taperplan:sendings", {key: 7}, gt=True)
        assert client.zscore("taperplan:sendings", key) == 7


@pytest.mark.parametrize(
    ("role", "command"),
    [
        ("web", "BRPOP tick 1"), ("web", "DEL tick"), ("web", "LRANGE tick 0 -1"), ("web", "FLUSHALL"),
        ("web", "CONFIG GET *"), ("web", "CLIENT LIST"), ("web", "KEYS *"), ("web", "LPUSH elsewhere x"),
        ("web", "PUBLISH x y"), ("web", "PUBLISH /0.celery.pidbox {}"),
        ("beat", "PUBLISH /0.celery.pidbox {}"), ("web", "EVAL return(1) 0"), ("web", "SHUTDOWN"),
        ("beat", "ZADD taperplan:sendings 1 a"), ("beat", "LRANGE tick 0 -1"), ("beat", "FLUSHDB"),
        ("worker", "FLUSHALL"), ("worker", "CONFIG SET dir /tmp"), ("worker", "KEYS *"), ("worker", "SHUTDOWN"),
        ("worker", "CLIENT KILL ID 1"), ("worker", "EVAL return(1) 0"),
        ("worker", "ACL LIST"), ("worker", "MODULE LIST"), ("worker", "REPLICAOF 127.0.0.1 1"),
        ("health", "GET tick"), ("health", "LPUSH tick x"),
    ],
)  # fmt: skip
def test_what_a_role_does_not_need_it_may_not_do(users: Any, role: str, command: str) -> None:
    with redis.Redis.from_url(users(role)) as client, pytest.raises(redis.exceptions.NoPermissionError):
        client.execute_command(*command.split(" "))


def test_nobody_comes_in_without_a_user(users: Any) -> None:
    address = users("web").rpartition("@")[2]
    with (
        redis.Redis.from_url(f"redis://{address}", protocol=2) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()
    with (
        redis.Redis.from_url(f"redis://web:wrong@{address}") as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_a_worker_starts_and_says_that_it_is_alive_with_the_rights_of_its_role(
    users: Any, tmp_path: Path
) -> None:
    alive, log = tmp_path / "alive", tmp_path / "log"
    child = spawn(
        [sys.executable, "-m", "celery", "-A", "taperplan", "worker", "--pool", "solo", "--queues", "tick",
         "--without-gossip", "--without-mingle"],
        log=log,
        cwd=ROOT,
        env={**os.environ, "REDIS_URL": users("worker"), "WORKER_ALIVE_FILE": str(alive)},
    )  # fmt: skip
    try:
        wait_for(lambda: alive.exists() or child.poll() is not None, 60)
        assert child.poll() is None, log.read_text()
        first = alive.stat().st_mtime_ns
        wait_for(lambda: alive.stat().st_mtime_ns > first, 30)
        assert "NOPERM" not in log.read_text()
    finally:
        end(child, signal.SIGKILL, patience=5)
