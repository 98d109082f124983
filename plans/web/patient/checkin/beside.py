"""Pages around the questions: whom to call, about this kind of medicine, stopping for now, on to the plan."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from plans.domain.errors import NotFound
from plans.domain.link_policy import LinkAct
from plans.domain.taper import about
from plans.services import patient_pages
from plans.web import languages
from plans.web.gate import patient_page
from plans.web.patient import frame, leaflets, link_session
from plans.web.patient.checkin import visit
from plans.web.patient.link_session import by_press


@require_safe
@patient_page(LinkAct.QUESTIONS)
def checkin_help(request: HttpRequest) -> HttpResponse:
    """Whom to call, with the clinic's own words."""
    try:
        link = visit.link_of(request)
    except NotFound:
        return link_session.expired(request)
    with languages.speaking(request, patient_pages.link_holder(link).language):
        holder = languages.spoken(patient_pages.link_holder(link))
        context = {
            "no_help_link": True,
            "back_url": frame.back(request),
            "other_languages": [
                replace(other, href=frame.help_address(request, other.code))
                for other in languages.others(request)
            ],
        }
        return frame.page(request, "patient/help.html", holder, context)


@require_safe
@patient_page(LinkAct.QUESTIONS)
def medicine_of_kind(request: HttpRequest) -> HttpResponse:
    """About this kind of medicine, without naming it: a check-in's link does not ask for the second fact."""
    try:
        link = visit.link_of(request)
    except NotFound:
        return link_session.expired(request)

    def of_kind() -> dict[str, object]:
        return {"leaflets": [leaflets.leaflet("", about.of_kind())], "back_url": frame.back(request)}

    return frame.in_language(request, "patient/medicine.html", link, of_kind)


@require_safe
@patient_page(LinkAct.QUESTIONS)
def stop_for_now(request: HttpRequest) -> HttpResponse:
    """Say that the answers are saved and that the same link goes on from there."""
    try:
        link = visit.link_of(request)
    except NotFound:
        return link_session.expired(request)
    return frame.in_language(request, "patient/stopped.html", link, lambda: {"back_url": frame.back(request)})


@patient_page(LinkAct.TO_PLAN)
@by_press(link_session.CHECKIN)
def to_plan(request: HttpRequest) -> HttpResponse:
    """From the link of a check-in to the patient's calendar, which asks for the second fact."""
    try:
        link = link_session.link_of(request, link_session.CHECKIN, LinkAct.TO_PLAN)
        key = patient_pages.plan_session(link, device=link_session.device(request))
    except NotFound:
        return link_session.expired(request)
    return link_session.lead_on(link_session.PLAN, key)
