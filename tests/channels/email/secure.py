"""An SMTP server that wants TLS and a sign-in, with a certificate made for this test alone."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "riverside", "a long quiet river 42"


@dataclass
class Kept:
    """A message, whether it came through TLS and who had signed in."""

    content: bytes
    encrypted: bool
    user: str


@dataclass
class Keeper:
    """What came in, and every password that was offered."""

    kept: list[Kept] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a message."""
        who = session.auth_data.login.decode() if session.auth_data is not None else ""
        content = envelope.content
        assert isinstance(content, bytes)
        self.kept.append(Kept(content, session.ssl is not None, who))
        return "250 kept"

    def sign_in(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        """Whether a sign-in is the right one."""
        assert isinstance(given, LoginPassword)
        self.offered.append(given.password.decode())
        right = given.login.decode() == USER and given.password.decode() == PASSWORD
        return AuthResult(success=right, auth_data=given, handled=False)


def certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key, in one file."""
    found = folder / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key.pem"), "-out", str(found)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    found.write_text(found.read_text() + (folder / "key.pem").read_text())
    return found


@contextmanager
def secure(pem: Path, *, tls: bool = True) -> Iterator[tuple[Keeper, int]]:
    """The server and its port. With `tls=False` it offers neither encryption nor a sign-in."""
    keeper = Keeper()
    more: dict[str, Any] = {}
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pem)
        more = {
            "tls_context": context,
            "require_starttls": True,
            "authenticator": keeper.sign_in,
            "auth_required": True,
            "auth_require_tls": True,
        }
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(keeper, hostname="127.0.0.1", port=port, ready_timeout=30, **more)
    server.start()
    try:
        yield keeper, port
    finally:
        server.stop()
