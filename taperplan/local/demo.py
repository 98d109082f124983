"""The parts of the demo: which programs, with which settings, and how to tell that each is ready."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from taperplan.local.children import free_port, private_file

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = Path(os.environ.get("VAR_DIR") or ROOT / "var")
"""The folder of all the demo's data."""
MAIL_DOMAIN = "demo.example.org"


@dataclass(frozen=True)
class Program:
    """A program of the demo, restarted when it dies."""

    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool]
    # The signal to stop it, and the one the kernel sends when the supervisor is killed.
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGTERM
    env: dict[str, str] = field(default_factory=dict)
    # A file that exists once it is ready; removed before each start.
    ready_file: Path | None = None


def keys(var: Path) -> dict[str, str]:
    """The demo's own keys, made once: links already sent keep working after a restart."""
    path = var / "keys.json"
    if not path.exists():
        private_file(
            path, json.dumps({name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "LINK_KEY")})
        )
    found: dict[str, str] = json.loads(path.read_text())
    # Of its own, and the same as long as the keys are.
    found["TEXT_EVENTS_SECRET"] = hashlib.sha256(f"texts {found['LINK_KEY']}".encode()).hexdigest()
    return found


def environment(var: Path, *, port: int, smtp_port: int, database_url: str, redis_url: str) -> dict[str, str]:
    """The environment of every program of the demo, without variables of the shell that would change the demo."""
    passed = (
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "TMPDIR",
        "USER",
        "VIRTUAL_ENV",
        "LEASE_SECONDS",
        "WEB_WORKERS",
    )
    kept = {name: os.environ[name] for name in passed if name in os.environ}
    return (
        kept
        | keys(var)
        | {
            "DJANGO_SETTINGS_MODULE": "taperplan.settings",
            "PYTHONUNBUFFERED": "1",
            "TAPERPLAN_DEMO": "1",
            "VAR_DIR": str(var),
            "STATIC_ROOT": str(var / "static"),
            "SITE_URL": f"http://localhost:{port}",
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "BIND": f"127.0.0.1:{port}",
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(smtp_port),
            "MAIL_DOMAIN": MAIL_DOMAIN,
            "MAIL_FROM": f"Clinic <no-reply@{MAIL_DOMAIN}>",
            # Text messages are files in var/texts, shown with the mail; a reply is posted to /text/events.
            "TEXT_PROVIDER": "files",
        }
    )


def programs(var: Path, *, port: int, smtp_port: int, page_port: int, web_database_url: str) -> list[Program]:
    """All programs besides the two servers, in the order of starting. Web processes for staff and for patients are
    behind the one open port, and have a role of their own in the database."""
    staff, patients = free_port(), free_port()
    run = var / "run"
    python = sys.executable
    celery = (python, "-m", "celery", "-A", "taperplan")
    web = {"DATABASE_URL": web_database_url}
    return [
        Program(
            "mail",
            (
                python,
                "-m",
                "taperplan.local.smtp",
                "--folder",
                str(var / "mail"),
                "--port",
                str(smtp_port),
                "--page-port",
                str(page_port),
                "--site",
                f"http://localhost:{port}/",
            ),
            lambda: _answers(f"http://127.0.0.1:{page_port}/"),
        ),
        _pool("web", staff, web),
        # Help never waits behind a list.
        _pool("patients", patients, {"WEB_WORKERS": "1", "STATEMENT_TIMEOUT_MS": "8000", **web}),
        Program(
            "front",
            (python, "-m", "taperplan.front"),
            lambda: _answers(f"http://127.0.0.1:{port}/readyz"),
            env={
                "STAFF_POOL": f"127.0.0.1:{staff}",
                "PATIENTS_POOL": f"127.0.0.1:{patients}",
                "PATIENT_WORKERS": "1",
            },
        ),
        # Alerts never wait behind messages: they have their own worker and connection. The tick has its own process
        # there.
        _worker("worker-alerts", celery, "alerts,tick", 2, run),
        _worker("worker", celery, "documents,messages", 2, run),
        Program(
            "beat",
            (*celery, "beat", "--loglevel", "INFO", "--pidfile", ""),
            (run / "beat").exists,
            env={"BEAT_ALIVE_FILE": str(run / "beat")},
            ready_file=run / "beat",
        ),
    ]


def _pool(name: str, port: int, env: dict[str, str]) -> Program:
    """A pool of web processes."""
    return Program(
        name,
        (sys.executable, "-m", "gunicorn", "-c", "python:taperplan.web_server", "taperplan.wsgi"),
        lambda: _answers(f"http://127.0.0.1:{port}/readyz"),
        env={"REDIS_TIMEOUT": "2", "BIND": f"127.0.0.1:{port}", **env},
    )


def _worker(name: str, celery: tuple[str, ...], queues: str, processes: int, run: Path) -> Program:
    ready = run / name
    return Program(
        name,
        (
            *celery,
            "worker",
            "--hostname",
            f"{name}@localhost",
            "--queues",
            queues,
            "--concurrency",
            str(processes),
            "--loglevel",
            "INFO",
            "--without-gossip",
            "--without-mingle",
        ),
        ready.exists,
        # Not SIGQUIT: with the servers gone at the same moment, Celery's shutdown can wait for them for ever. What the
        # worker had claimed comes back by its lease, and its pool dies with it (taperplan.celery).
        death_signal=signal.SIGKILL,
        env={"WORKER_READY_FILE": str(ready)},
        ready_file=ready,
    )


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - addresses of ours
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
