"""The pharmacist's list of patients, one patient's plan and fills, and confirming that a fill was handed out."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plans.domain import text
from plans.domain.errors import Refused
from plans.domain.taper.plan_states import PlanState
from plans.services import dispensing
from plans.services.access import check_may
from plans.services.actors import May
from plans.services.dispensing import NOTE_MOST, PlannedFill, SupplyPage
from plans.web.clinician import patient_search
from plans.web.forms import EdgeForm, ParsedField, read_number
from plans.web.gate import StaffRequest, list_page, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Context
from plans.wording import plans
from plans.wording.doses import day_dose_words, drugs_words
from plans.wording.drugs import product_words
from plans.wording.plans import long_day
from plans.wording.supply import home_lines, home_words
from plans.wording.taper import forms_as_in

_EARLIEST: Final = date(2000, 1, 1)
_LATEST: Final = date(2099, 12, 31)
_REFUSALS: Final = {
    "not_current": gettext_lazy(
        "The plan was changed after this page was opened. Read the fills again before you confirm one."
    ),
    "no_fill": gettext_lazy("This fill is no longer planned. Choose one from the list."),
    "already": gettext_lazy("Somebody has confirmed this fill already."),
    "day_ahead": gettext_lazy(
        "This day is still to come. Enter the day it was handed out, today at the latest."
    ),
    "day_too_far_back": gettext_lazy("This day is too long ago. Enter one of the last 60 days."),
}


class DispensedForm(EdgeForm):
    """Which fill was handed out, on which day, and what differed."""

    first = forms.ChoiceField(label=gettext_lazy("Fill"))
    on = ParsedField(
        partial(text.clean_date, earliest=_EARLIEST, latest=_LATEST),
        label=gettext_lazy("Handed out on"),
        widget=forms.TextInput(attrs={"type": "date", "autocomplete": "off"}),
    )
    note = ParsedField(
        partial(text.clean_line, most=NOTE_MOST, required=False),
        required=False,
        label=gettext_lazy("What differed from the plan"),
        help_text=gettext_lazy("Leave empty if it was handed out as planned"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def _units(fill: PlannedFill, country: str) -> list[tuple[int, str, str]]:
    with forms_as_in(country):
        return [
            (
                units,
                "mL" if product.handed_out_in_ml else "",
                product_words(product, count=units, named=True, clinician=True),
            )
            for product, units in fill.products
        ]


def _form(found: SupplyPage, data: object = None) -> DispensedForm:
    open_fills = [fill for fill in found.fills if not fill.confirmed]
    form = DispensedForm(data, initial={"on": found.today.isoformat()})  # type: ignore[arg-type]  # a posted form
    form.fields["first"].choices = [  # type: ignore[attr-defined]  # a choice field
        (
            fill.first.isoformat(),
            _("%(first)s to %(last)s") % {"first": long_day(fill.first), "last": long_day(fill.last)},
        )
        for fill in open_fills
    ]
    return form


@require_safe
@staff_page(May.SEE_SUPPLY)
@list_page
def supply_list(request: StaffRequest) -> HttpResponse:
    """Patients with a running plan, by name, with their next fill."""
    word, q = patient_search.read(request)
    pages = dispensing.patients(request.actor, q=q, key=request.GET.get("after"))
    rows = []
    for row in pages.rows:
        with forms_as_in(row.country):
            dose = day_dose_words(row.plan.dose, clinician=True) if row.plan.dose is not None else ""
        rows.append((row, plans.STATE_NAMES[PlanState(row.plan.state)], drugs_words(row.plan.drugs), dose))
    context = {
        "place": "dispensing",
        "searched": q,
        "pages": pages,
        "query": f"find={word}&" if word else "",
        "rows": rows,
    }
    return page(request, "clinic/supply.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.SEE_SUPPLY)
def supply_patient(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """One patient's plan and fills; a posted form confirms that one was handed out."""
    found = dispensing.page(request.actor, patient_id)
    if request.method != "POST":
        return _show(request, found, _form(found))
    check_may(request.actor, May.DISPENSE)
    form = _form(found, request.POST)
    version = read_number(request.POST.get("seen_version", ""))
    if form.is_valid():
        try:
            dispensing.confirm(
                by=request.actor,
                patient_id=patient_id,
                version=-1 if version is None else version,
                first=date.fromisoformat(form.cleaned_data["first"]),
                on=form.cleaned_data["on"],
                note=form.cleaned_data["note"],
            )
        except Refused as refusal:
            form.refuse(refusal, _REFUSALS[str(refusal.facts["reason"])])
        else:
            say(request, _("The fill is confirmed as handed out"))
            return redirect("supply-patient", patient_id)
    return _show(request, found, form, 422)


def _show(request: StaffRequest, found: SupplyPage, form: DispensedForm, status: int = 200) -> HttpResponse:
    with forms_as_in(found.country):
        dose = day_dose_words(found.plan.dose, clinician=True) if found.plan.dose is not None else ""
        stages = [(day, day_dose_words(what, clinician=True)) for day, what in found.stage]
    context: Context = {
        "place": "dispensing",
        "found": found,
        "state": plans.STATE_NAMES[PlanState(found.plan.state)],
        "drugs": drugs_words(found.plan.drugs),
        "dose": dose,
        "stages": stages,
        "fills": [(fill, _units(fill, found.country)) for fill in found.fills],
        "at_home": home_lines(found.at_home, country=found.country, named=True, clinician=True),
        "home_words": home_words(found.counted_on, found.today),
        "form": form,
        "can_confirm": bool(form.fields["first"].choices),  # type: ignore[attr-defined]  # a choice field
    }
    return page(request, "clinic/supply_patient.html", context, status=status)


@require_safe
@staff_page(May.SEE_SUPPLY)
def supply_sheet(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """The pharmacy sheet of the version in force; where none is drawn, back to the patient, where that is said."""
    try:
        sheet = dispensing.open_sheet(request.actor, patient_id)
    except Refused:
        say(request, _("The pharmacy sheet is being drawn. Try again in a minute."), kind="think")
        return redirect("supply-patient", patient_id)
    response = HttpResponse(sheet.content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{sheet.filename}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@staff_page(May.DISPENSE)
def supply_withdraw(request: StaffRequest, patient_id: UUID, dispensing_id: UUID) -> HttpResponse:
    """Withdraw a confirmation made by mistake."""
    if dispensing.withdraw(by=request.actor, patient_id=patient_id, dispensing_id=dispensing_id):
        say(request, _("The confirmation is withdrawn; it stays on the record"))
    else:
        say(request, _("It was withdrawn already"), kind="think")
    return redirect("supply-patient", patient_id)
