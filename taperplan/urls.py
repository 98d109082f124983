"""Root of all addresses: signing in, and everything of ours."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("", include("plans.urls")),
]
