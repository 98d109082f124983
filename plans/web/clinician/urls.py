"""Addresses of the clinic's pages, a list for each place."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include(f"plans.web.clinician.{place}.urls"))
    for place in ("caseload", "patient", "plan", "review", "calls", "messages", "supply", "settings")
]
