"""Single cells: dates and amounts as spreadsheets write them, read only where one reading is possible."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from plans.domain.amounts import Dose
from plans.domain.caseload_file.problems import BadRow
from plans.domain.text import BadText, fold

_MIDNIGHT: Final = re.compile(r"[T ]+00:00(?::00(?:\.0+)?)?\Z")
_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_NUMBERS: Final = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{2}|[0-9]{4})\Z")
_YEAR_FIRST: Final = re.compile(r"([0-9]{4})[/.]([0-9]{1,2})[/.]([0-9]{1,2})\Z")
_NAMED: Final = re.compile(r"([0-9]{1,2})[ /.-]+(?:de )?([a-z]{3,10})\.?[ /.-]+(?:de )?([0-9]{4})\Z")
_MONTHS: Final = {
    name: n
    for n, names in enumerate(
        (
            "january enero", "february febrero", "march marzo", "april abril", "may mayo", "june junio",
            "july julio", "august agosto", "september septiembre setiembre", "october octubre",
            "november noviembre", "december diciembre",
        ),
        start=1,
    )
    for whole in names.split()
    for name in {whole, whole[:3], whole[:4]}
}  # fmt: skip
_COMMA: Final = re.compile(r"[0-9]{1,3},[0-9]{1,5}\Z")
_POINT: Final = re.compile(r"[0-9]{1,3}[.][0-9]{1,5}\Z")
_THOUSANDS: Final = re.compile(r"[1-9][0-9]{0,2}[,.][0-9]{3}\Z")
_LIST: Final = re.compile(r"[;|\n]")


class DayOrder(StrEnum):
    """What is first in a date of numbers alone; UNSAID: only dates that can be read in one way are read."""

    UNSAID = "unsaid"
    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


def read_day(raw: str, order: DayOrder) -> date:
    """A day: 2026-11-30, 30 Nov 2026, or numbers with a year of four digits. Raises BadText and BadRow.

    Of 03/04/2026 either number may be the month; it is refused unless `order` says which.
    """
    text = _MIDNIGHT.sub("", raw.strip())
    if _ISO.match(text):
        year, month, day = text.split("-")
        return _day(year, month, day)
    if found := _YEAR_FIRST.match(text):
        return _day(*found.groups())
    if found := _NAMED.match(fold(text)):
        return _day(found[3], str(_MONTHS.get(found[2], 0)), found[1])
    numbers = _NUMBERS.match(text)
    if numbers is None:
        raise BadText(why="not_date")
    first, second, year = numbers.groups()
    if len(year) == 2:
        raise BadRow(why="day_two_digits", raw=text)
    if int(first) > 12 or int(second) > 12 or first.zfill(2) == second.zfill(2):
        found_order = DayOrder.DAY_FIRST if int(first) > 12 else DayOrder.MONTH_FIRST
        if order not in (DayOrder.UNSAID, found_order) and int(first) != int(second):
            raise BadRow(why="day_other_order", raw=text)
        order = found_order
    if order is DayOrder.UNSAID:
        raise BadRow(why="day_ambiguous", raw=text, write=f"{year}-{second:0>2}-{first:0>2}",
                     other=f"{year}-{first:0>2}-{second:0>2}")  # fmt: skip
    return _day(year, second, first) if order is DayOrder.DAY_FIRST else _day(year, first, second)


def _day(year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise BadText(why="no_such_day") from None


@dataclass(frozen=True, slots=True)
class DecimalSigns:
    """Which signs divide decimals somewhere in a file beyond doubt: "0,5" does, "1,125" may divide thousands."""

    comma: bool = False
    point: bool = False

    @classmethod
    def of(cls, amounts: Iterable[str]) -> DecimalSigns:
        """The signs in these cells."""
        sure = [text for text in map(str.strip, amounts) if not _THOUSANDS.match(text)]
        return cls(any(map(_COMMA.match, sure)), any(map(_POINT.match, sure)))


def read_amount(raw: str, signs: DecimalSigns) -> Dose:
    """A dose in mg, exact: 1.25, or 1,25 where the comma can only be a decimal one. Raises BadAmount and BadRow.

    1,125 and 1.125 are read only in a file whose other amounts say which sign it uses.
    """
    text = raw.strip()
    if _THOUSANDS.match(text):
        if "," in text and (signs.point or not signs.comma):
            raise BadRow(why="comma_ambiguous", raw=text, write=text.replace(",", "."))
        if "." in text and signs.comma:
            raise BadRow(why="point_ambiguous", raw=text, write=f"{text}0")
    return Dose.parse(text.replace(",", ".") if _COMMA.match(text) else text)


def one_of(raw: str, words: Mapping[str, str]) -> str:
    """The code for a word. Raises BadRow with the words that are known."""
    code = words.get(fold(raw))
    if code is None:
        raise BadRow(why="not_known", raw=_short(raw), known=_known(words))
    return code


def several_of(raw: str, words: Mapping[str, str]) -> tuple[str, ...]:
    """The codes of a list, divided by semicolons, upright strokes or lines, or by commas. Raises as `one_of`."""
    codes, unknown = _codes(raw, words)
    if unknown:
        raise BadRow(why="not_known", raw=_short(unknown[0]), known=_known(words))
    return codes


def codes_and_texts(raw: str, words: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The codes of a list, and what of it is no code and stays text."""
    return _codes(raw, words)


def _codes(raw: str, words: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    codes: set[str] = set()
    unknown: list[str] = []
    for piece in filter(None, map(str.strip, _LIST.split(raw))):
        parts = (
            [piece] if fold(piece) in words else [part.strip() for part in piece.split(",") if part.strip()]
        )
        if all(fold(part) in words for part in parts):
            codes |= {words[fold(part)] for part in parts}
        else:
            known = [part for part in parts if fold(part) in words]
            codes |= {words[fold(part)] for part in known}
            unknown += [part for part in parts if part not in known]
    return tuple(sorted(codes - {""})), tuple(unknown)


def _known(words: Mapping[str, str]) -> list[str]:
    """One word for each code, in the order of the words."""
    first: dict[str, str] = {}
    for word, code in words.items():
        first.setdefault(code, word)
    return [word for code, word in first.items() if code]


def _short(raw: str, most: int = 60) -> str:
    return raw if len(raw) <= most else f"{raw[:most]}…"
