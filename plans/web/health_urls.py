"""Addresses for machines: monitors, and the providers of e-mail and text messages."""

from __future__ import annotations

from django.urls import path

from plans.web import health, mail_events, text_events

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("mail/events", mail_events.mail_events, name="mail-events"),
    path("text/events", text_events.text_events, name="text-events"),
    path("heartbeat", health.heartbeat, name="heartbeat"),
]
