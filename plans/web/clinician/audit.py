"""The audit trails: of a patient, and of the clinic itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
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
    before = _before(request)
    found = audit.trail(request.actor, patient_id=patient_id, before=before)
    context = {"place": "caseload", "patient": card, "started": before, **_lines(found)}
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
    raw = request.GET.get("before", "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else None


def _lines(found: audit.TrailPage) -> dict[str, Any]:
    rows = [
        (row, actor_words(row.actor_kind, row.actor_name), act_words(row.act, row.facts))
        for row in found.rows
    ]
    return {"rows": rows, "before": found.before}
