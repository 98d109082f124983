"""The check-in: from the link in a message to the receipt. A GET changes only session rows."""

from __future__ import annotations

import logging
import secrets
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_safe

from plans.domain.checkins.instrument import QuestionPage
from plans.domain.checkins.response import UnknownPage
from plans.domain.errors import NotFound, Refused
from plans.domain.link_policy import LinkAct
from plans.services import patient_pages
from plans.services.checkins import immediate_help, raw, responses, saving
from plans.services.checkins import sitting as sittings
from plans.services.checkins.immediate_help import ImmediateHelp
from plans.services.checkins.responses import ResponseView
from plans.services.checkins.saving import SavedPage
from plans.web import languages
from plans.web.gate import patient_page
from plans.web.parts.questions import PageView, page_view
from plans.web.patient import frame, link_session
from plans.web.patient.checkin import failures, helping
from plans.web.patient.checkin.visit import CheckInRequest, form_key, in_session, link_of
from plans.wording import checkins

log = logging.getLogger("plans.checkins")
ANEW: Final = "anew"
"""In an address: the page is to be answered once more, by somebody who may not see what was answered."""


@require_safe
@patient_page(LinkAct.OPEN)
def open_checkin(request: HttpRequest, token: str) -> HttpResponse:
    """The link in a message: exchanged for a session under a clean address.

    An expired one works too, and takes a worry; a revoked one (sent to the wrong person) shows help only.
    """
    return link_session.enter(request, token, link_session.CHECKIN)


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page(LinkAct.QUESTIONS, LinkAct.ANSWER)
def checkin(request: HttpRequest, *, unscheduled: bool) -> HttpResponse:
    """The check-in of a message; `unscheduled`: one the patient starts at any time, even when that one has closed."""
    try:
        return _within(request, unscheduled=unscheduled)
    except DatabaseError:
        if request.method != "POST":
            raise
        log.exception("a page of a check-in could not be received")
        return failures.out_of_reach(request)


def _within(request: HttpRequest, *, unscheduled: bool) -> HttpResponse:
    try:
        link = link_of(request)
    except NotFound:
        told = raw.signs_in({name: request.POST.getlist(name) for name in request.POST})
        return link_session.expired(request, in_danger=told.flagged or bool(told.screens))
    sent = request.POST.get("nonce", "")[:64] if request.method == "POST" else request.GET.get("sent", "")
    own = unscheduled or link.occasion_id is None
    visit = CheckInRequest(request, link, patient_pages.link_holder(link), own=own, nonce=sent if own else "")
    with translation.override(visit.holder.language):
        return _save(visit) if request.method == "POST" else _look(visit)


def _look(visit: CheckInRequest) -> HttpResponse:
    session = visit.session()
    state = responses.look(session)
    wanted = visit.request.GET.get("page", "")
    over = session.late and not visit.own
    if state.sent and (not wanted or over):
        return _receipt(visit, state)
    # A check-in that closed while it was being answered can still be finished.
    if over and not (wanted and state.checkin_id):
        return _closed(visit, state)
    return _question(visit, state, _place(state, wanted))


def _place(state: ResponseView, wanted: str) -> QuestionPage:
    """The requested page, if the answers so far lead to it, even past unanswered pages; else the first open one."""
    found = state.response.pages
    for page in found:
        if page.code == wanted:
            return page
        if not state.response.is_answered(page):
            break
    return found[0] if state.sent else state.response.first_open or found[-1]


def _save(visit: CheckInRequest) -> HttpResponse:
    session = visit.session()
    code = visit.request.POST.get("page", "")
    try:
        saved = saving.save_page(session, page=code, posted=visit.posted, sitting=visit.sitting)
    except UnknownPage:
        return HttpResponseRedirect(visit.action)
    except Refused:
        return failures.too_many(visit, session)
    except Exception:
        log.exception("a page of a check-in could not be saved")
        return failures.not_saved(visit, session)
    # The session may have ended and the form's own signature been used: the next page needs a new session.
    link, key = in_session(visit.link)
    if saved.checkin_id is not None and link.session_id is not None:
        sittings.note(link.session_id, saved.checkin_id, saved.posted)
    response = _answered(replace(visit, link=link), saved, page=code)
    if key:
        link_session.give_session(response, link_session.CHECKIN, key)
    return response


def _answered(visit: CheckInRequest, saved: SavedPage, *, page: str) -> HttpResponse:
    if saved.screens or saved.dangers:
        return _at_once(visit, saved, page=page)
    if saved.problems and saved.following is not None:
        return _question(visit, responses.look(visit.session()), saved.following, saved=saved)
    return HttpResponseRedirect(_onward(visit, saved))


def _onward(visit: CheckInRequest, told: SavedPage | ImmediateHelp) -> str:
    """The next page, or the receipt once everything is sent."""
    page = told.following.code if told.following is not None and not told.sent else ""
    return visit.at(page, sent=visit.nonce)


def _at_once(visit: CheckInRequest, told: SavedPage | ImmediateHelp, *, page: str) -> HttpResponse:
    """The help page, before anything else. It is the response to the form itself, not one more request; `here` is the
    address at which the back button finds it without sending the form again.
    """
    named = {"page": page, **({"sent": visit.nonce, frame.OWN: "1"} if visit.own else {})}
    context = {
        **helping.context_of(visit.holder, told.screens, told.dangers),
        "promise": helping.promise(visit.holder, told.urgency),
        "sent": told.sent,
        "late": told.late,
        "going_on": _onward(visit, told),
        "here": f"{reverse('checkin-told')}?{urlencode(named)}",
    }
    return visit.page("patient/crisis.html", context)


@require_safe
@patient_page(LinkAct.QUESTIONS)
def help_again(request: HttpRequest) -> HttpResponse:
    """The same help page again, for the back button and for a reload."""
    try:
        link = link_of(request)
    except NotFound:
        return link_session.expired(request)
    holder, nonce = patient_pages.link_holder(link), request.GET.get("sent", "")
    visit = CheckInRequest(request, link, holder, own=frame.OWN in request.GET, nonce=nonce)
    page = request.GET.get("page", "")
    told = immediate_help.help_again(visit.session(), page=page, sitting=visit.sitting)
    visit = replace(visit, own=visit.own or link.occasion_id is None)
    if told is None:
        return HttpResponseRedirect(visit.action)
    with translation.override(holder.language):
        return _at_once(visit, told, page=page)


def _question(
    visit: CheckInRequest, state: ResponseView, page: QuestionPage, *, saved: SavedPage | None = None
) -> HttpResponse:
    """A page of questions. `saved`: the form just sent was incomplete, and the page shows what is missing."""
    hidden = visit.sitting.hidden(state.checkin_id, state.response.answers)
    view = page_view(
        state.response,
        page,
        language=visit.holder.language,
        typed=saved.posted if saved else None,
        problems=saved.problems if saved else _left_out(state, page),
        hidden=hidden,
    )
    if saved is None and hidden & set(page.items) and ANEW not in visit.request.GET:
        return _answered_before(visit, state, page, view)
    context = {
        "page": view,
        "action": visit.action,
        "key": form_key(visit.link),
        "nonce": (state.nonce or secrets.token_urlsafe(16)) if visit.own else "",
        "sent": state.sent,
        "late": state.session.late and not visit.own,
        # Shown again after sending: the back button finds it without sending it again.
        "here": visit.at(page.code, sent=state.nonce) if saved else "",
        "keep": responses.keep_as(state),
        "minutes": helping.minutes_told(visit.link, state, view) if saved is None else 0,
    }
    return visit.page("patient/checkin.html", context, status=422 if saved and view.problems else 200)


def _answered_before(
    visit: CheckInRequest, state: ResponseView, page: QuestionPage, view: PageView
) -> HttpResponse:
    """A page answered in an earlier session, opened from the bare link: its questions without the answers, with links
    to the next page and to answering again.
    """
    following = state.response.after(page)
    context = {
        "page": view,
        "action": visit.action,
        "nonce": state.nonce if visit.own else "",
        "onward": visit.at(following.code if following else "", sent=state.nonce),
        "anew": visit.at(page.code, sent=state.nonce, **{ANEW: "1"}),
    }
    return visit.page("patient/answered.html", context)


def _left_out(state: ResponseView, page: QuestionPage) -> dict[str, str]:
    """What is still missing on a page that was sent in part: it explains, after the help page, why the page is shown
    again.
    """
    if not any(code in state.response.answers for code in page.items):
        return {}
    items = state.response.spec.questionnaire(page.questionnaire).items
    return {
        code: "choose"
        for code in page.items
        if code not in state.response.answers and not items[code].optional
    }


def _receipt(visit: CheckInRequest, state: ResponseView) -> HttpResponse:
    following = checkins.day_text(state.next_due.astimezone(visit.zone)) if state.next_due else ""
    first = state.response.pages[0].code
    # The promise made between the questions is repeated, because that page cannot be reached any more.
    # It reveals that something was flagged, so it is shown only on the device that answered.
    unseen = visit.sitting.hidden(state.checkin_id, state.response.answers)
    context = {
        "following": following,
        "amend": visit.at(first, sent=state.nonce) if state.may_be_amended else "",
        "promise": None
        if unseen
        else helping.promise(visit.holder, immediate_help.urgency_now(state.checkin_id)),
        "dangers": None if unseen else helping.said_again(state),
    }
    return visit.page("patient/receipt.html", context)


def _closed(visit: CheckInRequest, state: ResponseView) -> HttpResponse:
    request, holder = visit.request, visit.holder
    with languages.speaking(request, holder.language):
        day = checkins.day_text(state.closes_at.astimezone(visit.zone)) if state.closes_at else ""
        context = {"day": day, **languages.frame(request)}
        return frame.page(request, "patient/closed.html", languages.spoken(holder), context)
