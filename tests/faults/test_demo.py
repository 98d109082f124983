"""`make demo` as a person meets it: it says where to go, ends completely, and finds its data again."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from taperplan.local.children import free_port
from tests.e2e.running import open_to_the_servers_user

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 300
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(4 * PATIENCE)]


class Offspring:
    """Every process that comes from this one since it began to count, however it calls itself and whoever it runs as.

    While it counts, this process is handed every orphan among its descendants (PR_SET_CHILD_SUBREAPER), so that none
    can slip out of the count by losing its parent. No look into another user's process is needed.
    """

    def __init__(self) -> None:
        self._before = self._children(os.getpid())

    def __enter__(self) -> Offspring:
        assert _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
        return self

    def __exit__(self, *_: object) -> None:
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)

    def alive(self) -> list[str]:
        """The names of those that are still there. Dead orphans are reaped."""
        found, todo = [], list(self._children(os.getpid()) - self._before)
        while todo:
            pid = todo.pop()
            todo += self._children(pid)
            name, state, parent = self._stat(pid)
            if state not in ("Z", ""):
                found.append(name)
            elif state == "Z" and parent == os.getpid():
                with suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
        return sorted(found)

    def _children(self, parent: int) -> set[int]:
        every = (int(process.name) for process in Path("/proc").glob("[0-9]*"))
        return {pid for pid in every if self._stat(pid)[2] == parent}

    def _stat(self, pid: int) -> tuple[str, str, int]:
        """A process's name, state and parent; empty for one that is gone."""
        try:
            before, _, after = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
        except OSError:
            return "", "", 0
        state, parent = after.split()[:2]
        return before.partition("(")[2], state, int(parent)


class Demo:
    """One run of the supervisor over a folder of its own; what it says goes to a terminal, as when a person starts it.

    The terminal is nobody's own: closing it sends no signal, as where `make` ignores the one that it is sent.
    """

    def __init__(self, var: Path) -> None:
        self.port = free_port()
        self.var = var
        env = {
            "PATH": os.environ["PATH"],
            "VAR_DIR": str(var),
            "PORT": str(self.port),
            "MAIL_PORT": str(free_port()),
        }
        ours, its = os.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "taperplan.local.supervisor", "run"],
            cwd=ROOT,
            env=env,
            stdout=its,
            stderr=its,
            # As in a script's background job: SIGINT arrives ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509 - no threads here
        )
        os.close(its)
        self.terminal = os.fdopen(ours, errors="replace")
        self.said = ""
        # A terminal whose other end is gone is an error to read from, not an end.
        with suppress(OSError):
            while "End with Ctrl-C" not in self.said and (line := self.terminal.readline()):
                self.said += line

    def answers(self) -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=10) as answer:
            return bool(answer.status == 200)

    def end(self, how: signal.Signals | None, offspring: Offspring) -> list[str]:
        """Send a signal, or close the terminal; what is still running half a minute later."""
        if how is None:
            self.terminal.close()
        else:
            self.process.send_signal(how)
        self.process.wait(60)
        self.terminal.close()
        until = time.monotonic() + 30
        while (left := offspring.alive()) and time.monotonic() < until:
            time.sleep(0.1)
        return left


@pytest.fixture
def var() -> Iterator[Path]:
    # Not in a folder of pytest's: every other run of pytest closes their parent to the database's own user again.
    with tempfile.TemporaryDirectory(prefix="taperplan-demo-") as folder:
        yield open_to_the_servers_user(Path(folder)) / "var"


def test_the_demo_ends_completely_however_it_is_ended_and_finds_its_data_again(var: Path) -> None:
    for how in (signal.SIGINT, signal.SIGKILL, None, signal.SIGHUP, signal.SIGTERM):
        with Offspring() as offspring:
            demo = Demo(var)
            assert "End with Ctrl-C" in demo.said, demo.said
            assert demo.answers()
            assert "Password of every login" in demo.said
            logins = (var / "logins.txt").read_text()
            # The count does count: servers, workers and what they started.
            assert {"postgres", "valkey-server"} <= set(offspring.alive())
            assert demo.end(how, offspring) == []
    assert (var / "logins.txt").read_text() == logins
    assert "nothing was changed" in (var / "log" / "seed.log").read_text()
