"""The shipped proxy, run from the machine's own nginx: TLS, sizes, limits, and nobody who holds what others need."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import socketserver
import ssl
import subprocess
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from plans.web import addresses
from taperplan import front
from taperplan.local import proxy
from taperplan.local.children import free_port
from tests.faults.harness import wait_for
from tests.local.test_front import pool
from tests.local.test_front import running as program

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = (ROOT / "deploy/nginx/nginx.conf.in").read_text(encoding="utf-8")
TOKEN = "kJ3secrettokenkJ3secrettokenkJ3secrettokenkJ3"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(scope="module", autouse=True)
def _nginx() -> None:
    if proxy.nginx() is not None:
        return
    if os.environ.get("TAPERPLAN_REQUIRE_PROXY") == "1":
        pytest.fail(proxy.MISSING)
    pytest.skip(proxy.MISSING)


class Echo(socketserver.ThreadingTCPServer):
    """A stand-in for the front process: it answers with the head that it got and the length of the body."""

    allow_reuse_address = True
    daemon_threads = True


class _Told(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        head = b""
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            head += line
        found = re.search(rb"(?im)^content-length: *([0-9]+)", head)
        body = self.rfile.read(int(found[1])) if found else b""
        said = head + b"body: %d\r\n" % len(body)
        self.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(said) + said
        )


@contextmanager
def echoing() -> Iterator[proxy.Proxy]:
    with Echo(("127.0.0.1", 0), _Told) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with proxy.running(server.server_address[1]) as made:
            yield made
        server.shutdown()


@pytest.fixture(scope="module")
def echo() -> Iterator[proxy.Proxy]:
    """The proxy with an echo behind it."""
    with echoing() as made:
        yield made


@pytest.fixture(scope="module")
def quiet() -> Iterator[proxy.Proxy]:
    """Another one, for tests that read its log and wait for their own lines: no other test asks it anything."""
    with echoing() as made:
        yield made


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str


def ask(
    made: proxy.Proxy,
    path: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    tls: bool = True,
    network: str = "127.0.0.1",
    **headers: str,
) -> Answer:
    there = (
        http.client.HTTPSConnection(
            proxy.HOST, made.https, timeout=30, context=made.trust(), source_address=(network, 0)
        )
        if tls
        else http.client.HTTPConnection("127.0.0.1", made.http, timeout=30, source_address=(network, 0))
    )
    try:
        given = {"Host": proxy.HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
        there.request(method, path, body, given)
        found = there.getresponse()
        text = found.read().decode("utf-8", "replace")
        return Answer(found.status, {name.lower(): value for name, value in found.getheaders()}, text)
    finally:
        there.close()


@contextmanager
def logged(made: proxy.Proxy, number: int = 1) -> Iterator[list[str]]:
    """The lines that the proxy writes of what is asked meanwhile: it answers first and writes afterwards."""

    def lines() -> list[str]:
        return made.log.read_text().splitlines()

    before, found = len(lines()), list[str]()
    yield found
    wait_for(lambda: len(lines()) >= before + number, 10)
    found.extend(lines()[before:])


# ── TLS and names ─────────────────────────────────────────────────────────────────────────────────────────────


def shake(made: proxy.Proxy, name: str, newest: ssl.TLSVersion) -> str | None:
    """The version agreed on with a client that asks for `name` and knows nothing newer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with warnings.catch_warnings():
        # The old versions, which Python warns of, are what is tried.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = newest
    raw = socket.create_connection(("127.0.0.1", made.https), 10)
    with raw, context.wrap_socket(raw, server_hostname=name) as wire:
        return wire.version()


def test_two_versions_of_tls_are_spoken_and_the_old_ones_are_not(echo: proxy.Proxy) -> None:
    assert shake(echo, proxy.HOST, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    assert shake(echo, proxy.HOST, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    with pytest.raises((ssl.SSLError, ConnectionError)):
        shake(echo, proxy.HOST, ssl.TLSVersion.TLSv1_1)


def test_another_name_gets_no_certificate_and_no_answer(echo: proxy.Proxy) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        shake(echo, "elsewhere.example.org", ssl.TLSVersion.TLSv1_3)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask(echo, "/", tls=False, Host="elsewhere.example.org")


def test_without_tls_pages_are_redirected_and_machines_and_posts_are_refused(echo: proxy.Proxy) -> None:
    page = ask(echo, "/help/us", tls=False)
    assert (page.status, page.headers["location"]) == (301, f"https://{proxy.HOST}/help/us")
    for method, path in (
        ("POST", "/c/"), ("POST", "/mail/events"), ("GET", "/mail/events"), ("GET", f"/f/{TOKEN}.ics"),
        ("GET", "/heartbeat"),
    ):  # fmt: skip
        refused = ask(echo, path, method=method, tls=False)
        assert (refused.status, "location" in refused.headers) == (403, False)


# ── what goes on, and what does not ───────────────────────────────────────────────────────────────────────────


def test_what_a_client_says_of_itself_is_not_believed(echo: proxy.Proxy) -> None:
    told = ask(
        echo, "/", X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="http", Forwarded="for=203.0.113.9",
        X_Forwarded_Host="elsewhere.example.org",
    ).body  # fmt: skip
    assert "203.0.113.9" not in told
    assert "elsewhere" not in told
    assert "X-Forwarded-For: 127.0.0.1\r\n" in told
    assert "X-Forwarded-Proto: https\r\n" in told
    assert f"Host: {proxy.HOST}\r\n" in told


def test_a_body_too_large_is_refused_and_a_file_is_taken(echo: proxy.Proxy) -> None:
    assert ask(echo, "/c/", method="POST", body=b"x" * addresses.LARGEST_BODY).status == 200
    refused = ask(echo, "/c/", method="POST", body=b"x" * (addresses.LARGEST_BODY + 1))
    assert (refused.status, "Nothing was saved" in refused.body) == (413, True)
    for path in (addresses.FILES, addresses.PATIENT_FILES):
        assert (
            f"body: {addresses.LARGEST_FILE}"
            in ask(echo, path, method="POST", body=b"x" * addresses.LARGEST_FILE).body
        )
        assert ask(echo, path, method="POST", body=b"x" * (addresses.LARGEST_FILE + 1)).status == 413


def test_readiness_is_for_the_machines_inside(echo: proxy.Proxy) -> None:
    assert ask(echo, "/readyz").status == 404
    assert ask(echo, "/healthz").status == 200


def test_a_refusal_of_the_proxy_says_what_to_do_and_whom_to_call() -> None:
    with proxy.running(free_port()) as made:
        answer = ask(made, "/c/")
    assert (answer.status, answer.headers["retry-after"]) == (503, "30")
    assert "Nothing was saved" in answer.body
    assert "emergency number" in answer.body
    assert "emergencias" in answer.body
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_neither_the_address_nor_who_asked_is_logged(quiet: proxy.Proxy) -> None:
    with logged(quiet, 2) as lines:
        ask(quiet, f"/c/{TOKEN}?also=this")
        ask(quiet, "/mail/events", method="POST", body=b"secret words")
    assert [json.loads(line)["lane"] for line in lines] == ["checkin", "machine"]
    for word in (TOKEN, "also", "secret words", "127.0.0.1"):
        assert word not in "\n".join(lines)


# ── lanes and limits ──────────────────────────────────────────────────────────────────────────────────────────

LANES = {"help": {"checkin", "static"}, "patients": {"patient"}, "documents": {"patient", "machine"}}


@pytest.mark.parametrize(
    "path",
    ["/c/", "/c/now", "/help/us", "/help", "/static/site.css", "/healthz", "/p/", "/p/calendar.pdf", "/f/x.ics", "/y/x",
     "/m/x", "/q/x", "/q/x/plan", "/k/x", "/", "/queue", "/patients/new", "/accounts/login/", "/mail/events",
     "/heartbeat", "/clinics", "/calls"],
)  # fmt: skip
def test_the_lanes_are_those_of_the_front_process(quiet: proxy.Proxy, path: str) -> None:
    with logged(quiet) as lines:
        ask(quiet, path)
    lane = json.loads(lines[-1])["lane"]
    name = front.lane_of(path).name
    if path.startswith("/k/"):
        # Staff answer an alert there; it counts as a link's page here.
        assert (name, lane) == ("staff", "patient")
    else:
        assert lane in LANES.get(name, {"staff", "machine"})


@contextmanager
def silent(made: proxy.Proxy, number: int) -> Iterator[None]:
    """Connections that are held: some say nothing, some shake hands alone, some send a byte of a form."""
    with ExitStack() as stack:
        for one in range(number):
            wire = stack.enter_context(socket.create_connection(("127.0.0.1", made.https), 10))
            if one % 3:
                secure = stack.enter_context(made.trust().wrap_socket(wire, server_hostname=proxy.HOST))
                if one % 3 == 2:
                    secure.sendall(b"POST /c/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\nx")
        yield


@pytest.fixture(scope="module")
def site() -> Iterator[proxy.Proxy]:
    """The proxy, the front process and both pools, as docker-compose.yml has them."""
    with ExitStack() as stack:
        ports = []
        for _ in range(2):
            port, command = pool()
            ports.append(stack.enter_context(program(*command, port=port)))
        port = free_port()
        settings = {
            "BIND": f"127.0.0.1:{port}", "STAFF_POOL": f"127.0.0.1:{ports[0]}",
            "PATIENTS_POOL": f"127.0.0.1:{ports[1]}",
        }  # fmt: skip
        stack.enter_context(program("-m", "taperplan.front", port=port, **settings))
        yield stack.enter_context(proxy.running(port))


def served(made: proxy.Proxy) -> None:
    """Staff and a check-in get their pages, and an answer is taken."""
    assert ask(made, "/items/1").status == 200
    assert ask(made, "/c/help").status == 200
    assert ask(made, "/c/", method="POST", body=b"page=safety").body == "page=safety"


def test_silent_sockets_and_slow_bodies_hold_nobody_else(site: proxy.Proxy) -> None:
    with silent(site, 20):
        served(site)
        with silent(site, 20):
            served(site)


@pytest.mark.parametrize(
    ("path", "network"), [("/accounts/login/", "127.0.0.2"), ("/accounts/password/reset/", "127.0.0.3")]
)
def test_a_flood_of_sign_ins_is_cut_and_staff_and_check_ins_are_served(
    site: proxy.Proxy, path: str, network: str
) -> None:
    # Each from a network of its own: what one has used up is not given to the other.
    def post(_number: int) -> int:
        return ask(site, path, method="POST", body=b"login=a@example.org", network=network).status

    with ThreadPoolExecutor(8) as others:
        found = list(others.map(post, range(60)))
        assert set(found) == {200, 429}
        served(site)
    # Looking at the page is no attempt.
    assert ask(site, path).status == 200


def test_a_flood_of_pages_from_one_network_is_cut_and_its_check_ins_are_not(site: proxy.Proxy) -> None:
    def look(_number: int) -> int:
        return ask(site, "/p/", network="127.0.0.4").status

    with ThreadPoolExecutor(16) as others:
        found = list(others.map(look, range(300)))
    assert 429 in found
    served(site)


# ── the configuration ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SITE_URL": "http://localhost"}, "SITE_URL"),
        ({"CERTIFICATE": "/nowhere.pem"}, "CERTIFICATE"),
        ({"ALLOWED_HOSTS": "a.example.org; } evil {"}, "HOSTS"),
        ({"FRONT": "front:8000\nevil"}, "FRONT"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(
    tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    env = proxy.settings(tmp_path, 1) | changes
    found = subprocess.run(
        ["sh", str(proxy.START), "check"], env=env, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stderr.partition(":")[0]) == (2, said)


def test_more_host_names_are_taken(tmp_path: Path) -> None:
    env = proxy.settings(tmp_path, 1) | {"ALLOWED_HOSTS": "b.example.org,c.example.org"}
    subprocess.run(["sh", str(proxy.START), "check"], env=env, check=True)
    assert "server_name localhost b.example.org c.example.org;" in (tmp_path / "run/nginx.conf").read_text()


def test_sizes_are_those_of_the_application() -> None:
    sizes = set(re.findall(r"client_max_body_size (\d+);", CONFIGURATION))
    assert sizes == {str(addresses.LARGEST_BODY), str(addresses.LARGEST_FILE)}
