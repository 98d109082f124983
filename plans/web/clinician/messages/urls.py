"""Addresses of the message log."""

from __future__ import annotations

from django.urls import path

from plans.web.clinician.messages import views

urlpatterns = [
    path("messages", views.messages_page, name="messages"),
    path("messages/<uuid:work_id>/leave", views.leave, name="message-leave"),
    path("messages/<uuid:work_id>/once-more", views.send_once_more, name="message-once-more"),
    path("messages/<uuid:work_id>/try-again", views.try_again, name="message-try-again"),
]
