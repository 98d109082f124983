"""From a link in a message to a short session under a clean address: the token leaves the address bar at once.

Opening a link changes only session rows, so mail scanners may open it as often as they like.
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
from plans.domain.people import OUT_OF_CARE, CareState
from plans.services import links, patient_pages
from plans.services.care_status import OutOfCare, check_in_care
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
# Anybody can say that an address is not theirs, wherever the patient is treated.
CONFIRM: Final = LinkTarget(LinkPurpose.CONFIRM, "tp_y", "/y/", "confirm", out=frozenset({CareState.DIED}))
MAIL: Final = LinkTarget(LinkPurpose.MAIL, "tp_m", "/m/", "mail")
_COOKIES: Final = ("tp_c", "tp_p", "tp_y", "tp_m")


def set_cookie(response: HttpResponse, name: str, value: str, *, path: str, age: int | None) -> None:
    """Set a patient cookie: not readable by scripts, never sent from other sites."""
    response.set_cookie(
        name, value, max_age=age, path=path, secure=settings.SITE_IS_HTTPS, httponly=True, samesite="Lax"
    )


def enter(request: HttpRequest, token: str, target: LinkTarget) -> HttpResponse:
    """Exchange a token for a session and redirect to the clean page. An expired or revoked link shows help only."""
    try:
        link = links.look(token, target.purpose)
    except NotFound:
        return unknown_link.unknown(request)
    if link.state is not LinkState.GOOD:
        return no_longer(request, link)
    check_in_care(link, states=target.out)
    response = HttpResponseRedirect(reverse(target.page))
    if request.method != "HEAD" and not has_session(request, target, link):
        give_session(response, target, links.start_session(link.id))
    return response


def give_session(response: HttpResponse, target: LinkTarget, key: str) -> None:
    """Set the cookie of a session that was opened."""
    set_cookie(response, target.cookie, key, path=target.path, age=None)


def lead_on(target: LinkTarget, key: str) -> HttpResponse:
    """Go to the pages of another link of this patient with a new session; no token is passed on."""
    response = HttpResponseRedirect(reverse(target.page))
    give_session(response, target, key)
    return response


def has_session(request: HttpRequest, target: LinkTarget, link: LinkView) -> bool:
    """Whether this browser already has a session of the same link; it goes on with what was typed."""
    try:
        found = links.session_link(request.COOKIES.get(target.cookie, ""), target.purpose)
    except NotFound:
        return False
    return found.id == link.id and found.origin is None


def device(request: HttpRequest) -> str:
    """The device's key, which may have given the year of birth; "" without one."""
    return request.COOKIES.get(DEVICE_COOKIE, "")


def link_of(request: HttpRequest, target: LinkTarget) -> LinkView:
    """The link of this request's session. Raises NotFound without one, OutOfCare for a patient not in care here."""
    link = links.session_link(request.COOKIES.get(target.cookie, ""), target.purpose)
    if link.state is not LinkState.GOOD:
        raise NotFound(what="session")
    # A patient can stop messages wherever they are treated.
    if not (target.purpose is LinkPurpose.MAIL and request.POST.get("act") == "stop"):
        check_in_care(link, states=target.out)
    return link


def by_press(
    link_of: Callable[[HttpRequest], LinkView], *, back: str
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """For an address that only a button opens: any other visit (typed, or a reload) gets a page that says so and
    links to `back`, which has the button. Use inside `patient_page`.
    """

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
        holder = patient_pages.link_holder(link_of(request))
    except (NotFound, OutOfCare):
        return expired(request)
    with translation.override(holder.language):
        return render(request, "patient/press_first.html", {"holder": holder, "back": reverse(back)})


def plan_link(request: HttpRequest) -> LinkView:
    """The plan link of this request's session. Raises as `link_of` does."""
    return link_of(request, PLAN)


def no_longer(request: HttpRequest, link: LinkView) -> HttpResponse:
    """A revoked link: it shows help lines in the language of its message, and no personal data."""
    return knows_nobody(
        request, "patient/no_longer.html", 410, language=patient_pages.link_holder(link).language
    )


def expired(request: HttpRequest, *, in_danger: bool = False) -> HttpResponse:
    """The session has expired: the link in the message opens a new one.

    `in_danger`: the posted answers show danger. Then whom to call comes first, and that they were not received.
    """
    return knows_nobody(request, "patient/session_over.html", 403, in_danger=in_danger)


def knows_nobody(
    request: HttpRequest, template: str, status: int, *, language: str = "", in_danger: bool = False
) -> HttpResponse:
    """The page for an unknown link: whom to call in every country.

    In the language of the address, else of the message or the last session, else of the browser.
    """
    was = (languages.of_session(request, cookie) for cookie in _COOKIES)
    with languages.speaking(request, language, *was):
        context = {**help_lines.everywhere(), **languages.frame(request), "in_danger": in_danger}
        return render(request, template, context, status=status)
