"""Addresses of the caseload."""

from __future__ import annotations

from django.urls import path

from plans.web.clinician import patient_search
from plans.web.clinician.caseload import views

urlpatterns = [
    path("", views.caseload_page, name="caseload"),
    path("find", patient_search.find, name="find"),
]
