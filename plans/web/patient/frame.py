"""The layout of pages that name a clinic: whom to call, opening hours, and the link back to the questions."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode

from plans.domain.checkins import hours
from plans.domain.checkins.help_lines import phone_href
from plans.domain.review.deadlines import Opening, read_opening
from plans.services import patient_pages
from plans.services.links import LinkView
from plans.services.patient_pages import LinkHolder
from plans.web import languages
from plans.web.patient.link_session import leads_to_plan
from plans.web.untyped import Context
from plans.wording import checkins

OWN = "now"
"""In an address: these questions are of the patient's own check-in."""


def opening(holder: LinkHolder) -> Opening:
    """The clinic's hours."""
    return read_opening(holder.clinic.zone, holder.clinic.hours, holder.clinic.holidays)


def page(
    request: HttpRequest, template: str, holder: LinkHolder, context: Context, status: int = 200
) -> HttpResponse:
    """A page in the layout. The caller has activated the patient's language."""
    shared = {
        "holder": holder,
        "help": holder.help,
        "help_url": help_address(request, holder.language),
        "aside": aside(request),
        "phone_href": phone_href(holder.clinic.phone),
        "hours": checkins.read_line(hours.spans(holder.clinic.hours), holder.country),
    }
    told = context.get("promise")
    if told is not None and told.others:
        # "Nobody reads them at other times" would contradict "the clinician on call has been told".
        shared["hours"] = ""
    return render(request, template, {**shared, **context}, status=status)


def aside(request: HttpRequest) -> str:
    """What a page beside the questions needs to link back to them."""
    own = request.path == reverse("checkin-now") or OWN in request.GET
    return f"?{OWN}" if own else ""


def help_address(request: HttpRequest, language: str) -> str:
    """The address of the help page beside the questions, in this language even if the session has ended by then."""
    here = aside(request)
    return (
        f"{reverse('checkin-help')}{here}{'&' if here else '?'}{urlencode({languages.IN_ADDRESS: language})}"
    )


def back(request: HttpRequest) -> str:
    """The address that a page beside the questions links back to."""
    return reverse("checkin-now" if OWN in request.GET else "checkin")


def in_language(
    request: HttpRequest, template: str, link: LinkView, context: Callable[[], Context]
) -> HttpResponse:
    """A page in the layout, built and rendered in the patient's language."""
    holder = patient_pages.link_holder(link)
    with translation.override(holder.language):
        return page(request, template, holder, {"to_plan": leads_to_plan(request, link), **context()})
