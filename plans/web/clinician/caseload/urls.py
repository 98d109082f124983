"""Addresses of the caseload."""

from __future__ import annotations

from django.urls import path

from plans.web.addresses import FILES
from plans.web.clinician import patient_search
from plans.web.clinician.caseload import imports, views

urlpatterns = [
    path("", views.caseload_page, name="caseload"),
    path("find", patient_search.find, name="find"),
    path(FILES.removeprefix("/"), imports.import_new, name="import-new"),
    path("import/<uuid:import_id>", imports.import_page, name="import"),
]
