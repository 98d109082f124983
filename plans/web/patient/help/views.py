"""Whom to call: pages that need no link, no session and no script."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from plans.domain.checkins.help_lines import help_for
from plans.web import help_lines, languages
from plans.web.gate import public_page


@require_safe
@public_page
def help_page(request: HttpRequest, country: str, language: str) -> HttpResponse:
    """The help lines of a country in a language, with a fallback for countries we have none for.

    An unknown language falls back to the browser's.
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
    """The same at the address printed and sent before 0.2.0, in the browser's language."""
    return help_page(request, country, "")
