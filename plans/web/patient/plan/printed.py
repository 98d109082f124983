"""What a scanned page is worth, and the way from it to the plan."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from plans.domain.checkins.help_lines import phone_href
from plans.domain.errors import NotFound
from plans.services import patient_pages
from plans.web import languages
from plans.web.gate import public_page
from plans.web.patient import link_session, unknown_link


@require_safe
@public_page
def paper(request: HttpRequest, token: str) -> HttpResponse:
    """What a scanned page is worth, at one glance: CURRENT, or REPLACED ON a day. No health data."""
    try:
        status = patient_pages.paper_status(token)
    except NotFound:
        return unknown_link.unknown(request, "patient/paper_unknown.html")
    with languages.speaking(request, status.language):
        door = languages.spoken(status)
        phone = status.care.prescriber_phone
        href = phone_href(phone) if phone else ""
        context = {"status": status, "door": door, "token": token, "prescriber_href": href}
        context |= languages.frame(request)
        return render(request, "patient/paper.html", context)


@require_safe
@public_page
def from_paper(request: HttpRequest, token: str) -> HttpResponse:
    """From a printed page to the plan's own page, which shows nothing before the year of birth."""
    if request.method == "HEAD":
        return HttpResponseRedirect(reverse(link_session.PLAN.page))
    try:
        key = patient_pages.plan_session_of_paper(token)
    except NotFound:
        return unknown_link.unknown(request, "patient/paper_unknown.html")
    return link_session.lead_on(link_session.PLAN, key)
