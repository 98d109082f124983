"""Rows of the audit trail in words, for the history of a patient and of the clinic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from plans.services import audit
from plans.services.audit import AuditRow
from plans.services.looks import Look, LookPage
from plans.web.forms import read_number
from plans.web.gate import StaffRequest
from plans.wording.audit import LOOKED_AT, act_words, actor_words, pages_words
from plans.wording.drugs import listed


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line, and the rows folded into it: pages of one check-in saved by one person, newest first."""

    row: AuditRow
    who: str
    what: str
    folded: tuple[AuditRow, ...] = ()
    patient: str = ""

    @property
    def first(self) -> AuditRow:
        """The earliest of the rows."""
        return self.folded[-1] if self.folded else self.row


def audit_lines(found: audit.AuditPage, patients: Mapping[UUID, str] | None = None) -> dict[str, object]:
    """The lines of a page of the history, and where the next page begins. `patients`: names, where the lines are of
    several."""
    lines = []
    names = patients or {}
    for _key, group in groupby(found.rows, key=_together):
        rows = tuple(group)
        who, what = actor_words(rows[0].actor_kind, rows[0].actor_name), act_words(rows[0].act, rows[0].facts)
        if len(rows) > 1:
            what = pages_words(len(rows))
        key = rows[0].patient_id
        patient = names.get(key, "") if key is not None else ""
        lines.append(AuditLine(rows[0], who, what, rows if len(rows) > 1 else (), patient))
    return {"rows": lines, "before": found.before}


@dataclass(frozen=True, slots=True)
class LookLine:
    """What one person saw of one patient in one session, in words."""

    look: Look
    kinds: str
    patient: str = ""


def look_lines(found: LookPage, patients: Mapping[UUID, str] | None = None) -> dict[str, object]:
    """The lines of a page of looks, and where the next page begins. `patients` as above."""
    names = patients or {}
    rows = [
        LookLine(
            look,
            listed([str(LOOKED_AT.get(kind, kind)) for kind in look.kinds]),
            names.get(look.patient_id, ""),
        )
        for look in found.rows
    ]
    return {"rows": rows, "before": found.before}


def _together(row: AuditRow) -> tuple[object, ...]:
    """What neighbouring rows must share to be folded into one line; the row's own id for one that is not folded."""
    if row.act == "checkin.saved":
        return (row.act, row.subject_id, row.actor_kind, row.actor_name)
    return (row.id,)


def started_under(request: StaffRequest) -> int | None:
    """The row that a page of the history begins after, as its address names it."""
    return read_number(request.GET.get("before", ""), longest=18)
