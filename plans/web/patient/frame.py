"""The frame of pages that show a clinic: whom to call and when it answers, and the way back to the questions."""

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
from plans.web.untyped import Context
from plans.wording import checkins

OWN = "now"
"""In an address: these questions are of the patient's own check-in."""


def opening(door: LinkHolder) -> Opening:
    """The clinic's hours."""
    return read_opening(door.clinic.zone, door.clinic.hours, door.clinic.holidays)


def page(
    request: HttpRequest, template: str, door: LinkHolder, context: Context, status: int = 200
) -> HttpResponse:
    """A page in the frame. The caller has switched to the patient's language."""
    shared = {
        "door": door,
        "help": door.help,
        "help_url": help_address(request, door.language),
        "aside": aside(request),
        "phone_href": phone_href(door.clinic.phone),
        "hours": checkins.read_line(hours.spans(door.clinic.hours), door.country),
    }
    told = context.get("promise")
    if told is not None and told.others:
        # "Nobody reads them at other times" beside "the clinician on call has been told" would contradict it.
        shared["hours"] = ""
    return render(request, template, {**shared, **context}, status=status)


def aside(request: HttpRequest) -> str:
    """What a page beside the questions is told, so that it leads back to those it was opened from."""
    own = request.path == reverse("checkin-now") or OWN in request.GET
    return f"?{OWN}" if own else ""


def help_address(request: HttpRequest, language: str) -> str:
    """Whom to call, beside the questions: in this language also when the session is over by then."""
    here = aside(request)
    return (
        f"{reverse('checkin-help')}{here}{'&' if here else '?'}{urlencode({languages.IN_ADDRESS: language})}"
    )


def back(request: HttpRequest) -> str:
    """Where a page beside the questions leads back to."""
    return reverse("checkin-now" if OWN in request.GET else "checkin")


def in_language(
    request: HttpRequest, template: str, link: LinkView, context: Callable[[], Context]
) -> HttpResponse:
    """A page in the frame, made and drawn in the patient's language."""
    door = patient_pages.link_holder(link)
    with translation.override(door.language):
        return page(request, template, door, context())
