"""Pages that forget what every page of ours must remember: which clinic's rows they may show. For the tests alone."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

from plans.models import Patient
from plans.services.actors import May
from plans.web.gate import public_page, staff_page


def _shown() -> JsonResponse:
    """Every patient the database gives, by the ORM and by a statement of its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM plans_patient")
        raw = [str(key) for (key,) in cursor.fetchall()]
    return JsonResponse(
        {"rows": sorted(str(key) for key in Patient.objects.values_list("pk", flat=True)), "raw": raw}
    )


@staff_page(May.LOOK)
def every_patient(request: HttpRequest) -> HttpResponse:
    """Without a clinic in its query."""
    return _shown()


@staff_page(May.LOOK)
def broken(request: HttpRequest) -> HttpResponse:
    """Fails after it has read."""
    _shown()
    raise RuntimeError


@public_page
def anybody(request: HttpRequest) -> HttpResponse:
    """For somebody who has shown nothing."""
    return _shown()


urlpatterns = [
    path("wrong/every/", every_patient),
    path("wrong/broken/", broken),
    path("wrong/anybody/", anybody),
    path("", include("taperplan.urls")),
]
