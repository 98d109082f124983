"""Adding a patient, and changing a record."""

from __future__ import annotations

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plans.domain.errors import Refused, Stale
from plans.domain.people import PatientData, StillToAsk
from plans.domain.places import zones
from plans.services import clock, formulary, new_patients, people, plan_defaults
from plans.services.accounts import clinic_card
from plans.services.actors import May
from plans.services.plans.drafts import Form
from plans.web.clinician.patient.forms import PatientForm, initial_of
from plans.web.clinician.plan_start import starting_values
from plans.web.forms import seen_number
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Context, Options, Posted
from plans.wording.people import CONSENT, people_refusal

_LOOKED = "looked"


def _today(request: StaffRequest) -> date:
    return clock.now().astimezone(ZoneInfo(clinic_card(request.actor).zone)).date()


def _form_page(request: StaffRequest, form: PatientForm, more: Context, status: int = 200) -> HttpResponse:
    groups = form.groups()
    first, rest = (groups[: form.first], groups[form.first :]) if form.new else (groups, [])
    context = {
        "form": form,
        "groups": first,
        "rest": rest,
        "rest_open": any(field.errors for group in rest for field in group.fields),
        "consent": CONSENT,
        "zones": [zone.replace("_", " ") for zone in zones()],
        **more,
    }
    return page(request, "clinic/patient_form.html", context, status=status)


def _alike(request: StaffRequest, data: PatientData, but: UUID | None) -> tuple[people.Likeness, ...]:
    """Patients who may be the same person, unless the form says that somebody has checked."""
    if request.POST.get(_LOOKED) == "1":
        return ()
    return people.likenesses(request.actor, data, but=but)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.EDIT_PATIENT)
def patient_new(request: StaffRequest) -> HttpResponse:
    """Add a patient; possible duplicates are shown first."""
    more: Context = {"place": "patient-new", "new": True}
    if request.method != "POST":
        clinic = clinic_card(request.actor)
        start = {
            "zone": clinic.zone,
            "country": clinic.country,
            "language": clinic.language,
            "contact_how": "email",
            "checkin_time": "09:00",
            "may_be_told": "nothing",
            "to_ask": list(StillToAsk),
        }
        return _form_page(request, _new_form(request, initial=start), more)
    form = _new_form(request, request.POST)
    if not form.is_valid():
        return _form_page(request, form, more, 422)
    data = form.to_data()
    alike = _alike(request, data, None)
    if alike:
        return _form_page(request, form, {**more, "alike": alike}, 422)
    try:
        patient_id = new_patients.add(
            by=request.actor, data=data, form=_draft(request, data, form.cleaned_data.get("drug", ""))
        )
    except Refused as refusal:
        form.refuse(refusal, people_refusal(refusal))
        return _form_page(request, form, more, 422)
    message = _("An e-mail asks the patient to confirm the address.") if data.email else ""
    say(request, _("%(name)s was added") % {"name": data.name}, message)
    return redirect("patient", patient_id)


def _new_form(request: StaffRequest, data: Posted | None = None, **more: Options) -> PatientForm:
    """The form of a new patient; a drug is asked for by whoever may plan."""
    form = PatientForm(data, today=_today(request), new=True, **more)
    if not request.actor.may(May.PLAN):
        del form.fields["drug"]
    return form


def _draft(request: StaffRequest, data: PatientData, drug: str) -> Form | None:
    """The draft of a plan that begins with a drug; None without one."""
    if not drug:
        return None
    actor = request.actor
    start = starting_values(
        country=data.country,
        checkins=(data.checkin_weekday, data.checkin_time),
        today=clock.today(data.zone),
        formulary=formulary.formulary(actor),
        defaults=plan_defaults.plan_defaults(actor),
    )
    start["drug_a"] = drug
    return {name: [str(value) for value in start.getlist(name)] for name in start}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.EDIT_PATIENT)
def patient_edit(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Change a record, without overwriting what somebody else saved meanwhile."""
    card = people.patient_card(request.actor, patient_id)
    more: Context = {"place": "caseload", "new": False, "patient": card, "seen_version": card.version}
    if request.method != "POST":
        return _form_page(
            request, PatientForm(today=_today(request), initial=initial_of(people.data_of(card))), more
        )
    form = PatientForm(request.POST, today=_today(request))
    seen = request.POST.get("seen_version", "")
    if not form.is_valid():
        return _form_page(request, form, {**more, "seen_version": seen}, 422)
    data = form.to_data()
    alike = _alike(request, data, patient_id)
    if alike:
        return _form_page(request, form, {**more, "alike": alike, "seen_version": seen}, 422)
    try:
        people.update_patient(
            by=request.actor,
            patient_id=patient_id,
            seen_version=seen_number(request.POST, "seen_version"),
            data=data,
        )
    except Refused as refusal:
        form.refuse(refusal, people_refusal(refusal))
        return _form_page(request, form, {**more, "seen_version": seen}, 422)
    except Stale:
        # What was typed stays; the form now carries the newer record's number, so saving again is deliberate.
        changed = _differences(form, people.patient_card(request.actor, patient_id))
        return _form_page(request, form, {**more, "stale": True, "changed": changed}, 409)
    say(request, _("The record was saved"))
    return redirect("patient", patient_id)


def _differences(form: PatientForm, card: people.PatientCard) -> list[tuple[object, str]]:
    """The fields where the saved value differs from the form: label and saved value."""
    saved = initial_of(people.data_of(card))
    typed = initial_of(form.to_data())
    return [
        (field.label, _shown(saved[name]))
        for name, field in form.fields.items()
        if name in saved and name != "email_again" and saved[name] != typed[name]
    ]


def _shown(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(str(one) for one in value)
    return str(value)
