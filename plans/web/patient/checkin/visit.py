"""One request of a check-in's pages: from the token of a link to its session, and what the pages share."""

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
from plans.domain.people import OUT_OF_CARE, CareState
from plans.services import clock, links
from plans.services.care_status import check_in_care
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

    An expired token works too: a patient can still report a worry after a check-in has closed. A revoked one (sent to
    the wrong person) shows help only.
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
    """The link of the session; for a form whose session has ended, the link in its signed key.

    Raises NotFound without either, and for a revoked link; OutOfCare for a patient not in care here.
    """
    link = _link_of(request)
    # Answers that were being written when care changed are still taken and reviewed.
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
    """The link with a session, and the key of a new session if the form's own had ended."""
    if link.session_id is not None:
        return link, ""
    key = links.start_session(link.id)
    return links.session_link(key, LinkPurpose.CHECKIN), key


def form_key(link: LinkView) -> str:
    """A signed key that lets an open form be saved after its session has ended."""
    return signing.dumps(str(link.id), salt=_SALT)


@dataclass(frozen=True, slots=True)
class CheckInRequest:
    """One request of a check-in's pages: its link and its check-in.

    `own`: a check-in the patient started; `nonce` names it, so that a reload does not start another.
    """

    request: HttpRequest
    link: LinkView
    holder: LinkHolder
    own: bool
    nonce: str

    @property
    def posted(self) -> dict[str, list[str]]:
        """The posted fields."""
        return {name: self.request.POST.getlist(name) for name in self.request.POST}

    @property
    def sitting(self) -> Sitting:
        """The answers that may be shown in this browser."""
        return sitting.of_link(self.link, device=link_session.device(self.request))

    @property
    def zone(self) -> ZoneInfo:
        """The patient's time zone, or the clinic's."""
        return clock.zone_of(occasions.known_zone(self.holder.zone, self.holder.clinic.zone))

    def session(self) -> CheckInSession:
        """The current state of the check-in."""
        if self.own:
            return sessions.unscheduled(self.link, nonce=self.nonce)
        return sessions.for_link(self.link)

    @property
    def action(self) -> str:
        """Where its questions are shown and sent."""
        return reverse("checkin-now") if self.own else reverse("checkin")

    def at(self, page: str = "", *, sent: str, **more: str) -> str:
        """The address of one of its pages; `sent` is the nonce of a check-in the patient started."""
        named = {**({"page": page} if page else {}), **more, **({"sent": sent} if self.own else {})}
        return f"{self.action}?{urlencode(named)}" if named else self.action

    def page(self, template: str, context: Context, status: int = 200) -> HttpResponse:
        """A page in the patients' layout."""
        return frame.page(self.request, template, self.holder, context, status=status)
