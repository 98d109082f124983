"""An OpenID Connect provider on this machine, for tests: it vouches for whoever the test says, and asks nobody."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt

CLIENT, SECRET = "taperplan", "a secret of the clinic's own system 123"


@dataclass
class Oidc:
    """The provider: its address, what it says about whoever signs in, and whether it is broken."""

    url: str
    claims: dict[str, Any] = field(default_factory=dict)
    broken: bool = False
    asked: list[str] = field(default_factory=list)


@contextmanager
def running() -> Iterator[Oidc]:
    """Run it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.oidc = Oidc(f"http://127.0.0.1:{server.server_address[1]}")  # type: ignore[attr-defined]  # for the handler
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.oidc  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        oidc: Oidc = self.server.oidc  # type: ignore[attr-defined]
        if self.path == "/.well-known/openid-configuration":
            self._say(
                {
                    "issuer": oidc.url,
                    "authorization_endpoint": f"{oidc.url}/authorize",
                    "token_endpoint": f"{oidc.url}/token",
                    "userinfo_endpoint": f"{oidc.url}/userinfo",
                    "jwks_uri": f"{oidc.url}/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }
            )
        else:
            self._say(oidc.claims)

    def do_POST(self) -> None:
        oidc: Oidc = self.server.oidc  # type: ignore[attr-defined]
        oidc.asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        now = int(time.time())
        told = {"iss": oidc.url, "aud": CLIENT, "iat": now, "exp": now + 300, **oidc.claims}
        token = jwt.encode(told, "not checked: it came straight from the provider", algorithm="HS256")
        self._say({"access_token": "token", "token_type": "Bearer", "id_token": token})

    def _say(self, what: dict[str, Any]) -> None:
        oidc: Oidc = self.server.oidc  # type: ignore[attr-defined]
        body = b"<html>" if oidc.broken else json.dumps(what).encode()
        self.send_response(500 if oidc.broken else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
