"""Addresses of check-ins. Named pages come before the token, which matches any text."""

from __future__ import annotations

from django.urls import path

from plans.web.patient.checkin import beside, views

urlpatterns = [
    path("c/", views.checkin, {"unscheduled": False}, name="checkin"),
    path("c/now", views.checkin, {"unscheduled": True}, name="checkin-now"),
    path("c/help", beside.checkin_help, name="checkin-help"),
    path("c/stop", beside.stop_for_now, name="checkin-stop"),
    path("c/told", views.help_again, name="checkin-told"),
    path("c/plan", beside.to_plan, name="checkin-plan"),
    path("c/about", beside.medicine_of_kind, name="checkin-medicine"),
    path("c/<str:token>", views.open_checkin, name="checkin-open"),
]
