"""Rows of the audit trail in words, for the history of a patient and of the clinic."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from plans.services import audit
from plans.services.audit import AuditRow
from plans.web.forms import read_number
from plans.web.gate import StaffRequest
from plans.wording.audit import act_words, actor_words, pages_words


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line, and the rows folded under it: the pages one person saved of one check-in, newest first."""

    row: AuditRow
    who: str
    what: str
    folded: tuple[AuditRow, ...] = ()

    @property
    def first(self) -> AuditRow:
        """The earliest of the rows."""
        return self.folded[-1] if self.folded else self.row


def audit_lines(found: audit.AuditPage) -> dict[str, object]:
    """The lines of a page of the trail, and where the next page begins."""
    lines = []
    for _key, group in groupby(found.rows, key=_together):
        rows = tuple(group)
        who, what = actor_words(rows[0].actor_kind, rows[0].actor_name), act_words(rows[0].act, rows[0].facts)
        if len(rows) > 1:
            what = pages_words(len(rows))
        lines.append(AuditLine(rows[0], who, what, rows if len(rows) > 1 else ()))
    return {"rows": lines, "before": found.before}


def _together(row: AuditRow) -> tuple[object, ...]:
    """What neighbours must share to stand on one line: pages of one check-in by one person; else nothing."""
    if row.act == "checkin.saved":
        return (row.act, row.subject_id, row.actor_kind, row.actor_name)
    return (row.id,)


def started_under(request: StaffRequest) -> int | None:
    """The row a page of the trail begins under, as its address names it."""
    return read_number(request.GET.get("before", ""), longest=18)
