"""The patient's questionnaire entered by staff on the phone, and a response as staff read it."""

from __future__ import annotations

import logging
import secrets
from dataclasses import replace
from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from plans.domain.checkins import abuse_lines
from plans.domain.checkins.help_lines import help_for
from plans.domain.checkins.response import Signs
from plans.domain.errors import Refused, Stale
from plans.domain.review.calls import CallResult
from plans.services import calls, clock, people
from plans.services.actors import Actor, May
from plans.services.checkins import immediate_help, queries, raw, responses, saving, sessions
from plans.services.checkins.responses import ResponseView
from plans.services.checkins.saving import SavedSheet
from plans.services.checkins.sessions import CheckInSession
from plans.web import layout_context
from plans.web.clinician.checkin_words import answer_rows
from plans.web.clinician.patient.sheet import Entered, SheetView, help_view, sheet_view, values_of
from plans.web.forms import read_uuid
from plans.web.gate import StaffRequest, staff_page
from plans.wording import checkins
from plans.wording.flags import flag_sentence
from plans.wording.people import LANGUAGES

log = logging.getLogger("plans.checkins")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.ENTER_CHECKIN)
def phone_checkin(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Ask the patient's questions on the phone; it is recorded who entered the answers."""
    actor = cast(StaffRequest, request).actor
    if request.method == "POST":
        return _save(request, actor, patient_id)
    state = responses.look(
        sessions.by_phone(actor, patient_id, nonce=request.GET.get("form", "")), whole=True
    )
    urgency = immediate_help.urgency_now(state.checkin_id)
    view = sheet_view(state.response, language=state.language, asker=_asker(), urgency=urgency)
    return _show(request, actor, state, view)


def _asker() -> str:
    # PHQ and GAD are read aloud as published: nobody has to translate them on the phone.
    return (get_language() or "en").split("-")[0]


def _show(
    request: HttpRequest,
    actor: Actor,
    state: ResponseView,
    view: SheetView,
    *,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    """The whole page; for htmx what has changed of it."""
    patient_id = state.session.patient_id
    card = people.patient_card(actor, patient_id)
    context = {
        "place": "caseload",
        "patient": card,
        "patient_id": patient_id,
        "sheet": view,
        "seen": state.seen,
        "occasion_id": state.session.occasion_id,
        "nonce": state.nonce or secrets.token_urlsafe(16),
        "asked_in": LANGUAGES.get(state.language, state.language) if state.language != _asker() else "",
        "language": card.language,
        "help": help_for(card.country),
        "abuse_lines": abuse_lines.lines_for(card.country),
        "already_sent": state.sent,
        "calling": calls.is_calling(actor, patient_id),
        **more,
    }
    if _by_itself(request):
        # htmx shows no answer with an error's status.
        return layout_context.part(request, "clinic/phone_sheet.html", context)
    return layout_context.page(request, "clinic/phone_checkin.html", context, status=status)


def _by_itself(request: HttpRequest) -> bool:
    """Whether the page saves what was entered by itself; nobody has pressed a button."""
    return request.headers.get("HX-Request") == "true"


def _save(request: HttpRequest, actor: Actor, patient_id: UUID) -> HttpResponse:
    posted = {name: [str(one) for one in values] for name, values in request.POST.lists()}
    session = sessions.by_phone(
        actor,
        patient_id,
        nonce=request.POST.get("nonce", "")[:64],
        occasion_id=read_uuid(request.POST.get("for", "")),
    )
    send = request.POST.get("do") in ("send", "next")
    try:
        saved = saving.save_sheet(session, posted=posted, seen=request.POST.get("seen", ""), send=send)
    except Exception:
        log.exception("answers entered by phone could not be saved")
        return _not_saved(request, actor, session, posted)
    calls.keep_claim(by=actor, patient_id=patient_id)
    if send and saved.sent:
        return _sent(request, actor, patient_id, saved)
    state = responses.look(session)
    view = sheet_view(
        saved.response,
        language=state.language,
        asker=_asker(),
        urgency=saved.urgency,
        entered=Entered(
            saved.problems, saved.meanwhile, {code: saved.posted.get(code, "") for code in saved.problems}
        ),
    )
    wrong = send or (view.wrong and not _by_itself(request))
    return _show(
        request,
        actor,
        state,
        view,
        status=422 if wrong else 200,
        asked_to_send=send,
        saved_at=clock.now() if saved.checkin_id else None,
    )


def _not_saved(
    request: HttpRequest, actor: Actor, session: CheckInSession, posted: dict[str, list[str]]
) -> HttpResponse:
    """The page again with what was typed; as for patients, answers that need action soon are first kept raw."""
    told = raw.signs_in(posted, session)
    failed = {"told": told, "kept": told.flagged and raw.keep(session, page="", posted=posted)}
    state = responses.look(session)
    step = state.response.fill(posted)
    typed = Entered(step.problems, {}, values_of(posted, step.response))
    view = sheet_view(step.response, language=state.language, asker=_asker(), urgency=None, entered=typed)
    seen = request.POST.get("seen", "")
    return _show(request, actor, replace(state, seen=seen), view, status=503, failed=failed)


def _sent(request: HttpRequest, actor: Actor, patient_id: UUID, saved: SavedSheet) -> HttpResponse:
    """On to what was answered; before that, what to tell the patient who is still on the phone."""
    layout_context.say(request, _("The check-in is saved, with your name as the one who entered it."))
    called = _called(actor, patient_id)
    onward = reverse("calls") if called else reverse("response", args=[saved.checkin_id])
    if not saved.screens and not saved.dangers:
        if called and request.POST.get("do") == "next":
            following = calls.claim_next(by=actor)
            onward = reverse("call", args=[following]) if following is not None else onward
        return HttpResponseRedirect(onward)
    card = people.patient_card(actor, patient_id)
    context = {
        "place": "caseload",
        "patient": card,
        "patient_id": patient_id,
        "told": help_view(Signs(saved.screens, saved.dangers), card.language, saved.urgency),
        "help": help_for(card.country),
        "language": card.language,
        "abuse_lines": abuse_lines.lines_for(card.country),
        "going_on": onward,
    }
    return layout_context.page(request, "clinic/phone_checkin_danger.html", context)


def _called(actor: Actor, patient_id: UUID) -> bool:
    """Record that the patient was reached, if this was a call of the list."""
    if not calls.is_calling(actor, patient_id):
        return False
    try:
        calls.record(by=actor, patient_id=patient_id, result=CallResult.REACHED.value)
    except (Stale, Refused):
        # Somebody else has taken the call over meanwhile; the answers count all the same.
        return False
    return True


@require_safe
@staff_page(May.LOOK)
def response_page(request: HttpRequest, checkin_id: UUID) -> HttpResponse:
    """One response: how it came, why it was flagged, every answer beside the last and the first."""
    actor = cast(StaffRequest, request).actor
    detail = queries.response_detail(actor, checkin_id)
    context = {
        "place": "caseload",
        "response": detail,
        "purpose": checkins.purpose_text(detail.purpose),
        "translation": checkins.translation_text(detail.translation) if detail.translation else "",
        "flags": [(flag, flag_sentence(flag.rule, flag.facts)) for flag in detail.flags],
        "rows": answer_rows(detail.table),
    }
    return layout_context.page(request, "clinic/response.html", context)
