"""The dry run of an import: what would be made, who is here already, and every row that cannot be taken over.

Nothing is written. Records are matched by their number in the clinic of whoever imports, and in no other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import UUID

from django.db.models.functions import Lower

from plans.domain.caseload_file import columns as uses
from plans.domain.caseload_file.patients import FilePatient, Reading, file_patients
from plans.domain.caseload_file.problems import BadRow, RowProblem
from plans.domain.caseload_file.states import ImportState
from plans.domain.caseload_file.table import FileTable, read_table
from plans.domain.caseload_file.values import DayOrder
from plans.domain.people import PatientData
from plans.models import CaseloadImport, Patient
from plans.services import clock, owners
from plans.services.access import get_import_for
from plans.services.actors import Actor
from plans.services.patient_cards import sort_key
from plans.services.people import columns_of
from plans.wording import caseload_file as wording

_ALIKE: Final = frozenset({"same_person", "shared_mailbox", "same_person_in_file", "shared_mailbox_in_file"})
# By which a patient is found, whatever its case.
_NUMBER: Final = "record_no"
# Who is here keeps their owner, who may have handed them over since.
_NOT_COMPARED: Final = frozenset({_NUMBER, "owner"})
# What the file calls the parts of the emergency contact, which is one field of a patient's row.
_PERSON: Final = {
    "person_name": "name",
    "person_relation": "relation",
    "person_phone": "phone",
    "may_be_told": "may_be_told",
}


@dataclass(frozen=True, slots=True)
class ImportDryRun:
    """What importing a file would do now. `missing` and `twice`: codes of columns that must be said first.

    `new` patients would be made, `known` are here with the same entries, `bad_patients` have a problem; `alike`: some
    only because they may be somebody who is here. `digest` names all of it: what is made is what was shown. `owners`
    are the members whom the file may name, as (key, name) by address; `owner`: whose those are for whom it says
    nothing.
    """

    new: tuple[FilePatient, ...] = ()
    known: int = 0
    problems: tuple[RowProblem, ...] = ()
    bad_patients: int = 0
    alike: bool = False
    missing: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()
    digest: str = ""
    owners: Mapping[str, tuple[UUID, str]] = field(default_factory=dict)
    owner: tuple[UUID, str] | None = None

    @property
    def readable(self) -> bool:
        """Whether the columns are said well enough to read the rows."""
        return not self.missing and not self.twice

    @property
    def drafts(self) -> int:
        """How many drafts of plans would be made."""
        return sum(one.planned for one in self.new)

    def owner_of(self, one: FilePatient) -> UUID | None:
        """Whose a patient of the file is to be; None: nobody's yet."""
        found = self.owners.get(one.owner) if one.owner else self.owner
        return found[0] if found is not None else None

    @property
    def over_steps(self) -> int:
        """How many steps are over and would be left out."""
        return sum(one.left_out for one in self.new)


def dry_run(actor: Actor, import_id: UUID) -> ImportDryRun:
    """What importing a file would do now; empty for one that is finished. Raises NotFound."""
    row = get_import_for(actor, import_id)
    return ImportDryRun() if row.state == ImportState.FINISHED.value else judge(actor, row)


def judge(actor: Actor, row: CaseloadImport) -> ImportDryRun:
    """The dry run of an import's row, whose file is still there; for services."""
    missing, twice = uses.missing(row.columns), uses.twice(row.columns)
    if missing or twice:
        return ImportDryRun(missing=missing, twice=twice)
    table = read_table(row.content)
    reading = _reading(row)
    found = list(file_patients(table, reading))
    here = _here(row, found)
    named = row.owner_id is not None or any(one.owner for one in found)
    members = owners.by_address(actor) if named else {}
    judged = [
        _owned(_compared(one, here.get(one.record_no.lower()), reading, table), members, reading, table)
        for one in found
    ]
    fresh = [one for one in judged if not one.problems and one.record_no.lower() not in here]
    if not row.looked:
        refused = _alike(row, fresh, reading, table)
        judged = [refused.get(one.line, one) for one in judged]
        fresh = [one for one in fresh if one.line not in refused]
    problems = sorted((problem for one in judged for problem in one.problems), key=lambda one: one.line)
    bad = sum(bool(one.problems) for one in judged)
    return ImportDryRun(
        new=tuple(fresh),
        known=len(judged) - len(fresh) - bad,
        problems=tuple(problems),
        bad_patients=bad,
        alike=any(str(one.error.facts.get("why")) in _ALIKE for one in problems),
        digest=_digest(row, fresh, problems),
        owners=members,
        owner=next((one for one in members.values() if one[0] == row.owner_id), None),
    )


def _reading(row: CaseloadImport) -> Reading:
    clinic = row.clinic
    return Reading(
        columns=tuple(row.columns),
        order=DayOrder(row.day_order),
        today=clock.today(clinic.zone),
        words=wording.words(),
        defaults={"zone": clinic.zone, "country": clinic.country, "language": clinic.language},
    )


def _here(row: CaseloadImport, found: Iterable[FilePatient]) -> dict[str, Patient]:
    """The clinic's patients with the record numbers of the file, by the number in lower case."""
    numbers = {one.record_no.lower() for one in found if one.record_no}
    rows = Patient.objects.filter(clinic_id=row.clinic_id).annotate(number=Lower("record_no"))
    return {one.record_no.lower(): one for one in rows.filter(number__in=numbers)}


def _compared(one: FilePatient, here: Patient | None, reading: Reading, table: FileTable) -> FilePatient:
    """The patient, refused if the record here says something else than the file in a field the file names."""
    if here is None or one.data is None:
        return one
    differing = [
        code for code in uses.USES if code in one.given - _NOT_COMPARED and _differs(code, one.data, here)
    ]
    if not differing:
        return one
    return _refused(one, _NUMBER, BadRow(why="changed_here", fields=differing), reading, table)


def _owned(
    one: FilePatient, members: Mapping[str, object], reading: Reading, table: FileTable
) -> FilePatient:
    """The patient, refused if the file gives them an owner who does not plan here."""
    if not one.owner or one.owner in members:
        return one
    return _refused(one, "owner", BadRow(why="owner_unknown", raw=one.owner), reading, table)


def _differs(code: str, data: PatientData, here: Patient) -> bool:
    columns = columns_of(data)
    if code in _PERSON:
        return bool(getattr(data.person_to_call, _PERSON[code]) != here.person_to_call.get(_PERSON[code], ""))
    new, old = columns[code], getattr(here, code)
    return set(new) != set(old) if isinstance(new, list) else bool(new != old)


def _alike(
    row: CaseloadImport, fresh: Sequence[FilePatient], reading: Reading, table: FileTable
) -> dict[int, FilePatient]:
    """Those new patients who may be somebody in the clinic or above in the file, refused; by their lines."""
    persons = _persons_here(row, fresh)
    mailboxes = _mailboxes_here(row, fresh)
    refused: dict[int, FilePatient] = {}
    for one in fresh:
        data = one.data
        if data is None:
            continue
        person, mailbox = (sort_key(data.name), data.born), data.email.lower()
        found: list[tuple[str, BadRow]] = []
        if person in persons:
            found.append(("name", persons[person]))
        if mailbox and mailbox in mailboxes:
            found.append(("email", mailboxes[mailbox]))
        for code, error in found:
            refused[one.line] = _refused(refused.get(one.line, one), code, error, reading, table)
        persons.setdefault(person, BadRow(why="same_person_in_file", line=one.line))
        mailboxes.setdefault(mailbox, BadRow(why="shared_mailbox_in_file", line=one.line))
    return refused


def _persons_here(row: CaseloadImport, fresh: Iterable[FilePatient]) -> dict[tuple[str, date], BadRow]:
    keys = {sort_key(one.data.name) for one in fresh if one.data}
    rows = Patient.objects.filter(clinic_id=row.clinic_id, sort_key__in=keys)
    return {
        (key, born): BadRow(why="same_person", record_no=number)
        for key, born, number in rows.values_list("sort_key", "born", "record_no")
    }


def _mailboxes_here(row: CaseloadImport, fresh: Iterable[FilePatient]) -> dict[str, BadRow]:
    boxes = {one.data.email.lower() for one in fresh if one.data and one.data.email}
    rows = Patient.objects.filter(clinic_id=row.clinic_id).annotate(box=Lower("email")).filter(box__in=boxes)
    return {
        box: BadRow(why="shared_mailbox", record_no=number)
        for box, number in rows.values_list("box", "record_no")
    }


def _refused(one: FilePatient, code: str, error: BadRow, reading: Reading, table: FileTable) -> FilePatient:
    heading = table.headings[reading.columns.index(code)]
    return replace(one, problems=(*one.problems, RowProblem(one.line, heading, error)))


def _digest(row: CaseloadImport, fresh: Iterable[FilePatient], problems: Iterable[RowProblem]) -> str:
    told = [
        row.digest, row.columns, row.day_order, row.looked, str(row.owner_id),
        [(one.record_no, one.owner) for one in fresh],
        [(one.line, one.column, one.error.code, str(one.error.facts)) for one in problems],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
