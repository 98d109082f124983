"""From a link in a message to a short session under a clean address: the token leaves the address bar at once.

Opening a link changes only session rows, so mail scanners may open it as often as they like.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation

from plans.domain.errors import NotFound
from plans.domain.link_policy import LinkAct
from plans.domain.links import DEVICE_LASTS, SESSION_AT_MOST
from plans.domain.people import CareState
from plans.services import links, patient_pages, session_trail
from plans.services.links import LinkPurpose, LinkState, LinkView
from plans.web import help_lines, languages
from plans.web.patient import unknown_link

_DEVICE: Final = "tp_device"


def cookie_name(name: str, path: str = "/") -> str:
    """A cookie's name: over HTTPS with the prefix by which browsers keep others from setting it."""
    if not settings.SITE_IS_HTTPS:
        return name
    return f"__Host-{name}" if path == "/" else f"__Secure-{name}"


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """Where links of one purpose lead: the cookie that carries the session, its path, the clean page."""

    purpose: LinkPurpose
    name: str
    path: str
    page: str

    @property
    def cookie(self) -> str:
        """The name of the cookie."""
        return cookie_name(self.name, self.path)


CHECKIN: Final = LinkTarget(LinkPurpose.CHECKIN, "tp_c", "/c/", "checkin")
PLAN: Final = LinkTarget(LinkPurpose.PLAN, "tp_p", "/p/", "plan-page")
CONFIRM: Final = LinkTarget(LinkPurpose.CONFIRM, "tp_y", "/y/", "confirm")
MAIL: Final = LinkTarget(LinkPurpose.MAIL, "tp_m", "/m/", "mail")
TARGETS: Final = (CHECKIN, PLAN, CONFIRM, MAIL)


def set_cookie(response: HttpResponse, name: str, value: str, *, path: str, age: timedelta) -> None:
    """Set a patient cookie: not readable by scripts, never sent from other sites, with an absolute end."""
    response.set_cookie(
        name, value, max_age=age, path=path, secure=settings.SITE_IS_HTTPS, httponly=True, samesite="Lax"
    )


def enter(request: HttpRequest, token: str, target: LinkTarget) -> HttpResponse:
    """Exchange a token for a session and redirect to the clean page. An ended link shows help only."""
    try:
        link = links.look(token, target.purpose)
    except NotFound:
        return unknown_link.unknown(request)
    try:
        allowed(request, link, LinkAct.OPEN)
    except NotFound:
        return no_longer(request, link)
    response = HttpResponseRedirect(reverse(target.page))
    if request.method != "HEAD" and not has_session(request, target, link):
        give_session(response, target, links.start_session(link.id))
    return response


def give_session(response: HttpResponse, target: LinkTarget, key: str) -> None:
    """Set the cookie of a session that was opened."""
    set_cookie(response, target.cookie, key, path=target.path, age=SESSION_AT_MOST)


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
    return found.id == link.id and found.via is None


def device(request: HttpRequest) -> str:
    """The device's key, on which the second fact may have been given; "" without one."""
    return request.COOKIES.get(cookie_name(_DEVICE), "")


def remember_device(response: HttpResponse, key: str) -> None:
    """Set the cookie of a known device, for every page of the patient."""
    set_cookie(response, cookie_name(_DEVICE), key, path="/", age=DEVICE_LASTS)


def allowed(request: HttpRequest, link: LinkView, act: LinkAct) -> LinkView:
    """The link, if the policy allows it the act on this device. Raises what `links.check` raises, and LookupError for
    an act that the route does not name."""
    if act not in getattr(request, "link_acts", ()):
        raise LookupError(f"the route of {request.resolver_match} does not name {act!r}")
    try:
        links.check(link, act, device=device(request))
    except links.FactWanted:
        raise
    except (NotFound, links.OutOfCare):
        session_trail.link_refused(link, act)
        raise
    return link


def leads_to_plan(request: HttpRequest, link: LinkView) -> bool:
    """Whether a page of this link has the button to the plan."""
    return links.may(link, LinkAct.TO_PLAN, device=device(request))


def offers(request: HttpRequest, link: LinkView) -> dict[str, bool]:
    """Which buttons the plan page has: those that the policy allows."""
    acts = (
        LinkAct.MARK,
        LinkAct.MAKE_LINK,
        LinkAct.TO_PREFERENCES,
        LinkAct.DEVICES,
        LinkAct.COPY,
        LinkAct.CONSENT,
    )
    return {f"may_{act.value}": links.may(link, act, device=device(request)) for act in acts}


def link_of(request: HttpRequest, target: LinkTarget, act: LinkAct) -> LinkView:
    """The link of this request's session, if it allows the act. Raises NotFound without one, and as `allowed` does."""
    return allowed(request, links.session_link(request.COOKIES.get(target.cookie, ""), target.purpose), act)


def by_press(target: LinkTarget) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """For an address that only a button opens: any other visit (typed, or a reload) gets a page that says so and
    links to the page that has the button. Use inside `patient_page`.
    """

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            response = _press_first(request, target)
            response.status_code = 405
            response["Allow"] = "POST"
            return response

        return guarded

    return wrap


def _press_first(request: HttpRequest, target: LinkTarget) -> HttpResponse:
    """It says whom to call and nothing else, so it asks for no act."""
    try:
        link = links.session_link(request.COOKIES.get(target.cookie, ""), target.purpose)
    except NotFound:
        return expired(request)
    if link.state is LinkState.REVOKED or link.care is not CareState.IN_CARE:
        return expired(request)
    holder = patient_pages.link_holder(link)
    with translation.override(holder.language):
        return render(request, "patient/press_first.html", {"holder": holder, "back": reverse(target.page)})


def no_longer(request: HttpRequest, link: LinkView) -> HttpResponse:
    """An ended link: it shows help lines in the language of its message, and no personal data."""
    return knows_nobody(
        request,
        "patient/no_longer.html",
        410,
        language=patient_pages.link_holder(link).language,
        over=link.state is LinkState.EXPIRED,
    )


def expired(request: HttpRequest, *, in_danger: bool = False) -> HttpResponse:
    """The session has expired: the link in the message opens a new one.

    `in_danger`: the posted answers show danger. Then whom to call comes first, and that they were not received.
    """
    return knows_nobody(request, "patient/session_over.html", 403, in_danger=in_danger)


def knows_nobody(
    request: HttpRequest, template: str, status: int, *, language: str = "", **more: bool
) -> HttpResponse:
    """The page for an unknown link: whom to call in every country.

    In the language of the address, else of the message or the last session, else of the browser.
    """
    was = (languages.of_session(request, target.cookie) for target in TARGETS)
    with languages.speaking(request, language, *was):
        context = {**help_lines.everywhere(), **languages.frame(request), **more}
        return render(request, template, context, status=status)
