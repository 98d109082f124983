"""Making what the dry run shows: patients, and drafts of their plans. Nothing is issued, and no message goes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.caseload_file.patients import FilePatient
from plans.domain.caseload_file.states import ImportState
from plans.domain.errors import Refused, Stale
from plans.models import CaseloadImport
from plans.services import owners, people
from plans.services.access import get_import_for
from plans.services.actors import Actor
from plans.services.imports.files import record
from plans.services.imports.judging import ImportDryRun, judge
from plans.services.plans import drafts
from plans.services.plans.drafts import Form

BATCH: Final = 200
"""The most patients that one transaction makes, unless all of them are to be made or none."""
FormOf = Callable[[FilePatient], Form]
"""Makes the form of a plan, as a clinician would have typed it, of what the file says."""


@transaction.atomic
def make_all(*, by: Actor, import_id: UUID, shown: str, form_of: FormOf) -> int:
    """Make every patient of a file, or none; returns how many. `shown`: the digest of the dry run they saw.

    Raises Refused("has_errors") while any row has a problem, Stale if it is not what was shown, and Refused
    ("record_no_taken") if somebody gave one of the numbers at the same moment.
    """
    row = get_import_for(by, import_id, lock=True)
    found = _as_shown(by, row, shown)
    if found.problems:
        raise Refused(reason="has_errors")
    _make(by, row, found, found.new, form_of)
    _finish(by, row, found)
    return row.made


@transaction.atomic
def begin(*, by: Actor, import_id: UUID, shown: str) -> None:
    """Begin to make the patients without problems; `go_on` makes them. Raises as `make_all`."""
    row = get_import_for(by, import_id, lock=True)
    found = _as_shown(by, row, shown)
    row.state, row.total = ImportState.UNDER_WAY.value, len(found.new)
    row.save(update_fields=["state", "total"])


@transaction.atomic
def go_on(*, by: Actor, import_id: UUID, form_of: FormOf) -> bool:
    """Make the next patients of an import that was begun; whether some are left. Asked again when it is over: False.

    Who is here already is not made again, so that it may be asked any number of times, by anybody who may.
    """
    row = get_import_for(by, import_id, lock=True)
    if row.state == ImportState.BEING_CHECKED.value:
        raise Refused(reason="not_begun")
    if row.state == ImportState.FINISHED.value:
        return False
    found = judge(by, row)
    _make(by, row, found, found.new[:BATCH], form_of)
    if len(found.new) > BATCH:
        row.save(update_fields=["made", "drafts"])
        return True
    _finish(by, row, found)
    return False


def _as_shown(by: Actor, row: CaseloadImport, shown: str) -> ImportDryRun:
    """The dry run, if it is still the one that was shown."""
    if row.state != ImportState.BEING_CHECKED.value:
        raise Refused(reason="import_begun")
    found = judge(by, row)
    if not found.readable:
        raise Refused(reason="columns_missing")
    if row.owner_id is not None and found.owner is None:
        raise Refused(reason="not_a_candidate", where="owner")
    if found.digest != shown:
        raise Stale(what="import")
    return found


def _make(
    by: Actor, row: CaseloadImport, found: ImportDryRun, new: Sequence[FilePatient], form_of: FormOf
) -> None:
    """Make these patients; for whom the file says nothing without an owner, if the one for all has left meanwhile."""
    records = [(one.data, found.owner_of(one)) for one in new if one.data is not None]
    owners.hold(by, [owner for _, owner in records if owner is not None])
    patients = people.add_many(by=by, records=records, facts={"import": str(row.pk)})
    planned = [(patient, form_of(one)) for patient, one in zip(patients, new, strict=True) if one.planned]
    drafts.begin_many(by=by, forms=planned)
    row.made += len(patients)
    row.drafts += len(planned)


def _finish(by: Actor, row: CaseloadImport, found: ImportDryRun) -> None:
    """Give the file up. Patients made by an earlier batch are not among those who were known."""
    row.state, row.content = ImportState.FINISHED.value, ""
    row.total = row.total or row.made
    row.known = max(0, found.known - (row.made - len(found.new)))
    row.left_out = found.bad_patients
    row.save(update_fields=["state", "content", "total", "made", "drafts", "known", "left_out"])
    record(row, by)
