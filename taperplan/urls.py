"""Root of all addresses: signing in, health, and everything of ours."""

from __future__ import annotations

from django.urls import include, path

from plans.web import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("allauth.account.urls")),
    path("", include("plans.urls")),
]
