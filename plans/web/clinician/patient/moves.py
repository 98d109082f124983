"""Patients who move between clinics: offering one, the list of offers, and an offer with its answer."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from plans.domain import text
from plans.domain.errors import NotAllowed, Refused
from plans.domain.moving import OFFER_STANDS
from plans.services import moving, people
from plans.services.access import other_clinics
from plans.services.actors import Actor, May
from plans.services.moving import MoveView
from plans.services.moving.offers import NOTE_MOST
from plans.web.clinician.audit_lines import audit_lines, started_under
from plans.web.clinician.patient.arriving import ArrivingForm
from plans.web.forms import EdgeForm, ParsedField, single
from plans.web.gate import StaffRequest, confirmed, list_page, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Context, Label, Posted
from plans.wording.doses import drugs_words
from plans.wording.moving import STATES, move_refusal


def _long(label: Label, hint: Label = "", *, required: bool = False) -> ParsedField:
    return ParsedField(
        partial(text.clean_text, most=NOTE_MOST, required=required),
        required=False,
        label=label,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "data-keep": ""}),
    )


class OfferForm(EdgeForm):
    """To which clinic, and what it should know."""

    clinic = forms.ChoiceField(label=gettext_lazy("Clinic"))
    note = _long(
        gettext_lazy("Why, and what they should know"),
        gettext_lazy("The other clinic reads this before it accepts."),
    )

    def __init__(self, actor: Actor, data: Posted | None = None) -> None:
        super().__init__(data)
        found = [("", _("Choose a clinic")), *((str(key), name) for key, name in other_clinics(actor))]
        self.fields["clinic"].choices = found  # type: ignore[attr-defined]  # a choice field


class DeclineForm(EdgeForm):
    """Why the patient cannot come."""

    reason = _long(
        gettext_lazy("Why you decline"), gettext_lazy("The other clinic reads this."), required=True
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.PLAN)
@confirmed
def patient_move(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Offer a patient to another clinic of this installation."""
    actor = request.actor
    card = people.patient_card(actor, patient_id)
    form = OfferForm(actor, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        try:
            move_id = moving.offer(
                by=actor, patient_id=patient_id, to_id=UUID(said["clinic"]), note=said["note"]
            )
        except Refused as refusal:
            form.refuse(refusal, move_refusal(refusal))
        else:
            name = dict(other_clinics(actor))[UUID(said["clinic"])]
            say(
                request,
                _("Offered to %(clinic)s") % {"clinic": name},
                _("Nothing has moved. A review item tells you the answer."),
            )
            return redirect("move", move_id)
    context = {
        "place": "caseload",
        "patient": card,
        "standing": moving.offer_of(actor, patient_id),
        "form": form,
        "days": OFFER_STANDS.days,
        "clinics": len(form.fields["clinic"].choices) > 1,  # type: ignore[attr-defined]  # a choice field
    }
    return page(request, "clinic/patient_move.html", context, status=422 if form.is_bound else 200)


@require_safe
@staff_page(May.LOOK)
@list_page
def moves_page(request: StaffRequest) -> HttpResponse:
    """Offers to this clinic that wait for an answer, and every offer it made."""
    pages = moving.offers_made(request.actor, key=request.GET.get("after"))
    context = {
        "place": "caseload",
        "incoming": [_line(one) for one in moving.offered_here(request.actor)],
        "lines": [_line(one) for one in pages.rows],
        "pages": pages,
        "query": "",
    }
    return page(request, "clinic/moves.html", context)


def _line(one: MoveView) -> tuple[MoveView, object, str]:
    return one, STATES[one.state], drugs_words(one.drugs, clinician=True)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.LOOK)
@confirmed
def move_page(request: StaffRequest, move_id: UUID) -> HttpResponse:
    """An offer with its answer; for the clinic that gave the patient away, what it keeps."""
    standing = moving.move(request.actor, move_id)
    if request.method != "POST":
        return _show(request, standing)
    do = single(request.POST, "do")
    if do == "export":
        made = moving.export_kept(by=request.actor, move_id=move_id)
        answer = HttpResponse(made.text, content_type=f"{made.media_type}; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{made.name}"'
        return answer
    if do in ("accept", "decline", "take_back") and not request.actor.may(May.PLAN):
        raise NotAllowed(may=May.PLAN.value)
    if do == "accept":
        return _accept(request, standing)
    if do == "decline":
        return _decline(request, standing)
    if do == "take_back":
        return _take_back(request, standing)
    return _show(request, standing, status=422)


def _accept(request: StaffRequest, standing: MoveView) -> HttpResponse:
    form = ArrivingForm(request.POST, came=standing)
    if form.is_valid():
        try:
            patient_id = moving.accept(by=request.actor, move_id=standing.id, **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal, move_refusal(refusal))
        else:
            say(
                request,
                _("%(name)s is now a patient here, and yours") % {"name": standing.name},
                _("A review item says what to go through. The patient’s links go on working."),
            )
            return redirect("patient", patient_id)
    return _show(request, standing, accept=form, status=422)


def _decline(request: StaffRequest, standing: MoveView) -> HttpResponse:
    form = DeclineForm(request.POST)
    if form.is_valid():
        try:
            moving.decline(by=request.actor, move_id=standing.id, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            form.refuse(refusal, move_refusal(refusal))
        else:
            say(request, _("The offer was declined. The other clinic is told."))
            return redirect("moves")
    return _show(request, standing, decline=form, status=422)


def _take_back(request: StaffRequest, standing: MoveView) -> HttpResponse:
    try:
        moving.take_back(by=request.actor, move_id=standing.id)
    except Refused as refusal:
        say(request, move_refusal(refusal), kind="stop")
        return redirect("move", standing.id)
    say(request, _("The offer was taken back. The patient stays here."))
    return redirect("moves")


def _show(
    request: StaffRequest,
    standing: MoveView,
    *,
    accept: ArrivingForm | None = None,
    decline: DeclineForm | None = None,
    status: int = 200,
) -> HttpResponse:
    line = _line(standing)
    context: Context = {
        "place": "caseload",
        "move": standing,
        "state": line[1],
        "drugs": line[2],
        "accept": accept or ArrivingForm(came=standing),
        "decline": decline or DeclineForm(),
        "refused": next((one for one in (accept, decline) if one is not None and one.errors), None),
    }
    if standing.state_is["accepted"] and not standing.incoming:
        before = started_under(request)
        kept = moving.kept_record(request.actor, standing.id, before=before)
        issued = [(one, drugs_words(one.drugs, clinician=True)) for one in kept.issued]
        context |= {"issued": issued, "started": before, "query": "", **audit_lines(kept.events)}
    return page(request, "clinic/move.html", context, status=status)
