"""Addresses for machines that watch."""

from __future__ import annotations

from django.urls import path

from plans.web import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("heartbeat", health.heartbeat, name="heartbeat"),
]
