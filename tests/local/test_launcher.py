"""What `make` runs ends with it, even when the signal went to `make` alone."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from taperplan.local.launcher import Launcher

ROOT = Path(__file__).resolve().parent.parent.parent
RUN = """
import sys, time
from taperplan.local.launcher import Launcher
launcher = Launcher()
print("watching", flush=True)
until = time.monotonic() + 60
while not launcher.was_interrupted() and time.monotonic() < until:
    time.sleep(0.01)
print("interrupted" if launcher.was_interrupted() else "in vain", flush=True)
"""


@pytest.mark.slow
def test_a_signal_for_make_alone_is_seen_by_what_it_runs(tmp_path):
    (tmp_path / "watch.py").write_text(RUN)
    (tmp_path / "Makefile").write_text(f"watch:\n\t@exec {sys.executable} {tmp_path / 'watch.py'}\n")
    with subprocess.Popen(
        ["make", "-f", tmp_path / "Makefile", "watch"],
        cwd=ROOT,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        # Where these tests themselves are a background job, SIGINT would be ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no threads here
    ) as make:
        assert make.stdout is not None
        assert make.stdout.readline() == "watching\n"
        make.send_signal(signal.SIGINT)
        assert make.stdout.readline() == "interrupted\n"
        assert make.wait(60) != 0


def test_without_make_nobody_is_watched(monkeypatch):
    monkeypatch.delenv("MAKELEVEL", raising=False)
    assert not Launcher().was_interrupted()
