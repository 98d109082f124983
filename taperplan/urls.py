"""Root of all addresses: signing in, and everything of ours."""

from __future__ import annotations

from allauth.account import urls as account_urls
from allauth.mfa import urls as mfa_urls
from django.urls import URLPattern, URLResolver, include, path

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
        "account_reauthenticate",
    }
)
_FACTOR_PAGES = frozenset(
    {
        "mfa_authenticate",
        "mfa_reauthenticate",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_add_webauthn",
        "mfa_login_webauthn",
        "mfa_reauthenticate_webauthn",
    }
)


def _pages(urls: list[URLPattern | URLResolver], names: frozenset[str], before: str = "") -> list[URLPattern]:
    """Some pages of django-allauth, by name, wherever it keeps them."""
    found: list[URLPattern] = []
    for entry in urls:
        if isinstance(entry, URLResolver):
            found += _pages(entry.url_patterns, names, before + str(entry.pattern))
        elif entry.name in names:
            found.append(path(before + str(entry.pattern), entry.callback, name=entry.name))
    return found


urlpatterns = [
    path("accounts/", include([page for page in account_urls.urlpatterns if page.name in _ACCOUNT_PAGES])),
    path("accounts/2fa/", include(_pages(mfa_urls.urlpatterns, _FACTOR_PAGES))),
    path("", include("plans.urls")),
]
