"""The patient's questionnaire entered by staff on the phone, and a response as staff read it."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from plans.domain.checkins import abuse_lines
from plans.domain.checkins.help_lines import help_for
from plans.domain.checkins.response import UnknownPage
from plans.services import people
from plans.services.actors import Actor, May
from plans.services.checkins import queries, raw, responses, saving, sessions
from plans.services.checkins.saving import SavedPage
from plans.services.checkins.sessions import CheckInSession
from plans.web import layout_context
from plans.web.clinician.checkin_words import answer_rows
from plans.web.gate import StaffRequest, staff_page
from plans.web.parts.questions import page_view
from plans.web.untyped import Posted
from plans.wording import checkins
from plans.wording.dangers import danger_words
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
    return _look(
        request, actor, patient_id, wanted=request.GET.get("page", ""), nonce=request.GET.get("form", "")
    )


def _look(
    request: HttpRequest,
    actor: Actor,
    patient_id: UUID,
    *,
    wanted: str,
    nonce: str,
    outcome: SavedPage | None = None,
    typed: Mapping[str, str] | None = None,
    failed: Posted | None = None,
    status: int = 200,
) -> HttpResponse:
    card = people.patient_card(actor, patient_id)
    state = responses.look(sessions.by_phone(actor, patient_id, nonce=nonce))
    found = state.response.pages
    open_page = state.response.first_open or found[-1]
    page = next((one for one in found if one.code == wanted), open_page)
    language = (get_language() or "en").split("-")[0]
    view = page_view(
        state.response,
        page,
        # PHQ and GAD are read aloud as published: nobody has to translate them on the phone.
        language=state.language,
        asker=language,
        typed=outcome.posted if outcome else typed,
        problems=outcome.problems if outcome else None,
    )
    context = {
        "place": "caseload",
        "patient": card,
        "patient_id": patient_id,
        "page": view,
        "asked_in": LANGUAGES.get(state.language, state.language) if state.language != language else "",
        "nonce": state.nonce or nonce or secrets.token_urlsafe(16),
        "failed": failed,
        "scheduled": state.session.occasion_id is not None,
        "back": urlencode({"page": view.back, "form": state.nonce}) if view.back else "",
    }
    return layout_context.page(
        request, "clinic/phone_checkin.html", context, status=422 if view.problems else status
    )


def _save(request: HttpRequest, actor: Actor, patient_id: UUID) -> HttpResponse:
    nonce = request.POST.get("nonce", "")[:64]
    posted = {name: request.POST.getlist(name) for name in request.POST}
    subject = sessions.by_phone(actor, patient_id, nonce=nonce)
    here = reverse("phone-checkin", args=[patient_id])
    try:
        outcome = saving.save_page(subject, page=request.POST.get("page", ""), posted=posted)
    except UnknownPage:
        return HttpResponseRedirect(here)
    except Exception:
        log.exception("a page entered by phone could not be saved")
        return _not_saved(request, actor, patient_id, subject, posted)
    if outcome.screens or outcome.dangers:
        return _danger(request, actor, patient_id, outcome, here=here, nonce=nonce)
    if outcome.problems and outcome.following is not None:
        return _look(request, actor, patient_id, wanted=outcome.following.code, nonce=nonce, outcome=outcome)
    if outcome.sent:
        layout_context.say(request, _("The check-in is saved, with your name as the one who entered it."))
    return HttpResponseRedirect(_going_on(outcome, here, nonce))


def _not_saved(
    request: HttpRequest,
    actor: Actor,
    patient_id: UUID,
    subject: CheckInSession,
    posted: dict[str, list[str]],
) -> HttpResponse:
    """The page again with what was typed; as for patients, answers that need action soon are first kept raw."""
    told = raw.signs_in(posted, subject)
    code = (posted.get("page") or [""])[0]
    failed = {"told": told, "kept": told.flagged and raw.keep(subject, page=code, posted=posted)}
    typed = {name: values[0] for name, values in posted.items() if values}
    return _look(
        request, actor, patient_id, wanted=code, nonce=subject.nonce, typed=typed, failed=failed, status=503
    )


def _going_on(outcome: SavedPage, here: str, nonce: str) -> str:
    if outcome.sent or outcome.following is None:
        return reverse("response", args=[outcome.checkin_id])
    return f"{here}?{urlencode({'page': outcome.following.code, 'form': nonce})}"


def _danger(
    request: HttpRequest, actor: Actor, patient_id: UUID, outcome: SavedPage, *, here: str, nonce: str
) -> HttpResponse:
    """What to tell the patient on the phone now, before the next question."""
    card = people.patient_card(actor, patient_id)
    context = {
        "place": "caseload",
        "patient": card,
        "patient_id": patient_id,
        "help": help_for(card.country),
        "read_out": _read_out(outcome, card.language),
        "language": card.language,
        "abuse_lines": abuse_lines.lines_for(card.country),
        **{f"show_{one.danger.code}": True for one in outcome.dangers},
        "urgency": outcome.urgency,
        "going_on": _going_on(outcome, here, nonce),
        **{f"show_{screen.value}": True for screen in outcome.screens},
    }
    return layout_context.page(request, "clinic/phone_checkin_danger.html", context)


def _read_out(outcome: SavedPage, language: str) -> list[tuple[str, str]]:
    """The sentences for the patient in their language, each with its meaning if the caller speaks another."""
    here = [text for one in outcome.dangers for text in danger_words(one.danger.code).said(one.items)]
    with translation.override(language):
        theirs = [text for one in outcome.dangers for text in danger_words(one.danger.code).said(one.items)]
    return [(text, meaning if meaning != text else "") for text, meaning in zip(theirs, here, strict=True)]


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
