"""CSRF failures: patients get a page with help, staff get back what they typed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from plans.services.checkins import raw
from plans.web import not_saved
from plans.web.addresses import PATIENT_PATHS
from plans.web.patient import link_session


def refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that nothing was saved and what to do; if the answers show danger, whom to call comes first."""
    if not PATIENT_PATHS.match(request.path):
        not_saved.keep(request)
        response = render(request, "403_csrf.html", not_saved.kept_context(request), status=403)
        response.headers["Cache-Control"] = "no-store"
        return response
    told = raw.signs_in({name: request.POST.getlist(name) for name in request.POST})
    in_danger = told.flagged or bool(told.screens)
    return link_session.knows_nobody(request, "patient/not_safe.html", 403, in_danger=in_danger)
