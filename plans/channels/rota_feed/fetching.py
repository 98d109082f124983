"""Fetches a calendar from an address that a lead has typed: never from inside our own network, and never for long.

The address that was checked is the one connected to, so that a name cannot lead elsewhere in between. Redirections are
not followed.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Collection
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from plans.domain.review.rota_feed import FeedFailed, FeedProblem

SECONDS: Final = 10.0
LARGEST: Final = 1_000_000
_CHUNK: Final = 65_536
_PORTS: Final = {"https": 443, "http": 80}
# Addresses of the old internet within the new one.
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")


def fetch(
    address: str, *, private_hosts: Collection[str] = (), seconds: float = SECONDS, most: int = LARGEST
) -> bytes:
    """The bytes at an address, within `seconds` and at most `most` of them. Raises FeedFailed.

    `private_hosts`: hosts of the operator's own network, which alone may be private or be asked without TLS.
    """
    parts = _parts(address)
    host, trusted = parts.hostname or "", (parts.hostname or "") in private_hosts
    if parts.scheme != "https" and not (parts.scheme == "http" and trusted):
        raise FeedFailed(FeedProblem.NOT_HTTPS)
    ends = time.monotonic() + seconds
    port = parts.port or _PORTS[parts.scheme]
    connection = HTTPConnection(host, port, timeout=seconds)
    try:
        connection.sock = _connected(host, port, parts.scheme == "https", trusted, seconds)
        connection.request(
            "GET",
            f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}",
            headers={"Accept": "text/calendar", "Accept-Encoding": "identity", "User-Agent": "Taperplan"},
        )
        with connection.getresponse() as answer:
            _check_status(answer.status)
            return _body(answer, ends, most)
    except ssl.SSLCertVerificationError as fault:
        raise FeedFailed(FeedProblem.CERTIFICATE) from fault
    except (OSError, HTTPException, UnicodeError) as fault:
        raise FeedFailed(FeedProblem.UNREACHABLE) from fault
    finally:
        connection.close()


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as fault:
        raise FeedFailed(FeedProblem.UNREACHABLE) from fault
    return parts


def _connected(host: str, port: int, tls: bool, trusted: bool, seconds: float) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]) for one in found]
    if not trusted and not all(_is_public(one) for one in addresses):
        raise FeedFailed(FeedProblem.PRIVATE)
    plain = socket.create_connection((addresses[0], port), timeout=seconds)
    if not tls:
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except OSError:
        plain.close()
        raise


def _is_public(raw: str) -> bool:
    address: IPv4Address | IPv6Address = ip_address(raw.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address in _TRANSLATED:
            return False
        address = address.ipv4_mapped or address
    return address.is_global and not address.is_multicast


def _check_status(status: int) -> None:
    if status == HTTPStatus.OK:
        return
    if 300 <= status < 400:
        raise FeedFailed(FeedProblem.MOVED)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise FeedFailed(FeedProblem.DENIED)
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise FeedFailed(FeedProblem.GONE)
    raise FeedFailed(FeedProblem.FAILED)


def _body(answer: HTTPResponse, ends: float, most: int) -> bytes:
    found = bytearray()
    while chunk := answer.read1(_CHUNK):
        found += chunk
        if len(found) > most:
            raise FeedFailed(FeedProblem.TOO_LARGE)
        if time.monotonic() > ends:
            raise FeedFailed(FeedProblem.UNREACHABLE)
    return bytes(found)
