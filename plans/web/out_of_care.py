"""Whom to ask now: what every link shows for a patient who is in hospital, treated elsewhere, or has died.

No name, no medicine, no dose: it is shown without asking for the year of birth, so that everyone can read it.
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
    """The page behind a link. A form sent to it is refused: 409."""
    found, care = patient_pages.link_holder(link), care_behind(link)
    with languages.speaking(request, found.language):
        holder = languages.spoken(found)
        context = {
            "holder": holder,
            "help": holder.help,
            **languages.frame(request),
            "care": care,
            "phone_href": phone_href(holder.clinic.phone),
            "prescriber_href": phone_href(care.prescriber_phone) if care.prescriber_phone else "",
            "hours": opening_words(holder.clinic.hours, holder.clinic.country),
        }
        status = 200 if request.method in ("GET", "HEAD") else 409
        return render(request, "patient/out_of_care.html", context, status=status)
