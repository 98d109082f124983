"""Addresses of the list of messages."""

from __future__ import annotations

from django.urls import path

from plans.web.clinician.messages import views

urlpatterns = [
    path("letters", views.letters_page, name="letters"),
    path("letters/<uuid:work_id>/leave", views.leave, name="letter-leave"),
    path("letters/<uuid:work_id>/once-more", views.send_once_more, name="letter-once-more"),
    path("letters/<uuid:work_id>/try-again", views.try_again, name="letter-try-again"),
]
