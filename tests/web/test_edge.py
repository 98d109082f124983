"""Requests that cannot be read, over real HTTP against the web server as it is run: no 500, and no page of log."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from django.db import connection

from taperplan.local.children import before_exec, free_port
from tests.faults.harness import wait_for

ROOT = Path(__file__).resolve().parents[2]
FORM = "application/x-www-form-urlencoded"
SPEAKS_OF_DANGER = b"page=safety_b&s_thoughts=yes"
TOKEN = "kJ3secrettokenkJ3secrettokenkJ3secrettokenkJ3"


@dataclass(frozen=True)
class Server:
    """A web server that runs, and what it has written."""

    port: int
    log: Path

    def ask(self, request: bytes) -> tuple[int, str]:
        """Send raw bytes; the status and the whole answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as wire:
            wire.sendall(request)
            # The server may have answered and hung up by now.
            with suppress(OSError):
                wire.shutdown(socket.SHUT_WR)
            found = b""
            while chunk := wire.recv(65536):
                found += chunk
        head = found.split(b"\r\n", 1)[0].split()
        return (int(head[1]) if len(head) > 1 else 0), found.decode("utf-8", "replace")

    def lines(self) -> list[str]:
        """What it has written so far."""
        return self.log.read_text().splitlines()


def composed_command() -> list[str]:
    """The command of the web service, from docker-compose.yml."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    command: list[str] = compose["services"]["web"]["command"]
    assert command[0] == "gunicorn"
    return [sys.executable, "-m", *command]


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[Server]:
    """The web server, on this test's database."""
    now, port, log = connection.settings_dict, free_port(), tmp_path / "web.log"
    address = (
        f"postgresql://{now['USER']}:{now['PASSWORD']}@/{now['NAME']}?host={now['HOST']}&port={now['PORT']}"
    )
    told = {
        **os.environ,
        "DATABASE_URL": address,
        "BIND": f"127.0.0.1:{port}",
        "WEB_WORKERS": "1",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
    }
    with log.open("ab") as out:
        process = subprocess.Popen(
            composed_command(),
            cwd=ROOT,
            env=told,
            stdout=out,
            stderr=out,
            preexec_fn=before_exec(signal.SIGTERM, None),  # noqa: PLW1509 - binds its life to ours
        )
    made = Server(port, log)
    try:
        wait_for(lambda: process.poll() is not None or _answers(made), 60)
        assert process.poll() is None, log.read_text()
        yield made
    finally:
        process.terminate()
        process.wait(20)


def _answers(server: Server) -> bool:
    try:
        return server.ask(request("GET", "/healthz"))[0] == 200
    except OSError:
        return False


def request(
    method: str,
    path: str,
    body: bytes = b"",
    *,
    kind: bytes | None = None,
    more: bytes = b"",
    length: bool = True,
) -> bytes:
    """A request as bytes, with a token of ours as cookie, as any browser has after one visit."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n".encode()
    head += b"Cookie: csrftoken=" + b"a" * 32 + b"\r\n"
    head += b"Content-Type: " + kind + b"\r\n" if kind is not None else b""
    head += f"Content-Length: {len(body)}\r\n".encode() if body and length else b""
    return head + more + b"\r\n" + body


CHARSETS = (
    b"latin-1", b"iso-8859-1", b"utf-16", b"utf-7", b"idna", b"punycode", b"rot13", b"hex", b"base64", b"zlib",
    b"undefined", b"unicode_escape", b"mbcs", b"nonsense", b"\xff\xfe", b'"utf-16"',
)  # fmt: skip
KINDS = (
    *(FORM.encode() + b"; charset=" + one for one in CHARSETS),
    FORM.encode() + b"; charset*=foo''bar",
    FORM.encode() + b"; charset*=latin-1'en'utf-8",
    FORM.encode() + b"; charset",
    FORM.encode() + b"; " + b"a=b; " * 200,
    b"multipart/form-data; charset=idna; boundary=x",
    b"multipart/form-data; boundary*=rot13''x",
    b"text",
    b"/",
    b"\xe9\xe9/\xe9",
)  # fmt: skip
BODIES = {
    "no boundary": (b"multipart/form-data", b"--x\r\n\r\n"),
    "an empty boundary": (b"multipart/form-data; boundary=", b"--\r\n\r\n"),
    "a boundary that never comes": (b"multipart/form-data; boundary=abc", b"a" * 900),
    "a part cut short": (b"multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"'),
    "a part in base64 that is none": (
        b"multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--',
    ),
    "a part in another charset": (
        b"multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=rot13\r\n\r\nb\r\n--x--',
    ),
    "a part whose name is in another charset": (
        b"multipart/form-data; boundary=x",
        b"--x\r\nContent-Disposition: form-data; name*=rot13''a\r\n\r\nb\r\n--x--",
    ),
    "bytes that are no UTF-8": (FORM.encode(), b"page=\xff\xfe&s_fit=\xc3\x28"),
    "escapes of no UTF-8": (FORM.encode(), b"page=%ff%fe%00&s_fit=%ud800"),
    "NUL in names and values": (FORM.encode(), b"\0=\0&page=\0"),
    "more fields than anybody has": (FORM.encode(), b"&".join(b"f%d=1" % n for n in range(1_100))),
    "too large a body": (FORM.encode(), b"a" * 1_000_001),
    "JSON": (b"application/json", b'{"page": "safety_b"'),
}  # fmt: skip
HEADERS = {
    "a length that is none": b"Content-Length: twelve\r\n",
    "two lengths": b"Content-Length: 3\r\nContent-Length: 4\r\n",
    "a length below nothing": b"Content-Length: -5\r\n",
    "a length without end": b"Content-Length: " + b"9" * 400 + b"\r\n",
    "an encoding nobody knows": b"Transfer-Encoding: rot13\r\n",
    "chunks that are none": b"Transfer-Encoding: chunked\r\n",
    "a cookie of signs": b"Cookie: \xff\xfe=\x80; ;;;=;a\r\n",
    "languages of signs": b"Accept-Language: \xff,,,;q=x," + b"a-" * 200 + b"\r\n",
    "a host of signs": b"Host: \xff\xfe\r\n",
    "a header without a name": b": nothing\r\n",
    "a header folded": b"X-A: b\r\n c\r\n",
    "a header too long": b"X-A: " + b"b" * 9_000 + b"\r\n",
    "an origin of signs": b"Origin: \xff\xfe://[\r\nReferer: http://[::1\r\n",
}  # fmt: skip
PATHS = (
    "/c/",
    f"/m/{TOKEN}",
    f"/q/{TOKEN[:22]}",
    "/y/",
    "/p/fact",
    "/accounts/login/",
    "/help/us",
    "/mail/events",
)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_no_request_without_a_session_makes_a_500_or_a_page_of_log(server: Server) -> None:
    asked: list[tuple[str, bytes]] = []
    for kind in KINDS:
        some = ("/c/", f"/m/{TOKEN}", "/accounts/login/")
        asked += [
            (f"{kind[:60]!r} {path}", request("POST", path, SPEAKS_OF_DANGER, kind=kind)) for path in some
        ]
        asked.append((f"GET {kind[:60]!r}", request("GET", "/help/us?a=%ff", kind=kind)))
    for name, (kind, body) in BODIES.items():
        asked += [(f"{name} {path}", request("POST", path, body, kind=kind)) for path in PATHS]
    for name, header in HEADERS.items():
        sent = request("POST", f"/m/{TOKEN}", b"a=b", kind=FORM.encode(), more=header, length=False)
        asked.append((name, sent))
    asked.append(("a method of signs", b"\xff\xfe / HTTP/1.1\r\n\r\n"))
    asked.append(("a path of signs", b"GET /c/\xff\xfe%ff%00 HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    before = len(server.lines())
    wrong = []
    for name, sent in asked:
        # One that the server ends without a word is no fault of ours: 0.
        status = server.ask(sent)[0]
        if status >= 500 and status != 501:
            wrong.append(f"{name}: {status}")
    assert wrong == [], [line for line in server.lines() if "ERROR" in line]
    wait_for(lambda: len(server.lines()) > before, 10)
    written = server.lines()[before:]
    # The refusal of a form without its token is a line of its own beside that of the request.
    assert len(written) <= 2 * len(asked)
    assert max(len(line) for line in written) < 2_000
    for line in written:
        assert json.loads(line)["level"] in ("INFO", "WARNING", "ERROR"), line
    assert TOKEN[:22] not in "".join(written)
    assert "127.0.0.1" not in "".join(written)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_page_in_another_charset_is_answered_415_with_help_lines_for_patients(server: Server) -> None:
    for path in ("/c/", f"/m/{TOKEN}", "/help/us"):
        sent = request("POST", path, SPEAKS_OF_DANGER, kind=FORM.encode() + b"; charset=latin-1")
        status, page = server.ask(sent)
        assert status == 415
        assert "988" in page
        assert "Nothing was saved" in page
    spanish = request(
        "POST",
        "/c/",
        b"a=b",
        kind=FORM.encode() + b"; charset=latin-1",
        more=b"Accept-Language: es-MX, es\r\n",
    )
    assert 'lang="es"' in server.ask(spanish)[1]
    staff = server.ask(request("POST", "/accounts/login/", b"a=b", kind=b"text; charset"))
    assert staff[0] == 400
    assert "cannot be read" in staff[1]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_what_nobody_caught_is_one_masked_line_and_a_page_that_helps(tmp_path: Path) -> None:
    told = {
        **os.environ,
        "BIND": f"127.0.0.1:{free_port()}",
        "PYTHONPATH": f"{tmp_path}:{ROOT}",
        "WEB_WORKERS": "1",
    }
    (tmp_path / "broken.py").write_text(
        "import django, os\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'taperplan.settings')\n"
        "django.setup()\n"
        "from plans.web.edge import Edge\n"
        "def inner(environ, start_response):\n"
        "    raise ValueError('a name nobody may read')\n"
        "def bare(environ, start_response):\n"
        "    if environ['PATH_INFO'] == '/healthz':\n"
        "        start_response('200 OK', [('Content-Length', '0')])\n"
        "        return []\n"
        "    return (Edge(inner) if environ['PATH_INFO'].startswith('/c/') else inner)(environ, start_response)\n"
    )
    log = tmp_path / "web.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*composed_command()[:-1], "broken:bare"],
            cwd=ROOT,
            env=told,
            stdout=out,
            stderr=out,
            preexec_fn=before_exec(signal.SIGTERM, None),  # noqa: PLW1509 - binds its life to ours
        )
    server = Server(int(told["BIND"].rpartition(":")[2]), log)
    try:
        wait_for(lambda: _answers(server), 60)
        before = len(server.lines())
        status, page = server.ask(request("GET", f"/c/{TOKEN}"))
        assert (status, "988" in page) == (500, True)
        # What does not even pass our layer: the server's own words, through the same formatter.
        assert server.ask(request("GET", f"/m/{TOKEN}"))[0] == 500
        wait_for(lambda: len(server.lines()) >= before + 3, 10)
    finally:
        process.terminate()
        process.wait(20)
    written = log.read_text()
    faults = [json.loads(line) for line in written.splitlines()]
    assert [one["exception"] for one in faults if one["level"] == "ERROR"] == ["builtins.ValueError"] * 2
    assert TOKEN not in written
    assert "nobody may read" not in written
