"""Patients' pages while fifty clinicians work in a large clinic, against the same pages without them, in one run; and
each page with everybody at once against the same page with one user alone.

Requests go through the front server to both pools, as docker-compose.yml sets them up: 200 patients answer check-ins
and open help, two to four seconds between clicks. The large clinic is made by SQL (PATIENTS, by default 20,000). Any
error response ends the run.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from socket import create_connection
from time import perf_counter
from typing import Final

from benchmarks import large_clinic, visitors
from benchmarks.line import BenchmarkLine

PATIENTS = int(os.environ.get("PATIENTS", "20000"))
VISITED = 200
CLINICIANS = 50
SECONDS = float(os.environ.get("TOGETHER_SECONDS", "20"))
# Patients who answer one after another when nobody else is there, and how soon they and a clinician click.
ALONE: Final = 4
HASTE: Final = (0.05, 0.15)
KINDS: Final = {
    "open": "a link",
    "answer": "an answer",
    "help": "help",
    "list": "a list",
    "record": "a record",
}
_ROOT = Path(__file__).resolve().parents[1]
# Clinicians and patients share the processors here, perhaps not in production; what they must not share is locks.
MOST_SLOWER = 8.0
MOST_OF_A_LIST = 0.5


def run() -> Iterator[BenchmarkLine]:
    """Measure without, with, and again without the clinicians, so that a busy moment hits both."""
    from django.db import connections

    clinic = large_clinic.make(PATIENTS, clinicians=CLINICIANS, asked=VISITED + ALONE)
    connections.close_all()
    alone, together, single = visitors.Measurements(), visitors.Measurements(), visitors.Measurements()
    with service() as port:
        crowd = clinic.tokens[ALONE:]
        browsers: dict[str, dict[str, str]] = {token: {} for token in crowd}

        async def one_user() -> None:
            for n, token in enumerate(clinic.tokens[:ALONE]):
                visitor = visitors.Visitor(port, single, n, {}, HASTE)
                await visitors.patient(visitor, token, perf_counter() + SECONDS / 2 / ALONE)
            visitor = visitors.Visitor(port, single, 0, {"sessionid": clinic.sessions[0]}, HASTE)
            await visitors.clinician(visitor, clinic, perf_counter() + SECONDS / 2)

        async def phase(measured: visitors.Measurements, seconds: float, sessions: tuple[str, ...]) -> None:
            until = perf_counter() + seconds
            patients = (
                visitors.patient(visitors.Visitor(port, measured, n, browsers[token]), token, until)
                for n, token in enumerate(crowd)
            )
            clinicians = (
                visitors.clinician(visitors.Visitor(port, measured, n, {"sessionid": key}), clinic, until)
                for n, key in enumerate(sessions)
            )
            await asyncio.gather(*patients, *clinicians)

        asyncio.run(phase(visitors.Measurements(), 5, clinic.sessions))
        asyncio.run(phase(alone, SECONDS / 2, ()))
        asyncio.run(phase(together, SECONDS, clinic.sessions))
        asyncio.run(phase(alone, SECONDS / 2, ()))
        asyncio.run(one_user())
    errors = {*alone.errors, *together.errors, *single.errors}
    if errors:
        raise RuntimeError(f"answers that were errors: {sorted(errors)}")
    yield from _lines(alone, together)
    for kind, name in KINDS.items():
        ours, yardstick = together.slow(kind), single.slow(kind)
        crowded = f"{name}: {CLINICIANS} and {len(crowd)} at once, 95 of 100"
        yield BenchmarkLine(crowded, ours, yardstick, ours / yardstick)


def _lines(alone: visitors.Measurements, together: visitors.Measurements) -> Iterator[BenchmarkLine]:
    for what, kinds in (("an answer", ("open", "answer")), ("help", ("help",))):
        ours, yardstick = together.slow(*kinds), alone.slow(*kinds)
        name = f"{what} beside {CLINICIANS} clinicians, 95 of 100"
        yield BenchmarkLine(name, ours, yardstick, ours / yardstick, MOST_SLOWER)
    ours, yardstick = together.slow("open", "answer", "help"), together.slow("list")
    yield BenchmarkLine(
        "a patient's page and a list meanwhile", ours, yardstick, ours / yardstick, MOST_OF_A_LIST
    )


@contextmanager
def service(**settings: str) -> Iterator[int]:
    """Start the front server and both pools on this database, with these further settings; yields the front server's
    port."""
    from taperplan.local.children import free_port

    port, staff, patients = free_port(), free_port(), free_port()
    shared = {
        **os.environ, "ALLOWED_HOSTS": "localhost", "SITE_URL": f"http://localhost:{port}", "DATABASE_POOL": "4",
        "REDIS_TIMEOUT": "2", "WEB_WORKERS": "2", "PATIENT_WORKERS": "2", "WEB_THREADS": "4",
        **settings,
    }  # fmt: skip
    web = ("-m", "gunicorn", "-c", "python:taperplan.web_server", "taperplan.wsgi")
    pools = {"STAFF_POOL": f"127.0.0.1:{staff}", "PATIENTS_POOL": f"127.0.0.1:{patients}"}
    with ExitStack() as stack:
        log = stack.enter_context(tempfile.NamedTemporaryFile(prefix="taperplan-bench-", suffix=".log"))
        for command, at, more in (
            (web, staff, {"STATEMENT_TIMEOUT_MS": "15000"}),
            (web, patients, {"STATEMENT_TIMEOUT_MS": "8000"}),
            (("-m", "taperplan.front"), port, pools),
        ):
            child = subprocess.Popen(
                [sys.executable, *command],
                cwd=_ROOT, env={**shared, **more, "BIND": f"127.0.0.1:{at}"}, stdout=log, stderr=log,
            )  # fmt: skip
            stack.callback(child.wait, 30)
            stack.callback(child.terminate)
            _wait_for(at, child)
        yield port


def _wait_for(port: int, child: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends and child.poll() is None:
        with suppress(OSError), create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError("a process of the service did not come up")
