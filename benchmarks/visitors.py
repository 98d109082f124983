"""Simulated visitors: patients who answer a check-in page by page, clinicians who go from list to record."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import defaultdict
from dataclasses import dataclass, field
from random import Random
from time import perf_counter
from typing import Final
from urllib.parse import urlencode, urlsplit

from benchmarks.large_clinic import Large

# Seconds between clicks: faster than people are.
THINKS: Final = (2.0, 4.0)
_PATIENCE_SECONDS: Final = 60.0
_INPUT: Final = re.compile(r"<input[^>]*>")
_ATTRIBUTE: Final = re.compile(r'([a-z-]+)="([^"]*)"')
# Numbers are chosen from a list.
_SELECT: Final = re.compile(r'<select[^>]*\bname="([^"]*)"[^>]*>(.*?)</select>', re.DOTALL)
_OPTION: Final = re.compile(r'<option value="([^"]+)"')
_LISTS: Final = ("/", "/queue", "/?sort=change", "/queue?tab=nobody", "/queue/figures")


@dataclass
class Measurements:
    """What visitors measured: seconds by kind of page, and every error response."""

    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)

    def slow(self, *kinds: str) -> float:
        """The 95th percentile of these pages' times."""
        found = sorted(one for kind in kinds for one in self.seconds[kind])
        return found[int(len(found) * 0.95)]

    def middle(self, *kinds: str) -> float:
        """The median of these pages' times."""
        found = sorted(one for kind in kinds for one in self.seconds[kind])
        return found[len(found) // 2]


class Visitor:
    """One browser: its cookies, where it records measurements, how long its user thinks between clicks.

    `tls`: the certificate that it trusts; None: it speaks plain HTTP.
    """

    def __init__(
        self,
        port: int,
        measured: Measurements,
        number: int,
        cookies: dict[str, str],
        thinks: tuple[float, float] = THINKS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._port, self._measured, self._tls = port, measured, tls
        self._cookies = cookies
        self.thinks = thinks
        self.chance = Random(number)

    async def ask(self, kind: str, path: str, posted: dict[str, str] | None = None) -> str:
        """Request an address, follow redirects, and record the time under `kind`; returns the page."""
        began = perf_counter()
        page = await self._one(kind, path, posted)
        self._measured.seconds[kind].append(perf_counter() - began)
        return page

    async def _one(self, kind: str, path: str, posted: dict[str, str] | None) -> str:
        body = b"" if posted is None else urlencode(posted).encode()
        head = [
            f"{'GET' if posted is None else 'POST'} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}",
            "Cookie: " + "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            *([] if posted is None else ["Content-Type: application/x-www-form-urlencoded"]),
            *([] if self._tls is None else ["Origin: https://localhost", "Connection: close"]), "", "",
        ]  # fmt: skip
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", self._port, ssl=self._tls, server_hostname="localhost" if self._tls else None
                )
                try:
                    writer.write("\r\n".join(head).encode() + body)
                    raw = await reader.read()
                finally:
                    writer.transport.abort()
        except OSError as error:
            self._measured.errors.append(f"{kind}: {type(error).__name__}")
            return ""
        return await self._understood(kind, raw)

    async def _understood(self, kind: str, raw: bytes) -> str:
        first, _, page = raw.partition(b"\r\n\r\n")
        lines = first.decode("latin-1").split("\r\n")
        status = lines[0].split(" ")[1] if " " in lines[0] else "none"
        there = None
        for name, _, value in (line.partition(": ") for line in lines[1:]):
            if name.lower() == "set-cookie":
                cookie, _, kept = value.split(";")[0].partition("=")
                self._cookies[cookie] = kept
            elif name.lower() == "location":
                there = urlsplit(value)
        if there is not None:
            return await self._one(kind, f"{there.path}?{there.query}" if there.query else there.path, None)
        if status != "200":
            self._measured.errors.append(f"{kind}: {status}")
        return page.decode()

    async def think(self) -> None:
        """Wait between two clicks."""
        await asyncio.sleep(self.chance.uniform(*self.thinks))


def answers(page: str) -> dict[str, str]:
    """Answers without flags to one page of a check-in; empty where there is no form."""
    from tests.makers_checkins import CALM

    found: dict[str, str] = {}
    choices: defaultdict[str, list[str]] = defaultdict(list)
    for tag in _INPUT.findall(page):
        told: dict[str, str] = dict(_ATTRIBUTE.findall(tag))
        name, kind = told.get("name", ""), told.get("type", "text")
        if kind == "radio":
            choices[name].append(told.get("value", ""))
        elif kind == "hidden":
            found[name] = told.get("value", "")
    for name, options in _SELECT.findall(page):
        choices[name] = _OPTION.findall(options)
    if "page" not in found:
        return {}
    return found | {
        name: CALM.get(name, "no" if "no" in values else values[0]) for name, values in choices.items()
    }


async def patient(visitor: Visitor, token: str, until: float) -> None:
    """Open the link, answer page by page, open help; then open help now and then."""
    await asyncio.sleep(visitor.chance.uniform(0, visitor.thinks[1]))
    page = await visitor.ask("open", f"/c/{token}")
    while perf_counter() < until:
        await visitor.think()
        posted = answers(page)
        if posted and visitor.chance.random() > 0.2:
            page = await visitor.ask("answer", "/c/", posted)
        else:
            await visitor.ask("help", "/c/help")


async def clinician(visitor: Visitor, clinic: Large, until: float) -> None:
    """Go from lists to records and plans and back."""
    await asyncio.sleep(visitor.chance.uniform(0, visitor.thinks[1]))
    choose = visitor.chance.choice
    while perf_counter() < until:
        if visitor.chance.random() < 0.5:
            await visitor.ask("list", choose(_LISTS))
        else:
            one = choose(("patients", "plans", "items"))
            await visitor.ask("record", f"/{one}/{choose(getattr(clinic, one))}")
        await visitor.think()
