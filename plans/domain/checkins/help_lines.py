"""Crisis lines by country, each with its date and source (`help_lines.toml`), read once."""

from __future__ import annotations

import calendar
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final, Protocol

from plans.domain.amounts import NBSP
from plans.domain.errors import TaperplanError
from plans.domain.json import JsonObject

ANY: Final = "ANY"
_FILE: Final = Path(__file__).with_name("help_lines.toml")
_KINDS: Final = frozenset({"call", "text", "web"})
_ABOUT: Final = frozenset({"talk", "advice"})
_MARKS: Final = frozenset({"verified", "second_hand", "unverified"})
_WAYS: Final = frozenset({"press", "send", "chat", "interpreter", "video", "relay"})
_SIGNED: Final = {"ase": "ASL", "fcs": "LSQ", "bfi": "BSL", "asf": "Auslan"}
_OF_A_LANGUAGE: Final = frozenset({"press", "send", "chat"})
"""Kinds of service shown only to readers of their language; the others are shown to everybody."""


class BadHelpLines(TaperplanError):
    """A country's entry that breaks the grammar of `help_lines.toml`: facts `country` and `why`."""

    code = "bad_help_lines"
    shown = frozenset({"country", "why"})


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One help line. `always`: open day and night; `free`: free of charge; `mark`: verified, second_hand or unverified;
    `names`: its own name in other languages; `languages`: those it answers in, empty if unknown.

    For a reader of one language (see `help_for`): `press` is the key to press once the line answers, `send` the word to
    text; `in_english`: it does not answer in the reader's language.
    """

    kind: str
    number: str
    name: str
    about: str
    always: bool
    free: bool
    mark: str
    names: Mapping[str, str]
    languages: tuple[str, ...]
    press: str = ""
    send: str = ""
    in_english: bool = False

    @property
    def href(self) -> str:
        """The address a tap opens."""
        return _href(self.kind, self.number) + (f"?body={self.send}" if self.send else "")


@dataclass(frozen=True, slots=True)
class Service:
    """A further way to reach the line with this number; see the grammar at the top of `help_lines.toml`."""

    line: str
    way: str
    language: str
    give: str
    source: str
    checked_on: date
    mark: str

    @property
    def sign(self) -> str:
        """The name of the sign language, for `video`."""
        return _SIGNED.get(self.language, "")

    @property
    def number(self) -> str:
        """The number of the line, with no-break spaces."""
        return self.line.replace(" ", NBSP)

    @property
    def site(self) -> str:
        """The address of a chat, shortened for display."""
        return self.give.removeprefix("https://")

    @property
    def href(self) -> str:
        """The link that a tap opens: a chat page or a number to dial; empty if there is none."""
        if self.way == "chat":
            return self.give
        return _href("call", self.give) if self.give.replace(" ", "").isdigit() else ""


@dataclass(frozen=True, slots=True)
class Help:
    """Whom to call in a country, with the source and the day it was last checked."""

    country: str
    emergency: str
    emergency_mark: str
    lines: tuple[HelpLine, ...]
    services: tuple[Service, ...]
    source: str
    checked_on: date

    @property
    def ways(self) -> tuple[tuple[HelpLine, tuple[Service, ...]], ...]:
        """Each number with its further services; numbers without any are left out."""
        first = {line.number: line for line in reversed(self.lines)}
        found = [
            (line, tuple(one for one in self.services if one.line == number))
            for number, line in first.items()
        ]
        return tuple((line, services) for line, services in reversed(found) if services)

    @property
    def emergency_href(self) -> str:
        """The link that a tap on the emergency number opens."""
        return _href("call", self.emergency)

    @property
    def same_number(self) -> bool:
        """Whether the first number takes calls and texts."""
        return {("call", self.lines[0].number), ("text", self.lines[0].number)} <= {
            (line.kind, line.number) for line in self.lines
        }

    @property
    def known(self) -> bool:
        """Whether this is the country's own entry, not the fallback."""
        return self.country != ANY


def _href(kind: str, number: str) -> str:
    if kind == "web":
        return number
    digits = "".join(sign for sign in number if sign.isdigit() or sign == "+")
    return f"{'sms' if kind == 'text' else 'tel'}:{digits}"


def phone_href(number: str) -> str:
    """The `tel:` address of a phone number as people write it."""
    return _href("call", number)


@cache
def _book() -> dict[str, Help]:
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    data.pop("recheck_months", None)
    data.pop("domestic_abuse", None)
    return {country: _read(country, entry) for country, entry in data.items()}


def _read(country: str, entry: JsonObject) -> Help:
    try:
        lines = tuple(_line(country, raw) for raw in entry["lines"])
        found = Help(
            country=country,
            emergency=str(entry["emergency"]),
            emergency_mark=str(entry["emergency_mark"]),
            lines=lines,
            services=tuple(_service(country, lines, raw) for raw in entry.get("services", ())),
            source=str(entry["source"]),
            checked_on=entry["checked_on"],
        )
    except (KeyError, TypeError) as wrong:
        raise BadHelpLines(country=country, why="missing") from wrong
    if not isinstance(found.checked_on, date) or not found.source or not lines:
        raise BadHelpLines(country=country, why="undated")
    return found


def _line(country: str, raw: JsonObject) -> HelpLine:
    line = HelpLine(
        kind=str(raw["kind"]),
        number=str(raw["number"]),
        name=str(raw["name"]),
        about=str(raw["about"]),
        always=raw["hours"] == "always",
        free=raw["free"] is True,
        mark=str(raw["mark"]),
        names={str(code): str(name) for code, name in raw.get("names", {}).items()},
        languages=tuple(raw.get("languages", ())),
    )
    if line.kind not in _KINDS or line.about not in _ABOUT or line.mark not in _MARKS:
        raise BadHelpLines(country=country, why="unknown_kind")
    return line


def _service(country: str, lines: tuple[HelpLine, ...], raw: JsonObject) -> Service:
    service = Service(
        line=str(raw["line"]),
        way=str(raw["way"]),
        language=str(raw["language"]),
        give=str(raw["give"]),
        source=str(raw["source"]),
        checked_on=raw["checked_on"],
        mark=str(raw["mark"]),
    )
    if (
        service.way not in _WAYS
        or service.mark not in _MARKS
        or (service.way == "video") != bool(service.sign)
    ):
        raise BadHelpLines(country=country, why="unknown_kind")
    if service.line not in {line.number for line in lines}:
        raise BadHelpLines(country=country, why="unknown_line")
    if not isinstance(service.checked_on, date) or not service.source:
        raise BadHelpLines(country=country, why="undated")
    return service


def help_for(country: str, language: str = "en") -> Help:
    """The help lines of a country (two letters, any case) for a reader of a language.

    An unknown country gets the fallback. The lines carry their names in that language, the key to press and the word to
    text; `services` are only those that concern the reader.
    """
    return _in_language(_book().get(country.upper(), _book()[ANY]), language)


def _in_language(entry: Help, language: str) -> Help:
    mine = [one for one in entry.services if one.language == language]
    gives = {(one.line, one.way): one.give for one in mine if one.way in _OF_A_LANGUAGE}
    lines = tuple(
        replace(
            line,
            name=line.names.get(language, line.name),
            press=gives.get((line.number, "press"), "") if line.kind == "call" else "",
            send=gives.get((line.number, "send"), "") if line.kind == "text" else "",
            in_english=bool(line.languages) and language not in line.languages,
        )
        for line in entry.lines
    )
    others = [one for one in entry.services if one.way not in _OF_A_LANGUAGE]
    return replace(
        entry, lines=lines, services=tuple(one for one in mine if one.way == "chat") + tuple(others)
    )


def countries() -> tuple[str, ...]:
    """The countries with an entry of their own."""
    return tuple(code for code in _book() if code != ANY)


def everything() -> tuple[Help, ...]:
    """Every entry, the fallback last."""
    return tuple(_book().values())


@cache
def _recheck_months() -> int:
    return int(tomllib.loads(_FILE.read_text(encoding="utf-8"))["recheck_months"])


class Checked(Protocol):
    """Anything with a day on which it was last checked."""

    @property
    def checked_on(self) -> date:
        """That day."""


def look_again_on(entry: Checked) -> date:
    """The day from which an entry is due for another check."""
    return _add_months(entry.checked_on, _recheck_months())


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
