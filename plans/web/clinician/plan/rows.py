"""Typed rows as text: one line for each step, or cells pasted from a spreadsheet; and steps written as such lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from plans.domain.errors import TaperError
from plans.domain.taper import catalogue, reading
from plans.domain.taper.methods.typed import TypedRow, read_row
from plans.domain.taper.refusals import BadRows, NotOneOf, TooMany
from plans.domain.taper.rows_file import sheet_rows
from plans.domain.taper.weekdays import Weekdays
from plans.web.clinician.plan.weekdays import read_weekdays, weekdays_text
from plans.web.untyped import Context

BANDS: Final = (1, 2, 3, 4)
_MOST: Final = 400
_LINE: Final = re.compile(r"(?P<days>[0-9]{1,4}) *:(?P<doses>.*)\Z")
_PART: Final = re.compile(
    r"(?:(?P<drug>[a-z]+) +)?(?P<time>[a-z]+|[0-9:]+) +(?P<dose>[^ ]+)(?: +on +(?P<on>.+))?\Z"
)
_TOTAL: Final = re.compile(r"(?P<total>[^a-z:]+?)(?: +on +(?P<on>.+))?\Z")


def read_rows(text: str, drugs: Sequence[str]) -> list[Context]:
    """The rows of a typed plan as the request writes them. `drugs`: the drug meant where a line names none.

    A text without a line such as "14: 1.5" is read as cells pasted from a spreadsheet, or as CSV.
    Raises TaperError with the line's number in `where` ("line 3") or, as BadRows, in the fact `line`.
    """
    lines = [(n, line.strip(" \t\r")) for n, line in enumerate(text.split("\n"), start=1)]
    lines = [(n, line) for n, line in lines if line]
    if not lines:
        raise BadRows(where="rows", why="none", line=1)
    if len(lines) > _MOST:
        raise TooMany(where="rows", count=len(lines), most=_MOST)
    if re.search("[\t,;]", lines[0][1]) and not any(_LINE.match(line) for _, line in lines):
        return [_read_at(n, row) for n, row in sheet_rows(text)]
    return [_read_at(n, _row(line, n, drugs)) for n, line in lines]


def row_lines(rows: Iterable[TypedRow]) -> str:
    """Rows as `read_rows` reads them, one line for each: "14: 1.5", "14: clonazepam night 1", "28: clonazepam night 1
    on mon fri"."""
    return "\n".join(f"{row.days}: {_doses(row)}".rstrip() for row in rows)


def _doses(row: TypedRow) -> str:
    if row.total is not None:
        return row.total.text + "".join(map(_on, row.weekdays))
    given = [f"{drug} {time.value} {dose.text}{_on(on)}" for time, drug, dose, on in row.timed if dose]
    return ", ".join(given)


def _on(weekdays: Weekdays) -> str:
    return "" if weekdays.every else f" on {weekdays_text(weekdays)}"


def _days_named(text: str | None, where: str) -> Context:
    """The days of the week behind "on"; nothing where none are named."""
    if text is None:
        return {}
    try:
        return {"days_of_week": read_weekdays(text)}
    except TaperError as refusal:
        refusal.where = where
        raise


def _read_at(n: int, row: Context) -> Context:
    """A row, refused at its line where the engine would refuse it."""
    try:
        read_row(row, "row")
    except TaperError as refusal:
        refusal.where = f"line {n}"
        raise
    return row


def _row(line: str, n: int, drugs: Sequence[str]) -> Context:
    where = f"line {n}"
    found = _LINE.match(line)
    if found is None:
        raise BadRows(where="rows", why="step", line=n, raw=reading.echo(line))
    days, doses = int(found["days"]), found["doses"].strip(" ")
    total = _TOTAL.match(doses)
    if total is not None:
        amount = reading.amount(total["total"], where, zero=True).text
        return {"days": days, "total_mg": amount} | _days_named(total["on"], where)
    return {
        "days": days,
        "doses": [_dose(part.strip(" "), n, drugs) for part in doses.split(",") if part.strip()],
    }


def _dose(part: str, n: int, drugs: Sequence[str]) -> Context:
    where = f"line {n}"
    found = _PART.match(part)
    if found is None:
        raise BadRows(where="rows", why="dose", line=n, raw=reading.echo(part))
    drug = found["drug"] or (drugs[0] if drugs else "")
    if drug not in catalogue.names():
        raise NotOneOf(where=where, raw=reading.echo(drug), allowed=list(catalogue.names()))
    time = reading.time_of_day(found["time"], where)
    amount = reading.amount(found["dose"], where, zero=True).text
    return {"time": time.value, "drug": drug, "dose_mg": amount} | _days_named(found["on"], where)


def drugs_in(text: str) -> tuple[str, ...]:
    """The drugs named in rows, each once: a typed switch needs products of both."""
    return tuple(dict.fromkeys(word for word in re.findall(r"[a-z]+", text) if word in catalogue.names()))
