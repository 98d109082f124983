"""From a link in a message to a short session under a clean address: the token leaves the address bar at once.

Opening a link changes nothing but session rows, so a mail scanner may open it as often as it likes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation

from plans.domain.errors import NotFound
from plans.domain.people import CareState
from plans.services import links, patient_pages
from plans.services.care_status import OUT_OF_CARE, OutOfCare, check_in_care
from plans.services.links import LinkPurpose, LinkState, LinkView
from plans.web import help_lines, languages
from plans.web.patient import unknown_link

DEVICE_COOKIE: Final = "tp_device"
DEVICE_AGE: Final = 180 * 24 * 3600


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """Where links of one purpose lead: the cookie that carries the session, its path, the clean page."""

    purpose: LinkPurpose
    cookie: str
    path: str
    page: str
    out: frozenset[CareState] = OUT_OF_CARE
    """The states of care in which it leads nowhere but to whom to ask now."""


CHECKIN: Final = LinkTarget(LinkPurpose.CHECKIN, "tp_c", "/c/", "checkin")
PLAN: Final = LinkTarget(LinkPurpose.PLAN, "tp_p", "/p/", "plan-page")
# That an address is not the patient's can be said whoever treats them.
CONFIRM: Final = LinkTarget(LinkPurpose.CONFIRM, "tp_y", "/y/", "confirm", out=frozenset({CareState.DIED}))
MAIL: Final = LinkTarget(LinkPurpose.MAIL, "tp_m", "/m/", "mail")
_COOKIES: Final = ("tp_c", "tp_p", "tp_y", "tp_m")


def set_cookie(response: HttpResponse, name: str, value: str, *, path: str, age: int | None) -> None:
    """Set one of the patient's cookies: never readable by scripts, never sent to other sites."""
    response.set_cookie(
        name, value, max_age=age, path=path, secure=settings.SITE_IS_HTTPS, httponly=True, samesite="Lax"
    )


def enter(request: HttpRequest, token: str, door: LinkTarget) -> HttpResponse:
    """Exchange a token for a session and lead to the clean page. A link that is over shows help and nothing else."""
    try:
        link = links.look(token, door.purpose)
    except NotFound:
        return unknown_link.unknown(request)
    if link.state is not LinkState.GOOD:
        return no_longer(request, link)
    check_in_care(link, states=door.out)
    response = HttpResponseRedirect(reverse(door.page))
    if request.method != "HEAD" and not has_session(request, door, link):
        give_session(response, door, links.start_session(link.id))
    return response


def give_session(response: HttpResponse, door: LinkTarget, key: str) -> None:
    """Hand out the cookie of a session that was opened."""
    set_cookie(response, door.cookie, key, path=door.path, age=None)


def lead_on(door: LinkTarget, key: str) -> HttpResponse:
    """On to the pages of another link of this patient: no token is handed on, only a session that was opened."""
    response = HttpResponseRedirect(reverse(door.page))
    give_session(response, door, key)
    return response


def has_session(request: HttpRequest, door: LinkTarget, link: LinkView) -> bool:
    """Whether this browser holds a session of the same link already: it goes on, with what was typed in it."""
    try:
        found = links.session_link(request.COOKIES.get(door.cookie, ""), door.purpose)
    except NotFound:
        return False
    return found.id == link.id and found.origin is None


def device(request: HttpRequest) -> str:
    """The key of the device, which may have given the year of birth; empty if it has none."""
    return request.COOKIES.get(DEVICE_COOKIE, "")


def link_of(request: HttpRequest, door: LinkTarget) -> LinkView:
    """The link behind this request's session. Raises NotFound without a good one, OutOfCare where it leads nowhere."""
    link = links.session_link(request.COOKIES.get(door.cookie, ""), door.purpose)
    if link.state is not LinkState.GOOD:
        raise NotFound(what="session")
    # Whoever wants no more messages is heard whoever treats them.
    if not (door.purpose is LinkPurpose.MAIL and request.POST.get("act") == "stop"):
        check_in_care(link, states=door.out)
    return link


def by_press(
    link_of: Callable[[HttpRequest], LinkView], *, back: str
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """For an address that only a button opens: whoever comes another way (typed, or back after a reload) gets a page
    that says so and leads back to `back`, where the button is. Inside `patient_page`."""

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            response = _press_first(request, link_of, back)
            response.status_code = 405
            response["Allow"] = "POST"
            return response

        return guarded

    return wrap


def _press_first(request: HttpRequest, link_of: Callable[[HttpRequest], LinkView], back: str) -> HttpResponse:
    try:
        door = patient_pages.link_holder(link_of(request))
    except (NotFound, OutOfCare):
        return expired(request)
    with translation.override(door.language):
        return render(request, "patient/press_first.html", {"door": door, "back": reverse(back)})


def plan_link(request: HttpRequest) -> LinkView:
    """The link of the plan's own page behind this request's session. Raises as `link_of` does."""
    return link_of(request, PLAN)


def no_longer(request: HttpRequest, link: LinkView) -> HttpResponse:
    """A link that was ended: whoever holds it gets help lines in the language of its message, and nobody's data."""
    return knows_nobody(
        request, "patient/no_longer.html", 410, language=patient_pages.link_holder(link).language
    )


def expired(request: HttpRequest, *, in_danger: bool = False) -> HttpResponse:
    """The half hour is over: the link in the message opens a new one.

    `in_danger`: what was sent with it speaks of danger. Then whom to call comes first, and that it was not received.
    """
    return knows_nobody(request, "patient/session_over.html", 403, in_danger=in_danger)


def knows_nobody(
    request: HttpRequest, template: str, status: int, *, language: str = "", in_danger: bool = False
) -> HttpResponse:
    """A page for whoever holds no good link: whom to call in every country.

    In the language of the address, else of the message or of the session that was, else of the browser.
    """
    was = (languages.of_session(request, cookie) for cookie in _COOKIES)
    with languages.speaking(request, language, *was):
        context = {**help_lines.everywhere(), **languages.frame(request), "in_danger": in_danger}
        return render(request, template, context, status=status)
