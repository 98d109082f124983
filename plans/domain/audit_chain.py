"""The chain over the audit trail: what is hashed, and what a sealed range says of the rows found today.

A seal holds a mark for each row of a range: the row's id and the SHA-256 of its canonical form. Its head is the SHA-256
of the head before it and of all it says itself. So whoever knows a head knows every row up to it: a row that is
changed, removed or added breaks its mark, a mark that is changed breaks its head, and another head is not the one that
was kept outside.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

GENESIS: Final = "0" * 64
"""The head before the first seal."""
_ID: Final = 8
_DIGEST: Final = 32
_MARK: Final = _ID + _DIGEST


class TrailName(StrEnum):
    """The two tables that are sealed, each by a chain of its own."""

    ACTS = "acts"
    LOOKS = "looks"


@dataclass(frozen=True, slots=True)
class Seal:
    """A sealed range: the rows with ids above `after` and up to `last`. `marks` as in `marks_of`."""

    trail: TrailName
    number: int
    after: int
    last: int
    marks: bytes
    previous: str
    head: str
    sealed_at: datetime


class Breach(StrEnum):
    """What can be wrong with a trail."""

    ROW_CHANGED = "row_changed"
    ROW_MISSING = "row_missing"
    ROW_ADDED = "row_added"
    # The marks, the range or the time of a seal are not those that its head was made from.
    SEAL_CHANGED = "seal_changed"
    # A seal does not go on where the one before it ends.
    SEAL_MISSING = "seal_missing"
    # A head that was kept outside is another one, or its seal is gone.
    HEAD_DIFFERS = "head_differs"
    SEALS_CUT_OFF = "seals_cut_off"


@dataclass(frozen=True, slots=True)
class TrailFault:
    """One fault; `row` is the id of the row, 0 where it is about a seal."""

    breach: Breach
    trail: TrailName
    seal: int
    row: int = 0


def canonical(row: Mapping[str, object]) -> bytes:
    """A row as text that is the same for ever: sorted, times in UTC, without empty columns, so that a column that a
    later release adds changes nothing."""
    found = {name: _plain(value) for name, value in row.items() if value is not None}
    return json.dumps(found, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else value


def marks_of(rows: Iterable[tuple[int, Mapping[str, object]]]) -> bytes:
    """The marks of rows in the order of their ids."""
    return b"".join(
        key.to_bytes(_ID, "big", signed=True) + hashlib.sha256(canonical(row)).digest() for key, row in rows
    )


def _read(marks: bytes) -> dict[int, bytes]:
    return {
        int.from_bytes(marks[at : at + _ID], "big", signed=True): marks[at + _ID : at + _MARK]
        for at in range(0, len(marks), _MARK)
    }


def seal(trail: TrailName, *, before: Seal | None, last: int, marks: bytes, sealed_at: datetime) -> Seal:
    """The next seal of a chain, after the seal `before`."""
    number = before.number + 1 if before else 1
    after, previous = (before.last, before.head) if before else (0, GENESIS)
    head = _head(trail, number, after, last, marks, previous, sealed_at)
    return Seal(trail, number, after, last, marks, previous, head, sealed_at)


def _head(
    trail: TrailName, number: int, after: int, last: int, marks: bytes, previous: str, sealed_at: datetime
) -> str:
    said = {
        "trail": trail.value,
        "number": number,
        "after": after,
        "last": last,
        "marks": hashlib.sha256(marks).hexdigest(),
        "previous": previous,
        "sealed_at": sealed_at,
    }
    return hashlib.sha256(canonical(said)).hexdigest()


def faults_of_seal(found: Seal, before: Seal | None) -> Iterator[TrailFault]:
    """What is wrong with a seal itself, given the one before it in the chain."""
    if (before.number if before else 0) + 1 != found.number:
        yield TrailFault(Breach.SEAL_MISSING, found.trail, found.number)
    elif (found.after, found.previous) != ((before.last, before.head) if before else (0, GENESIS)):
        yield TrailFault(Breach.SEAL_CHANGED, found.trail, found.number)
    made = _head(
        found.trail, found.number, found.after, found.last, found.marks, found.previous, found.sealed_at
    )
    if made != found.head:
        yield TrailFault(Breach.SEAL_CHANGED, found.trail, found.number)


def faults_of_rows(found: Seal, rows: Iterable[tuple[int, Mapping[str, object]]]) -> Iterator[TrailFault]:
    """What is wrong with the rows of a seal's range as they are now."""
    kept, here = _read(found.marks), _read(marks_of(rows))
    for key in sorted(kept.keys() | here.keys()):
        if key not in here:
            yield TrailFault(Breach.ROW_MISSING, found.trail, found.number, key)
        elif key not in kept:
            yield TrailFault(Breach.ROW_ADDED, found.trail, found.number, key)
        elif kept[key] != here[key]:
            yield TrailFault(Breach.ROW_CHANGED, found.trail, found.number, key)
