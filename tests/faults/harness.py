"""Real worker processes on the test's own database, to be killed, stopped and cut off."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from taperplan.local.children import before_exec
from tests.faults.receiver import Receiver

ROOT = Path(__file__).resolve().parents[2]
# Long enough for a machine that stalls for a moment: a lease ends only where a test wants it to.
LEASE_SECONDS = 60
# The lease of a worker that will be killed: short, so that its claims are soon free, but longer than a slow start.
SHORT_LEASE = {"LEASE_SECONDS": 2}


class Worker:
    """A process forked by the nursery, in a group of its own."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    @property
    def alive(self) -> bool:
        """Whether it still runs; a zombie that was not yet reaped does not."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    @property
    def stopped(self) -> bool:
        """Whether SIGSTOP holds it."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        except OSError:
            return False

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and all it started."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        wait_for(lambda: not self.alive, 10)


class Nursery:
    """The warm parent; `log` is where its children complain."""

    def __init__(self, log: Path) -> None:
        self.log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.nursery"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
                text=True,
                preexec_fn=before_exec(signal.SIGKILL, None),  # noqa: PLW1509 - binds its life to ours
            )
        self._read()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def fork(self, role: str, receiver: Receiver | None, **order: Any) -> Worker:
        """A new worker on this test's database and receiver, without Redis unless told of one."""
        found = {
            "LEASE_SECONDS": LEASE_SECONDS,
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": receiver.port if receiver else 1,
            "EMAIL_TIMEOUT": 20,
            "DOCUMENTS_DIR": str(settings.DOCUMENTS_DIR),
            "REDIS_URL": "redis://127.0.0.1:1/0",
            **order.pop("settings", {}),
        }
        now = connection.settings_dict
        database = {name: now[name] for name in ("HOST", "PORT", "USER", "PASSWORD", "NAME")}
        line = json.dumps({"role": role, "settings": found, "database": database, **order}, default=str)
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return Worker(int(self._read()))

    def close(self) -> None:
        """End it; its children die with it."""
        self._process.kill()
        self._process.wait(10)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


class Crew:
    """The workers of one test, all gone when it ends."""

    def __init__(self, nursery: Nursery, receiver: Receiver) -> None:
        self.nursery, self.receiver = nursery, receiver
        self.workers: list[Worker] = []

    def start(self, role: str = "outbox", **order: Any) -> Worker:
        """One more."""
        worker = self.nursery.fork(role, self.receiver, **order)
        self.workers.append(worker)
        return worker

    def end(self) -> None:
        """Kill whatever is left."""
        for worker in self.workers:
            worker.kill()


def wait_for(what: Callable[[], object], seconds: float = 60.0) -> None:
    """Poll until it is true; fails after `seconds`."""
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends, "it did not come about"
        # The test waits for another process; there is no event to wait for.
        time.sleep(0.01)


def pauses(seed: int) -> Iterator[float]:
    """Between 30 and 180 ms, from a seed."""
    chance = random.Random(seed)
    while True:
        yield chance.uniform(0.03, 0.18)


def cut_connections(chance: random.Random) -> bool:
    """Let the server end one connection of a worker, in whatever it is doing; False if there was none."""
    with transaction.atomic(), connection.cursor() as cursor:
        # The product's own role may end nobody's connection; who signed in may.
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        found = sorted(pid for (pid,) in cursor.fetchall())
        if not found:
            return False
        cursor.execute("SELECT pg_terminate_backend(%s)", [chance.choice(found)])
        return True
