"""Real worker processes on the test's own database, to be killed; and the checker of three ledgers.

The ledgers: the rows, what the receiver got, and the audit trail.
"""

from __future__ import annotations

import email
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from plans.models import AuditEvent, Work
from taperplan.local.children import before_exec
from tests.mail.scripted import Kept, ScriptedServer

ROOT = Path(__file__).resolve().parents[2]
LEASE_SECONDS = 1


def environment(server: ScriptedServer | None, **more: str) -> dict[str, str]:
    """What a worker of ours needs to know: this test's database and receiver, short leases, and no Redis."""
    base, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    return {
        **os.environ,
        "DATABASE_URL": f"{base}/{connection.settings_dict['NAME']}",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "LEASE_SECONDS": str(LEASE_SECONDS),
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(server.port if server else 1),
        "EMAIL_TIMEOUT": "20",
        "DOCUMENTS_DIR": str(settings.DOCUMENTS_DIR),
        **more,
    }


@contextmanager
def process(arguments: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours in a group of its own, gone with the test whatever happens."""
    child = subprocess.Popen(
        arguments,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=0,
        preexec_fn=before_exec(signal.SIGKILL, None),  # noqa: PLW1509 - only system calls between fork and exec
    )
    try:
        yield child
    finally:
        kill(child)
        if child.stdout is not None:
            child.stdout.close()


def worker(server: ScriptedServer | None, **more: str) -> Any:
    """`manage.py run_outbox`, quick on its feet."""
    command = [sys.executable, "manage.py", "run_outbox", "--every", "0.05", "--tick", "0.2"]
    return process(command, environment(server, **more))


def kill(child: subprocess.Popen[bytes]) -> None:
    """SIGKILL for the process and all it started in its group."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait(10)


def wait_for(what: Callable[[], object], seconds: float = 25.0) -> None:
    """Look until it is so; fails after `seconds`."""
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends, "it did not come about"
        # The test waits for another process; there is nothing to be told by.
        time.sleep(0.01)


def message_id(kept: Kept) -> str:
    """The Message-ID of a letter as it arrived."""
    return str(email.message_from_bytes(kept.content)["Message-ID"])


@dataclass(frozen=True)
class Verdict:
    """What the three ledgers say together."""

    letters: int
    kills: int
    lost: int
    duplicates: int
    unknown: int
    unexplained: int

    def __str__(self) -> str:
        return (
            f"letters {self.letters} kills {self.kills} lost {self.lost} "
            f"duplicates {self.duplicates} unknown {self.unknown}"
        )


def check(server: ScriptedServer, kills: int) -> Verdict:
    """Compare the rows, what arrived and the trail. Every due letter must have an end that the others bear out."""
    arrived = Counter(message_id(kept) for kept in server.arrived)
    trail = Counter(AuditEvent.objects.filter(act="letter.sent").values_list("subject_id", flat=True))
    lost = unexplained = unknown = 0
    rows = list(Work.objects.filter(queue="letters"))
    for row in rows:
        came = arrived[row.message_id] if row.message_id else 0
        unknown += row.state == "unknown"
        if row.state == "sent":
            lost += came == 0
            unexplained += trail[row.pk] != 1
        elif row.state != "unknown":
            lost += 1
            unexplained += came > 0
    duplicates = sum(count - 1 for count in arrived.values() if count > 1)
    return Verdict(len(rows), kills, lost, duplicates, unknown, unexplained)


def pauses(seed: int) -> Iterator[float]:
    """Between 30 and 180 ms, from a seed."""
    chance = random.Random(seed)
    while True:
        yield chance.uniform(0.03, 0.18)
