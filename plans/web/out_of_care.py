"""Whom to ask now: what every link shows of somebody who is in hospital, is treated elsewhere, or has died.

No name, no medicine, no dose: it stands before the year of birth, so that nobody in need of it is kept out.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from plans.domain.checkins.help_lines import phone_href
from plans.services import patient_pages
from plans.services.care_status import care_behind
from plans.services.links import LinkView
from plans.web import languages
from plans.wording.times import opening_words


def shown(request: HttpRequest, link: LinkView) -> HttpResponse:
    """The page behind a link. What was sent to it was not taken: 409."""
    found, care = patient_pages.link_holder(link), care_behind(link)
    with languages.speaking(request, found.language):
        door = languages.spoken(found)
        context = {
            "door": door,
            "help": door.help,
            **languages.frame(request),
            "care": care,
            "phone_href": phone_href(door.clinic.phone),
            "prescriber_href": phone_href(care.prescriber_phone) if care.prescriber_phone else "",
            "hours": opening_words(door.clinic.hours, door.clinic.country),
        }
        status = 200 if request.method in ("GET", "HEAD") else 409
        return render(request, "patient/out_of_care.html", context, status=status)
