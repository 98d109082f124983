"""The frame of check-in pages: who reads answers and when, whom to call, and who heard of what was just answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode

from plans.domain.checkins import hours, occasions
from plans.domain.checkins.help_lines import phone_href
from plans.domain.errors import NotFound
from plans.domain.people import CareState
from plans.domain.review.deadlines import Opening, is_open, read_opening
from plans.services import clock, links, patient_pages
from plans.services.care_standing import OUT_OF_CARE, check_in_care
from plans.services.checkins import sitting
from plans.services.checkins.immediate_help import Urgency
from plans.services.checkins.sitting import Sitting
from plans.services.links import LinkState, LinkView, Purpose
from plans.services.patient_pages import Door
from plans.web import languages
from plans.web.patient import link_session
from plans.wording import checkins

CHECKIN = link_session.Door(Purpose.CHECKIN, "tp_c", "/c/", "checkin")
_SALT = "plans.checkin.form"
_KEY_SECONDS = 14 * 24 * 3600
"""So long a form left open on a phone can still be sent: two weeks, longer than any check-in stays open."""
OWN = "now"
"""In an address: these questions are of the patient's own check-in."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Who hears of an answer and when. Only what is true: a call by a time, or else the clinic's hours.

    `others`: when the others read, where the clinician on call was told at an hour at which nobody else reads.
    """

    urgent: bool
    open_now: bool
    by: str
    opens: str
    closes: str
    phone_end: str
    others: str


def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Exchange a token for a session and lead to the clean page.

    An expired one too: a check-in that has closed still takes what worries somebody. A revoked one (a wrong recipient)
    shows help and nothing else.
    """
    link = links.look(token, Purpose.CHECKIN)
    if link.state is LinkState.REVOKED:
        return link_session.no_longer(request, link)
    check_in_care(link)
    response = HttpResponseRedirect(reverse(CHECKIN.page))
    if request.method != "HEAD" and not link_session.has_session(request, CHECKIN, link):
        link_session.give_session(response, CHECKIN, links.start_session(link.id))
    return response


def link_of(request: HttpRequest) -> LinkView:
    """The link behind the session; for a form that outlived its session, the one it names under our signature.

    Raises NotFound without either, and for a link that was revoked; OutOfCare for somebody not treated here just now.
    """
    link = _link_of(request)
    # What was being written when care changed is still taken, and looked at: nobody's words are thrown away.
    saving = request.method == "POST" and "page" in request.POST
    check_in_care(link, states={CareState.DIED} if saving else OUT_OF_CARE)
    return link


def _link_of(request: HttpRequest) -> LinkView:
    try:
        found = links.session_link(request.COOKIES.get(CHECKIN.cookie, ""), Purpose.CHECKIN)
        if found.state is LinkState.REVOKED:
            raise NotFound(what="session")
        return found
    except NotFound:
        if request.method != "POST":
            raise
    try:
        named = signing.loads(request.POST.get("key", ""), salt=_SALT, max_age=_KEY_SECONDS)
    except signing.BadSignature as bad:
        raise NotFound(what="session") from bad
    link = links.by_id(UUID(named))
    if link.state is LinkState.REVOKED or link.purpose is not Purpose.CHECKIN:
        raise NotFound(what="session")
    return link


def in_session(link: LinkView) -> tuple[LinkView, str]:
    """The link within a session, and the key of one that had to be opened because the form outlived its own."""
    if link.session_id is not None:
        return link, ""
    key = links.start_session(link.id)
    return links.session_link(key, Purpose.CHECKIN), key


def sitting_of(request: HttpRequest, link: LinkView) -> Sitting:
    """What of the answers may be shown in this browser."""
    return sitting.of_link(link, device=link_session.device(request))


def form_key(link: LinkView) -> str:
    """What lets an open form be saved after its session has ended: nothing a person typed is lost."""
    return signing.dumps(str(link.id), salt=_SALT)


def opening(door: Door) -> Opening:
    """The clinic's hours."""
    return read_opening(door.clinic.zone, door.clinic.hours, door.clinic.holidays)


def promise(door: Door, urgency: Urgency | None) -> Promise | None:
    """What may be promised after a flagged answer; None if nothing was flagged."""
    if urgency is None or urgency.severity not in ("urgent", "high"):
        return None
    now, week = clock.now(), opening(door)
    zone = clock.zone_of(occasions.known_zone(door.zone, door.clinic.zone))
    # A time that has passed is no promise.
    kept = (
        urgency.first_action_due > now
        and is_open(now, week)
        and is_open(urgency.first_action_due - timedelta(minutes=1), week)
    )
    today = week.on(now.astimezone(week.zone).date())
    opens = next((start for start, _end in week.from_now(now) if start > now), None)
    digits = "".join(sign for sign in urgency.phone if sign.isdigit())
    return Promise(
        urgent=urgency.severity == "urgent",
        open_now=is_open(now, week),
        by=_hour(checkins.clock_text(urgency.first_action_due.astimezone(zone).time(), door.country))
        if kept
        else "",
        opens=_hour(checkins.moment_text(opens.astimezone(zone), door.country)) if opens is not None else "",
        closes=_hour(checkins.clock_text(today[1].astimezone(zone).time(), door.country))
        if today is not None
        else "",
        phone_end=digits[-2:],
        others=_hour(checkins.hours_text(hours.spans(door.clinic.hours), door.country))
        if urgency.severity == "urgent" and not is_open(now, week)
        else "",
    )


def _hour(text: str) -> str:
    # Each ends a sentence, and in Spanish an hour may end with a full stop of its own ("11 a. m.").
    return text.removesuffix(".")


def page(
    request: HttpRequest, template: str, door: Door, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page in the frame. The caller has switched to the patient's language."""
    shared = {
        "door": door,
        "help": door.help,
        "help_url": help_address(request, door.language),
        "aside": aside(request),
        "phone_href": phone_href(door.clinic.phone),
        "hours": checkins.read_line(hours.spans(door.clinic.hours), door.country),
    }
    told = context.get("promise")
    if told is not None and told.others:
        # "Nobody reads them at other times" beside "the clinician on call has been told" would contradict it.
        shared["hours"] = ""
    return render(request, template, {**shared, **context}, status=status)


def aside(request: HttpRequest) -> str:
    """What a page beside the questions is told, so that it leads back to those it was opened from."""
    own = request.path == reverse("checkin-now") or OWN in request.GET
    return f"?{OWN}" if own else ""


def help_address(request: HttpRequest, language: str) -> str:
    """Whom to call, beside the questions: in this language also when the session is over by then."""
    here = aside(request)
    return (
        f"{reverse('checkin-help')}{here}{'&' if here else '?'}{urlencode({languages.IN_ADDRESS: language})}"
    )


def back(request: HttpRequest) -> str:
    """Where a page beside the questions leads back to."""
    return reverse("checkin-now" if OWN in request.GET else "checkin")


def in_language(
    request: HttpRequest, template: str, link: LinkView, context: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """A page in the frame, made and drawn in the patient's language."""
    door = patient_pages.door(link)
    with translation.override(door.language):
        return page(request, template, door, context())
