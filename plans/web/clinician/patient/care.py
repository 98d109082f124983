"""Care status: in hospital, moved elsewhere, stopped care, died; correcting it; asking the ward."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from plans.domain import text
from plans.domain.errors import Refused, Stale
from plans.domain.people import CareState
from plans.services import care, care_corrections, clock, people
from plans.services.actors import May
from plans.services.people import PatientCard
from plans.web.clinician.care_words import care_context
from plans.web.forms import EdgeForm, ParsedField, seen_number
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Label, Options, Values
from plans.wording.people import CARE_STATES, people_refusal

_FIRST_ASK = timedelta(days=2)


def _day(raw: str) -> date | None:
    if not raw.strip(" "):
        return None
    return text.clean_date(raw, earliest=date(2000, 1, 1), latest=date(2099, 12, 31))


def _day_field(label: Label, hint: Label = "") -> ParsedField:
    widget = forms.TextInput(attrs={"type": "date", "autocomplete": "off"})
    return ParsedField(_day, required=False, label=label, help_text=hint, widget=widget)


def _note(label: Label) -> ParsedField:
    return ParsedField(
        lambda raw: text.clean_text(raw, most=500, required=True),
        label=label,
        widget=forms.Textarea(attrs={"rows": 2, "data-keep": ""}),
    )


class CareForm(EdgeForm):
    """The new care status, and from which day."""

    care_state = forms.ChoiceField(label=gettext_lazy("What has changed"), widget=forms.RadioSelect)
    on = _day_field(gettext_lazy("Since"), gettext_lazy("Leave empty for today. A past day is fine."))
    ask_on = _day_field(
        gettext_lazy("Ask the ward again on"),
        gettext_lazy("For a hospital stay: a review item opens on that day until the return is recorded."),
    )
    prescriber = ParsedField(
        lambda raw: text.clean_line(raw, most=200, required=False),
        required=False,
        label=gettext_lazy("Who prescribes now"),
        help_text=gettext_lazy("For a move to other care: shown to the patient behind every link."),
    )
    prescriber_phone = ParsedField(
        lambda raw: text.clean_phone(raw, required=False),
        required=False,
        label=gettext_lazy("Their phone number"),
    )
    care_note = _note(gettext_lazy("Reason, and who reported it"))

    # Any: what a form of Django takes.
    def __init__(self, state: CareState, *args: Any, resting: bool = False, **more: Options) -> None:
        """`resting`: a plan is paused, so the only way back is "return from hospital", which asks for the dose."""
        super().__init__(*args, **more)
        if state is not CareState.IN_CARE:
            del self.fields["ask_on"]
        words = {CareState.IN_CARE: _("Back in care here")}
        self.fields["care_state"].choices = [  # type: ignore[attr-defined]  # declared above as a ChoiceField
            (one.value, words.get(one, CARE_STATES[one.value]))
            for one in care.NEXT[state]
            if not (resting and one is CareState.IN_CARE)
        ]


class AskForm(EdgeForm):
    """The day on which to ask the ward next."""

    ask_on = _day_field(gettext_lazy("Ask the ward again on"))


class CorrectForm(EdgeForm):
    """Why a care record is corrected."""

    correction = _note(gettext_lazy("What was wrong"))


def _stale() -> str:
    return _("Somebody else has saved this record since you opened it. Check it, then save again.")


def _begin(card: PatientCard) -> Values:
    return {"ask_on": (clock.today(card.zone) + _FIRST_ASK).isoformat()}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.EDIT_PATIENT)
def patient_care(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Record that a patient went to hospital, moved elsewhere, stopped care or died: the plan is paused or ended."""
    card = people.patient_card(request.actor, patient_id)
    state = CareState(card.care_state)
    if request.method != "POST":
        return _show(request, card)
    form = CareForm(state, request.POST)
    if not form.is_valid():
        return _show(request, card, care_form=form, status=422)
    said = form.cleaned_data
    try:
        care.set_care_state(
            by=request.actor,
            patient_id=patient_id,
            seen_version=seen_number(request.POST, "seen_version"),
            state=said["care_state"],
            note=said["care_note"],
            on=said["on"],
            ask_on=said.get("ask_on"),
            prescriber=said["prescriber"],
            prescriber_phone=said["prescriber_phone"],
        )
    except Refused as refusal:
        form.refuse(refusal, people_refusal(refusal))
        return _show(request, card, care_form=form, status=422)
    except Stale:
        form.add_error(None, _stale())
        return _show(request, people.patient_card(request.actor, patient_id), care_form=form, status=422)
    say(
        request, _("Saved: %(state)s") % {"state": CARE_STATES[said["care_state"]]}, _done(said["care_state"])
    )
    return redirect("patient", patient_id)


def _done(state: str) -> str:
    if state == CareState.ADMITTED.value:
        return _("The plan is paused. An item to tell the pharmacy is in the queue.")
    if state == CareState.IN_CARE.value:
        return ""
    return _("The plan has ended too. Links say whom to ask and show no dose.")


@require_POST
@staff_page(May.EDIT_PATIENT)
def care_ask(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Set the next day on which the ward is asked."""
    card = people.patient_card(request.actor, patient_id)
    form = AskForm(request.POST)
    if form.is_valid():
        try:
            care.ask_ward_again(by=request.actor, patient_id=patient_id, on=form.cleaned_data["ask_on"])
        except Refused as refusal:
            form.refuse(refusal, people_refusal(refusal))
        else:
            say(request, _("Saved: a review item opens on that day."))
            return redirect("patient-care", patient_id)
    return _show(request, card, ask=form, status=422)


@require_POST
@staff_page(May.EDIT_PATIENT)
def care_correct(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Correct what was recorded by mistake."""
    card = people.patient_card(request.actor, patient_id)
    form = CorrectForm(request.POST)
    if form.is_valid():
        try:
            care_corrections.correct(
                by=request.actor,
                patient_id=patient_id,
                seen_version=seen_number(request.POST, "seen_version"),
                note=form.cleaned_data["correction"],
            )
        except Refused as refusal:
            form.refuse(refusal, people_refusal(refusal))
        except Stale:
            form.add_error(None, _stale())
            card = people.patient_card(request.actor, patient_id)
        else:
            say(
                request,
                _("Undone: everything is as it was before."),
                _("Check-ins are scheduled again. Messages already sent are not sent again."),
            )
            return redirect("patient", patient_id)
    return _show(request, card, correct=form, status=422)


def _show(
    request: StaffRequest,
    card: PatientCard,
    *,
    care_form: CareForm | None = None,
    ask: AskForm | None = None,
    correct: CorrectForm | None = None,
    status: int = 200,
) -> HttpResponse:
    state = CareState(card.care_state)
    now = care_context(request.actor, card.id)
    context = {
        "place": "caseload",
        "patient": card,
        "seen_version": card.version,
        **now,
        "choices": bool(care.NEXT[state]),
        "form": care_form or CareForm(state, initial=_begin(card), resting=now["back_plan"] is not None),
        "ask": ask or AskForm(initial=_begin(card)),
        "correct": correct or CorrectForm(),
        "refused": next((one for one in (care_form, ask, correct) if one is not None and one.errors), None),
    }
    return page(request, "clinic/patient_care.html", context, status=status)
