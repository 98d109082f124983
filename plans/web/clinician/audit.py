"""The audit trail of a patient."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from plans.services import audit, people
from plans.services.actors import May
from plans.web.clinician.shell import page
from plans.web.gate import StaffRequest, staff_page
from plans.wording.audit import act_words, actor_words


@require_safe
@staff_page(May.LOOK)
def trail_page(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Who did what, when, on which version; newest first."""
    card = people.patient_card(request.actor, patient_id)
    raw = request.GET.get("before", "")
    before = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else None
    found = audit.trail(request.actor, patient_id=patient_id, before=before)
    rows = [
        (row, actor_words(row.actor_kind, row.actor_name), act_words(row.act, row.facts))
        for row in found.rows
    ]
    context = {"place": "caseload", "patient": card, "rows": rows, "before": found.before, "started": before}
    return page(request, "clinic/audit.html", context)
