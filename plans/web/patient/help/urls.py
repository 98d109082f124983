"""Addresses of whom to call: without a link, without a session."""

from __future__ import annotations

from django.urls import path

from plans.web.patient.help import views

urlpatterns = [
    path("help/<slug:country>/<slug:language>", views.help_page, name="help"),
    path("help/<slug:country>", views.help_in_any_language, name="help-any-language"),
]
