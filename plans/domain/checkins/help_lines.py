"""Crisis lines by country: dated data with a source each (`help_lines.toml`), read once."""

from __future__ import annotations

import calendar
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

from plans.domain.errors import TaperplanError

ANY: Final = "ANY"
_FILE: Final = Path(__file__).with_name("help_lines.toml")
_KINDS: Final = frozenset({"call", "text", "web"})
_ABOUT: Final = frozenset({"talk", "advice"})
_MARKS: Final = frozenset({"verified", "second_hand", "unverified"})


class BadHelpLines(TaperplanError):
    """A country's entry that breaks the grammar of `help_lines.toml`: facts `country` and `why`."""

    code = "bad_help_lines"


@dataclass(frozen=True, slots=True)
class Line:
    """One way to reach somebody. `always`: day and night; `free`: costs the caller nothing; `mark`: verified,
    second_hand or unverified."""

    kind: str
    number: str
    name: str
    about: str
    always: bool
    free: bool
    mark: str

    @property
    def href(self) -> str:
        """The address a tap opens."""
        return _href(self.kind, self.number)


@dataclass(frozen=True, slots=True)
class Help:
    """Whom to call in a country, where we have it from and when it was last compared."""

    country: str
    emergency: str
    emergency_mark: str
    lines: tuple[Line, ...]
    source: str
    checked_on: date

    @property
    def emergency_href(self) -> str:
        """The address a tap on the emergency number opens."""
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


def _read(country: str, entry: dict[str, Any]) -> Help:
    try:
        lines = tuple(_line(country, raw) for raw in entry["lines"])
        found = Help(
            country=country,
            emergency=str(entry["emergency"]),
            emergency_mark=str(entry["emergency_mark"]),
            lines=lines,
            source=str(entry["source"]),
            checked_on=entry["checked_on"],
        )
    except (KeyError, TypeError) as wrong:
        raise BadHelpLines(country=country, why="missing") from wrong
    if not isinstance(found.checked_on, date) or not found.source or not lines:
        raise BadHelpLines(country=country, why="undated")
    return found


def _line(country: str, raw: dict[str, Any]) -> Line:
    line = Line(
        kind=str(raw["kind"]),
        number=str(raw["number"]),
        name=str(raw["name"]),
        about=str(raw["about"]),
        always=raw["hours"] == "always",
        free=raw["free"] is True,
        mark=str(raw["mark"]),
    )
    if line.kind not in _KINDS or line.about not in _ABOUT or line.mark not in _MARKS:
        raise BadHelpLines(country=country, why="unknown_kind")
    return line


def help_for(country: str) -> Help:
    """The lines of a country (two letters, any case); the fallback for a country we know none of."""
    return _book().get(country.upper(), _book()[ANY])


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
    """Anything with a day on which it was last compared."""

    @property
    def checked_on(self) -> date:
        """That day."""


def look_again_on(entry: Checked) -> date:
    """The day from which an entry is due for another look."""
    return _add_months(entry.checked_on, _recheck_months())


def due_for_a_look(today: date) -> tuple[Help, ...]:
    """Entries last compared more than `recheck_months` ago."""
    return tuple(entry for entry in _book().values() if look_again_on(entry) <= today)


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
