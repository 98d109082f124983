"""The check-in: from the link in a message to the receipt. Looking changes nothing but session rows."""

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
from plans.services import patient_pages
from plans.services.checkins import immediate_help, raw, responses, saving
from plans.services.checkins import sitting as sittings
from plans.services.checkins.immediate_help import ImmediateHelp
from plans.services.checkins.responses import ResponseView
from plans.services.checkins.saving import SavedPage
from plans.web import languages
from plans.web.gate import patient_page
from plans.web.parts.questions import PageView, page_view
from plans.web.patient import frame, link_session, unknown_link
from plans.web.patient.checkin import failures, helping
from plans.web.patient.checkin.visit import CheckInRequest, enter, form_key, in_session, link_of
from plans.wording import checkins

log = logging.getLogger("plans.checkins")
ANEW: Final = "anew"
"""In an address: the page is to be answered once more, by somebody who may not see what was answered."""


@require_safe
@patient_page
def open_checkin(request: HttpRequest, token: str) -> HttpResponse:
    """The link in a message: exchanged for a session under a clean address."""
    try:
        return enter(request, token)
    except NotFound:
        return unknown_link.unknown(request)


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page
def checkin(request: HttpRequest, *, unscheduled: bool) -> HttpResponse:
    """The check-in of the message; `unscheduled`: one of the patient's own, at any time, also when that has closed."""
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
    with translation.override(visit.door.language):
        return _save(visit) if request.method == "POST" else _look(visit)


def _look(visit: CheckInRequest) -> HttpResponse:
    session = visit.session()
    sheet = responses.look(session)
    wanted = visit.request.GET.get("page", "")
    over = session.late and not visit.own
    if sheet.sent and (not wanted or over):
        return _receipt(visit, sheet)
    # Whoever was in the middle of it when it closed may go on to the end.
    if over and not (wanted and sheet.checkin_id):
        return _closed(visit, sheet)
    return _question(visit, sheet, _place(sheet, wanted))


def _place(sheet: ResponseView, wanted: str) -> QuestionPage:
    """The page asked for, if the answers lead there, past pages left empty too; else the first one still open."""
    found = sheet.response.pages
    for page in found:
        if page.code == wanted:
            return page
        if not sheet.response.is_answered(page):
            break
    return found[0] if sheet.sent else sheet.response.first_open or found[-1]


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
    # The session may have ended and the form vouched for itself: the next page needs a session again.
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
    """Where it goes on: the next page, or the receipt once all is sent."""
    page = told.following.code if told.following is not None and not told.sent else ""
    return visit.at(page, sent=visit.nonce)


def _at_once(visit: CheckInRequest, told: SavedPage | ImmediateHelp, *, page: str) -> HttpResponse:
    """Help before anything else. It comes with the answer to the form, not behind one more request; `here` is where the
    browser's back button finds it again without sending the form anew."""
    named = {"page": page, **({"sent": visit.nonce, frame.OWN: "1"} if visit.own else {})}
    context = {
        **helping.context_of(visit.door, told.screens, told.dangers),
        "promise": helping.promise(visit.door, told.urgency),
        "sent": told.sent,
        "late": told.late,
        "going_on": _onward(visit, told),
        "here": f"{reverse('checkin-told')}?{urlencode(named)}",
    }
    return visit.page("patient/crisis.html", context)


@require_safe
@patient_page
def help_again(request: HttpRequest) -> HttpResponse:
    """The help that an answer brought up, once more: for the back button and for a page loaded again."""
    try:
        link = link_of(request)
    except NotFound:
        return link_session.expired(request)
    door, nonce = patient_pages.link_holder(link), request.GET.get("sent", "")
    visit = CheckInRequest(request, link, door, own=frame.OWN in request.GET, nonce=nonce)
    page = request.GET.get("page", "")
    told = immediate_help.help_again(visit.session(), page=page, sitting=visit.sitting)
    visit = replace(visit, own=visit.own or link.occasion_id is None)
    if told is None:
        return HttpResponseRedirect(visit.action)
    with translation.override(door.language):
        return _at_once(visit, told, page=page)


def _question(
    visit: CheckInRequest, sheet: ResponseView, page: QuestionPage, *, saved: SavedPage | None = None
) -> HttpResponse:
    """A page of questions. `saved`: what was just sent is not whole, and the page comes again with what is missing."""
    hidden = visit.sitting.hidden(sheet.checkin_id, sheet.response.answers)
    view = page_view(
        sheet.response,
        page,
        language=visit.door.language,
        typed=saved.posted if saved else None,
        problems=saved.problems if saved else _left_out(sheet, page),
        hidden=hidden,
    )
    if saved is None and hidden & set(page.items) and ANEW not in visit.request.GET:
        return _answered_before(visit, sheet, page, view)
    context = {
        "page": view,
        "action": visit.action,
        "key": form_key(visit.link),
        "nonce": (sheet.nonce or secrets.token_urlsafe(16)) if visit.own else "",
        "sent": sheet.sent,
        "late": sheet.session.late and not visit.own,
        # Shown again after it was sent: the back button finds it without sending it anew.
        "here": visit.at(page.code, sent=sheet.nonce) if saved else "",
        "keep": responses.keep_as(sheet),
        "minutes": helping.minutes_told(visit.link, sheet, view) if saved is None else 0,
    }
    return visit.page("patient/checkin.html", context, status=422 if saved and view.problems else 200)


def _answered_before(
    visit: CheckInRequest, sheet: ResponseView, page: QuestionPage, view: PageView
) -> HttpResponse:
    """A page that was answered in another sitting, on a bare link: its questions, without the answers; on to the next
    page, or to answering this one again."""
    following = sheet.response.after(page)
    context = {
        "page": view,
        "action": visit.action,
        "nonce": sheet.nonce if visit.own else "",
        "onward": visit.at(following.code if following else "", sent=sheet.nonce),
        "anew": visit.at(page.code, sent=sheet.nonce, **{ANEW: "1"}),
    }
    return visit.page("patient/answered.html", context)


def _left_out(sheet: ResponseView, page: QuestionPage) -> dict[str, str]:
    """What is still to be answered on a page sent in part: whoever comes back from the help that it brought up is told
    why the page comes again."""
    if not any(code in sheet.response.answers for code in page.items):
        return {}
    items = sheet.response.spec.questionnaire(page.questionnaire).items
    return {
        code: "choose"
        for code in page.items
        if code not in sheet.response.answers and not items[code].optional
    }


def _receipt(visit: CheckInRequest, sheet: ResponseView) -> HttpResponse:
    following = checkins.day_text(sheet.next_due.astimezone(visit.zone)) if sheet.next_due else ""
    first = sheet.response.pages[0].code
    # What was promised between the questions still holds: the way there is gone once all is sent.
    # It tells that something was flagged, so it is shown only to whoever answered.
    unseen = visit.sitting.hidden(sheet.checkin_id, sheet.response.answers)
    context = {
        "following": following,
        "amend": visit.at(first, sent=sheet.nonce) if sheet.may_be_amended else "",
        "promise": None
        if unseen
        else helping.promise(visit.door, immediate_help.urgency_now(sheet.checkin_id)),
        "dangers": None if unseen else helping.said_again(sheet),
    }
    return visit.page("patient/receipt.html", context)


def _closed(visit: CheckInRequest, sheet: ResponseView) -> HttpResponse:
    request, door = visit.request, visit.door
    with languages.speaking(request, door.language):
        day = checkins.day_text(sheet.closes_at.astimezone(visit.zone)) if sheet.closes_at else ""
        context = {"day": day, **languages.frame(request)}
        return frame.page(request, "patient/closed.html", languages.spoken(door), context)
