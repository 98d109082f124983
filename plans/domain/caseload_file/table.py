"""A file as rows of cells: UTF-8 or Windows-1252, with commas, semicolons or tabs, as spreadsheet programs write them.

The encoding is UTF-8 where the bytes are UTF-8 (text in Windows-1252 with an accent never is), UTF-16 where a mark says
so, and otherwise Windows-1252. Cells stay text: nothing is computed, and a formula is a text that begins with "=".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from plans.domain.caseload_file.problems import BadFile

MOST_BYTES: Final = 5_000_000
MOST_ROWS: Final = 5_000
MOST_COLUMNS: Final = 80
_MOST_LINES: Final = 50_000
_MARKS: Final = "\t;,"
# What programs that write CSV put before a text that a spreadsheet would take for a formula (services.plans.export).
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row: the line it begins on, its cells, and whether it has more of them than there are columns."""

    line: int
    cells: tuple[str, ...]
    too_wide: bool = False


@dataclass(frozen=True, slots=True)
class FileTable:
    """The headings of the columns and the rows below them; every row has a cell for each column."""

    headings: tuple[str, ...]
    rows: tuple[FileRow, ...]


def decode(raw: bytes) -> str:
    """The text of a file. Raises BadFile."""
    if not raw.strip():
        raise BadFile(why="missing")
    if len(raw) > MOST_BYTES:
        raise BadFile(why="too_large", most=MOST_BYTES // 1_000_000)
    if raw.startswith(_WORKBOOKS):
        raise BadFile(why="workbook")
    try:
        text = raw.decode("utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError:
            raise BadFile(why="not_text") from None
    if "\0" in text:
        raise BadFile(why="not_text")
    return text


def read_table(text: str) -> FileTable:
    """The table in a text; empty lines are left out. Raises BadFile, with `line` where one is at fault."""
    lines = _lines(text)
    first = next(lines, None)
    if first is None:
        raise BadFile(why="no_rows")
    headings = tuple(cell.strip() for cell in first[1])
    if len(headings) > MOST_COLUMNS:
        raise BadFile(why="too_many_columns", most=MOST_COLUMNS)
    rows: list[FileRow] = []
    for line, cells in lines:
        if len(rows) == MOST_ROWS:
            raise BadFile(why="too_many_rows", most=MOST_ROWS)
        given = tuple(map(_unguarded, cells))
        spare, kept = given[len(headings) :], given[: len(headings)]
        rows.append(FileRow(line, kept + ("",) * (len(headings) - len(kept)), any(spare)))
    if not rows:
        raise BadFile(why="no_rows")
    return FileTable(headings, tuple(rows))


def _unguarded(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from computing it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold anything, each with the number of the line it begins on."""
    stream = io.StringIO(text, newline="")
    before, mark = 0, None
    head = stream.readline()
    if head.startswith("sep=") and head[4:5] in _MARKS:
        # Excel's own way of naming the separator
        before, mark = 1, head[4:5]
    else:
        stream.seek(0)
    read = csv.reader(stream, delimiter=mark or _separator(text), strict=True)
    at = before
    while True:
        try:
            cells = next(read, None)
        except csv.Error:
            raise BadFile(why="not_csv", line=at + 1) from None
        if cells is None:
            return
        begins, at = at + 1, before + read.line_num
        if at > _MOST_LINES:
            raise BadFile(why="too_many_rows", most=MOST_ROWS)
        if any(cell.strip() for cell in cells):
            yield begins, cells


def _separator(text: str) -> str:
    """What divides the first line that is not empty into the most cells."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    return max(_MARKS, key=lambda mark: _cells(head, mark))


def _cells(head: str, mark: str) -> int:
    try:
        return len(next(csv.reader([head], delimiter=mark)))
    except (csv.Error, StopIteration):
        return 0
