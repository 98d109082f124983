"""Addresses of the book of letters."""

from __future__ import annotations

from django.urls import path

from plans.web.clinician import letters

urlpatterns = [
    path("letters", letters.letters_page, name="letters"),
    path("letters/<uuid:work_id>/leave", letters.leave, name="letter-leave"),
    path("letters/<uuid:work_id>/once-more", letters.send_once_more, name="letter-once-more"),
    path("letters/<uuid:work_id>/try-again", letters.try_again, name="letter-try-again"),
]
