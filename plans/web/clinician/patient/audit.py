"""The audit trails: of a patient, and of the clinic itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from plans.domain.audit import Part
from plans.services import audit, people
from plans.services.actors import May
from plans.services.audit import TrailRow
from plans.web.forms import read_number
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page
from plans.wording.audit import act_words, actor_words, pages_words

_PARTS: Final[Mapping[Part, Promise]] = {
    Part.PLAN: _("Plan"),
    Part.CHECKINS: _("Check-ins and doses"),
    Part.REVIEWS: _("Reviews"),
    Part.MESSAGES: _("Letters and papers"),
    Part.RECORD: _("Record"),
}


@require_safe
@staff_page(May.LOOK)
def trail_page(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Who did what, when, on which version; newest first."""
    card = people.patient_card(request.actor, patient_id)
    before = _before(request)
    asked = request.GET.get("part", "")
    part = asked if asked in {one.value for one in _PARTS} else ""
    found = audit.trail(request.actor, patient_id=patient_id, part=part, before=before)
    context = {
        "place": "caseload",
        "patient": card,
        "part": part,
        "tabs": [("", _("All")), *((one.value, label) for one, label in _PARTS.items())],
        "query": f"part={part}&" if part else "",
        "started": before,
        **_lines(found),
    }
    return page(request, "clinic/audit.html", context)


@require_safe
@staff_page(May.MANAGE)
def clinic_trail_page(request: StaffRequest) -> HttpResponse:
    """What was done to the clinic itself: people, rules, settings; newest first."""
    q = request.GET.get("who", "").replace("\0", "")[:200].strip()
    before = _before(request)
    found = audit.clinic_trail(request.actor, q=q, before=before)
    context = {
        "place": "settings",
        "who": q,
        "query": f"{urlencode({'who': q})}&" if q else "",
        "started": before,
        **_lines(found),
    }
    return page(request, "clinic/clinic_trail.html", context)


def _before(request: StaffRequest) -> int | None:
    return read_number(request.GET.get("before", ""), longest=18)


@dataclass(frozen=True, slots=True)
class Line:
    """One line, and the rows folded under it: the pages one person saved of one check-in, newest first."""

    row: TrailRow
    who: str
    what: str
    folded: tuple[TrailRow, ...] = ()

    @property
    def first(self) -> TrailRow:
        """The earliest of the rows."""
        return self.folded[-1] if self.folded else self.row


def _lines(found: audit.TrailPage) -> dict[str, Any]:
    lines = []
    for _key, group in groupby(found.rows, key=_together):
        rows = tuple(group)
        who, what = actor_words(rows[0].actor_kind, rows[0].actor_name), act_words(rows[0].act, rows[0].facts)
        if len(rows) > 1:
            what = pages_words(len(rows))
        lines.append(Line(rows[0], who, what, rows if len(rows) > 1 else ()))
    return {"rows": lines, "before": found.before}


def _together(row: TrailRow) -> tuple[Any, ...]:
    """What neighbours must share to stand on one line: pages of one check-in by one person; else nothing."""
    if row.act == "checkin.saved":
        return (row.act, row.subject_id, row.actor_kind, row.actor_name)
    return (row.id,)
