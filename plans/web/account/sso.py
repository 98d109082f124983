"""Signing in through a clinic's own system, by OpenID Connect.

django-allauth speaks to it; services say whom it lets in.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from allauth.socialaccount.providers.openid_connect import views
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from plans.domain.errors import Refused
from plans.services import sso
from plans.web.gate import public_page
from plans.web.untyped import Allauth, Context
from plans.wording.signing_in import SSO_REFUSALS

_FAILED: Final = "failed"


class SsoAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Nobody signs up by themselves; services decide whom a provider lets in."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Allauth) -> bool:
        """Never: members are made by `sso.admit`."""
        return False

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[Allauth]:
        """The providers of SSO_FILE; none come from the database."""
        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def pre_social_login(self, request: HttpRequest, sociallogin: Allauth) -> None:
        """Find or make the member whom the provider vouches for, or say why not."""
        provider = sso.provider(sociallogin.account.provider)
        if provider is None:
            raise ImmediateHttpResponse(refused(request, "no_role"))
        data = sociallogin.account.extra_data
        said = {**data.get("id_token", {}), **data.get("userinfo", {})}
        known = UUID(str(sociallogin.user.pk)) if sociallogin.is_existing else None
        try:
            user_id = sso.admit(provider, known=known, said=said)
        except Refused as refusal:
            raise ImmediateHttpResponse(refused(request, str(refusal.facts["reason"]))) from refusal
        if known is None:
            sociallogin.connect(request, sso.user(user_id))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Allauth,
        error: object = None,
        exception: object = None,
        extra_context: Context | None = None,
    ) -> None:
        """Say that it did not work, without what the other side wrote."""
        raise ImmediateHttpResponse(refused(request, _FAILED))


def refused(request: HttpRequest, reason: str) -> HttpResponse:
    """The page that says why nobody was signed in."""
    why: str | Promise = SSO_REFUSALS[reason]
    return render(request, "account/sso_refused.html", {"why": why}, status=403)


def _through(request: HttpRequest, view: Allauth, provider_id: str) -> HttpResponse:
    if sso.provider(provider_id) is None:
        raise Http404
    try:
        response: HttpResponse = view(request, provider_id)
    except (requests.RequestException, KeyError, ValueError):
        # It is down, or answers something else than OpenID Connect.
        return refused(request, _FAILED)
    return response


@never_cache
@require_safe
@public_page
def sso_page(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to a clinic's own system; only to sign in, never to connect it to an account that is signed in."""
    if request.GET.get("process", "login") != "login":
        raise Http404
    return _through(request, views.login, provider_id)


@never_cache
@require_safe
@public_page
def sso_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take whoever comes back from it."""
    return _through(request, views.callback, provider_id)
