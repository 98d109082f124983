"""The patient asks the clinic for a copy of everything, and fetches it once the clinic has put it here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from plans.domain.errors import NotFound, Refused
from plans.domain.link_policy import LinkAct
from plans.services import patient_pages, record_copies
from plans.services.links import LinkView
from plans.web.copy_download import download
from plans.web.forms import single
from plans.web.gate import patient_page
from plans.web.patient import link_session
from plans.web.patient.plan.second_fact import needs_fact


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page(LinkAct.COPY)
@needs_fact(LinkAct.COPY)
def copy_page(request: HttpRequest, link: LinkView) -> HttpResponse:
    """What is kept, and how to get a copy of it."""
    device = link_session.device(request)
    gone = False
    if request.method == "POST" and single(request.POST, "act") == "fetch":
        try:
            found = record_copies.fetch(link, device=device)
        except (NotFound, Refused):
            gone = True
        else:
            return download(found)
    elif request.method == "POST":
        record_copies.ask_clinic(link, device=device)
        return HttpResponseRedirect(reverse("plan-page-copy"))
    context = {
        "holder": patient_pages.link_holder(link),
        "copy": record_copies.of_link(link, device=device),
        "gone": gone,
    }
    return render(request, "patient/copy.html", context, status=410 if gone else 200)
