"""A form without the cookie that proves where it came from: patients get a page that helps, staff Django's own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.csrf import csrf_failure

from plans.services.checkins import raw
from plans.web.addresses import PATIENT_PATHS
from plans.web.patient import link_session


def refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that nothing was saved and what to do; where the answers speak of danger, whom to call comes first."""
    if not PATIENT_PATHS.match(request.path):
        return csrf_failure(request, reason)
    told = raw.told({name: request.POST.getlist(name) for name in request.POST})
    in_danger = told.flagged or bool(told.screens)
    return link_session.knows_nobody(request, "patient/not_safe.html", 403, in_danger=in_danger)
