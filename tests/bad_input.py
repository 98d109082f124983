"""Bad input at everything that reads what people type: `python -m tests.bad_input 100000`.

300 texts written by hand and any number of generated ones, changed from real ones: each reader gets each. It may refuse
(an error of ours, which names what to write) or take the text; then what it took must be what was written, worked out
here in another way. Anything else is a fault. The suite tries those by hand and some thousand.
"""
# ruff: noqa: SIM905 - a hundred words in a row are read at a glance, a hundred strings are not

from __future__ import annotations

import random
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Final

from plans.domain import text
from plans.domain.amounts import MICROLITRES_PER_ML, UNITS_PER_MG, Dose, Volume
from plans.domain.errors import TaperplanError
from plans.domain.taper.rows_file import typed_method

_NUMBERS: Final = (
    "0 1 5 12 999 1000 0.5 .5 5. 5.0 5.00 5.00000 5.000000 05 00.5 0.00001 0.000001 0,5 0.5.5 1e2 1E-2 +5 -5 -0 "
    "--5 5- 1_0 0x10 0b1 1/2 ½ ⅓ ٥ ۵ ５ ௫ 五 ５．５ 1٠ 5mg 5MG 5㎎ mg 5µg 5mcg 5% #5 $5 5! 5? ∞ inf -inf nan "
    "NaN Infinity None null true undefined [5] {5} (5) '5' \"5\" `5` 5;5 5:5 5|5 5&5 5=5 5~5 5^2 5*2 5+5 5-5 "
    "5..5 5,5,5 1,000 1.000,5 1'000 1\u202f000 9999999999999999999999 0.1e-5 1e308 1e-308 ²5 5² ⁵ ₅ Ⅴ ⅴ V "
).split()
_TEXTS: Final = (
    "a|Ann|O'Neill|' OR 1=1 --|'; DROP TABLE plans_patient; --|<script>alert(1)</script>|<img src=x onerror=y>"
    "|{{ 7*7 }}|{% load x %}|${7*7}|#{7}|%s%s%n|%(x)s|{0}|{x.__class__}|../../etc/passwd|C:\\con|file:///etc|javascript:x|data:x"
    "|=1+1|+1+1|@SUM(A1)|-2+3|\\u0041|&#65;|&lt;b&gt;|]]>|<!--|-->|<?xml?>|<!DOCTYPE x>|[[[x]]]|**x**|_x_|~~x~~"
    "|\u202eevil|\u202d|\u2066x\u2069|\u200b|\u200d|\ufeff|\u00ad|\u180e|\u2028|\u2029|\x00|a\x00b|\x01|\x07|\x08|\x0b"
    "|\x0c|\x1b[31m|\x7f|\x80|\x9f|\ud800|\udfff|\U0010ffff|\ufffe|\uffff|\ufffd|e\u0301|é|Z͑͗a̷l̶g̸o̵|مريم|אבג|名前"
    "|สมชาย|Ṩ̇|ﬁ|ß|İ|ı|ǅ|🙂|👩\u200d👩\u200d👧|🇺🇸|1️⃣|\ud83d|a\tb|a\nb|a\r\nb|a\rb| a|a | |  |\t|\n|\u00a0|\u3000"
    "|\u2003a|" + "a" * 201 + "|" + "a" * 10_001 + "|" + "á" * 201 + "|" + "\u0301" * 50 + "|" + "🙂" * 120
).split("|")
_ADDRESSES: Final = (
    "a@b.org a@b a@ @b a@@b.org a@b..org .a@b.org a.@b.org a..b@c.org a@-b.org a@b-.org a@b.o a@b.org. a@[1.2.3.4] "
    'a@1.2.3.4 a@localhost "a"@b.org a(c)@b.org <a@b.org> A@B.ORG a+b@c.org a\'b@c.org a@b.org,c@d.org a@b.org;c@d.org '
    "a@bücher.org ä@b.org a@xn--bcher-kva.org a@b.org%0aBcc:x a@b.org\u200b a\u0000@b.org a@b.\u202eorg mailto:a@b.org"
).split()
_DAYS: Final = (
    "2026-12-01 2026-2-1 2026-13-01 2026-00-10 2026-02-29 2028-02-29 2026-12-32 20261201 2026/12/01 01.12.2026 12/1/26 "
    "0000-01-01 0001-01-01 9999-12-31 10000-01-01 -2026-01-01 +2026-01-01 2026-W01 2026-336 2026-12-01T00:00 today now "
    "٢٠٢٦-١٢-٠١ ２０２６-12-01 2026‑12‑01 2026−12−01 08:00 8:00 24:00 23:60 08:00:00 8am 08.00 ٠٨:٠٠ 08:00Z -1:00 0800"
).split()
_KEYS: Final = (
    "0192f0c1-2222-4333-8444-555566667777 0192F0C1-2222-4333-8444-555566667777 0192f0c1222243338444555566667777 "
    "{0192f0c1-2222-4333-8444-555566667777} urn:uuid:0192f0c1-2222-4333-8444-555566667777 0192f0c1-2222 g192f0c1 "
    "00000000-0000-0000-0000-000000000000 ffffffff-ffff-ffff-ffff-ffffffffffff 0192f0c1_2222_4333_8444_555566667777 "
    "America/New_York america/new_york America/New_York/ ../America UTC utc GMT+5 Etc/GMT-14 EST5EDT posixrules "
    "localtime right/UTC +1(555)010-0105 555-0105 5550105x12 112 11 +++ 00000000000000000000000 TP-00210 TP/1 TP. -TP"
).split()
_ROWS: Final = (
    "days,morning,night\n14,5,7",
    "days;total\n14;5,5",
    "14: 5",
    "14 5",
    "days\ttotal_mg\n14\t5",
    "days,days\n1,2",
    "days,morning\n14",
    "days,morning\n14,5,7",
    "days,morning\n0,5",
    "days,morning\n-1,5",
    '"days","morning"\n"14","5"',
    "morning 5, night 7",
    "days,morning\n14,=5",
    "\ufeffdays,total\n14,5",
    "days,total\r\n14,5\r\n",
    "days,total\n\n\n",
    'days,total\n14,"1"5',
    'days;total\n14;"1"5',
)
BY_HAND: Final = tuple(dict.fromkeys((*_NUMBERS, *_TEXTS, *_ADDRESSES, *_DAYS, *_KEYS, *_ROWS, "")))

_SIGNS: Final = "0123456789.,-+eE_ mg/½٥５\u00a0\u200b\u202e\x00\n\t:@'\"<>&%{}abcXYZäé\u0301🙂"


def generated(chance: random.Random) -> Iterator[str]:
    """Texts without end: one by hand with signs changed, put in, taken away or repeated; or signs alone."""
    while True:
        if chance.random() < 0.2:
            yield "".join(chance.choices(_SIGNS, k=chance.randrange(1, 14)))
            continue
        signs = list(chance.choice(BY_HAND)[:300])
        for _n in range(chance.randrange(1, 4)):
            at = chance.randrange(len(signs) + 1)
            signs[at : at + chance.randrange(2)] = chance.choice(_SIGNS) * chance.choice((1, 1, 1, 2, 30))
        yield "".join(signs)


@dataclass(frozen=True)
class Reader:
    """Something that reads a text. `says`: whether what it took is what was written."""

    name: str
    read: Callable[[str], object]
    says: Callable[[str, object], bool]


def _decimal(raw: str, count: int, unit: int) -> bool:
    try:
        return re.fullmatch(r" *[0-9.]+ *", raw) is not None and Decimal(raw.strip(" ")) * unit == count
    except InvalidOperation:
        return False


def _letters(raw: str) -> str:
    """What of a text is seen: its letters and signs in their order, however it was composed and spaced."""
    whole = unicodedata.normalize("NFC", raw)
    return "".join(
        sign for sign in whole if not sign.isspace() and unicodedata.category(sign) not in ("Cf", "Cc")
    )


def _same_text(raw: str, took: object) -> bool:
    return _letters(str(took)) == _letters(raw) and "\0" not in str(took)


def _same_rows(raw: str, took: object) -> bool:
    """What stands in a cell stands in the text: digits are neither made up nor put together."""
    assert isinstance(took, dict)
    cells = [str(cell) for row in took["rows"] for name, cell in row.items() if name != "doses"]
    doses = [str(one) for row in took["rows"] for one in dict(row.get("doses", {})).values()]
    return all(cell in raw or cell.replace(".", ",") in raw for cell in (*cells, *doses))


READERS: Final = (
    Reader(
        "dose",
        Dose.parse,
        lambda raw, took: isinstance(took, Dose) and _decimal(raw, took.units, UNITS_PER_MG),
    ),
    Reader(
        "volume",
        Volume.parse,
        lambda raw, took: isinstance(took, Volume) and _decimal(raw, took.microlitres, MICROLITRES_PER_ML),
    ),
    Reader("line", text.clean_line, _same_text),
    Reader("text", text.clean_text, _same_text),
    Reader("e-mail", text.clean_email, lambda raw, took: str(took).lower() == raw.strip().lower()),
    Reader("phone", text.clean_phone, _same_text),
    Reader(
        "record number",
        text.clean_record_no,
        lambda raw, took: _letters(str(took)).lower() == _letters(raw).lower(),
    ),
    Reader(
        "whole number",
        lambda raw: text.clean_whole(raw, least=0, most=999_999),
        lambda raw, took: raw.strip().isascii() and str(took) == raw.strip().lstrip("0").rjust(1, "0"),
    ),
    Reader(
        "day",
        lambda raw: text.clean_date(raw, earliest=date(1900, 1, 1), latest=date(2100, 1, 1)),
        lambda raw, took: str(took) == raw.strip(),
    ),
    Reader("typed rows", typed_method, _same_rows),
    Reader("time", text.clean_time, lambda raw, took: f"{took:%H:%M}" == raw.strip().rjust(5, "0")[:5]),
)


def faults(texts: Iterator[str] | tuple[str, ...], counted: Counter[str] | None = None) -> list[str]:
    """What raised anything but a refusal, or was taken other than as written; `counted` gets what happened."""
    found = []
    counted = Counter() if counted is None else counted
    for raw in texts:
        for reader in READERS:
            try:
                took = reader.read(raw)
            except TaperplanError:
                counted["refused"] += 1
                continue
            except Exception as fault:  # noqa: BLE001 - whatever it is, it is reported
                found.append(f"{reader.name}: {raw!r} raised {fault!r}")
                continue
            counted["taken"] += 1
            if not reader.says(raw, took):
                found.append(f"{reader.name}: {raw!r} was taken as {took!r}")
    return found


def main(count: int) -> int:
    """Try those by hand and `count` generated ones; 1 if there is a fault."""
    counted: Counter[str] = Counter()
    found = faults(BY_HAND, counted)
    found += faults(islice(generated(random.Random(16)), count), counted)
    print(
        f"{len(BY_HAND)} by hand and {count:,} generated at {len(READERS)} readers: {counted['refused']:,} refused, "
        f"{counted['taken']:,} taken as written, {len(found)} faults"
    )
    for line in found[:20]:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
