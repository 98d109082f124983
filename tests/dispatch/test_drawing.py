"""The drawing process: it answers with a PDF, or with a reason; it never takes the worker with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from plans.dispatch.drawing import Drawer, NotDrawn
from plans.documents.kinds import read_back
from plans.domain.documents.facts import DocumentFacts
from tests.documents.plans import clonazepam, facts, of_kind

ROOT = Path(__file__).resolve().parents[2]


def calendar() -> DocumentFacts:
    """What a calendar is drawn from, without anything of the tests: the drawing process cannot import them."""
    return of_kind(facts(clonazepam()), "calendar")


def quiet(_page: int, _pages: int) -> None:
    """Ignore the progress."""


@pytest.mark.slow
def test_a_calendar_is_drawn_and_read_back_in_another_process() -> None:
    said: list[tuple[int, int]] = []
    wanted = calendar()
    with Drawer() as drawer:
        drawn = drawer.draw(wanted, lambda page, pages: said.append((page, pages)))
        again = drawer.draw(wanted, quiet)
    assert drawn.findings == ()
    assert read_back(drawn.content, wanted) == ()
    assert said[-1] == (drawn.pages, drawn.pages)
    assert again.content == drawn.content


@pytest.mark.slow
def test_what_cannot_be_drawn_is_refused_with_its_code_and_the_next_one_is_drawn() -> None:
    good = calendar()
    # Arabic letters: the face has none, and a clinic's name is never left out.
    bad = replace(good, clinic_name="\u0639\u064a\u0627\u062f\u0629")
    with Drawer() as drawer:
        with pytest.raises(NotDrawn) as refusal:
            drawer.draw(bad, quiet)
        assert (refusal.value.fault, refusal.value.again) == ("unprintable_text", False)
        assert drawer.draw(good, quiet).findings == ()


def test_a_drawing_that_takes_too_long_is_ended_and_may_be_tried_again() -> None:
    with Drawer(seconds=0.01) as drawer, pytest.raises(NotDrawn) as ended:
        drawer.draw(calendar(), quiet)
    assert (ended.value.fault, ended.value.again) == ("took_too_long", True)


@pytest.mark.slow
def test_a_clock_that_is_put_back_meanwhile_does_not_stop_a_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    said = iter([time.monotonic() + 90 * 24 * 3600])
    passes = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: next(said, None) or passes())
    with Drawer() as drawer:
        assert drawer.draw(calendar(), quiet).findings == ()


@pytest.mark.slow
def test_a_killed_drawing_is_distinguished_from_a_refused_one() -> None:
    drawer = Drawer()

    def kill(_page: int, _pages: int) -> None:
        assert drawer._child is not None
        os.kill(drawer._child.pid, signal.SIGKILL)

    with drawer:
        with pytest.raises(NotDrawn) as ended:
            drawer.draw(calendar(), kill)
        assert ended.value.again
        assert drawer.draw(calendar(), quiet).findings == ()


SHUT_IN = """
import socket, sys
from plans.dispatch import drawer
drawer.MEMORY_BYTES = 256 * 1024 * 1024
drawer.shut_in()
{act}
"""


@pytest.mark.parametrize(
    ("act", "error"),
    [
        ("socket.create_connection(('127.0.0.1', {port}))", "PermissionError"),
        ("socket.socket().connect(('127.0.0.1', {port}))", "PermissionError"),
        (
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))",
            "PermissionError",
        ),
        ("x = bytearray(1024 * 1024 * 1024)", "MemoryError"),
    ],
)
def test_the_drawing_process_has_neither_network_nor_endless_memory(act: str, error: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SHUT_IN.format(act=act.format(port=9))],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0
    assert error in ran.stderr


@pytest.mark.slow
def test_a_drawing_that_computes_without_end_is_ended_by_the_kernel() -> None:
    act = "drawer.CPU_SECONDS = 0; drawer._more_cpu()\nwhile True: pass"
    ran = subprocess.run(
        [sys.executable, "-c", SHUT_IN.format(act=act)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        check=False,
        timeout=30,
    )
    assert ran.returncode == -signal.SIGXCPU


OWN_NETWORK = """
import _socket, os
from plans.dispatch import drawer
before = os.readlink("/proc/self/ns/net")
apart = drawer.shut_in()
assert apart == (os.readlink("/proc/self/ns/net") != before)
if not apart:
    print("forbidden here")
else:
    # Not through Python's own module: nothing but the kernel refuses this.
    _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM).connect(("127.0.0.1", 9))
"""


def test_the_kernel_gives_the_drawing_process_a_network_of_its_own_without_any_way_out() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", OWN_NETWORK],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.stdout.strip() == "forbidden here":
        pytest.skip("this machine forbids a network namespace of one's own")
    assert ran.stderr.strip().endswith("OSError: [Errno 101] Network is unreachable")


WITHOUT_A_NAMESPACE = """
import socket
from plans.dispatch import drawer
# A container that forbids a network of one's own.
drawer._CLONE_NEWUSER = drawer._CLONE_NEWNET = -1
assert not drawer.shut_in()
socket.create_connection(("127.0.0.1", 9))
"""


def test_without_a_network_namespace_it_says_so_and_refuses_pythons_calls() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_NAMESPACE],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr.strip().endswith("PermissionError: the drawing process has no network")


@pytest.mark.slow
def test_the_drawing_process_knows_neither_django_nor_our_keys() -> None:
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "import sys, plans.dispatch.drawer, plans.documents.kinds;"
                "print([name for name in sys.modules if name.split('.')[0] in ('django', 'celery', 'psycopg')])"
            ),
        ],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "[]"
