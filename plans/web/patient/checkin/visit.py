"""A visit to the questions of a check-in: from the token of a link to its session, and what its pages share."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from plans.domain.checkins import occasions
from plans.domain.errors import NotFound
from plans.domain.people import CareState
from plans.services import clock, links
from plans.services.care_status import OUT_OF_CARE, check_in_care
from plans.services.checkins import sessions, sitting
from plans.services.checkins.sessions import CheckInSession
from plans.services.checkins.sitting import Sitting
from plans.services.links import LinkPurpose, LinkState, LinkView
from plans.services.patient_pages import LinkHolder
from plans.web.patient import frame, link_session
from plans.web.untyped import Context

_SALT = "plans.checkin.form"
_KEY_SECONDS = 14 * 24 * 3600
"""So long a form left open on a phone can still be sent: two weeks, longer than any check-in stays open."""


def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Exchange a token for a session and lead to the clean page.

    An expired one too: a check-in that has closed still takes what worries somebody. A revoked one (a wrong recipient)
    shows help and nothing else.
    """
    link = links.look(token, LinkPurpose.CHECKIN)
    if link.state is LinkState.REVOKED:
        return link_session.no_longer(request, link)
    check_in_care(link)
    response = HttpResponseRedirect(reverse(link_session.CHECKIN.page))
    if request.method != "HEAD" and not link_session.has_session(request, link_session.CHECKIN, link):
        link_session.give_session(response, link_session.CHECKIN, links.start_session(link.id))
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
        found = links.session_link(request.COOKIES.get(link_session.CHECKIN.cookie, ""), LinkPurpose.CHECKIN)
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
    if link.state is LinkState.REVOKED or link.purpose is not LinkPurpose.CHECKIN:
        raise NotFound(what="session")
    return link


def in_session(link: LinkView) -> tuple[LinkView, str]:
    """The link within a session, and the key of one that had to be opened because the form outlived its own."""
    if link.session_id is not None:
        return link, ""
    key = links.start_session(link.id)
    return links.session_link(key, LinkPurpose.CHECKIN), key


def form_key(link: LinkView) -> str:
    """What lets an open form be saved after its session has ended: nothing a person typed is lost."""
    return signing.dumps(str(link.id), salt=_SALT)


@dataclass(frozen=True, slots=True)
class CheckInRequest:
    """One request of the pages of a check-in: through which link, and which check-in it is about.

    `own`: one of the patient's own, at any time; `nonce` names it, so that a page loaded again does not begin another.
    """

    request: HttpRequest
    link: LinkView
    door: LinkHolder
    own: bool
    nonce: str

    @property
    def posted(self) -> dict[str, list[str]]:
        """What was sent with the request."""
        return {name: self.request.POST.getlist(name) for name in self.request.POST}

    @property
    def sitting(self) -> Sitting:
        """What of the answers may be shown in this browser."""
        return sitting.of_link(self.link, device=link_session.device(self.request))

    @property
    def zone(self) -> ZoneInfo:
        """Where the patient lives, as far as it is known."""
        return clock.zone_of(occasions.known_zone(self.door.zone, self.door.clinic.zone))

    def session(self) -> CheckInSession:
        """The check-in as it stands now."""
        if self.own:
            return sessions.unscheduled(self.link, nonce=self.nonce)
        return sessions.for_link(self.link)

    @property
    def action(self) -> str:
        """Where its questions are shown and sent."""
        return reverse("checkin-now") if self.own else reverse("checkin")

    def at(self, page: str = "", *, sent: str, **more: str) -> str:
        """The address of one of its pages; `sent` is the nonce of a check-in of the patient's own."""
        named = {**({"page": page} if page else {}), **more, **({"sent": sent} if self.own else {})}
        return f"{self.action}?{urlencode(named)}" if named else self.action

    def page(self, template: str, context: Context, status: int = 200) -> HttpResponse:
        """A page in the patient's frame."""
        return frame.page(self.request, template, self.door, context, status=status)
