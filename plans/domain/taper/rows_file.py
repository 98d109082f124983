"""Typed rows from a CSV file, as the `typed` method's JSON; the values are then read as strictly as any request's.

Two kinds of header, in any order of columns: `days,total_mg`, or `days,drug` with one column for each time of day that
is used (`morning`, `bedtime`, `06:30`), mg in its cells, an empty cell for no dose.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Final

from plans.domain.taper.course import MOST_STEPS
from plans.domain.taper.refusals import BadRows, TooMany
from plans.domain.taper.schedule import TimeOfDay

MOST_CHARACTERS: Final = 1_000_000
_COUNT: Final = re.compile(r"[1-9][0-9]{0,3}\Z")


def typed_method(text: str) -> dict[str, object]:
    """The method {"name": "typed", "rows": …} of a CSV text. Raises BadRows, and TooMany above 4,000 rows.

    What is in the cells is not judged here: a wrong amount is refused by the request, at `method.rows[n]`, where n
    counts the lines under the header from 0.
    """
    if len(text) > MOST_CHARACTERS:
        raise BadRows(where="rows", why="too_large", line=1)
    try:
        lines = [line for line in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) if line]
    except csv.Error:
        # a cell of more than 128 kB, or a NUL
        raise BadRows(where="rows", why="not_csv", line=1) from None
    if not lines:
        raise BadRows(where="rows", why="no_header", line=1)
    header = [cell.strip().lower() for cell in lines[0]]
    by_total = sorted(header) == ["days", "total_mg"]
    times = [name for name in header if name not in ("days", "drug")]
    by_time = {"days", "drug"} < set(header) and all(map(_is_time, times))
    if len(set(header)) != len(header) or not (by_total or by_time):
        raise BadRows(where="rows", why="columns", line=1)
    if len(lines) - 1 > MOST_STEPS:
        raise TooMany(where="rows", count=len(lines) - 1, most=MOST_STEPS)
    rows: list[object] = []
    for n, line in enumerate(lines[1:], start=2):
        if len(line) != len(header):
            raise BadRows(where="rows", why="width", line=n)
        cells = dict(zip(header, (cell.strip() for cell in line), strict=True))
        # a count is a number in JSON; anything else goes on as text and is refused there
        days: object = int(cells["days"]) if _COUNT.match(cells["days"]) else cells["days"]
        rows.append({"days": days} | ({"total_mg": cells["total_mg"]} if by_total else _doses(cells, times)))
    return {"name": "typed", "rows": rows}


def _is_time(name: str) -> bool:
    try:
        return bool(TimeOfDay(name))
    except ValueError:
        return False


def _doses(cells: dict[str, str], times: list[str]) -> dict[str, object]:
    return {
        "doses": [
            {"time": time, "drug": cells["drug"], "dose_mg": cells[time]}
            for time in sorted(times, key=lambda time: TimeOfDay(time).minutes)
            if cells[time]
        ]
    }
