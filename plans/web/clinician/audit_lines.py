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
    """One line, and the rows folded into it: pages of one check-in saved by one person, newest first."""

    row: AuditRow
    who: str
    what: str
    folded: tuple[AuditRow, ...] = ()

    @property
    def first(self) -> AuditRow:
        """The earliest of the rows."""
        return self.folded[-1] if self.folded else self.row


def audit_lines(found: audit.AuditPage) -> dict[str, object]:
    """The lines of a page of the history, and where the next page begins."""
    lines = []
    for _key, group in groupby(found.rows, key=_together):
        rows = tuple(group)
        who, what = actor_words(rows[0].actor_kind, rows[0].actor_name), act_words(rows[0].act, rows[0].facts)
        if len(rows) > 1:
            what = pages_words(len(rows))
        lines.append(AuditLine(rows[0], who, what, rows if len(rows) > 1 else ()))
    return {"rows": lines, "before": found.before}


def _together(row: AuditRow) -> tuple[object, ...]:
    """What neighbouring rows must share to be folded into one line; the row's own id for one that is not folded."""
    if row.act == "checkin.saved":
        return (row.act, row.subject_id, row.actor_kind, row.actor_name)
    return (row.id,)


def started_under(request: StaffRequest) -> int | None:
    """The row that a page of the history begins after, as its address names it."""
    return read_number(request.GET.get("before", ""), longest=18)
