"""Every address of the application. Each part keeps its own list; a route without a row in the access matrix fails."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("plans.web.account.urls")),
    path("", include("plans.web.clinician.urls")),
    path("", include("plans.web.patient.urls")),
    path("", include("plans.web.health_urls")),
]
