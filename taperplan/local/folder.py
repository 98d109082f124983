"""The folder of the demo's data: its lock, its release check, and its reset."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from typing import IO

import psycopg

from taperplan.local.postgres import data_home

_MIGRATIONS = Path(__file__).resolve().parents[2] / "plans" / "migrations"


class CannotStart(Exception):
    """The demo cannot start; the message says why and what to do."""


def lock(var: Path) -> IO[str]:
    """Lock `var` for this process.

    Raises CannotStart if another supervisor has it or it belongs to another user.
    """
    var.mkdir(mode=0o711, exist_ok=True)
    if var.stat().st_uid != os.geteuid():
        raise CannotStart(
            f"{var} belongs to another user: start as that user, or let them run `make demo-reset`."
        )
    handle = (var / "demo.lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise CannotStart(f"The demo is already running from {var.parent}. End that one first.") from None
    return handle


def check_release(database_url: str) -> None:
    """Check that the migrations that made the demo's tables still exist in `plans/migrations`; writes nothing.

    Raises CannotStart if they do not: nothing can migrate them to this release.
    """
    with psycopg.connect(database_url) as connection:
        if connection.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,):
            return
        applied = connection.execute("SELECT name FROM django_migrations WHERE app = 'plans'").fetchall()
    if {name for (name,) in applied} - {file.stem for file in _MIGRATIONS.glob("*.py")}:
        raise CannotStart(
            "Its data was made by another release of Taperplan and cannot be carried over to this one: "
            "`make demo-reset` forgets it."
        )


def reset(var: Path) -> None:
    """Remove the demo's data."""
    shutil.rmtree(data_home(var), ignore_errors=True)
    for part in var.iterdir():
        if part.is_dir() and not part.is_symlink():
            shutil.rmtree(part)
        else:
            part.unlink()
    print(f"{var} is empty; `make demo` begins afresh.")
