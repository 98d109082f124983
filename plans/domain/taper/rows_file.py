"""Typed rows from a CSV file or cells pasted from a spreadsheet; values are then read as strictly as in any request.

Cells are separated by tabs, semicolons or commas, whichever the first line contains, in this order. There are two
layouts, with columns in any order if the first line names them: `days` and the day's total (`total_mg`, or "total"); or
`days,drug` with one column for each time of day used (`morning`, `midday`, `06:30`), doses in mg, an empty cell for no
dose. Without names, two columns are days and total, and six are days, drug and the four times of day.

A decimal comma is refused with what to write instead: "1,5" may be one and a half, or two cells.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Final

from plans.domain.taper.course import MOST_STEPS
from plans.domain.taper.reading import echo
from plans.domain.taper.refusals import BadRows, TooMany
from plans.domain.taper.schedule import TimeOfDay

MOST_CHARACTERS: Final = 1_000_000
_TOTALS: Final = ("days", "total_mg")
# The columns of a file without column names, by their number.
_UNNAMED: Final = {2: _TOTALS, 6: ("days", "drug", "morning", "midday", "evening", "night")}
_SAME: Final = {"total": "total_mg", "total mg": "total_mg", "mg": "total_mg", "day": "days"}
_COUNT: Final = re.compile(r"[1-9][0-9]{0,3}\Z")
_COMMA: Final = re.compile(r"[0-9]{1,3},[0-9]{1,5}\Z")
_NUMBERS: Final = re.compile(r"[0-9., ]*\Z")
Line = tuple[int, list[str]]


def typed_method(text: str) -> dict[str, object]:
    """The method {"name": "typed", "rows": …} of a text. Raises BadRows, and TooMany above 4,000 rows.

    Doses are not checked here: a wrong amount is refused by the request, at `method.rows[n]`, where n counts the rows
    from 0.
    """
    return {"name": "typed", "rows": [row for _, row in sheet_rows(text)]}


def sheet_rows(text: str) -> list[tuple[int, dict[str, object]]]:
    """The rows of a text as the typed method writes them, each with its line number. Raises as `typed_method`."""
    if len(text) > MOST_CHARACTERS:
        raise BadRows(where="rows", why="too_large", line=1)
    lines, comma = _lines(text.removeprefix("\ufeff"))
    if not lines:
        raise BadRows(where="rows", why="no_header", line=1)
    header, rows = _header(lines)
    if len(rows) > MOST_STEPS:
        raise TooMany(where="rows", count=len(rows), most=MOST_STEPS)
    return [(n, _row(header, cells, n, comma)) for n, cells in rows]


def _lines(text: str) -> tuple[list[Line], bool]:
    """The nonempty lines, and whether commas separate their cells."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    divider = next((mark for mark in "\t;" if mark in first), ",")
    # Strict: of `"1"5` the lenient reader makes 15.
    read = csv.reader(io.StringIO(text), delimiter=divider, strict=True)
    try:
        found = [(read.line_num, [cell.strip() for cell in cells]) for cells in read if any(cells)]
    except csv.Error:
        # A quotation mark within a cell; a cell of more than 128 kB; a NUL.
        raise BadRows(where="rows", why="not_csv", line=max(read.line_num, 1)) from None
    return found, divider == ","


def _header(lines: list[Line]) -> tuple[tuple[str, ...], list[Line]]:
    """The names of the columns, and the lines below them."""
    n, first = lines[0]
    if first[0] and _NUMBERS.match(first[0]):
        named = _UNNAMED.get(len(first))
        if named is None:
            raise BadRows(where="rows", why="unnamed", line=n)
        return named, lines
    header = tuple(_SAME.get(cell.lower(), cell.lower()) for cell in first)
    by_total = sorted(header) == sorted(_TOTALS)
    by_time = {"days", "drug"} < set(header) and all(map(_is_time, _times(header)))
    if len(set(header)) != len(header) or not (by_total or by_time):
        raise BadRows(where="rows", why="columns", line=n)
    return header, lines[1:]


def _row(header: tuple[str, ...], line: list[str], n: int, comma: bool) -> dict[str, object]:
    if len(line) == len(header) + 1 and comma and header == _TOTALS and all(map(_NUMBERS.match, line)):
        raise _decimal_comma(",".join(line[1:]), n)
    if len(line) != len(header):
        raise BadRows(where="rows", why="width", line=n)
    for cell in line:
        if _COMMA.match(cell):
            raise _decimal_comma(cell, n)
    cells = dict(zip(header, line, strict=True))
    if not _COUNT.match(cells["days"]):
        raise BadRows(where="rows", why="days", line=n, raw=echo(cells["days"]))
    return {"days": int(cells["days"])} | (
        {"total_mg": cells["total_mg"]} if "total_mg" in cells else _doses(cells)
    )


def _decimal_comma(raw: str, n: int) -> BadRows:
    return BadRows(where="rows", why="decimal_comma", line=n, raw=raw, write=raw.replace(",", "."))


def _times(names: Iterable[str]) -> list[str]:
    return [name for name in names if name not in ("days", "drug")]


def _is_time(name: str) -> bool:
    try:
        return bool(TimeOfDay(name))
    except ValueError:
        return False


def _doses(cells: dict[str, str]) -> dict[str, object]:
    return {
        "doses": [
            {"time": time, "drug": cells["drug"].lower(), "dose_mg": cells[time]}
            for time in sorted(_times(cells), key=lambda time: TimeOfDay(time).minutes)
            if cells[time]
        ]
    }
