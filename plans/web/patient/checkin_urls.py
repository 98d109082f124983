"""Addresses of check-ins: the patient's, and staff's entry by phone."""

from __future__ import annotations

from django.urls import URLPattern, path

from plans.web.patient import help_pages

urlpatterns: list[URLPattern] = [
    path("help/<slug:country>", help_pages.help_page, name="help"),
]
