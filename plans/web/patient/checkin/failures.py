"""When a page of a check-in could not be saved: say so, keep what was typed, and help where it speaks of danger.

What asks somebody to act soon is put aside as a raw copy first. Only if that failed as well was nothing received.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from plans.domain.checkins.flagging import Screen
from plans.domain.checkins.response import UnknownPage
from plans.services.checkins import raw, responses
from plans.services.checkins.raw import PostedSigns
from plans.services.checkins.sessions import CheckInSession
from plans.services.links import LinkView
from plans.services.patient_pages import Door
from plans.web import help_lines, languages
from plans.web.parts.questions import page_view
from plans.web.patient.checkin import frame

Posted = Mapping[str, Sequence[str]]


def not_saved(
    request: HttpRequest, link: LinkView, door: Door, subject: CheckInSession, posted: Posted, *, action: str
) -> HttpResponse:
    """The page again, with what was typed on it, under what became of it."""
    told = raw.signs_in(posted, subject)
    kept = told.flagged and raw.keep(subject, page=(posted.get("page") or [""])[0], posted=posted)
    return _again(request, link, door, subject, posted, action=action, told=told, kept=kept)


def too_many(
    request: HttpRequest, link: LinkView, door: Door, subject: CheckInSession, posted: Posted, *, action: str
) -> HttpResponse:
    """The page again: it was changed far more often than anybody changes it, and this time nothing was saved."""
    told = raw.signs_in(posted, subject)
    response = _again(request, link, door, subject, posted, action=action, told=told, wait=True, status=429)
    response["Retry-After"] = "60"
    return response


def _again(
    request: HttpRequest,
    link: LinkView,
    door: Door,
    subject: CheckInSession,
    posted: Posted,
    *,
    action: str,
    told: PostedSigns,
    kept: bool = False,
    wait: bool = False,
    status: int = 503,
) -> HttpResponse:
    code = (posted.get("page") or [""])[0]
    context = {
        "not_saved": True,
        "kept": kept,
        "wait": wait,
        "in_danger": bool(told.screens) or told.flagged,
        "emergency_first": bool({Screen.EMERGENCY, Screen.BREATHING} & set(told.screens)),
    }
    try:
        sheet = responses.look(subject)
        page = sheet.response.page(code)
    except (DatabaseError, UnknownPage):
        back = {**context, "back_url": action}
        return frame.page(request, "patient/not_saved.html", door, back, status=status)
    typed = {name: values[0] for name, values in posted.items() if values}
    shown = {
        "page": page_view(
            sheet.response,
            page,
            language=door.language,
            typed=typed,
            hidden=frame.sitting_of(request, link).hidden(sheet.checkin_id, sheet.response.answers),
        ),
        "action": action,
        "key": frame.form_key(link),
        "nonce": subject.nonce,
        "sent": sheet.sent,
        "keep": responses.keep_as(sheet),
    }
    return frame.page(request, "patient/checkin.html", door, {**context, **shown}, status=status)


def out_of_reach(request: HttpRequest) -> HttpResponse:
    """Not even the letter's link could be looked up: nothing was received, and whom to call needs no database."""
    with languages.speaking(request):
        context = {**help_lines.everywhere(), **languages.frame(request)}
        return render(request, "patient/out_of_reach.html", context, status=503)
