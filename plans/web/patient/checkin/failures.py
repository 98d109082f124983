"""A page of a check-in that could not be saved: say so, keep what was typed, and show help if it shows danger.

Answers that need action soon are kept as a raw copy first. Only if that fails too was nothing received.
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
from plans.web import help_lines, languages
from plans.web.parts.questions import page_view
from plans.web.patient.checkin.visit import CheckInRequest, form_key


def not_saved(visit: CheckInRequest, session: CheckInSession) -> HttpResponse:
    """The page again with what was typed, and what happened to it."""
    posted = visit.posted
    told = raw.signs_in(posted, session)
    kept = told.flagged and raw.keep(session, page=_code(posted), posted=posted)
    return _again(visit, session, {"kept": kept, "wait": False}, told, status=503)


def too_many(visit: CheckInRequest, session: CheckInSession) -> HttpResponse:
    """The page again: too many changes in a short time, so this one was not saved."""
    told = raw.signs_in(visit.posted, session)
    response = _again(visit, session, {"kept": False, "wait": True}, told, status=429)
    response["Retry-After"] = "60"
    return response


def _code(posted: Mapping[str, Sequence[str]]) -> str:
    return (posted.get("page") or [""])[0]


def _again(
    visit: CheckInRequest, session: CheckInSession, why: Mapping[str, bool], told: PostedSigns, *, status: int
) -> HttpResponse:
    posted = visit.posted
    context = {
        "not_saved": True,
        **why,
        "in_danger": bool(told.screens) or told.flagged,
        "emergency_first": bool({Screen.EMERGENCY, Screen.BREATHING} & set(told.screens)),
    }
    try:
        state = responses.look(session)
        page = state.response.page(_code(posted))
    except (DatabaseError, UnknownPage):
        return visit.page("patient/not_saved.html", {**context, "back_url": visit.action}, status=status)
    shown = {
        "page": page_view(
            state.response,
            page,
            language=visit.holder.language,
            typed={name: values[0] for name, values in posted.items() if values},
            hidden=visit.sitting.hidden(state.checkin_id, state.response.answers),
        ),
        "action": visit.action,
        "key": form_key(visit.link),
        "nonce": session.nonce,
        "sent": state.sent,
        "keep": responses.keep_as(state),
    }
    return visit.page("patient/checkin.html", {**context, **shown}, status=status)


def out_of_reach(request: HttpRequest) -> HttpResponse:
    """Not even the link could be looked up: nothing was received. The page with help lines needs no database."""
    with languages.speaking(request):
        context = {**help_lines.everywhere(), **languages.frame(request)}
        return render(request, "patient/out_of_reach.html", context, status=503)
