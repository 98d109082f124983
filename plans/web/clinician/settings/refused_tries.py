"""Failed sign-ins and unknown links over all clinics, for the operator."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from plans.services import refused_tries
from plans.services.actors import May
from plans.web.clinician import patient_search
from plans.web.clinician.audit_lines import started_under
from plans.web.forms import single
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.OPERATE)
def refused_tries_page(request: StaffRequest) -> HttpResponse:
    """The list, latest first; a post searches, so that what is typed stands in no address."""
    if request.method == "POST":
        q = patient_search.clean(single(request.POST, "q"))
        address = reverse("refused-tries")
        return redirect(f"{address}?find={patient_search.keep(request, q)}" if q else address)
    word, q = patient_search.read(request)
    before = started_under(request)
    found = refused_tries.page_of(request.actor, q=q, before=before)
    context = {
        "place": "installation",
        "rows": found.rows,
        "before": found.before,
        "started": before,
        "query": f"find={word}&" if word else "",
        "searched": q,
    }
    return page(request, "clinic/refused_tries.html", context)
