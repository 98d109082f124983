"""Addresses of a patient's choices about messages: confirm the address, day and time, stop."""

from __future__ import annotations

from django.urls import path

from plans.web.patient.messages import views

urlpatterns = [
    path("y/", views.confirm, name="confirm"),
    path("y/<str:token>", views.open_confirm, name="confirm-open"),
    path("m/", views.mail, name="mail"),
    path("m/<str:token>", views.open_mail, name="mail-open"),
]
