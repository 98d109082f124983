"""Whom to call: a page that needs no link, no session and no script, and shows nothing of anybody."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from plans.domain.checkins.help_lines import help_for
from plans.web.gate import public_page
from plans.web.patient import lines


@require_safe
@public_page
def help_page(request: HttpRequest, country: str) -> HttpResponse:
    """The help lines of a country; the fallback for one we have no lines of."""
    found = help_for(country)
    elsewhere = {} if found.known else lines.everywhere()
    return render(request, "patient/help.html", {"help": found, "no_help_link": True, **elsewhere})
