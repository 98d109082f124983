"""`make demo` as a person meets it: it says where to go, ends completely, and finds its data again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from taperplan.local.children import free_port
from tests.e2e.running import open_to_the_servers_user

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 300

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(2 * PATIENCE)]


def belonging_to(var: Path) -> list[str]:
    """Every process whose command or environment names the demo's folder, other than zombies."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            surroundings = (process / "environ").read_bytes()
        except OSError:
            continue
        if command and int(process.name) != os.getpid() and os.fsencode(var) in command + surroundings:
            found.append(command.replace(b"\0", b" ").decode())
    return found


class Demo:
    """One run of the supervisor over a folder of its own."""

    def __init__(self, var: Path) -> None:
        self.port = free_port()
        self.var = var
        env = {
            "PATH": os.environ["PATH"],
            "VAR_DIR": str(var),
            "PORT": str(self.port),
            "MAIL_PORT": str(free_port()),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "taperplan.local.supervisor", "run"],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # As in a script's background job: SIGINT arrives ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509 - no threads here
        )
        self.said = ""
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if "End with Ctrl-C" in line:
                break

    def answers(self) -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=10) as answer:
            return bool(answer.status == 200)

    def end(self, number: signal.Signals) -> list[str]:
        """Send the signal; what is still running half a minute later."""
        self.process.send_signal(number)
        self.process.wait(60)
        assert self.process.stdout
        self.process.stdout.close()
        until = time.monotonic() + 30
        while (left := belonging_to(self.var)) and time.monotonic() < until:
            time.sleep(0.1)
        return left


@pytest.fixture
def var() -> Iterator[Path]:
    # Not in a folder of pytest's: every other run of pytest closes their parent to the database's own user again.
    with tempfile.TemporaryDirectory(prefix="taperplan-demo-") as folder:
        yield open_to_the_servers_user(Path(folder)) / "var"


def test_the_demo_ends_completely_however_it_is_ended_and_finds_its_data_again(var: Path) -> None:
    for number in (signal.SIGINT, signal.SIGKILL, signal.SIGHUP, signal.SIGTERM):
        demo = Demo(var)
        assert "End with Ctrl-C" in demo.said, demo.said
        assert demo.answers()
        assert "Password of every login" in demo.said
        logins = (var / "logins.txt").read_text()
        assert demo.end(number) == []
    assert (var / "logins.txt").read_text() == logins
    assert "nothing was changed" in (var / "log" / "seed.log").read_text()
