"""PostgreSQL servers of a test's own that are copied, cut off, killed and promoted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection, connections

from taperplan.local.children import before_exec, unprivileged
from taperplan.local.postgres import Postgres, binaries
from tests.faults.harness import wait_for

# As in production, an answered commit is in the log; the log itself need not outlive the machine.
OPTIONS = ("fsync=off", "synchronous_commit=on")


@contextmanager
def django_uses(server: Postgres) -> Iterator[None]:
    """Django's connection, and every worker forked meanwhile, goes to this server."""
    standing = dict(connection.settings_dict)
    connections.close_all()
    _point(server)
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict.update(standing)


def move_to(server: Postgres) -> None:
    """What a service manager does after a failover: the same name now leads to this server."""
    connections.close_all()
    _point(server)


def _point(server: Postgres) -> None:
    found: dict[str, Any] = {
        "HOST": "127.0.0.1", "PORT": str(server.port), "USER": "taperplan", "PASSWORD": server.password,
        "NAME": "taperplan",
    }  # fmt: skip
    connection.settings_dict.update(found)


def standby_of(primary: Postgres) -> Postgres:
    """A second server that follows the first by streaming, made by pg_basebackup."""
    standby = _beside(primary, "standby")
    user = unprivileged()
    subprocess.run(
        [
            str(binaries() / "pg_basebackup"), "--pgdata", str(standby.data), "--write-recovery-conf",
            "--checkpoint=fast", "--no-sync", "--dbname",
            f"host=127.0.0.1 port={primary.port} user=taperplan password={primary.password}",
        ],
        check=True,
        capture_output=True,
        cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        preexec_fn=before_exec(signal.SIGKILL, user),
    )  # fmt: skip
    standby.start()
    return standby


def caught_up(primary: Postgres, standby: Postgres) -> None:
    """Wait until the standby has all that the primary has committed."""
    (there,) = _ask(primary, "SELECT pg_current_wal_lsn()")
    wait_for(lambda: _ask(standby, f"SELECT pg_last_wal_replay_lsn() >= '{there}'")[0])


def cut_off(standby: Postgres) -> None:
    """Cut the network between the two."""
    _ask(standby, "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
    wait_for(lambda: _ask(standby, "SELECT count(*) FROM pg_stat_wal_receiver")[0] == 0)


def killed(server: Postgres) -> None:
    """Kill the machine: no shutdown, no checkpoint."""
    assert server.process is not None
    connections.close_all()
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait(20)


def promoted(standby: Postgres) -> None:
    """The standby becomes the primary."""
    assert _ask(standby, "SELECT pg_promote(true, 60)") == (True,)


def disk_copied(server: Postgres, name: str) -> Postgres:
    """A snapshot of the disk, as a cloud takes it: the folder copied while the server stands still."""
    server.stop()
    connections.close_all()
    copy = _beside(server, name)
    copy.data.rmdir()
    shutil.copytree(server.data, copy.data, symlinks=True)
    if (user := unprivileged()) is not None:
        for path in (copy.data, *copy.data.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    server.start(port=server.port)
    return copy


def _beside(server: Postgres, name: str) -> Postgres:
    made = Postgres(server.data.with_name(name), options=server.options)
    made.data.mkdir(mode=0o700)
    shutil.copy2(server.secret, made.secret)
    if (user := unprivileged()) is not None:
        for path in (made.data, made.secret):
            os.chown(path, user.pw_uid, user.pw_gid)
    return made


def _ask(server: Postgres, *statements: str) -> Any:
    with psycopg.connect(server.url(), autocommit=True) as there:
        for statement in statements:
            found = there.execute(statement)
        return found.fetchone()
