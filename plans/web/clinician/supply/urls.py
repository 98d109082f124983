"""Addresses of supply."""

from __future__ import annotations

from django.urls import path

from plans.web.clinician.supply import views

urlpatterns = [
    path("supply", views.supply_list, name="supply"),
    path("supply/<uuid:patient_id>", views.supply_patient, name="supply-patient"),
    path("supply/<uuid:patient_id>/sheet", views.supply_sheet, name="supply-sheet"),
    path(
        "supply/<uuid:patient_id>/<uuid:dispensing_id>/undo",
        views.supply_withdraw,
        name="supply-withdraw",
    ),
]
