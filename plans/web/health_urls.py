"""Addresses for machines: monitors, the providers of e-mail and text messages, reports of browsers, security.txt."""

from __future__ import annotations

from django.urls import path

from plans.web import csp_reports, health, mail_events, security_txt, text_events

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("mail/events", mail_events.mail_events, name="mail-events"),
    path("text/events", text_events.text_events, name="text-events"),
    path(csp_reports.PATH, csp_reports.csp_reports, name="csp-reports"),
    path(security_txt.PATH, security_txt.security_txt, name="security-txt"),
    path("heartbeat", health.heartbeat, name="heartbeat"),
]
