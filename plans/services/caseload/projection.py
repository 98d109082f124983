"""Writing the rows of the caseload: in the transaction of whatever changed them, by the clock, and all of them anew.

Triggers mark the patient of every row that changed (`plans.models.caseload.CaseloadMark`), whoever changed it and how.
Right before a transaction is committed, the database wrapper of the project calls `write_marked`, which writes the rows
of the patients it marked. What is written past it (a statement outside of transactions, a release before this one)
stays marked and is worked off by the tick; until then pages read the truth of those patients.

Two acts may write one row at once. Each locks the patient's row of the caseload first and computes it afterwards, so
that whoever comes second has seen what the first one did. It is the last lock of a transaction: nobody who holds it
waits for anything but another one, and those are taken in one order.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol, cast
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.models import Count
from psycopg.errors import UndefinedTable

from plans.domain.json import JsonObject
from plans.domain.review.item_states import Priority
from plans.domain.review.reasons import Source
from plans.domain.text import fold
from plans.models import (
    LIVE_STATES,
    CaseloadCount,
    CaseloadEntry,
    CaseloadMark,
    CaseloadRow,
    Heartbeat,
    Patient,
    Plan,
)
from plans.services import clock, heartbeat
from plans.services.caseload import standing
from plans.services.caseload.facts import facts_of
from plans.services.caseload.standing import Places
from plans.services.review.review_items import open_item
from plans.services.rows import RowsFailed

log = logging.getLogger(__name__)

# A transaction that changes more patients than this leaves their rows to the tick, and is not kept waiting.
MOST_AT_ONCE: Final = 500
PAGE: Final = 200
SECONDS: Final = 4.0
_COMPARED: Final = heartbeat.CASELOAD_ROUND
_KEYS: Final = ("priority", "change_on", "answer_rank", "worry", "sort_key")
_FIELDS: Final = ("clinic", "owner", "search", "facts", "stale_at", *_KEYS)


@dataclass(frozen=True, slots=True)
class Made:
    """A patient's row as computed: what it holds, and the lists it stands in."""

    patient: Patient
    row: CaseloadRow
    places: Places

    @property
    def key(self) -> UUID:
        """The patient's."""
        return self.patient.pk

    @property
    def lists(self) -> frozenset[UUID]:
        """The keys of the lists."""
        return self.places.lists(self.patient.clinic_id)


def make(patients: Collection[Patient], now: datetime) -> list[Made]:
    """The rows of these patients as they should be; nothing is written."""
    found = facts_of(patients)
    return [_made(patient, found[patient.pk], now) for patient in patients]


def _made(patient: Patient, facts: JsonObject, now: datetime) -> Made:
    places = standing.places(facts, patient.owner_id, now)
    row = CaseloadRow(
        patient_id=patient.pk,
        clinic_id=patient.clinic_id,
        owner_id=patient.owner_id,
        search=searched(patient),
        facts=facts,
        priority=places.priority,
        change_on=places.change_on,
        answer_rank=places.answer_rank,
        worry=places.worry,
        sort_key=patient.sort_key,
        stale_at=places.stale_at,
    )
    return Made(patient, row, places)


def searched(patient: Patient) -> str:
    """What a patient is looked for in: the name and the record number, folded."""
    return f"{patient.sort_key} {fold(patient.record_no)}"[:280]


def write_marked() -> None:
    """Write the rows of the patients whom the present transaction marked. Called right before it is committed.

    An act is never lost by it: where it fails nothing of it stays but the marks, and the tick tries again.
    """
    try:
        with transaction.atomic():
            marked = _take_own_marks()
            if marked:
                # Keys of other tables are looked up now: after the locks below nothing may wait for a row.
                connection.check_constraints()
                refresh(marked, clock.now())
    except Exception as error:
        # A migration that comes before the one that makes the table of marks has nobody to mark.
        if not isinstance(error.__cause__, UndefinedTable):
            log.exception("rows of the caseload are left to the tick")


def _take_own_marks() -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT patient_id FROM plans_caseloadmark"
            " WHERE transaction = pg_current_xact_id()::text::bigint LIMIT %s",
            [MOST_AT_ONCE + 1],
        )
        found = [key for (key,) in cursor.fetchall()]
        if not found or len(found) > MOST_AT_ONCE:
            return []
        cursor.execute(
            "DELETE FROM plans_caseloadmark WHERE transaction = pg_current_xact_id()::text::bigint"
        )
    return found


def refresh(keys: Iterable[UUID], now: datetime) -> int:
    """Write the rows and places of these patients as they should be, in the caller's transaction; how many changed."""
    wanted = sorted(set(keys))
    _lock(wanted)
    patients = list(Patient.objects.filter(pk__in=wanted).order_by("pk"))
    if len(patients) < len(wanted):
        gone = set(wanted) - {patient.pk for patient in patients}
        CaseloadEntry.objects.filter(row__in=gone).delete()
        CaseloadRow.objects.filter(pk__in=gone).delete()
    changed = _changed(make(patients, now), wanted)
    _write(changed)
    return len(changed)


def _lock(keys: list[UUID]) -> None:
    """Wait for whoever writes these rows just now, always in the same order; until the transaction ends."""
    locks = sorted({_lock_number(key) for key in keys})
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(pg_advisory_xact_lock(key)) FROM unnest(%s::bigint[]) AS key", [locks])


def _lock_number(key: UUID) -> int:
    digest = hashlib.blake2b(b"caseload" + key.bytes, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _changed(made: Collection[Made], keys: Collection[UUID]) -> list[Made]:
    """Those whose stored row or places are not as they should be."""
    stored = CaseloadRow.objects.in_bulk(list(keys))
    entries: dict[UUID, set[tuple[object, ...]]] = defaultdict(set)
    for patient_id, *place in CaseloadEntry.objects.filter(row__in=list(keys)).values_list(
        "row_id", "list_key", *_KEYS
    ):
        entries[patient_id].add(tuple(place))
    return [
        one for one in made if not _same(stored.get(one.key), one.row) or entries[one.key] != _entries_of(one)
    ]


def _same(stored: CaseloadRow | None, made: CaseloadRow) -> bool:
    fields = ("clinic_id", "owner_id", "search", "facts", "stale_at", *_KEYS)
    return stored is not None and all(getattr(stored, name) == getattr(made, name) for name in fields)


def _entries_of(made: Made) -> set[tuple[object, ...]]:
    place = tuple(getattr(made.row, name) for name in _KEYS)
    return {(key, *place) for key in made.lists}


def _write(changed: Collection[Made]) -> None:
    """Write rows and places. A place that stays is updated, so that no count has to change twice."""
    if not changed:
        return
    CaseloadRow.objects.bulk_create(
        [one.row for one in changed], update_conflicts=True, unique_fields=["patient"], update_fields=_FIELDS
    )
    wanted = {(one.key, key) for one in changed for key in one.lists}
    stored = CaseloadEntry.objects.filter(row__in=[one.key for one in changed])
    gone = [pk for pk, row, key in stored.values_list("pk", "row_id", "list_key") if (row, key) not in wanted]
    if gone:
        CaseloadEntry.objects.filter(pk__in=gone).delete()
    CaseloadEntry.objects.bulk_create(
        [
            CaseloadEntry(list_key=key, row_id=one.key, **{name: getattr(one.row, name) for name in _KEYS})
            for one in changed
            for key in sorted(one.lists)
        ],
        update_conflicts=True,
        unique_fields=["row", "list_key"],
        update_fields=_KEYS,
    )


class _Wrapper(Protocol):
    """The project's wrapper around a connection, as far as services know it."""

    rows_later: bool


def _wrapper() -> _Wrapper:
    return cast(_Wrapper, connections[DEFAULT_DB_ALIAS])


@contextmanager
def written_later() -> Iterator[None]:
    """Leave rows to the end of the block, where all are written at once: for commands that play months of days which
    nobody looks at. Changes are marked as always, so that nothing is lost if it breaks off."""
    wrapper = _wrapper()
    wrapper.rows_later = True
    try:
        yield
    finally:
        wrapper.rows_later = False
        keys = sorted(set(CaseloadMark.objects.values_list("patient_id", flat=True)))
        for chunk in (keys[n : n + PAGE] for n in range(0, len(keys), PAGE)):
            with transaction.atomic():
                CaseloadMark.objects.filter(patient__in=chunk).delete()
                refresh(chunk, clock.now())


def tick(now: datetime, *, seconds: float = SECONDS) -> int:
    """Work off marks left behind, rows of a day gone by, and counts in many pieces; compare once a day.

    How many rows were written. Twice in a row, or in two places at once, does no harm.
    """
    if _wrapper().rows_later:
        return 0
    ends = time.monotonic() + seconds
    written = 0
    for work in (_left_behind, _of_a_day_gone_by):
        while time.monotonic() < ends and (keys := _one_page(work, now)):
            written += keys
    _add_up()
    _compare_a_page(now)
    left = CaseloadMark.objects.values("patient").distinct()[:PAGE].count()
    if left and time.monotonic() < ends:
        # There was time for all, and these could not be written.
        raise RowsFailed(left)
    return written


def catch_up() -> int:
    """Write every row that waits to be written; how many there were."""
    written = 0
    for work in (_left_behind, _of_a_day_gone_by):
        while keys := _one_page(work, clock.now()):
            written += keys
    return written


def _one_page(work: Callable[[datetime], list[UUID]], now: datetime) -> int:
    """How many were written. Where the page fails, each alone: one patient's row must not keep all others waiting."""
    keys: list[UUID] = []
    try:
        with transaction.atomic():
            keys = work(now)
            if keys:
                refresh(keys, now)
    except Exception:
        if not keys or not connection.is_usable():
            raise
        return sum(_alone(key, now) for key in keys)
    return len(keys)


def _alone(key: UUID, now: datetime) -> bool:
    try:
        with transaction.atomic():
            CaseloadMark.objects.filter(patient=key).delete()
            refresh([key], now)
    except Exception:
        log.exception("row of the caseload passed by until the next turn", extra={"row_id": str(key)})
        return False
    return True


def _left_behind(now: datetime) -> list[UUID]:
    """Patients of a page of marks, which are taken away."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM plans_caseloadmark WHERE id IN ("
            "SELECT id FROM plans_caseloadmark ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING patient_id",
            [PAGE],
        )
        return list({key for (key,) in cursor.fetchall()})


def _of_a_day_gone_by(now: datetime) -> list[UUID]:
    rows = CaseloadRow.objects.filter(stale_at__lte=now).order_by("stale_at", "pk")
    return list(rows.values_list("pk", flat=True)[:PAGE])


def _add_up() -> None:
    """Make one row of the many that a list is counted by."""
    many = CaseloadCount.objects.values("list_key").annotate(rows=Count("id")).filter(rows__gt=1)
    for key in many.values_list("list_key", flat=True)[:1000]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "WITH gone AS (DELETE FROM plans_caseloadcount WHERE list_key = %s RETURNING n)"
                " INSERT INTO plans_caseloadcount (list_key, n) SELECT %s, sum(n) FROM gone HAVING sum(n) <> 0",
                [key, key],
            )


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison found: how many rows it looked at, and the patients whose row was not as it should be."""

    looked: int
    differing: tuple[UUID, ...]


def compare(keys: Collection[UUID], now: datetime) -> Compared:
    """Compare rows with the truth, and put right what differs; in a transaction of its own.

    Rows that are stale, and those of patients who are marked, are left out: they are known to be written later.
    """
    with transaction.atomic():
        _lock(list(keys))
        late = set(CaseloadRow.objects.filter(pk__in=keys, stale_at__lte=now).values_list("pk", flat=True))
        late |= _marked(keys)
        wanted = [key for key in keys if key not in late]
        patients = list(Patient.objects.filter(pk__in=wanted).order_by("pk"))
        changed = _changed(make(patients, now), wanted)
        # Looked for after the truth was read: whatever was seen of it has left its mark by now.
        marked = _marked(wanted)
        differing = [one for one in changed if one.key not in marked]
        _write(differing)
    for one in differing:
        log.error("a row of the caseload was not as it should be", extra={"row_id": str(one.key)})
    return Compared(len(patients), tuple(one.key for one in differing))


def _marked(keys: Collection[UUID]) -> set[UUID]:
    return set(CaseloadMark.objects.filter(patient__in=keys).values_list("patient_id", flat=True))


def rebuild(clinic_id: UUID | None = None) -> Iterator[Compared]:
    """Compare the row of every patient (of one clinic) with the truth and put right what differs, page by page."""
    rows = Patient.objects.filter(clinic_id=clinic_id) if clinic_id else Patient.objects.all()
    after: UUID | None = None
    while True:
        page = rows.filter(pk__gt=after) if after else rows
        keys = list(page.order_by("pk").values_list("pk", flat=True)[:PAGE])
        if keys:
            yield compare(keys, clock.now())
        if len(keys) < PAGE:
            return
        after = keys[-1]


def recount() -> int:
    """Compare every count with what its list holds, and put right what differs: how many did.

    Counts are appended, so that nobody has to wait: the difference is right whatever is appended meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO plans_caseloadcount (list_key, n)"
            " SELECT list_key, sum(n) FROM ("
            "  SELECT list_key, count(*) AS n FROM plans_caseloadentry GROUP BY list_key"
            "  UNION ALL SELECT list_key, -sum(n) FROM plans_caseloadcount GROUP BY list_key"
            " ) AS both_ways GROUP BY list_key HAVING sum(n) <> 0 RETURNING list_key"
        )
        wrong = cursor.fetchall()
    for (key,) in wrong:
        log.error("a list of the caseload was counted wrong", extra={"row_id": str(key)})
    return len(wrong)


def _have_them_looked_at(patients: Collection[UUID], now: datetime) -> None:
    """Somebody may have acted, or not acted, on what the caseload showed of these patients."""
    for patient in Patient.objects.filter(pk__in=patients).order_by("pk"):
        with transaction.atomic():
            open_item(
                clinic_id=patient.clinic_id,
                patient=patient,
                plan=Plan.objects.filter(patient=patient, state__in=LIVE_STATES).first(),
                source=Source.CASELOAD.value,
                source_key=f"caseload:{patient.pk}",
                priority=Priority.ROUTINE.value,
                facts={"code": "caseload_differed"},
                now=now,
            )


def _compare_a_page(now: datetime) -> None:
    """A page of the nightly round over all rows and then the counts; what differed stands in the heartbeat until the
    next round."""
    seen = Heartbeat.objects.filter(name=_COMPARED).values_list("facts", flat=True).first() or {}
    today, after = now.astimezone(UTC).date().isoformat(), seen.get("after", "end")
    if after == "end":
        if seen.get("day") == today:
            return
        seen = {"day": today, "began": clock.real_now().isoformat(), "differing": 0}
        after = ""
    rows = Patient.objects.filter(pk__gt=after) if after else Patient.objects.all()
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:PAGE])
    found = compare(keys, now).differing
    _have_them_looked_at(found, now)
    differing = len(found)
    ended = len(keys) < PAGE
    if ended:
        differing += recount()
    heartbeat.beat(
        _COMPARED,
        {
            **seen,
            "after": "end" if ended else str(keys[-1]),
            "differing": seen.get("differing", 0) + differing,
        },
    )
