"""Staff and check-ins while somebody attacks the front, against the same without, in one run.

Requests go through the shipped proxy (TLS) and the front server to both pools. From another address of loopback come
20 silent sockets, 20 bodies of a byte a second, and floods of sign-ins and of password resets, as fast as they are
answered. Any page that staff or patients do not get ends the run.
"""

from __future__ import annotations

import asyncio
import os
import re
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from time import perf_counter
from typing import Final
from urllib.parse import urlencode

from benchmarks import bench_together, large_clinic, visitors
from benchmarks.line import BenchmarkLine
from taperplan.local import proxy

SECONDS: Final = float(os.environ.get("FRONT_SECONDS", "10"))
PATIENTS: Final = 20
CLINICIANS: Final = 5
HELD: Final = 20
FLOODERS: Final = 8
_THINKS: Final = (0.2, 0.6)
_ATTACKER: Final = ("127.0.0.2", 0)
_FLOODED: Final = ("/accounts/login/", "/accounts/password/reset/")


def run() -> Iterator[BenchmarkLine]:
    """Measure without, with, and again without the attack, so that a busy moment hits both."""
    from django.db import connections

    if proxy.nginx() is None:
        raise RuntimeError(proxy.MISSING)
    clinic = large_clinic.make(700, clinicians=CLINICIANS, asked=PATIENTS)
    connections.close_all()
    calm, attacked, answers = visitors.Measurements(), visitors.Measurements(), Counter[str]()
    with bench_together.service(TRUSTED_PROXIES="1") as port, proxy.running(port) as made:
        browsers: dict[str, dict[str, str]] = {token: {} for token in clinic.tokens}

        async def phase(measured: visitors.Measurements, seconds: float) -> None:
            until, tls = perf_counter() + seconds, made.trust()
            patients = (
                visitors.patient(
                    visitors.Visitor(made.https, measured, n, browsers[token], _THINKS, tls), token, until
                )
                for n, token in enumerate(clinic.tokens)
            )
            clinicians = (
                visitors.clinician(
                    visitors.Visitor(made.https, measured, n, {"sessionid": key}, _THINKS, tls), clinic, until
                )
                for n, key in enumerate(clinic.sessions)
            )
            await asyncio.gather(*patients, *clinicians)

        async def under_attack() -> None:
            attack = asyncio.create_task(_attack(made, answers))
            await phase(attacked, SECONDS)
            attack.cancel()
            with suppress(asyncio.CancelledError):
                await attack

        asyncio.run(phase(visitors.Measurements(), 3))
        asyncio.run(phase(calm, SECONDS / 2))
        asyncio.run(under_attack())
        asyncio.run(phase(calm, SECONDS / 2))
    if errors := {*calm.errors, *attacked.errors}:
        raise RuntimeError(f"pages that were not served: {sorted(errors)}")
    told = ", ".join(f"{number} times {status}" for status, number in sorted(answers.items()))
    print(f"{HELD} silent, {HELD} slow; the floods got {told}")
    for kind, name in bench_together.KINDS.items():
        ours, yardstick = attacked.slow(kind), calm.slow(kind)
        yield BenchmarkLine(f"{name} under attack, 95 of 100", ours, yardstick, ours / yardstick)


async def _attack(made: proxy.Proxy, answers: Counter[str]) -> None:
    tls = made.trust()
    await asyncio.gather(
        *(_silent(made) for _ in range(HELD)),
        *(_slow(made, tls) for _ in range(HELD)),
        *(_flood(made, tls, _FLOODED[n % 2], answers) for n in range(FLOODERS)),
    )


async def _silent(made: proxy.Proxy) -> None:
    """Say nothing, and come again whenever it is cut off."""
    while True:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", made.https, local_addr=_ATTACKER)
            try:
                await reader.read(1)
            finally:
                writer.transport.abort()


async def _open(made: proxy.Proxy, tls: ssl.SSLContext) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(
        "127.0.0.1", made.https, ssl=tls, server_hostname=proxy.HOST, local_addr=_ATTACKER
    )


async def _slow(made: proxy.Proxy, tls: ssl.SSLContext) -> None:
    """Send a form a byte a second, and begin again whenever it is cut off."""
    while True:
        with suppress(OSError):
            _, writer = await _open(made, tls)
            try:
                writer.write(b"POST /c/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n")
                while not writer.is_closing():
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(1)
            finally:
                writer.transport.abort()


async def _flood(made: proxy.Proxy, tls: ssl.SSLContext, path: str, answers: Counter[str]) -> None:
    """Post the form as fast as it is answered, with its token, so that the password is really checked."""
    page = await _say(made, tls, f"GET {path} HTTP/1.1", "")
    cookie = re.search(r"(?i)set-cookie: (csrftoken=[^;]+)", page)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if cookie is None or token is None:
        raise RuntimeError(f"{path} shows no form")
    number = 0
    while True:
        number += 1
        form = {
            "csrfmiddlewaretoken": token[1], "login": f"a{number}@example.org", "email": f"a{number}@example.org",
            "password": "wrong",
        }  # fmt: skip
        head = f"POST {path} HTTP/1.1\r\nCookie: {cookie[1]}"
        said = await _say(made, tls, head, urlencode(form))
        answers[said[9:12] or "none"] += 1


async def _say(made: proxy.Proxy, tls: ssl.SSLContext, head: str, body: str) -> str:
    """One request; its whole answer, empty where the connection was refused or cut."""
    more = (
        f"\r\nHost: localhost\r\nOrigin: https://localhost\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with suppress(OSError):
        reader, writer = await _open(made, tls)
        try:
            writer.write((head + more + body).encode())
            return (await reader.read()).decode("utf-8", "replace")
        finally:
            writer.transport.abort()
    return ""
