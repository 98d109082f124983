"""Addresses around signing in; signing in itself is django-allauth's, under /accounts/."""

from __future__ import annotations

from django.urls import path

from plans.web.account import answering, views

urlpatterns = [
    path("k/<str:token>", answering.answer_page, name="answer"),
    path("invitations", views.invitations_page, name="invitations"),
    path("clinics", views.choose_clinic, name="choose-clinic"),
]
