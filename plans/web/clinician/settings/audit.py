"""What was done to the clinic itself: people, rules, settings."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from plans.services import audit
from plans.services.actors import May
from plans.web.clinician.audit_lines import audit_lines, started_under
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page


@require_safe
@staff_page(May.MANAGE)
def clinic_trail_page(request: StaffRequest) -> HttpResponse:
    """What was done to the clinic itself: people, rules, settings; newest first."""
    q = request.GET.get("who", "").replace("\0", "")[:200].strip()
    before = started_under(request)
    found = audit.clinic_trail(request.actor, q=q, before=before)
    context = {
        "place": "settings",
        "who": q,
        "query": f"{urlencode({'who': q})}&" if q else "",
        "started": before,
        **audit_lines(found),
    }
    return page(request, "clinic/clinic_trail.html", context)
