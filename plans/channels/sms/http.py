"""A provider with an HTTP interface: one POST a message, as JSON or as a form, authorised by a header.

The settings say where and how, so that most providers need no file of their own:

    TEXT_URL=https://api.provider.example/messages  TEXT_AUTHORIZATION="Bearer …"
    TEXT_FORMAT=form  TEXT_FIELDS=to=To,text=Body,from=From  TEXT_FROM=+15550199

With TEXT_SIGNING_KEY the body is signed as well: X-Signature: sha256=<HMAC of the body>.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from plans.channels.fates import Fate, SendResult
from plans.channels.short import USUAL_FAULTS, Fault, Provider, ShortMessage

FAULTS: Final = USUAL_FAULTS
_ENOUGH: Final = 65_536


@dataclass(frozen=True, slots=True)
class TextServer:
    """Where and how. `seconds` is the longest that one message may take in all; `fields` names what the provider
    expects for "to", "text", "from" and "id"; a name that is missing is not sent."""

    url: str
    authorization: str = ""
    sender: str = ""
    form: bool = False
    fields: Mapping[str, str] = field(
        default_factory=lambda: {"to": "to", "text": "text", "from": "from", "id": "id"}
    )
    signing_key: bytes = b""
    seconds: float = 10.0


class HttpProvider:
    """Sends each message by one request of its own. The phase decides what an error means."""

    def __init__(self, server: TextServer) -> None:
        self._server = server

    def send(self, message: ShortMessage) -> SendResult:
        """Hand one message over, within the time: a server that answers a byte at a time is cut off too."""
        connection = self._connection()
        try:
            connection.connect()
        except OSError:
            connection.close()
            return Fault.UNREACHABLE.ends(FAULTS)
        cut = threading.Timer(self._server.seconds, _cut, (connection,))
        cut.daemon = True
        cut.start()
        try:
            return self._converse(connection, message)
        finally:
            cut.cancel()
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._server.url)
        host, port, seconds = parts.hostname or "", parts.port, self._server.seconds
        if parts.scheme == "https":
            return http.client.HTTPSConnection(
                host, port, timeout=seconds, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(host, port, timeout=seconds)

    def _converse(self, connection: http.client.HTTPConnection, message: ShortMessage) -> SendResult:
        parts = urlsplit(self._server.url)
        body = self._body(message)
        try:
            connection.request(
                "POST",
                (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
                body,
                self._headers(body),
            )
        except OSError:
            # Not all of it went out.
            return Fault.DROPPED.ends(FAULTS)
        try:
            answer = connection.getresponse()
            answer.read(_ENOUGH)
        except (OSError, http.client.HTTPException):
            return Fault.SILENT.ends(FAULTS)
        return of_status(answer.status)

    def _body(self, message: ShortMessage) -> bytes:
        values = {
            "to": message.to_address,
            "text": message.text,
            "from": self._server.sender,
            "id": message.message_id.strip("<>"),
        }
        named = {
            self._server.fields[name]: value for name, value in values.items() if name in self._server.fields
        }
        return (urlencode(named) if self._server.form else json.dumps(named)).encode()

    def _headers(self, body: bytes) -> dict[str, str]:
        kind = "application/x-www-form-urlencoded" if self._server.form else "application/json"
        headers = {"Content-Type": kind, "User-Agent": "Taperplan"}
        if self._server.authorization:
            headers["Authorization"] = self._server.authorization
        if self._server.signing_key:
            mac = hmac.new(self._server.signing_key, body, hashlib.sha256).hexdigest()
            headers["X-Signature"] = f"sha256={mac}"
        return headers


def _cut(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def of_status(status: int) -> SendResult:
    """The fate by the provider's status: a sign-in that it refuses is our settings' fault, not the number's."""
    if 200 <= status < 300:
        return SendResult(Fate.SENT, "", status)
    if status in (401, 403, 407) or 300 <= status < 400:
        return Fault.REFUSES_US.ends(FAULTS, status)
    if status in (408, 425, 429, 503):
        return Fault.LATER.ends(FAULTS, status)
    if status < 500:
        return Fault.REFUSED.ends(FAULTS, status)
    return Fault.FAILED.ends(FAULTS, status)


def make() -> Provider:
    """The provider of the settings."""
    return HttpProvider(
        TextServer(
            url=settings.TEXT_URL,
            authorization=settings.TEXT_AUTHORIZATION,
            sender=settings.TEXT_FROM,
            form=settings.TEXT_FORMAT == "form",
            fields=settings.TEXT_FIELDS,
            signing_key=settings.TEXT_SIGNING_KEY.encode(),
            seconds=float(settings.TEXT_TIMEOUT),
        )
    )
