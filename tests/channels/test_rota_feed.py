"""A rota's calendar: fetched from a real server, never from where it should not be, and read into events."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from zoneinfo import ZoneInfo

import pytest

from plans.channels.rota_feed import fetch, read_events
from plans.channels.rota_feed.fetching import _is_public
from plans.domain.review.rota_feed import FeedFailed, FeedProblem

ZONE = ZoneInfo("America/New_York")
START = datetime(2026, 12, 3, 17, tzinfo=UTC)
END = START + timedelta(days=60)
HERE = ("127.0.0.1",)


class Served(ThreadingHTTPServer):
    """A calendar server whose next answer a test chooses."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.body, self.drip = 200, b"", 0.0
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/rota.ics?key=1"


class _Handler(BaseHTTPRequestHandler):
    server: Served

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        for at in range(0, len(self.server.body), 1000 if self.server.drip else len(self.server.body) or 1):
            try:
                self.wfile.write(self.server.body[at : at + 1000] if self.server.drip else self.server.body)
                self.wfile.flush()
            except OSError:
                return
            time.sleep(self.server.drip)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Served]:
    with Served() as served:
        threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield served
        served.shutdown()


def problem(address: str, **more: object) -> FeedProblem:
    with pytest.raises(FeedFailed) as failed:
        fetch(address, **more)  # type: ignore[arg-type]
    return failed.value.problem


def test_a_calendar_is_fetched_with_its_whole_address(server: Served) -> None:
    server.body = b"BEGIN:VCALENDAR"
    assert fetch(server.address, private_hosts=HERE) == b"BEGIN:VCALENDAR"
    assert server.asked == ["/rota.ics?key=1"]


def test_our_own_network_is_asked_nothing_unless_the_operator_says_so(server: Served) -> None:
    for address in (
        server.address.replace("http:", "https:"),
        f"https://localhost:{server.server_port}/",
        "https://10.0.0.1/rota.ics",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://0.0.0.0/",
    ):
        assert problem(address) is FeedProblem.PRIVATE, address
    assert server.asked == []


@pytest.mark.parametrize(
    ("raw", "public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("127.0.0.1", False), ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False), ("fe80::1%eth0", False), ("100.64.0.1", False), ("224.0.0.1", False),
    ],
)  # fmt: skip
def test_which_addresses_are_public(raw: str, public: bool) -> None:
    assert _is_public(raw) is public


def test_without_tls_only_a_named_host_is_asked(server: Served) -> None:
    assert problem(server.address) is FeedProblem.NOT_HTTPS
    assert problem("file:///etc/passwd", private_hosts=HERE) is FeedProblem.NOT_HTTPS
    assert problem("http://rota.example.org/x") is FeedProblem.NOT_HTTPS


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (301, FeedProblem.MOVED), (302, FeedProblem.MOVED), (401, FeedProblem.DENIED), (403, FeedProblem.DENIED),
        (404, FeedProblem.GONE), (410, FeedProblem.GONE), (500, FeedProblem.FAILED), (204, FeedProblem.FAILED),
    ],
)  # fmt: skip
def test_what_is_no_calendar_has_its_own_name(server: Served, status: int, wanted: FeedProblem) -> None:
    server.status, server.headers = status, {"Location": server.address}
    assert problem(server.address, private_hosts=HERE) is wanted
    assert len(server.asked) == 1, "a redirection was followed"


@pytest.mark.slow
def test_a_calendar_too_large_or_too_slow_is_given_up(server: Served) -> None:
    server.body = b"x" * 5_000
    assert problem(server.address, private_hosts=HERE, most=4_999) is FeedProblem.TOO_LARGE
    server.drip = 0.1
    assert problem(server.address, private_hosts=HERE, seconds=0.15) is FeedProblem.UNREACHABLE


def test_nobody_there_is_said(server: Served) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert problem(f"http://127.0.0.1:{port}/", private_hosts=HERE) is FeedProblem.UNREACHABLE
    assert problem("https://[broken/") is FeedProblem.UNREACHABLE


# --- reading --------------------------------------------------------------------------------------------------------


def calendar(*events: str) -> bytes:
    inside = "".join(
        f"BEGIN:VEVENT\nUID:{number}\nDTSTAMP:20261101T000000Z\n{one}\nEND:VEVENT\n"
        for number, one in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Hospital//Rota//EN\n{inside}END:VCALENDAR\n".replace(
        "\n", "\r\n"
    ).encode()


def read(raw: bytes):
    return read_events(raw, zone=ZONE, start=START, end=END)


def test_an_event_with_a_zone_one_in_utc_and_one_on_the_clinics_clock() -> None:
    found = read(
        calendar(
            "SUMMARY:Utc\nDTSTART:20261205T220000Z\nDTEND:20261206T130000Z",
            "SUMMARY:Zoned\nDTSTART;TZID=Europe/London:20261206T220000\nDTEND;TZID=Europe/London:20261207T080000",
            "SUMMARY:Floating\nDTSTART:20261207T170000\nDTEND:20261208T080000",
            "SUMMARY:Whole day\nDTSTART;VALUE=DATE:20261209\nDTEND;VALUE=DATE:20261211",
            "SUMMARY:One day\nDTSTART;VALUE=DATE:20261212",
        )
    )
    assert [(one.name, one.start, one.end) for one in found] == [
        ("Utc", datetime(2026, 12, 5, 22, tzinfo=UTC), datetime(2026, 12, 6, 13, tzinfo=UTC)),
        ("Zoned", datetime(2026, 12, 6, 22, tzinfo=UTC), datetime(2026, 12, 7, 8, tzinfo=UTC)),
        ("Floating", datetime(2026, 12, 7, 22, tzinfo=UTC), datetime(2026, 12, 8, 13, tzinfo=UTC)),
        ("Whole day", datetime(2026, 12, 9, 5, tzinfo=UTC), datetime(2026, 12, 11, 5, tzinfo=UTC)),
        ("One day", datetime(2026, 12, 12, 5, tzinfo=UTC), datetime(2026, 12, 13, 5, tzinfo=UTC)),
    ]


def test_a_shift_under_way_on_the_clinics_clock_is_not_missed() -> None:
    # Eight to five in New York, read at noon there, when it is five in the afternoon in Greenwich.
    (found,) = read(calendar("SUMMARY:Day\nDTSTART:20261203T080000\nDTEND:20261203T170000"))
    assert (found.start, found.end) == (START - timedelta(hours=4), START + timedelta(hours=5))
    (day,) = read(calendar("SUMMARY:Day\nDTSTART;VALUE=DATE:20261203"))
    assert day.start < START < day.end


def test_repeated_events_are_worked_out_with_their_exceptions() -> None:
    found = read(
        calendar(
            "SUMMARY:Nights\nDTSTART;TZID=America/New_York:20261102T170000\nDTEND;TZID=America/New_York:20261103T080000\n"
            "RRULE:FREQ=WEEKLY;COUNT=8\nEXDATE;TZID=America/New_York:20261214T170000"
        )
    )
    assert [one.start.astimezone(ZONE).date().isoformat() for one in found] == ["2026-12-07", "2026-12-21"]


def test_a_cancelled_event_and_one_without_length_are_no_shift_and_who_is_invited_is_read() -> None:
    found = read(
        calendar(
            "SUMMARY:Off\nSTATUS:CANCELLED\nDTSTART:20261205T220000Z\nDTEND:20261206T130000Z",
            "SUMMARY:Moment\nDTSTART:20261205T220000Z",
            "SUMMARY:Shift\nATTENDEE;CN=Ann:mailto:ann@clinic.example.org\nATTENDEE:MAILTO:ben@clinic.example.org\n"
            "DTSTART:20261205T220000Z\nDTEND:20261206T130000Z",
        )
    )
    assert [one.addresses for one in found] == [("ann@clinic.example.org", "ben@clinic.example.org")]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>Sign in</html>",
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
        b"\xff\xfe\x00",
        b"BEGIN:VCALENDAR\r\n",
    ],
)
def test_what_is_no_calendar_is_refused(raw: bytes) -> None:
    with pytest.raises(FeedFailed) as failed:
        read(raw)
    assert failed.value.problem is FeedProblem.NOT_A_CALENDAR


def test_a_calendar_without_events_has_none() -> None:
    assert read(calendar()) == ()


@pytest.mark.parametrize("how_often", ["SECONDLY", "MINUTELY", "HOURLY", "secondly"])
def test_a_rule_that_would_take_for_ever_is_refused_before_it_is_worked_out(how_often: str) -> None:
    with pytest.raises(FeedFailed) as failed:
        read(calendar(f"SUMMARY:x\nDTSTART:20261101T000000Z\nDTEND:20261101T000001Z\nRRULE:FREQ={how_often}"))
    assert failed.value.problem is FeedProblem.TOO_OFTEN


def test_a_broken_event_spoils_the_calendar_rather_than_leaving_a_shift_out() -> None:
    with pytest.raises(FeedFailed):
        read(calendar("SUMMARY:x\nDTSTART:tomorrow\nDTEND:20261206T130000Z"))
