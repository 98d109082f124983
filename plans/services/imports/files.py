"""The file of an import: uploaded, its columns said, discarded, forgotten after a day."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.caseload_file import columns as uses
from plans.domain.caseload_file.states import ImportState
from plans.domain.caseload_file.table import FileTable, decode, read_table
from plans.domain.caseload_file.values import DayOrder
from plans.domain.errors import Refused
from plans.domain.which import which
from plans.models import CaseloadImport
from plans.services import audit, clock, owners
from plans.services.access import get_clinic_for, get_import_for
from plans.services.actors import SYSTEM, Actor, May

KEPT_FOR: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ImportFile:
    """An import as pages show it. `table`: its rows; None in a list, and once it is finished and the file is gone."""

    id: UUID
    state: str
    table: FileTable | None
    columns: tuple[str, ...]
    order: DayOrder
    looked: bool
    owner_id: UUID | None
    total: int
    made: int
    drafts: int
    known: int
    left_out: int
    created_at: datetime
    created_by: str

    @property
    def state_is(self) -> Mapping[str, bool]:
        """Which state it is in, for templates."""
        return which(ImportState, self.state)


def upload(*, by: Actor, raw: bytes) -> UUID:
    """Keep a file for a day, with a guess of what its columns hold. Raises BadFile."""
    clinic = get_clinic_for(by, May.MANAGE)
    text = decode(raw)
    table = read_table(text)
    row = CaseloadImport.objects.create(
        clinic=clinic,
        content=text,
        digest=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        columns=list(uses.guess(table.headings)),
        day_order=DayOrder.UNSAID.value,
        created_at=clock.now(),
        created_by_id=by.member_id,
        expires_at=clock.real_now() + KEPT_FOR,
    )
    return row.pk


def import_file(actor: Actor, import_id: UUID) -> ImportFile:
    """An import of the actor's clinic. Raises NotFound, also after its day is over."""
    row = get_import_for(actor, import_id)
    return seen(row, read_table(row.content) if row.content else None)


def seen(row: CaseloadImport, table: FileTable | None = None) -> ImportFile:
    """An import's row as pages show it; for services."""
    return ImportFile(
        id=row.pk,
        state=row.state,
        table=table,
        columns=tuple(row.columns),
        order=DayOrder(row.day_order),
        looked=row.looked,
        owner_id=row.owner_id,
        total=row.total,
        made=row.made,
        drafts=row.drafts,
        known=row.known,
        left_out=row.left_out,
        created_at=row.created_at,
        created_by=row.created_by.name,
    )


def unfinished(actor: Actor) -> tuple[ImportFile, ...]:
    """The imports of the clinic that can be gone on with, newest first."""
    clinic = get_clinic_for(actor, May.MANAGE)
    rows = CaseloadImport.objects.filter(clinic=clinic, expires_at__gt=clock.real_now())
    rows = rows.exclude(state=ImportState.FINISHED).defer("content").select_related("created_by")
    return tuple(seen(row) for row in rows.order_by("-created_at")[:20])


@transaction.atomic
def set_columns(
    *,
    by: Actor,
    import_id: UUID,
    columns: Sequence[str],
    order: DayOrder,
    looked: bool,
    owner_id: UUID | None = None,
) -> bool:
    """Say what each column holds, how dates are read, and whose the patients are for whom the file says nothing (None:
    nobody's yet); False if that is what was said already.

    Raises Refused("import_begun") once patients have been made: what was shown then is what goes on; and
    Refused("not_a_candidate") for an owner who does not plan in this clinic.
    """
    row = get_import_for(by, import_id, lock=True)
    if owner_id is not None and owner_id not in dict(owners.candidates(by)):
        raise Refused(reason="not_a_candidate", where="owner")
    new = {"columns": list(columns), "day_order": order.value, "looked": looked, "owner_id": owner_id}
    if all(getattr(row, name) == value for name, value in new.items()):
        return False
    if row.state != ImportState.BEING_CHECKED.value:
        raise Refused(reason="import_begun")
    CaseloadImport.objects.filter(pk=row.pk).update(**new)
    return True


@transaction.atomic
def discard(*, by: Actor, import_id: UUID) -> int:
    """Delete the file and the import; patients it made stay. Returns how many those are."""
    row = get_import_for(by, import_id, lock=True)
    if row.state == ImportState.UNDER_WAY.value:
        record(row, by)
    made = row.made
    row.delete()
    return made


def record(row: CaseloadImport, by: Actor) -> None:
    """Note in the clinic's trail what an import has made; nothing if it made nothing."""
    if not row.made:
        return
    audit.record(
        by=by,
        act="clinic.caseload_imported",
        subject_kind="clinic",
        subject_id=row.clinic_id,
        clinic_id=row.clinic_id,
        facts={
            "made": row.made,
            "drafts": row.drafts,
            "known": row.known,
            "left_out": row.left_out,
            "file": row.digest[:12],
            "sha256": row.digest,
        },
    )


def forget() -> int:
    """Delete the imports whose day is over, finished or not; returns how many."""
    gone = 0
    for key in CaseloadImport.objects.filter(expires_at__lte=clock.real_now()).values_list("pk", flat=True)[
        :200
    ]:
        with transaction.atomic():
            row = (
                CaseloadImport.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=key).first()
            )
            if row is None:
                continue
            if row.state == ImportState.UNDER_WAY.value:
                record(row, SYSTEM)
            row.delete()
            gone += 1
    return gone
