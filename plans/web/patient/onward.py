"""From the pages of one link to those of another, within this browser: no token is handed on, only a short session.

A plan's pages ask for the year of birth themselves; check-ins and mail choices are reached from them only after it.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from plans.domain.errors import NotFound
from plans.services import mail_choices, patient_pages
from plans.services.checkins import sessions
from plans.services.links import LinkView
from plans.web.gate import patient_page, public_page
from plans.web.patient import link_session, unknown_link
from plans.web.patient.checkin import frame
from plans.web.patient.link_session import Door, by_press, plan_link
from plans.web.patient.plan.views import needs_year


def _led(door: Door, key: str) -> HttpResponse:
    response = HttpResponseRedirect(reverse(door.page))
    link_session.give_session(response, door, key)
    return response


@patient_page
@by_press(plan_link, back="plan-page")
@needs_year
def to_checkin(request: HttpRequest, link: LinkView) -> HttpResponse:
    """From the plan to a check-in of the patient's own."""
    return _led(frame.CHECKIN, sessions.own_session(link, device=link_session.device(request)))


@patient_page
@by_press(plan_link, back="plan-page")
@needs_year
def to_mail(request: HttpRequest, link: LinkView) -> HttpResponse:
    """From the plan to day, hour, zone, language and pause of the letters."""
    return _led(link_session.MAIL, mail_choices.session(link, device=link_session.device(request)))


@patient_page
@by_press(frame.link_of, back="checkin")
def to_plan(request: HttpRequest) -> HttpResponse:
    """From the link of a check-in to the patient's calendar, which asks for the year of birth."""
    try:
        key = patient_pages.plan_session(frame.link_of(request))
    except NotFound:
        return link_session.expired(request)
    return _led(link_session.PLAN, key)


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
    return _led(link_session.PLAN, key)
