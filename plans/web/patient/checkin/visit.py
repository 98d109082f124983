"""One request of a check-in's pages: from the token of a link to its session, and what the pages share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from plans.domain.checkins import occasions
from plans.domain.errors import NotFound
from plans.domain.link_policy import LinkAct
from plans.services import clock, links
from plans.services.checkins import sessions, sitting
from plans.services.checkins.sessions import CheckInSession
from plans.services.checkins.sitting import Sitting
from plans.services.links import LinkPurpose, LinkView
from plans.services.patient_pages import LinkHolder
from plans.web.patient import frame, link_session
from plans.web.untyped import Context

_SALT = "plans.checkin.form"
_KEY_SECONDS = 14 * 24 * 3600
"""So long a form left open on a phone can still be sent: two weeks, longer than any check-in stays open."""


def link_of(request: HttpRequest) -> LinkView:
    """The link of the session; for a form whose session has ended, the link in its signed key.

    Raises NotFound without either, and as `link_session.allowed` does. The policy takes answers that were being written
    when care or the link ended.
    """
    saving = request.method == "POST" and "page" in request.POST
    act = LinkAct.ANSWER if saving else LinkAct.QUESTIONS
    try:
        return link_session.link_of(request, link_session.CHECKIN, act)
    except NotFound:
        if not saving:
            raise
    return replace(link_session.allowed(request, _named_in_form(request), act), fact_at=None)


def _named_in_form(request: HttpRequest) -> LinkView:
    """The link of a form's key. The session that showed the form had given the second fact if it had to."""
    try:
        named = signing.loads(request.POST.get("key", ""), salt=_SALT, max_age=_KEY_SECONDS)
    except signing.BadSignature as bad:
        raise NotFound(what="session") from bad
    key, _space, via = str(named).partition(" ")
    link = links.by_id(UUID(key))
    if link.purpose is not LinkPurpose.CHECKIN:
        raise NotFound(what="session")
    return replace(link, via=LinkPurpose(via) if via else None, fact_at=clock.real_now())


def in_session(link: LinkView) -> tuple[LinkView, str]:
    """The link with a session, and the key of a new session if the form's own had ended."""
    if link.session_id is not None:
        return link, ""
    key = links.start_session(link.id, via=link.via)
    return links.session_link(key, LinkPurpose.CHECKIN), key


def form_key(link: LinkView) -> str:
    """A signed key that lets an open form be saved after its session has ended."""
    return signing.dumps(f"{link.id} {link.via.value if link.via else ''}".strip(), salt=_SALT)


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
        to_plan = link_session.leads_to_plan(self.request, self.link)
        return frame.page(self.request, template, self.holder, {"to_plan": to_plan, **context}, status=status)
