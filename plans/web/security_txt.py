"""`/.well-known/security.txt` (RFC 9116): whom to tell about a weakness of this installation."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from plans.services import clock
from plans.web.gate import public_page

PATH: Final = ".well-known/security.txt"
# After which a copy that somebody kept is not to be trusted; the standard wants less than a year.
_GOOD_FOR: Final = timedelta(days=180)


@require_safe
@public_page
def security_txt(request: HttpRequest) -> HttpResponse:
    """The contact of SECURITY_CONTACT; without one the page does not exist."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    until = (clock.real_now() + _GOOD_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = (
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {until:%Y-%m-%dT%H:%M:%SZ}",
        f"Canonical: {settings.SITE_URL}/{PATH}",
        "Preferred-Languages: en, es",
    )
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
