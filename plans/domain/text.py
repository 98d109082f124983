"""Strict cleaning of what people type: a cleaned text or a refusal with a code, never a silent change of meaning.

Only invisible things are changed: Unicode is composed (NFC), spaces are trimmed and runs of spaces become one.
Deceptive characters are refused: controls, bidirectional controls, invisible characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import date, time
from typing import Final

from plans.domain.errors import TaperplanError

LINE_MOST: Final = 200
TEXT_MOST: Final = 2000
EMAIL_MOST: Final = 254

# They reverse the direction of what follows, so that a name can be displayed as another one (CVE-2021-42574).
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Joiners shape letters in Persian, Hindi and emoji; other format characters are invisible and have no use in a name.
_JOINERS: Final = frozenset("\u200c\u200d")
_EMAIL_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_EMAIL_LABEL: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_PHONE: Final = re.compile(r"\+?[0-9(][0-9 ()./-]*( ?(x|ext\.?) ?[0-9]{1,6})?", re.IGNORECASE)
_RECORD: Final = re.compile(r"\w[\w ./-]*")
_WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,5}")
_ISO_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class BadText(TaperplanError):
    """A text that is refused: fact `why` is a stable code, with `most`, `least` or `found` where they apply."""

    code = "bad_text"
    shown = frozenset({"why", "least", "most", "found"})

    @property
    def why(self) -> str:
        """The code of what was wrong."""
        return str(self.facts["why"])


def _check_characters(text: str, allowed: Collection[str], where: str) -> None:
    for char in text:
        category = unicodedata.category(char)
        if char in allowed or char in _JOINERS:
            continue
        if category == "Cs":
            raise BadText(where=where, why="broken")
        if char in _BIDI:
            raise BadText(where=where, why="direction")
        if category in ("Cc", "Zl", "Zp"):
            raise BadText(where=where, why="control")
        if category in ("Cf", "Cn", "Co"):
            raise BadText(where=where, why="invisible")


def _visible(text: str) -> bool:
    return any(unicodedata.category(char)[0] in "LNPS" for char in text)


def _finish(text: str, *, where: str, most: int, required: bool) -> str:
    if not text:
        if required:
            raise BadText(where=where, why="missing")
        return ""
    if len(text) > most:
        raise BadText(where=where, why="too_long", most=most, found=len(text))
    if not _visible(text):
        raise BadText(where=where, why="invisible")
    return text


def clean_line(raw: str, *, where: str = "", most: int = LINE_MOST, required: bool = True) -> str:
    """One line of text, such as a name. Raises BadText."""
    # Checked first: a megabyte is not worth normalising.
    if len(raw) > most * 4 + 100:
        raise BadText(where=where, why="too_long", most=most, found=len(raw))
    text = raw.strip(" \t\r\n")
    _check_characters(text, (), where)
    text = " ".join(unicodedata.normalize("NFC", text).split())
    return _finish(text, where=where, most=most, required=required)


def clean_text(raw: str, *, where: str = "", most: int = TEXT_MOST, required: bool = False) -> str:
    """Text of several lines, such as a note. Raises BadText."""
    if len(raw) > most * 4 + 100:
        raise BadText(where=where, why="too_long", most=most, found=len(raw))
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    _check_characters(text, ("\n", "\t"), where)
    text = unicodedata.normalize("NFC", text).strip()
    return _finish(text, where=where, most=most, required=required)


def clean_lines(raw: str, *, where: str = "", most: int = LINE_MOST, lines: int = 40) -> tuple[str, ...]:
    """A list with one entry per line; empty lines are dropped. Raises BadText."""
    text = clean_text(raw, where=where, most=most * lines)
    found = tuple(clean_line(line, where=where, most=most) for line in text.split("\n") if line.strip())
    if len(found) > lines:
        raise BadText(where=where, why="too_many_lines", most=lines, found=len(found))
    return found


def clean_email(raw: str, *, where: str = "", required: bool = True) -> str:
    """One plain e-mail address: ASCII, at most 254 characters, a host with a dot whose last part is not a number.

    Quoted local parts, address literals and display names are refused: none of our messages need them, and they can
    misdirect a message. The host becomes lower case; the local part stays as typed.
    """
    text = raw.strip(" \t\r\n")
    if not text:
        return _finish("", where=where, most=EMAIL_MOST, required=required)
    if len(text) > EMAIL_MOST:
        raise BadText(where=where, why="too_long", most=EMAIL_MOST, found=len(text))
    if not text.isascii():
        raise BadText(where=where, why="email_not_ascii")
    if re.search(r"[\s,;<>]", text) or text.count("@") > 1:
        raise BadText(where=where, why="email_more_than_one")
    local, _, host = text.partition("@")
    labels = host.split(".")
    good = (
        _EMAIL_LOCAL.fullmatch(local)
        and len(local) <= 64
        and len(labels) >= 2
        and all(_EMAIL_LABEL.fullmatch(label) for label in labels)
        and re.fullmatch(r"[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{2,59}", labels[-1])
    )
    if not good:
        raise BadText(where=where, why="not_email")
    return f"{local}@{host.lower()}"


def clean_phone(raw: str, *, where: str = "", required: bool = True) -> str:
    """A telephone number as people write it: digits, spaces, + ( ) . / - and an extension. Stored as typed."""
    text = clean_line(raw, where=where, most=40, required=required)
    if not text:
        return ""
    digits = sum(char in "0123456789" for char in text)
    if not _PHONE.fullmatch(text) or not 3 <= digits <= 20:
        raise BadText(where=where, why="not_phone")
    return text


def clean_record_no(raw: str, *, where: str = "") -> str:
    """A record number: letters, digits and . / - between them."""
    text = clean_line(raw, where=where, most=40)
    if not _RECORD.fullmatch(text):
        raise BadText(where=where, why="not_record_no")
    return text


def clean_whole(raw: str, *, least: int, most: int, where: str = "") -> int:
    """A whole number in ASCII digits, without sign, point or leading zero, from `least` to `most`."""
    text = raw.strip(" ")
    if not text:
        raise BadText(where=where, why="missing")
    if not _WHOLE.fullmatch(text):
        raise BadText(where=where, why="not_whole")
    number = int(text)
    if not least <= number <= most:
        raise BadText(where=where, why="out_of_range", least=least, most=most)
    return number


def clean_date(
    raw: str, *, earliest: date, latest: date, where: str = "", required: bool = True
) -> date | None:
    """A date written year-month-day, from `earliest` to `latest`; 11/10/26 is ambiguous and refused."""
    text = raw.strip(" ")
    if not text:
        if required:
            raise BadText(where=where, why="missing")
        return None
    if not _ISO_DATE.fullmatch(text):
        raise BadText(where=where, why="not_date")
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise BadText(where=where, why="no_such_day") from None
    if not earliest <= found <= latest:
        raise BadText(
            where=where, why="date_out_of_range", least=earliest.isoformat(), most=latest.isoformat()
        )
    return found


def clean_time(raw: str, *, where: str = "") -> time:
    """A time of day as 08:30, on the 24-hour clock."""
    text = raw.strip(" ")
    if not text:
        raise BadText(where=where, why="missing")
    found = _CLOCK_TIME.fullmatch(text)
    if not found:
        raise BadText(where=where, why="not_time")
    return time(int(found[1]), int(found[2]))


def fold(text: str) -> str:
    """A text for sorting and searching: lower case, without accents, one space between words."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(plain.split())
