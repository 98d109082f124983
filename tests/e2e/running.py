"""A demo for one test, started as `make demo` starts it, with its messages and its clock."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from taperplan.local.children import free_port
from taperplan.local.mailbox import Mailbox

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Running:
    """A demo that answers on `base`; `var` is its folder."""

    base: str
    var: Path

    @property
    def password(self) -> str:
        """The password of every login."""
        found = re.search(r"login: (\S+)", (self.var / "logins.txt").read_text(encoding="utf-8"))
        assert found is not None
        return found[1]

    def manage(self, *arguments: str) -> str:
        """What a command of manage.py says, run with the settings of this demo."""
        run = subprocess.run(
            [sys.executable, "-m", "taperplan.local.manage", *arguments],
            check=False,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "VAR_DIR": str(self.var)},
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def move(self, amount: str) -> None:
        """Move the clinic's clock, e.g. "+70m", and let the work of that time be done."""
        self.manage("demo_clock", amount)

    def messages(self, to: str, subject: str = "") -> list[EmailMessage]:
        """The messages that have arrived for an address, oldest first."""
        box = Mailbox(self.var / "mail")
        found = [entry for entry in box.received() if to in entry.recipients and subject in entry.subject]
        return [box.message(entry) for entry in found]

    def message(self, to: str, subject: str, *, number: int = 1) -> EmailMessage:
        """The message with that number (from 1), waited for."""
        wait_for(lambda: len(self.messages(to, subject)) >= number, f"message {number} {subject!r} to {to}")
        return self.messages(to, subject)[number - 1]

    def doubles(self) -> list[str]:
        """Message-IDs that arrived more than once."""
        ids = [entry.message_id for entry in Mailbox(self.var / "mail").received()]
        return sorted({one for one in ids if ids.count(one) > 1})

    def not_drawn(self) -> list[str]:
        """Why documents could not be drawn."""
        failed = "Document.objects.filter(state='failed').values_list('fault', flat=True)"
        ask = f"from plans.models import Document; print(*{failed})"
        return self.manage("shell", "--verbosity", "0", "-c", ask).split()


def text_of(message: EmailMessage) -> str:
    """The plain words of a message."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(message: EmailMessage, first: str) -> str:
    """The path of the first link in a message with this first letter: c, p, y or m."""
    found = re.search(rf"http://localhost:\d+(/{first}/[\w-]+)", text_of(message))
    assert found is not None, text_of(message)
    return found[1]


def wait_for(what: Callable[[], Any], name: str, seconds: float = 45.0) -> None:
    """Poll until it is true; fails after `seconds`."""
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends, f"it did not come about: {name}"
        # Other processes do the work; there is no event to wait for.
        time.sleep(0.1)


@contextmanager
def started(var: Path, *, small: bool, say: Callable[[str], None] = lambda _line: None) -> Iterator[Running]:
    """A demo in a folder of its own, ended completely afterwards. `small`: the clinics alone, without patients."""
    port = free_port()
    env = {"PATH": os.environ["PATH"], "VAR_DIR": str(var), "PORT": str(port), "MAIL_PORT": str(free_port())}
    if small:
        env["DEMO_SEED"] = "small"
    process = subprocess.Popen(
        [sys.executable, "-m", "taperplan.local.supervisor", "run"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    try:
        for line in process.stdout:
            say(line.rstrip())
            said += line
            if "End with Ctrl-C" in line:
                break
        assert "End with Ctrl-C" in said, said
        yield Running(f"http://localhost:{port}", var)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        process.stdout.close()


def open_to_the_servers_user(folder: Path) -> Path:
    """Let the database's user pass through a temporary folder when the tests run as root."""
    for step in (folder, *folder.parents):
        if step != step.parent and step.stat().st_uid == os.geteuid():
            step.chmod(step.stat().st_mode | 0o011)
    return folder
