"""Addresses of patients' pages, a list for each place."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include(f"plans.web.patient.{place}.urls")) for place in ("checkin", "plan", "messages", "help")
]
