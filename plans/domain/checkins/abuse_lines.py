"""Domestic abuse lines by country: `[[domestic_abuse]]` in `help_lines.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from plans.domain.checkins.help_lines import BadHelpLines, phone_href
from plans.domain.json import JsonObject

_FILE: Final = Path(__file__).with_name("help_lines.toml")
_MARKS: Final = frozenset({"verified", "second_hand", "unverified"})


@dataclass(frozen=True, slots=True)
class AbuseLine:
    """One way to reach a line. `kind`: call or text; `send`: the word to text; `always`: open day and night; `free`:
    free of charge; `mark`: verified, second_hand or unverified."""

    country: str
    kind: str
    number: str
    send: str
    name: str
    always: bool
    free: bool
    source: str
    checked_on: date
    mark: str

    @property
    def href(self) -> str:
        """The link that a tap opens."""
        if self.kind == "text":
            return f"sms:{self.number}?body={self.send}"
        return phone_href(self.number)


@cache
def everything() -> tuple[AbuseLine, ...]:
    """Every line. Raises BadHelpLines for an entry that breaks the grammar of the file."""
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(read(raw) for raw in data["domestic_abuse"])


def read(raw: JsonObject) -> AbuseLine:
    """Read one entry of the file. Raises BadHelpLines: missing, undated or unknown_kind."""
    country = str(raw.get("country", ""))
    try:
        line = AbuseLine(
            country=str(raw["country"]),
            kind=str(raw["kind"]),
            number=str(raw["number"]),
            send=str(raw.get("send", "")),
            name=str(raw["name"]),
            always=raw["hours"] == "always",
            free=raw["free"] is True,
            source=str(raw["source"]),
            checked_on=raw["checked_on"],
            mark=str(raw["mark"]),
        )
    except KeyError as gone:
        raise BadHelpLines(country=country, why="missing") from gone
    if not isinstance(line.checked_on, date) or not line.source:
        raise BadHelpLines(country=country, why="undated")
    if (
        line.kind not in ("call", "text")
        or line.mark not in _MARKS
        or (line.kind == "text") != bool(line.send)
    ):
        raise BadHelpLines(country=country, why="unknown_kind")
    return line


def lines_for(country: str) -> tuple[AbuseLine, ...]:
    """The lines of a country (two letters, any case); empty if none is known."""
    return tuple(line for line in everything() if line.country == country.upper())
