"""Whom to call: a page that needs no link, no session and no script, and one beside the questions of a check-in."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from plans.domain.checkins.help_lines import help_for
from plans.domain.errors import NotFound
from plans.services import patient_pages
from plans.web import help_lines, languages
from plans.web.gate import patient_page, public_page
from plans.web.patient import link_session
from plans.web.patient.checkin import frame


@require_safe
@public_page
def help_page(request: HttpRequest, country: str, language: str) -> HttpResponse:
    """The help lines of a country in a language; the fallback for a country we have no lines of.

    A language we do not speak never keeps anybody from help: then it is that of the browser.
    """
    with languages.speaking(request, language):
        found = help_for(country, languages.current())
        context = {
            "help": found,
            "no_help_link": True,
            "other_languages": languages.of_help(country),
            **({} if found.known else help_lines.everywhere()),
        }
        return render(request, "patient/help.html", context)


@require_safe
@public_page
def help_in_any_language(request: HttpRequest, country: str) -> HttpResponse:
    """The same at the address that letters and papers of before 0.2.0 hold: in the language of the browser."""
    return help_page(request, country, "")


@require_safe
@patient_page
def checkin_help(request: HttpRequest) -> HttpResponse:
    """Whom to call, with the clinic's own words."""
    try:
        link = frame.link_of(request)
    except NotFound:
        return link_session.expired(request)
    with languages.speaking(request, patient_pages.door(link).language):
        door = languages.spoken(patient_pages.door(link))
        context = {
            "no_help_link": True,
            "back_url": frame.back(request),
            "other_languages": [
                replace(other, href=frame.help_address(request, other.code))
                for other in languages.others(request)
            ],
        }
        return frame.page(request, "patient/help.html", door, context)
