"""Unknown links: a constant page, and a rate limit on trying many. For known ones see `services.checkins.bounds`."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from plans.services import limits, session_trail
from plans.web import help_lines, languages
from plans.web.network import network_of

MOST_A_MINUTE: Final = 20
MOST_BY_ALL: Final = 200
_MINUTE: Final = timedelta(minutes=1)


def unknown(request: HttpRequest, template: str = "patient/unknown_link.html") -> HttpResponse:
    """The answer to an unknown token; after twenty a minute from one network, a minute's wait. Both show help."""
    with languages.speaking(request):
        return _refusal(request, template)


def _refusal(request: HttpRequest, template: str) -> HttpResponse:
    mine = limits.count("knock", network_of(request), within=_MINUTE)
    everybody = limits.count("knock:all", within=_MINUTE)
    session_trail.unknown_link(network=network_of(request))
    context = {**help_lines.everywhere(), **languages.frame(request)}
    if mine > MOST_A_MINUTE or everybody > MOST_BY_ALL:
        response = render(request, "patient/too_many.html", context, status=429)
        response["Retry-After"] = "60"
        return response
    return render(request, template, context, status=404)
