"""Links nobody knows: a constant page, and a limit for whoever tries many. Known ones: `services.checkins.bounds`."""

from __future__ import annotations

import hashlib
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from plans.services import clock
from plans.web.patient import languages, lines

MOST_A_MINUTE: Final = 20
MOST_BY_ALL: Final = 200


def unknown(request: HttpRequest, template: str = "patient/unknown_link.html") -> HttpResponse:
    """What an unknown token gets; after twenty within a minute from one address, a minute's rest. Help on both."""
    with languages.speaking(request):
        return _refusal(request, template)


def _refusal(request: HttpRequest, template: str) -> HttpResponse:
    minute = int(clock.real_now().timestamp()) // 60
    mine = _count(f"knock:{_address(request)}:{minute}")
    everybody = _count(f"knock:all:{minute}")
    context = {**lines.everywhere(), **languages.frame(request)}
    if mine > MOST_A_MINUTE or everybody > MOST_BY_ALL:
        response = render(request, "patient/too_many.html", context, status=429)
        response["Retry-After"] = "60"
        return response
    return render(request, template, context, status=404)


def _count(key: str) -> int:
    found = int(cache.get(key, 0)) + 1
    cache.set(key, found, 120)
    return found


def _address(request: HttpRequest) -> str:
    """The caller's address, shortened to a hash. Proxies are believed only as far as they are ours."""
    address = request.META.get("REMOTE_ADDR", "")
    hops = [one.strip() for one in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if settings.TRUSTED_PROXIES and len(hops) >= settings.TRUSTED_PROXIES:
        address = hops[-settings.TRUSTED_PROXIES]
    return hashlib.sha256(address.encode()).hexdigest()[:32]
