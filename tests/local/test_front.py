"""The one open port: patients never wait behind staff, and a request that is not whole reaches nobody."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from taperplan import front
from taperplan.local.children import before_exec, free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[2]
CLINICIANS = 50


@contextmanager
def running(*command: str, port: int, **env: str) -> Iterator[int]:
    child = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=before_exec(signal.SIGKILL, None),  # noqa: PLW1509 - binds its life to ours
    )
    try:
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert child.poll() is None
        yield port
    finally:
        child.kill()
        child.wait(10)


def pool() -> tuple[int, tuple[str, ...]]:
    port = free_port()
    return port, (
        "-m", "gunicorn", "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--bind",
        f"127.0.0.1:{port}", "tests.local.slow_pool",
    )  # fmt: skip


@pytest.fixture(scope="module")
def staff() -> Iterator[int]:
    port, command = pool()
    with running(*command, port=port):
        yield port


@pytest.fixture(scope="module")
def site(staff: int) -> Iterator[int]:
    """The port of the front, with both pools behind it."""
    with ExitStack() as stack:
        patients, command = pool()
        stack.enter_context(running(*command, port=patients))
        port = free_port()
        settings = {
            "BIND": f"127.0.0.1:{port}", "STAFF_POOL": f"127.0.0.1:{staff}",
            "PATIENTS_POOL": f"127.0.0.1:{patients}",
        }  # fmt: skip
        yield stack.enter_context(running("-m", "taperplan.front", port=port, **settings))


def ask(port: int, path: str, body: bytes | None = None) -> tuple[float, int, bytes]:
    """Seconds, status and body of one request."""
    began = time.monotonic()
    there = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        there.request("POST" if body is not None else "GET", path, body)
        answer = there.getresponse()
        said = answer.read()
        return time.monotonic() - began, answer.status, said
    finally:
        there.close()


def while_lists_are_opened(port: int) -> float:
    """The longest that a patient's page took while fifty clinicians open lists, in seconds."""
    stop = threading.Event()

    def clinician() -> None:
        while not stop.is_set():
            ask(port, "/queue")

    with ThreadPoolExecutor(CLINICIANS) as clinic:
        for _ in range(CLINICIANS):
            clinic.submit(clinician)
        try:
            # The lists stand in a row by now.
            ask(port, "/queue")
            return max(ask(port, "/c/help")[0] for _ in range(10))
        finally:
            stop.set()


def test_a_patient_does_not_wait_behind_the_lists_of_a_clinic(site: int, staff: int) -> None:
    together, apart = while_lists_are_opened(staff), while_lists_are_opened(site)
    print(f"a patient's page behind lists: {together:.2f} s in one pool, {apart:.2f} s in their own")
    assert apart < 1
    assert together > 2 * apart


def silent(port: int) -> socket.socket:
    """A form of which one byte comes, and then nothing."""
    there = socket.create_connection(("127.0.0.1", port), 5)
    there.sendall(b"POST /c/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\nx")
    return there


def test_twenty_silent_sockets_are_noticed_by_nobody_and_cut_within_ten_seconds(site: int) -> None:
    began = time.monotonic()
    with ExitStack() as stack:
        held = [stack.enter_context(silent(site)) for _ in range(20)]
        for path in ("/healthz", "/c/", "/queue", "/healthz", "/help/us"):
            seconds, status, _ = ask(site, path)
            assert (status, seconds < 2) == (200, True)
        for one in held:
            one.settimeout(max(0.1, began + 10 - time.monotonic()))
            assert one.recv(100) == b""
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/c/help", "patients"), ("/p/", "patients"), ("/m/x", "patients"), ("/y/", "patients"), ("/q/x", "patients"),
        ("/f/x.ics", "patients"), ("/help/us", "patients"), ("/healthz", "patients"), ("/readyz", "patients"),
        ("/static/site.css", "patients"), ("/", "staff"), ("/queue", "staff"), ("/patients/new", "staff"),
        ("/checkins/1", "staff"), ("/heartbeat", "staff"), ("/healthzz", "staff"), ("//c/", "staff"),
    ],
)  # fmt: skip
def test_each_address_has_its_pool(path: str, who: str) -> None:
    pools = front.Pools(staff=("staff", 1), patients=("patients", 1))
    assert pools.of(path)[0] == who


def test_what_is_posted_arrives_whole_and_the_answer_comes_back(site: int) -> None:
    body = os.urandom(900_000)
    assert ask(site, "/c/", body)[1:] == (200, body)


def raw(port: int, said: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 20) as there:
        there.sendall(said)
        found = b""
        while more := there.recv(65_536):
            found += more
        return found


ODD = {
    "two lengths": b"POST /c/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 5\r\n\r\nx",
    "a length that is no number": b"POST /c/ HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx",
    "a body in chunks": b"POST /c/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "both": b"POST /c/ HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a header over two lines": b"GET /c/ HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
    "a blank before the colon": b"GET /c/ HTTP/1.1\r\nHost : a\r\n\r\n",
    "a bare line feed": b"GET /c/ HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
    "a zero byte": b"GET /c/ HTTP/1.1\r\nHost: a\x00\r\n\r\n",
    "no request": b"hello\r\n\r\n",
    "a whole address": b"GET http://elsewhere/c/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "another version": b"GET /c/ HTTP/2.0\r\nHost: a\r\n\r\n",
    "a head without end": b"GET /c/ HTTP/1.1\r\nX: " + b"a" * 40_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("odd", ODD)
def test_a_request_that_could_hide_another_is_refused(site: int, odd: str) -> None:
    status = raw(site, ODD[odd]).split(b"\r\n")[0].split(b" ")[1]
    assert status in {b"400", b"411", b"431"}


def test_a_second_request_on_one_connection_is_not_read(site: int) -> None:
    twice = b"GET /c/ HTTP/1.1\r\nHost: a\r\n\r\n" * 2
    assert raw(site, twice).count(b"HTTP/1.1") == 1


def test_who_waits_to_be_asked_for_the_body_is_asked(site: int) -> None:
    asked = b"POST /c/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi"
    assert raw(site, asked).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")


def test_a_pool_that_is_gone_is_said_with_what_to_do_in_danger() -> None:
    port, nobody = free_port(), f"127.0.0.1:{free_port()}"
    settings = {"BIND": f"127.0.0.1:{port}", "STAFF_POOL": nobody, "PATIENTS_POOL": nobody}
    # In a process of its own: a worker that has driven a browser keeps a running loop, and has no room for another.
    with running("-m", "taperplan.front", port=port, **settings):
        said = raw(port, b"GET /c/ HTTP/1.1\r\nHost: a\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 503")
    assert b"call your emergency number" in said
