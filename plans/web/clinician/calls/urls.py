"""Addresses of the list of calls."""

from __future__ import annotations

from django.urls import path

from plans.web.clinician.calls import views

urlpatterns = [
    path("calls", views.calls_list, name="calls"),
    path("calls/next", views.call_next, name="call-next"),
    path("calls/<uuid:patient_id>", views.call, name="call"),
    path("calls/<uuid:patient_id>/claim", views.call_claim, name="call-claim"),
    path("calls/<uuid:patient_id>/release", views.call_release, name="call-release"),
    path("calls/<uuid:patient_id>/record", views.call_record, name="call-record"),
    path("calls/<uuid:patient_id>/agree", views.call_agree, name="call-agree"),
    path("calls/<uuid:patient_id>/allow", views.call_allow, name="call-allow"),
]
