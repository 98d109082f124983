"""Strict reading of JSON values: closed keys, exact types, amounts as text; a refusal carries the path of its value.

A bool is not a number here, and floats are refused. Values echoed in a refusal are shortened, so that a huge input
cannot produce a huge message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Final

from plans.domain.amounts import Dose, Volume
from plans.domain.errors import BadAmount
from plans.domain.taper.refusals import (
    BadDate,
    BadJson,
    Duplicate,
    DuplicateKey,
    EmptyList,
    MissingKey,
    NotOneOf,
    OutOfRange,
    TooMany,
    UnknownKey,
    WrongType,
    ZeroAmount,
)
from plans.domain.taper.schedule import DAY_ORDER, MOST_TIMES, TimeOfDay
from plans.domain.taper.weekdays import EVERY_DAY, WEEKDAYS, Weekdays

_CLOCK_TIMES: Final = "00:00 to 23:59"
FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2189
MOST_BYTES: Final = 4_000_000
_ECHO: Final = 40
_LONGEST_TEXT: Final = 200
_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_PERCENT: Final = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.[0-9]{1,3})?\Z")


def kind(value: object) -> str:
    """The type of a JSON value, as named in refusals."""
    if value is None:
        return "null"
    names = {
        bool: "true_or_false",
        int: "whole_number",
        float: "fraction",
        str: "text",
        list: "list",
        dict: "object",
    }
    return names.get(type(value), "something_else")


def echo(value: object) -> str:
    """A short copy of a value for a message."""
    text = value if isinstance(value, str) else kind(value)
    return text if len(text) <= _ECHO else text[:_ECHO] + "…"


def members(
    value: object, where: str, *, required: Iterable[str] = (), optional: Iterable[str] = ()
) -> Mapping[str, object]:
    """A JSON object with exactly these keys. Raises WrongType, UnknownKey or MissingKey with the path."""
    if not isinstance(value, dict):
        raise WrongType(where=where, expected="object", got=kind(value))
    must, may = tuple(required), tuple(optional)
    for key in value:
        if key not in must and key not in may:
            raise UnknownKey(where=join(where, echo(key)), key=echo(key), allowed=[*must, *may])
    for key in must:
        if key not in value:
            raise MissingKey(where=join(where, key), key=key)
    return value


def join(where: str, key: str) -> str:
    """The path of a key inside the value at `where`; an empty key is written `[""]`."""
    if not key:
        return f'{where}[""]'
    return f"{where}.{key}" if where else key


def items(value: object, where: str, *, most: int, least: int = 1) -> list[object]:
    """A JSON list of `least` to `most` items."""
    if not isinstance(value, list):
        raise WrongType(where=where, expected="list", got=kind(value))
    if len(value) > most:
        raise TooMany(where=where, count=len(value), most=most)
    if len(value) < least:
        raise EmptyList(where=where)
    return value


def plain_text(value: object, where: str) -> str:
    """Free text, cut short if it is far too long. Raises WrongType."""
    if not isinstance(value, str):
        raise WrongType(where=where, expected="text", got=kind(value))
    return value if len(value) <= _LONGEST_TEXT else echo(value)


def word(value: object, where: str, allowed: Iterable[str]) -> str:
    """A text from a closed list."""
    if not isinstance(value, str):
        raise WrongType(where=where, expected="text", got=kind(value))
    known = tuple(allowed)
    if value not in known:
        raise NotOneOf(where=where, raw=echo(value), allowed=list(known))
    return value


def words(value: object, where: str, allowed: Iterable[str], *, least: int = 1) -> tuple[str, ...]:
    """A list of different texts from a closed list."""
    known = tuple(allowed)
    found: list[str] = []
    for n, item in enumerate(items(value, where, most=len(known) + 1, least=least)):
        text = word(item, f"{where}[{n}]", known)
        if text in found:
            raise Duplicate(where=f"{where}[{n}]", what=text)
        found.append(text)
    return tuple(found)


def time_of_day(value: object, where: str) -> TimeOfDay:
    """A time of day: one of the six names, or a clock time ("06:30")."""
    if not isinstance(value, str):
        raise WrongType(where=where, expected="text", got=kind(value))
    try:
        return TimeOfDay(value)
    except ValueError:
        raise NotOneOf(where=where, raw=echo(value), allowed=[*DAY_ORDER, _CLOCK_TIMES]) from None


def times_of_day(value: object, where: str) -> tuple[TimeOfDay, ...]:
    """A list of different times of day."""
    found: list[TimeOfDay] = []
    for n, item in enumerate(items(value, where, most=MOST_TIMES)):
        time = time_of_day(item, f"{where}[{n}]")
        if time in found:
            raise Duplicate(where=f"{where}[{n}]", what=time.value)
        found.append(time)
    return tuple(found)


def weekdays(value: object, where: str) -> Weekdays:
    """A list of different days of the week, from "monday" to "sunday"."""
    return Weekdays.named(words(value, where, WEEKDAYS))


def weekdays_of(found: Mapping[str, object], where: str, default: Weekdays = EVERY_DAY) -> Weekdays:
    """The `days_of_week` of an object; `default` if it has none."""
    return weekdays(found["days_of_week"], f"{where}.days_of_week") if "days_of_week" in found else default


def flag(value: object, where: str) -> bool:
    """A JSON true or false."""
    if type(value) is not bool:
        raise WrongType(where=where, expected="true_or_false", got=kind(value))
    return value


def whole(value: object, where: str, *, lowest: int, highest: int) -> int:
    """A whole JSON number in a range; true, false and 14.0 are refused."""
    if type(value) is not int:
        raise WrongType(where=where, expected="whole_number", got=kind(value))
    if not lowest <= value <= highest:
        raw = str(value) if abs(value) < 10**_ECHO else "too_long"
        raise OutOfRange(where=where, raw=raw, lowest=str(lowest), highest=str(highest))
    return value


def yes_or_no(value: object, where: str) -> bool:
    """A JSON true or false; no other value counts as one."""
    if not isinstance(value, bool):
        raise WrongType(where=where, expected="true_or_false", got=kind(value))
    return value


def amount(value: object, where: str, *, zero: bool = False) -> Dose:
    """A dose in mg given as text; zero only if `zero`."""
    try:
        dose = Dose.parse(value)
    except BadAmount as refusal:
        raise refusal.at(where) from None
    if not dose and not zero:
        raise ZeroAmount(where=where)
    return dose


def volume(value: object, where: str) -> Volume:
    """A volume in mL given as text, more than zero."""
    try:
        found = Volume.parse(value)
    except BadAmount as refusal:
        raise refusal.at(where) from None
    if not found.microlitres:
        raise ZeroAmount(where=where)
    return found


def percent(value: object, where: str) -> Fraction:
    """A percentage given as text, over 0 and up to 100, at most three decimals: "10" reads as exactly 10."""
    if not isinstance(value, str):
        raise BadAmount(where=where, raw=kind(value), kind="percent", why="not_text")
    text = value.strip(" ")
    if len(value) > 12 or not _PERCENT.match(text):
        raise BadAmount(where=where, raw=echo(text), kind="percent", why="not_a_number")
    found = Fraction(text)
    if not found:
        raise ZeroAmount(where=where)
    if found > 100:
        raise OutOfRange(where=where, raw=text, lowest="0", highest="100")
    return found


def percent_text(value: Fraction) -> str:
    """An exact percentage as text, without trailing zeros; `value` has at most three decimals."""
    thousandths = value * 1000
    whole_part, rest = divmod(thousandths.numerator // thousandths.denominator, 1000)
    return f"{whole_part}.{rest:03d}".rstrip("0").rstrip(".")


def day(value: object, where: str) -> date:
    """An ISO date (2026-11-30) within the supported years; no other notation is accepted."""
    if not isinstance(value, str):
        raise WrongType(where=where, expected="text", got=kind(value))
    if not value.strip():
        raise BadDate(where=where, raw="", why="missing")
    if not _ISO.match(value):
        raise BadDate(where=where, raw=echo(value), why="not_iso")
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise BadDate(where=where, raw=value, why="not_a_day") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise BadDate(where=where, raw=value, why="out_of_range")
    return found


def read_interval(found: Mapping[str, object], where: str) -> int:
    """The `interval_days` of a method: 1 to 366 days between two cuts."""
    return whole(found["interval_days"], f"{where}.interval_days", lowest=1, highest=366)


def read_lengthen(found: Mapping[str, object], where: str) -> int:
    """The `lengthen_days` of a method: how many days longer each interval is than the one before (0 if left out)."""
    if "lengthen_days" not in found:
        return 0
    return whole(found["lengthen_days"], f"{where}.lengthen_days", lowest=1, highest=366)


def read_json(text: str | bytes) -> object:
    """JSON text as Python values: UTF-8, no duplicate keys, no NaN, limited length and depth.

    Raises BadJson or DuplicateKey.
    """
    if len(text) > MOST_BYTES:
        raise BadJson(why="too_large", most_bytes=MOST_BYTES)
    try:
        plain = text.decode("utf-8") if isinstance(text, bytes) else text
        found: object = json.loads(plain, object_pairs_hook=_unique, parse_constant=_not_finite)
    except UnicodeDecodeError:
        raise BadJson(why="not_utf8") from None
    except RecursionError:
        raise BadJson(why="too_deep") from None
    except json.JSONDecodeError as fault:
        raise BadJson(why="not_json", line=fault.lineno, column=fault.colno) from None
    except ValueError:
        # an integer of thousands of digits
        raise BadJson(why="not_finite") from None
    return found


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise DuplicateKey(where=join("", key[:40]), key=key[:40])
        found[key] = value
    return found


def _not_finite(_: str) -> object:
    raise BadJson(why="not_finite")
