"""Root of all addresses: signing in, and everything of ours."""

from __future__ import annotations

from allauth.account import urls as account_urls
from django.urls import include, path

# Only the account pages that are used. The clinic changes a sign-in address, since alerts go to it.
_ACCOUNT_PAGES = frozenset(
    {
        "account_login",
        "account_logout",
        "account_inactive",
        "account_signup",
        "account_change_password",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
    }
)

urlpatterns = [
    path("accounts/", include([page for page in account_urls.urlpatterns if page.name in _ACCOUNT_PAGES])),
    path("", include("plans.urls")),
]
