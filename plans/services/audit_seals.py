"""Seals ranges of the audit trail, and verifies them.

Writers never wait for a seal, nor for one another: a row's id is drawn from a sequence, and the range up to an id is
sealed only once everybody who may have drawn a lower one has ended. Who that is the server says itself: a statement
that appends holds a lock on the table from before it draws the id until its transaction ends. A tick notes the last id
drawn and who holds that lock; a later tick seals up to that id when none of them is left. Rows that commit late are
therefore in the range of their id, and an id that was drawn in vain is no gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from plans.domain.audit_chain import (
    Breach,
    Seal,
    TrailFault,
    TrailName,
    faults_of_rows,
    faults_of_seal,
    marks_of,
    seal,
)
from plans.models import AuditEvent, AuditSeal, RecordLook
from plans.services import heartbeat
from plans.services.from_row import from_row

SEALED_EVERY: Final = timedelta(minutes=5)
"""A row waits so long for its seal, or until there are MOST_ROWS."""
MOST_ROWS: Final = 1_000
LATE_AFTER: Final = timedelta(hours=1)
"""No transaction takes so long."""
_TABLES: Final[Mapping[TrailName, type[AuditEvent] | type[RecordLook]]] = {
    TrailName.ACTS: AuditEvent,
    TrailName.LOOKS: RecordLook,
}


@dataclass(frozen=True, slots=True)
class KeptHead:
    """A head as it was kept outside of the database."""

    trail: TrailName
    number: int
    head: str
    sealed_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found: seals and rows that were compared, rows no seal holds yet, and the newest heads."""

    seals: int
    rows: int
    unsealed: int
    heads: tuple[KeptHead, ...]


def tick(real: datetime) -> int:
    """Seal what may be sealed; returns how many seals were made. The heartbeat says if a row has waited too long."""
    made = sum(_seal(trail, real) for trail in TrailName)
    heartbeat.beat(heartbeat.SEALS, {"late": any(_is_late(trail, real) for trail in TrailName)})
    return made


def _is_late(trail: TrailName, real: datetime) -> bool:
    before = _last(trail)
    rows = _TABLES[trail].objects.filter(pk__gt=before.last if before else 0).order_by("pk")
    oldest = rows.values_list("real_at", flat=True).first()
    return oldest is not None and oldest < real - LATE_AFTER


def _seal(trail: TrailName, real: datetime) -> int:
    upto = _settled(trail)
    made = 0
    while upto is not None and (found := _next(trail, upto, real)) is not None:
        _store(found)
        made += 1
    return made


def _store(found: Seal) -> None:
    """Append a seal, unless somebody was faster and sealed from the same row on."""
    row = AuditSeal(**{name: getattr(found, name) for name in Seal.__slots__})
    AuditSeal.objects.bulk_create([row], ignore_conflicts=True)


def _next(trail: TrailName, upto: int, real: datetime) -> Seal | None:
    """The next seal up to an id below which nothing will be added, if there is enough to seal."""
    before = _last(trail)
    after = before.last if before else 0
    rows = [*_rows(trail, after, upto)[:MOST_ROWS]]
    if not rows:
        return None
    full = len(rows) == MOST_ROWS
    if not full and rows[0].real_at > real - SEALED_EVERY:
        return None
    marks = marks_of((row.pk, _columns(row)) for row in rows)
    return seal(trail, before=before, last=rows[-1].pk if full else upto, marks=marks, sealed_at=real)


# Any: rows of either table.
def _rows(trail: TrailName, after: int, last: int) -> QuerySet[Any]:
    rows = _TABLES[trail].objects.filter(pk__lte=last)
    # The first range has no lower end: nothing can be put before it.
    return (rows.filter(pk__gt=after) if after else rows).order_by("pk")


def _columns(row: AuditEvent | RecordLook) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def _last(trail: TrailName) -> Seal | None:
    row = AuditSeal.objects.filter(trail=trail).order_by("-number").first()
    return _as_seal(row) if row is not None else None


def _as_seal(row: AuditSeal) -> Seal:
    return from_row(Seal, row, trail=TrailName(row.trail), marks=bytes(row.marks))


def _settled(trail: TrailName) -> int | None:
    """An id below which no row will appear any more; None while somebody who may have drawn a lower one goes on."""
    name = f"seal:{trail}"
    noted = heartbeat.facts_of(name)
    drawn, writers = _drawn_and_writers(_TABLES[trail]._meta.db_table)
    settled = min(noted["drawn"], drawn) if noted and not set(noted["writers"]) & set(writers) else None
    if not writers:
        settled = drawn
    # What was noted stays while one of its writers goes on: else a long one could be forgotten.
    if not noted or settled is not None:
        heartbeat.beat(name, {"drawn": drawn, "writers": writers})
    return settled


def _drawn_and_writers(table: str) -> tuple[int, list[str]]:
    """The last id drawn, and then the transactions other than this one that hold a lock for appending."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')::regclass), 0)", [table]
        )
        drawn = int(cursor.fetchone()[0])
        cursor.execute(
            "SELECT DISTINCT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND relation = %s::regclass "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND mode = 'RowExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid()",
            [table],
        )
        return drawn, sorted(str(name) for (name,) in cursor.fetchall())


def heads() -> tuple[KeptHead, ...]:
    """The newest head of each trail that has one."""
    newest = AuditSeal.objects.order_by("-number").values_list("number", "head", "sealed_at")
    found = ((trail, newest.filter(trail=trail).first()) for trail in TrailName)
    return tuple(KeptHead(trail, *one) for trail, one in found if one is not None)


def verify(kept: Iterable[KeptHead] = ()) -> Iterator[TrailFault | Verified]:
    """Compare every seal with its rows, with the seal before it and with heads that were kept outside; each fault as it
    is found, and last what was compared."""
    wanted = {(one.trail, one.number): one.head for one in kept}
    seals = rows = unsealed = 0
    newest = []
    for trail in TrailName:
        before: Seal | None = None
        for row in AuditSeal.objects.filter(trail=trail).order_by("number").iterator(chunk_size=50):
            found = _as_seal(row)
            here = [(one.pk, _columns(one)) for one in _rows(trail, before.last if before else 0, found.last)]
            yield from faults_of_seal(found, before)
            yield from faults_of_rows(found, here)
            if wanted.pop((trail, found.number), found.head) != found.head:
                yield TrailFault(Breach.HEAD_DIFFERS, trail, found.number)
            seals, rows, before = seals + 1, rows + len(here), found
        unsealed += _TABLES[trail].objects.filter(pk__gt=before.last if before else 0).count()
        if before is not None:
            newest.append(KeptHead(trail, before.number, before.head))
    for trail, number in sorted(wanted):
        yield TrailFault(Breach.SEALS_CUT_OFF, trail, number)
    yield Verified(seals, rows, unsealed, tuple(newest))
