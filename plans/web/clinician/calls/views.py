"""The list of calls and the page of one call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from plans.domain.checkins.help_lines import phone_href
from plans.domain.errors import Refused, Stale
from plans.domain.review.calls import CallResult, Stand
from plans.domain.which import which
from plans.services import calls, clock
from plans.services.accounts import clinic_card
from plans.services.actors import May
from plans.services.calls import CallLine, CallPage, CallRow
from plans.web.clinician import patient_search
from plans.web.clinician.calls.forms import (
    AgreeForm,
    AllowForm,
    OutcomeForm,
    TimedForm,
    agree_form,
    allow_form,
    outcome_form,
)
from plans.web.clinician.review_lines import item_line
from plans.web.gate import StaffRequest, list_page, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Context
from plans.wording import call_script
from plans.wording import calls as words
from plans.wording.people import LANGUAGES
from plans.wording.times import zone_words

MADE: Final = "made"
_TABS: Final[dict[str, Promise | str]] = {
    **{stand.value: text for stand, text in words.STANDS.items()},
    MADE: gettext_lazy("Recorded today"),
}
REFUSED, CONFLICT = 422, 409


@dataclass(frozen=True, slots=True)
class CallView:
    """A row of the list in words. `there`: the hour where the patient lives."""

    row: CallRow
    href: str
    why: str
    group: Promise | str
    there: str
    last: str
    last_at: datetime | None
    last_by: str


@dataclass(frozen=True, slots=True)
class MadeView:
    """What was recorded, in words."""

    line: CallLine
    what: str


def _made(line: CallLine, now: datetime, zone: str) -> MadeView:
    what = words.result_words(
        line.result, again_at=line.again_at, why=line.why, until=line.until, now=now, zone=zone
    )
    return MadeView(line, what)


def _view(row: CallRow, now: datetime, zone: str) -> CallView:
    last = row.off or row.last
    return CallView(
        row=row,
        href=phone_href(row.phone) if row.phone else "",
        why=words.reasons_words(row.reasons, missed=row.missed),
        group=words.WORRIES[row.worry],
        there=f"{row.local_now:%H:%M}",
        last=_made(last, now, zone).what if last is not None else "",
        last_at=last.at if last is not None else None,
        last_by=last.by if last is not None else "",
    )


@require_safe
@staff_page(May.LOOK)
@list_page
def calls_list(request: StaffRequest) -> HttpResponse:
    """Whom to call: now in order of worry, later, not at all; and what was recorded today."""
    actor, now = request.actor, clock.now()
    tab = request.GET.get("tab", "")
    tab = tab if tab in _TABS else Stand.NOW.value
    word, who = patient_search.read(request)
    key, zone = request.GET.get("after"), clinic_card(actor).zone
    listed = calls.calls_page(
        actor, stand=Stand(tab) if tab != MADE else Stand.NOW, q=who, key=key if tab != MADE else None
    )
    made = calls.made_today(actor, key=key) if tab == MADE else None
    query = urlencode({name: value for name, value in (("tab", tab), ("find", word)) if value})
    context = {
        "place": "calls",
        "tab": tab,
        "tab_is": which(Stand, tab),
        "tabs": [
            (code, text, listed.counts.get(Stand(code)) if code != MADE else "")
            for code, text in _TABS.items()
        ],
        "who": who,
        "searched": made is None,
        "pages": made or listed.page,
        "behind": listed.behind,
        "query": f"{query}&",
        "beside_tab": f"&{urlencode({'find': word})}" if word else "",
        "lines": [_view(row, now, zone) for row in listed.page.rows] if made is None else [],
        "made": [_made(line, now, zone) for line in made.rows] if made is not None else [],
    }
    return page(request, "clinic/calls.html", context)


@require_safe
@staff_page(May.LOOK)
def call(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """One call: number, what to say, what came of it."""
    found = calls.call_page(request.actor, patient_id)
    return _show(request, found, outcome_form(found))


def _show(
    request: StaffRequest,
    found: CallPage,
    outcome: OutcomeForm,
    *,
    agree: AgreeForm | None = None,
    allow: AllowForm | None = None,
    stale: str = "",
    status: int = 200,
) -> HttpResponse:
    now, card = clock.now(), found.patient
    language = (get_language() or "en").split("-")[0]
    facts = call_script.ScriptFacts(
        caller=request.actor.name,
        clinic=found.clinic,
        phone=found.clinic_phone,
        patient=card.name,
        minutes=found.minutes or 5,
    )
    reasons = found.row.reasons if found.row is not None else ()
    anybody, patient = call_script.script(reasons, facts, card.language)
    forms: tuple[TimedForm | None, ...] = (outcome, agree, allow)
    context: Context = {
        "place": "calls",
        "call": found,
        "patient": card,
        "href": phone_href(card.phone) if card.phone else "",
        "there": f"{card.local_now:%H:%M}",
        "zone": zone_words(card.zone),
        "line": _view(found.row, now, found.clinic_zone) if found.row is not None else None,
        "stand_is": which(Stand, found.stand.value if found.stand is not None else ""),
        "items": [item_line(one, now) for one in found.items],
        "earlier": [_made(line, now, found.clinic_zone) for line in found.earlier],
        "asked_in": LANGUAGES.get(card.language, card.language) if card.language != language else "",
        "anybody": anybody,
        "to_patient": patient,
        "word": call_script.word_to_leave(facts, card.language),
        "form": outcome,
        "agree": agree or agree_form(),
        "allow": allow or allow_form(),
        "refused": next((one for one in forms if one is not None and one.is_bound and one.errors), None),
        "stale": stale,
    }
    return page(request, "clinic/call.html", context, status=status)


@require_POST
@staff_page(May.ENTER_CHECKIN)
def call_next(request: StaffRequest) -> HttpResponse:
    """Claim the first patient whom nobody is calling."""
    return _on_to_next(request, _("Nobody is left to call now"))


def _on_to_next(request: StaffRequest, said: str, nobody: str = "") -> HttpResponse:
    patient_id = calls.claim_next(by=request.actor)
    if patient_id is None:
        say(request, said, nobody)
        return redirect("calls")
    if nobody:
        say(request, said)
    return redirect("call", patient_id)


@require_POST
@staff_page(May.ENTER_CHECKIN)
def call_claim(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Say that one is calling this patient."""
    try:
        calls.claim(by=request.actor, patient_id=patient_id)
    except Stale as stale:
        return _conflict(request, patient_id, stale)
    return redirect("call", patient_id)


def _conflict(
    request: StaffRequest, patient_id: UUID, stale: Stale, form: OutcomeForm | None = None
) -> HttpResponse:
    found = calls.call_page(request.actor, patient_id)
    said = words.call_stale(stale, clock.now(), found.clinic_zone)
    return _show(request, found, form or outcome_form(found), stale=said, status=CONFLICT)


@require_POST
@staff_page(May.ENTER_CHECKIN)
def call_release(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Leave the call to others."""
    calls.release(by=request.actor, patient_id=patient_id)
    say(request, _("You are not calling this patient any more"))
    return redirect("calls")


@require_POST
@staff_page(May.ENTER_CHECKIN)
def call_record(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Record what came of the call, and go on with the next one if that was asked for."""
    found = calls.call_page(request.actor, patient_id)
    form = outcome_form(found, request.POST)
    if form.is_valid():
        data = form.cleaned_data
        result = data["result"]
        try:
            calls.record(
                by=request.actor,
                patient_id=patient_id,
                result=result,
                note=data["note"],
                again_at=form.moment(CallResult(result), found.clinic_zone) if result else None,
                why=data["why"],
                until=data["until"],
            )
        except Stale as stale:
            return _conflict(request, patient_id, stale, form)
        except Refused as refusal:
            form.refused(refusal, result)
        else:
            return _recorded(request, found, CallResult(result))
    return _show(request, found, form, status=REFUSED)


def _recorded(request: StaffRequest, found: CallPage, result: CallResult) -> HttpResponse:
    said = _("%(name)s: %(result)s") % {"name": found.patient.name, "result": words.RESULTS[result]}
    if request.POST.get("do") == "next":
        return _on_to_next(request, said, _("Nobody is left to call now."))
    say(request, said)
    return redirect("calls")


@require_POST
@staff_page(May.ENTER_CHECKIN)
def call_agree(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Agree on a call at a time."""
    found = calls.call_page(request.actor, patient_id)
    form = agree_form(request.POST)
    if _recorded_as(request, found, form, CallResult.AGREED):
        say(request, _("The call is in the list at that time"))
        return redirect("call", patient_id)
    return _show(request, found, outcome_form(found), agree=form, status=REFUSED)


@require_POST
@staff_page(May.ENTER_CHECKIN)
def call_allow(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Take "do not call" back."""
    found = calls.call_page(request.actor, patient_id)
    form = allow_form(request.POST)
    if _recorded_as(request, found, form, CallResult.MAY_CALL):
        say(request, _("The patient may be called again"))
        return redirect("call", patient_id)
    return _show(request, found, outcome_form(found), allow=form, status=REFUSED)


def _recorded_as(request: StaffRequest, found: CallPage, form: TimedForm, result: CallResult) -> bool:
    if not form.is_valid():
        return False
    try:
        calls.record(
            by=request.actor,
            patient_id=found.patient.id,
            result=result.value,
            note=form.cleaned_data["note"],
            again_at=form.moment(result, found.clinic_zone),
        )
    except Stale as stale:
        form.add_error(None, words.call_stale(stale, clock.now(), found.clinic_zone))
    except Refused as refusal:
        form.refused(refusal, result.value)
    else:
        return True
    return False
