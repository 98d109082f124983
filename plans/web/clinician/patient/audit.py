"""The history of a patient: who did what, when, on which version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from plans.domain.audit import Part
from plans.services import audit, people
from plans.services.actors import May
from plans.web.clinician.audit_lines import audit_lines, started_under
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page

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
    before = started_under(request)
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
        **audit_lines(found),
    }
    return page(request, "clinic/audit.html", context)
