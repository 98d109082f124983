"""Planned visits of a patient: the list, adding one, removing one."""

from __future__ import annotations

from datetime import date, time
from typing import Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from plans.domain import text
from plans.domain.errors import Refused
from plans.services import visits
from plans.services.actors import May
from plans.services.visits import Visits
from plans.web.forms import EdgeForm, ParsedField
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Posted
from plans.wording.plans import long_day

_WITH_MOST: Final = 100
_REFUSALS: Final = {
    "in_the_past": gettext_lazy("This day has passed where the patient lives. Give a later one."),
    "too_far": gettext_lazy("This is more than three years away. Check the year."),
    "already_planned": gettext_lazy("A visit at this hour of this day is already planned. Choose another."),
    "too_many": gettext_lazy("%(most)s visits are planned already. Cancel one first."),
}


def _moment(raw: str) -> time | None:
    return text.clean_time(raw) if raw.strip(" ") else None


class VisitForm(EdgeForm):
    """One visit."""

    on = ParsedField(
        lambda raw: text.clean_date(raw, earliest=date(2000, 1, 1), latest=date(2099, 12, 31)),
        label=gettext_lazy("Day"),
        widget=forms.TextInput(attrs={"type": "date", "autocomplete": "off"}),
    )
    at = ParsedField(
        _moment,
        required=False,
        label=gettext_lazy("Time"),
        help_text=gettext_lazy("The clinic’s time; empty if only the day is agreed"),
        widget=forms.TextInput(attrs={"type": "time", "autocomplete": "off"}),
    )
    with_whom = ParsedField(
        lambda raw: text.clean_line(raw, most=_WITH_MOST, required=False),
        required=False,
        label=gettext_lazy("With whom"),
        help_text=gettext_lazy("The patient reads it on the plan page"),
    )


def _show(request: StaffRequest, found: Visits, form: VisitForm, status: int = 200) -> HttpResponse:
    context = {"place": "caseload", "visits": found, "form": form}
    return page(request, "clinic/patient_visits.html", context, status=status)


@require_safe
@staff_page(May.LOOK)
def visits_page(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """The visits planned from today on, and a form to add one."""
    return _show(request, visits.of_patient(request.actor, patient_id), VisitForm())


@require_POST
@staff_page(May.EDIT_PATIENT)
def visit_add(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Plan a visit."""
    found = visits.of_patient(request.actor, patient_id)
    form = VisitForm(request.POST)
    if form.is_valid():
        typed: Posted = form.cleaned_data
        try:
            visits.plan_visit(
                by=request.actor,
                patient_id=patient_id,
                on=typed["on"],
                at=typed["at"],
                with_whom=typed["with_whom"],
            )
        except Refused as refusal:
            form.refuse(refusal, str(_REFUSALS[str(refusal.facts["reason"])]) % refusal.facts)
        else:
            say(request, _("The visit is planned"), _("The patient’s calendar is being redrawn with it."))
            return redirect("patient-visits", patient_id)
    return _show(request, found, form, 422)


@require_POST
@staff_page(May.EDIT_PATIENT)
def visit_remove(request: StaffRequest, patient_id: UUID, visit_id: UUID) -> HttpResponse:
    """Remove a visit; a second press does nothing."""
    standing = visits.of_patient(request.actor, patient_id).upcoming
    visits.cancel_visit(by=request.actor, patient_id=patient_id, visit_id=visit_id)
    day = next((long_day(one.on) for one in standing if one.id == visit_id), "")
    said = _("The visit on %(day)s is cancelled") % {"day": day} if day else _("The visit is cancelled")
    say(request, said, _("The patient’s calendar is being redrawn without it."))
    return redirect("patient-visits", patient_id)
