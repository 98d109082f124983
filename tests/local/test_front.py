"""The one open port: help waits behind nothing, and an incomplete request reaches no process."""

from __future__ import annotations

import asyncio
import http.client
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from plans.web import addresses
from taperplan import front
from taperplan.local.children import before_exec, free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 50


@contextmanager
def running(*command: str, port: int, **env: str) -> Iterator[int]:
    child = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        # These processes do not depend on the hour, and waits on a moved clock can last for ever (`make test-hours`).
        env={name: value for name, value in os.environ.items() if name != "LD_PRELOAD"} | env,
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
        "-m", "gunicorn", "--worker-class", "gthread", "--workers", "2", "--threads", "4",
        "--worker-connections", "4", "--bind", f"127.0.0.1:{port}", "tests.local.slow_pool",
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


def while_others_ask(port: int, slow: str, quick: str) -> float:
    """The longest that a quick page took while fifty people ask for a slow one, in seconds."""
    stop = threading.Event()

    def other() -> None:
        while not stop.is_set():
            ask(port, slow)

    with ThreadPoolExecutor(PEOPLE) as others:
        for _ in range(PEOPLE):
            others.submit(other)
        try:
            # The others stand in a row by now.
            ask(port, slow)
            return max(ask(port, quick)[0] for _ in range(5))
        finally:
            stop.set()


@pytest.mark.parametrize(
    ("slow", "quick"), [("/queue", "/c/help"), ("/queue", "/items/1"), ("/p/calendar.pdf", "/c/help")]
)
def test_help_and_what_is_urgent_wait_behind_no_lists_and_no_documents(
    site: int, staff: int, slow: str, quick: str
) -> None:
    together, apart = while_others_ask(staff, slow, quick), while_others_ask(site, slow, quick)
    print(f"{quick} behind {slow}: {together:.2f} s in one row, {apart:.2f} s in lanes")
    assert apart < 1
    assert together > 2 * apart


@contextmanager
def held_pool() -> Iterator[tuple[socket.socket, int]]:
    """A pool that answers when the test does, and the port of a front with it as both pools."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        listener.settimeout(20)
        port, there = free_port(), f"127.0.0.1:{listener.getsockname()[1]}"
        settings = {
            "BIND": f"127.0.0.1:{port}", "STAFF_POOL": there, "PATIENTS_POOL": there,
            "WEB_WORKERS": "2", "PATIENT_WORKERS": "2", "WEB_THREADS": "4",
        }  # fmt: skip
        with running("-m", "taperplan.front", port=port, **settings):
            yield listener, port


def begin(port: int, path: str) -> socket.socket:
    """A request whose answer is not waited for."""
    there = socket.create_connection(("127.0.0.1", port), 20)
    there.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    return there


def came(listener: socket.socket) -> tuple[socket.socket, str]:
    """The next request that is handed on: where it is answered, and its path."""
    there, _ = listener.accept()
    there.settimeout(20)
    said = b""
    while b"\r\n\r\n" not in said:
        said += there.recv(65_536)
    return there, said.split(b" ")[1].decode()


def answer(there: socket.socket) -> None:
    there.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    there.close()


def all_of(there: socket.socket) -> bytes:
    found = b""
    while more := there.recv(65_536):
        found += more
    return found


def first_answered(asked: Iterable[socket.socket]) -> socket.socket:
    """The first of these requests to be answered."""
    with selectors.DefaultSelector() as selector:
        for one in asked:
            selector.register(one, selectors.EVENT_READ)
        [(key, _), *others] = selector.select(30)
        assert others == []
        assert isinstance(key.fileobj, socket.socket)
        return key.fileobj


THREADS = 8


@pytest.mark.parametrize(
    ("many", "goes_on"),
    [
        ("/p/calendar.pdf", ("/p/", "/c/now", "/help/us", "/static/site.css")), ("/f/x.ics", ("/c/", "/p/")),
        ("/p/mark", ("/c/help",)), ("/p/", ("/p/calendar.pdf", "/c/", "/help/us/en")),
        ("/c/now", ("/p/", "/p/calendar.pdf")), ("/queue", ("/items/1", "/c/help", "/accounts/login/")),
        ("/patients/1", ("/c/help", "/p/")),
    ],
)  # fmt: skip
def test_a_full_lane_says_so_and_holds_up_no_other(many: str, goes_on: tuple[str, ...]) -> None:
    lane = front.lane_of(many)
    with held_pool() as (listener, port), ExitStack() as stack:
        asked = [
            stack.enter_context(begin(port, many)) for _ in range(lane.at_once(THREADS) + lane.waiting + 1)
        ]
        # One too many: all others are in the pool or in the row.
        refused = first_answered(asked)
        said = all_of(refused).decode()
        assert said.startswith("HTTP/1.1 503")
        assert "\r\nRetry-After: 60\r\n" in said
        assert "Nothing was saved" in said
        assert "call your emergency number" in said
        held = [stack.enter_context(came(listener)[0]) for _ in range(lane.at_once(THREADS))]
        for path in goes_on:
            other = stack.enter_context(begin(port, path))
            there, which = came(listener)
            assert which == path
            answer(there)
            assert all_of(other).endswith(b"ok")
        # Whoever waits in the row comes when one in the pool is through.
        answer(held[0])
        there, which = came(listener)
        there.close()
        assert which == many


def test_a_free_thread_goes_to_help_before_it_goes_to_who_came_earlier() -> None:
    answers, pages = front.lane_of("/c/"), front.lane_of("/p/")
    with held_pool() as (listener, port), ExitStack() as stack:
        for _ in range(answers.at_once(THREADS)):
            stack.enter_context(begin(port, "/c/"))
        held = [stack.enter_context(came(listener)[0]) for _ in range(answers.at_once(THREADS))]
        # The lane of pages may hold more than are left: the others wait, and came first.
        for _ in range(pages.at_once(THREADS)):
            stack.enter_context(begin(port, "/p/"))
        for _ in range(THREADS - answers.at_once(THREADS)):
            stack.enter_context(came(listener)[0])
        # One too many: all others wait by now.
        first_answered(stack.enter_context(begin(port, "/c/now")) for _ in range(answers.waiting + 1))
        answer(held[0])
        there, which = came(listener)
        there.close()
        assert which == "/c/now"


def test_a_page_whose_reader_left_the_row_is_not_asked_for_and_what_was_posted_is() -> None:
    lane = front.lane_of("/p/mark")
    with held_pool() as (listener, port), ExitStack() as stack:
        for _ in range(lane.at_once(THREADS)):
            stack.enter_context(begin(port, "/p/mark"))
        held = [stack.enter_context(came(listener)[0]) for _ in range(lane.at_once(THREADS))]
        begin(port, "/p/calendar.pdf").close()
        with socket.create_connection(("127.0.0.1", port), 20) as posted:
            posted.sendall(b"POST /p/plan.ics HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
        # One too many: all others wait by now, those two first.
        first_answered(stack.enter_context(begin(port, "/p/feed")) for _ in range(lane.waiting - 1))
        for one in held:
            answer(one)
        came_next = [came(listener) for _ in range(2)]
        for there, _ in came_next:
            there.close()
        assert sorted(which for _, which in came_next) == ["/p/feed", "/p/plan.ics"]


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
    ("path", "lane"),
    [
        ("/c/help", "help"), ("/c/", "help"), ("/help/us", "help"), ("/healthz", "help"), ("/readyz", "help"),
        ("/static/site.css", "help"), ("/p/", "patients"), ("/m/x", "patients"), ("/y/", "patients"),
        ("/q/x", "patients"), ("/p/calendar", "documents"), ("/p/calendar.pdf", "documents"), ("/f/x.ics", "documents"),
        ("/p/plan.ics", "documents"), ("/p/mark", "documents"), ("/", "lists"), ("/queue", "lists"),
        ("/queue/next", "staff"), ("/patients/new", "staff"), ("/checkins/1", "staff"), ("/heartbeat", "staff"),
        ("/healthzz", "staff"), ("//c/", "staff"), ("/items/1/claim", "staff"),
    ],
)  # fmt: skip
def test_each_address_has_its_lane(path: str, lane: str) -> None:
    assert front.lane_of(path).name == lane


@pytest.mark.parametrize(
    "path", ["/c", "/p/x", "/y/", "/m/x", "/q/x/plan", "/f/x.ics", "/help/us/en", "/", "/queue", "/items/1"]
)
def test_patients_and_staff_share_no_process(path: str) -> None:
    patients = addresses.PATIENT_PATHS.match(path) is not None
    assert (front.lane_of(path).pool is front.PoolName.PATIENTS) is patients


def test_in_no_pool_can_the_other_lanes_hold_every_thread_that_the_first_needs() -> None:
    for pool in front.PoolName:
        _, *others = (lane for lane in front.LANES if lane.pool is pool)
        for threads in (4, 8, 12, 64):
            assert sum(lane.at_once(threads) for lane in others) < threads


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


def test_an_unreachable_pool_is_reported_with_what_to_do_in_danger() -> None:
    port, nobody = free_port(), f"127.0.0.1:{free_port()}"
    settings = {"BIND": f"127.0.0.1:{port}", "STAFF_POOL": nobody, "PATIENTS_POOL": nobody}
    # In a process of its own: a worker that has driven a browser keeps a running loop, and has no room for another.
    with running("-m", "taperplan.front", port=port, **settings):
        said = raw(port, b"GET /c/ HTTP/1.1\r\nHost: a\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 503")
    assert b"call your emergency number" in said


def read_by_front(path: str, length: int, *, others: int = 0) -> int:
    """The bytes of a body that the front reads for an address, while so many files are being read."""

    async def read() -> int:
        reader = asyncio.StreamReader(limit=10_000_000)
        reader.feed_data(f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n".encode())
        reader.feed_data(b"x" * length)
        async with asyncio.timeout(30) as limit:
            found = await front.read(reader, None, limit, asyncio.Semaphore(4 - others))  # type: ignore[arg-type]  # nothing is written back
            assert (limit.when() or 0) - asyncio.get_running_loop().time() > (
                31 if found.body[1_000_000:] else 0
            )
        return len(found.body)

    # In a thread of its own: a worker that has driven a browser keeps a running loop.
    with ThreadPoolExecutor(1) as pool_of_one:
        return pool_of_one.submit(asyncio.run, read()).result()


def test_only_the_address_of_files_takes_more_than_a_megabyte_and_longer_to_send_it() -> None:
    assert read_by_front("/import", 5_100_000) == 5_100_000
    assert read_by_front("/import", 5_100_001) == 0
    assert read_by_front("/import/x", 1_000_001) == 0
    assert read_by_front("/c/", 1_000_001) == 0
    assert read_by_front("/c/", 1_000_000) == 1_000_000


def test_few_files_are_read_at_once_and_forms_do_not_wait_for_them() -> None:
    with pytest.raises(front.RequestRefused) as refused:
        read_by_front("/import", 1_500_000, others=4)
    assert refused.value.status.startswith("503")
    assert read_by_front("/import", 500_000, others=4) == 500_000
