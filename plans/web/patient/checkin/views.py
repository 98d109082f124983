"""The check-in: from the link in a letter to the receipt. Looking changes nothing but session rows."""

from __future__ import annotations

import logging
import secrets
from urllib.parse import urlencode

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_safe

from plans.domain.checkins import occasions
from plans.domain.checkins.instrument import Page
from plans.domain.checkins.response import UnknownPage
from plans.domain.errors import NotFound, Refused
from plans.services import clock, patient_pages
from plans.services.checkins import immediate_help, raw, responses, saving, sessions
from plans.services.checkins import sitting as sittings
from plans.services.checkins.immediate_help import ImmediateHelp
from plans.services.checkins.responses import ResponseView
from plans.services.checkins.saving import SavedPage
from plans.services.links import LinkView
from plans.services.patient_pages import Door
from plans.web import languages
from plans.web.gate import patient_page
from plans.web.parts.questions import page_view
from plans.web.patient import link_session, unknown_link
from plans.web.patient.checkin import failures, frame, helping
from plans.web.patient.checkin.answered import ANEW, answered
from plans.wording import checkins

log = logging.getLogger("plans.checkins")


@require_safe
@patient_page
def open_checkin(request: HttpRequest, token: str) -> HttpResponse:
    """The link in a letter: exchanged for a session under a clean address."""
    try:
        return frame.enter(request, token)
    except NotFound:
        return unknown_link.unknown(request)


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page
def checkin(request: HttpRequest) -> HttpResponse:
    """The check-in of the letter."""
    return _checkin(request, unscheduled=False)


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page
def checkin_now(request: HttpRequest) -> HttpResponse:
    """A check-in of the patient's own, at any time, also when the one of the letter has closed."""
    return _checkin(request, unscheduled=True)


@require_safe
@patient_page
def stop_for_now(request: HttpRequest) -> HttpResponse:
    """What was answered is saved; the same link goes on from there."""
    try:
        link = frame.link_of(request)
    except NotFound:
        return link_session.expired(request)
    return frame.in_language(request, "patient/stopped.html", link, lambda: {"back_url": frame.back(request)})


def _checkin(request: HttpRequest, *, unscheduled: bool) -> HttpResponse:
    try:
        return _within(request, unscheduled=unscheduled)
    except DatabaseError:
        if request.method != "POST":
            raise
        log.exception("a page of a check-in could not be received")
        return failures.out_of_reach(request)


def _within(request: HttpRequest, *, unscheduled: bool) -> HttpResponse:
    try:
        link = frame.link_of(request)
    except NotFound:
        posted = {name: request.POST.getlist(name) for name in request.POST}
        told = raw.signs_in(posted)
        return link_session.expired(request, in_danger=told.flagged or bool(told.screens))
    own = unscheduled or link.occasion_id is None
    door = patient_pages.door(link)
    with translation.override(door.language):
        if request.method == "POST":
            return _save(request, link, door, own=own)
        return _look(request, link, door, own=own)


def _look(request: HttpRequest, link: LinkView, door: Door, *, own: bool) -> HttpResponse:
    nonce = request.GET.get("sent", "") if own else ""
    subject = sessions.unscheduled(link, nonce=nonce) if own else sessions.for_link(link)
    sheet = responses.look(subject)
    wanted = request.GET.get("page", "")
    if sheet.sent and (not wanted or (subject.late and not own)):
        return _receipt(request, link, door, sheet, own=own)
    # Whoever was in the middle of it when it closed may go on to the end.
    if subject.late and not own and not (wanted and sheet.checkin_id):
        return _closed(request, door, sheet)
    page = _place(sheet, wanted)
    return _question(request, link, door, sheet, page, own=own)


def _place(sheet: ResponseView, wanted: str) -> Page:
    """The page asked for, if the answers lead there, past pages left empty too; else the first one still open."""
    found = sheet.response.pages
    for page in found:
        if page.code == wanted:
            return page
        if not sheet.response.is_answered(page):
            break
    return found[0] if sheet.sent else sheet.response.first_open or found[-1]


def _save(request: HttpRequest, link: LinkView, door: Door, *, own: bool) -> HttpResponse:
    nonce = request.POST.get("nonce", "")[:64]
    subject = sessions.unscheduled(link, nonce=nonce) if own else sessions.for_link(link)
    posted = {name: request.POST.getlist(name) for name in request.POST}
    code = request.POST.get("page", "")
    try:
        sitting = frame.sitting_of(request, link)
        outcome = saving.save_page(subject, page=code, posted=posted, sitting=sitting)
    except UnknownPage:
        return HttpResponseRedirect(_address(own))
    except Refused:
        return failures.too_many(request, link, door, subject, posted, action=_address(own))
    except Exception:
        log.exception("a page of a check-in could not be saved")
        return failures.not_saved(request, link, door, subject, posted, action=_address(own))
    # The session may have ended and the form vouched for itself: the next page needs a session again.
    link, key = frame.in_session(link)
    if outcome.checkin_id is not None and link.session_id is not None:
        sittings.note(link.session_id, outcome.checkin_id, outcome.posted)
    response = _answered(request, link, door, outcome, page=code, subject_nonce=nonce, own=own)
    if key:
        link_session.give_session(response, frame.CHECKIN, key)
    return response


def _answered(
    request: HttpRequest,
    link: LinkView,
    door: Door,
    outcome: SavedPage,
    *,
    page: str,
    subject_nonce: str,
    own: bool,
) -> HttpResponse:
    going_on = _onward(outcome, nonce=subject_nonce, own=own)
    if outcome.screens or outcome.dangers:
        return _at_once(request, door, outcome, page=page, going_on=going_on, nonce=subject_nonce, own=own)
    if outcome.problems and outcome.following is not None:
        subject = sessions.unscheduled(link, nonce=subject_nonce) if own else sessions.for_link(link)
        sheet = responses.look(subject)
        return _question(request, link, door, sheet, outcome.following, own=own, outcome=outcome)
    return HttpResponseRedirect(going_on)


def _onward(outcome: SavedPage | ImmediateHelp, *, nonce: str, own: bool) -> str:
    named = {"sent": nonce} if own else {}
    if not outcome.sent:
        named = {"page": outcome.following.code if outcome.following else "", **named}
    return f"{_address(own)}?{urlencode(named)}" if named else _address(own)


def _at_once(
    request: HttpRequest,
    door: Door,
    told: SavedPage | ImmediateHelp,
    *,
    page: str,
    going_on: str,
    nonce: str,
    own: bool,
) -> HttpResponse:
    """Help before anything else. It comes with the answer to the form, not behind one more request; `here` is where the
    browser's back button finds it again without sending the form anew."""
    named = {"page": page, **({"sent": nonce, frame.OWN: "1"} if own else {})}
    context = {
        **helping.context_of(door, told.screens, told.dangers),
        "promise": frame.promise(door, told.urgency),
        "sent": told.sent,
        "late": told.late,
        "going_on": going_on,
        "here": f"{reverse('checkin-told')}?{urlencode(named)}",
    }
    return frame.page(request, "patient/crisis.html", door, context)


@require_safe
@patient_page
def told_before(request: HttpRequest) -> HttpResponse:
    """The help that an answer brought up, once more: for the back button and for a page loaded again."""
    try:
        link = frame.link_of(request)
    except NotFound:
        return link_session.expired(request)
    own, nonce, page = frame.OWN in request.GET, request.GET.get("sent", ""), request.GET.get("page", "")
    subject = sessions.unscheduled(link, nonce=nonce) if own else sessions.for_link(link)
    told = immediate_help.help_again(subject, page=page, sitting=frame.sitting_of(request, link))
    own = own or link.occasion_id is None
    if told is None:
        return HttpResponseRedirect(_address(own))
    door = patient_pages.door(link)
    with translation.override(door.language):
        going_on = _onward(told, nonce=nonce, own=own)
        return _at_once(request, door, told, page=page, going_on=going_on, nonce=nonce, own=own)


def _address(own: bool) -> str:
    return reverse("checkin-now") if own else reverse("checkin")


def _question(
    request: HttpRequest,
    link: LinkView,
    door: Door,
    sheet: ResponseView,
    page: Page,
    *,
    own: bool,
    outcome: SavedPage | None = None,
) -> HttpResponse:
    hidden = frame.sitting_of(request, link).hidden(sheet.checkin_id, sheet.response.answers)
    view = page_view(
        sheet.response,
        page,
        language=door.language,
        typed=outcome.posted if outcome else None,
        problems=outcome.problems if outcome else _left_out(sheet, page),
        hidden=hidden,
    )
    if outcome is None and hidden & set(page.items) and ANEW not in request.GET:
        return answered(request, door, sheet, page, view, address=_address(own), own=own)
    context = {
        "page": view,
        "action": _address(own),
        "key": frame.form_key(link),
        "nonce": (sheet.nonce or secrets.token_urlsafe(16)) if own else "",
        "sent": sheet.sent,
        "late": sheet.session.late and not own,
        # Shown again after it was sent: the back button finds it without sending it anew.
        "here": f"{_address(own)}?{urlencode({'page': page.code, **({'sent': sheet.nonce} if own else {})})}"
        if outcome
        else "",
        "keep": responses.keep_as(sheet),
        "minutes": helping.minutes_told(link, sheet, view) if outcome is None else 0,
    }
    return frame.page(
        request, "patient/checkin.html", door, context, status=422 if outcome and view.problems else 200
    )


def _left_out(sheet: ResponseView, page: Page) -> dict[str, str]:
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


def _receipt(
    request: HttpRequest, link: LinkView, door: Door, sheet: ResponseView, *, own: bool
) -> HttpResponse:
    zone = clock.zone_of(occasions.known_zone(door.zone, door.clinic.zone))
    following = checkins.day_text(sheet.next_due.astimezone(zone)) if sheet.next_due else ""
    first = sheet.response.pages[0].code
    named = {"page": first, **({"sent": sheet.nonce} if own else {})}
    amend = f"{_address(own)}?{urlencode(named)}" if sheet.may_be_amended else ""
    # What was promised between the questions still holds: the way there is gone once all is sent.
    # It tells that something was flagged, so it is shown only to whoever answered.
    unseen = frame.sitting_of(request, link).hidden(sheet.checkin_id, sheet.response.answers)
    promise = None if unseen else frame.promise(door, immediate_help.urgency_now(sheet.checkin_id))
    dangers = None if unseen else helping.said_again(sheet)
    context = {"following": following, "amend": amend, "promise": promise, "dangers": dangers}
    return frame.page(request, "patient/receipt.html", door, context)


def _closed(request: HttpRequest, door: Door, sheet: ResponseView) -> HttpResponse:
    zone = clock.zone_of(occasions.known_zone(door.zone, door.clinic.zone))
    with languages.speaking(request, door.language):
        day = checkins.day_text(sheet.closes_at.astimezone(zone)) if sheet.closes_at else ""
        context = {"day": day, **languages.frame(request)}
        return frame.page(request, "patient/closed.html", languages.spoken(door), context)
