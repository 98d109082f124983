"""The clinic's rules: what is in force and who signed it, other numbers tried on past answers, the load of alerts."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plans.domain.checkins.clinic_rules import BadRules
from plans.domain.checkins.flags import SPECS
from plans.domain.checkins.instrument_file import translations
from plans.domain.errors import Stale
from plans.services.actors import May
from plans.services.checkins import alert_load, rules
from plans.services.checkins.alert_load import DryRun
from plans.web.clinician.settings.rule_forms import PatientRulesForm, RulesForm
from plans.web.forms import seen_number
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.wording.checkins import translation_text
from plans.wording.flags import flag_title
from plans.wording.people import LANGUAGES


def _form(request: StaffRequest, *, posted: bool) -> RulesForm:
    now = rules.in_force(request.actor)
    return RulesForm(request.POST if posted else None, now=now.thresholds, cadence=now.cadence)


def _show(
    request: StaffRequest, form: RulesForm, *, trial: DryRun | None = None, status: int = 200
) -> HttpResponse:
    standing, load = rules.in_force(request.actor), alert_load.load(request.actor)
    loads = {one.rule: one for one in load.rules}
    context = {
        "place": "settings",
        "form": form,
        "standing": standing,
        "load": load,
        "lines": [
            (code, version, SPECS[code].priority.value, flag_title(code), loads.get(code))
            for code, version in standing.rules.items()
        ],
        "look_at": [(one, flag_title(one.rule)) for one in load.to_look_at],
        "budget": alert_load.BUDGET,
        "weeks": alert_load.WEEKS,
        "enough": alert_load.ENOUGH,
        "translations": [
            (LANGUAGES.get(language, language), translation_text(one))
            for language, one in translations().items()
        ],
        "trial": trial,
        "trial_items": (trial.a_week(trial.items_now), trial.a_week(trial.items_then)) if trial else None,
        "trial_lines": [
            (one.rule, flag_title(one.rule), trial.a_week(one.now), trial.a_week(one.then))
            for one in trial.rules
        ]
        if trial
        else [],
    }
    return page(request, "clinic/rules.html", context, status=status)


@require_safe
@staff_page(May.LOOK)
def rules_page(request: StaffRequest) -> HttpResponse:
    """Rules, thresholds, signature and load; the lead can change, try and sign."""
    return _show(request, _form(request, posted=False))


@require_POST
@staff_page(May.MANAGE)
def rules_try(request: StaffRequest) -> HttpResponse:
    """Other numbers against past answers; nothing is saved."""
    form = _form(request, posted=True)
    if form.is_valid():
        try:
            return _show(request, form, trial=alert_load.dry_run(request.actor, form.numbers()))
        except BadRules as refusal:
            form.refuse_rules(refusal)
    return _show(request, form, status=422)


@require_POST
@staff_page(May.MANAGE)
def rules_save(request: StaffRequest) -> HttpResponse:
    """Put other numbers, another cadence or other items in force."""
    form = _form(request, posted=True)
    if form.is_valid():
        try:
            rules.set_rules(
                by=request.actor,
                thresholds=form.numbers(),
                **form.cadence(),
                items_off=form.cleaned_data["items_off"],
                ladder=form.ladder(),
                maintenance_weeks=form.cleaned_data["maintenance_weeks"],
            )
        except BadRules as refusal:
            form.refuse_rules(refusal)
        else:
            say(request, _("Saved"), _("In force from the next check-in on. A change has to be signed."))
            return redirect("rules")
    return _show(request, form, status=422)


@require_POST
@staff_page(May.MANAGE)
def rules_sign(request: StaffRequest) -> HttpResponse:
    """The lead signs what stands on the page."""
    try:
        number = rules.sign(by=request.actor, seen_digest=request.POST.get("digest", ""))
    except Stale:
        say(
            request,
            _("Not signed"),
            _("The rules changed meanwhile. Read them again, then sign."),
            kind="think",
        )
    else:
        say(request, _("Signed as number %(number)s") % {"number": number})
    return redirect("rules")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.PLAN)
def patient_thresholds(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Numbers for one patient; those like the clinic's follow the clinic."""
    actor = request.actor  # type: ignore[attr-defined]  # set by the gate
    shown = rules.for_patient(actor, patient_id)
    posted = request.method == "POST"
    form = PatientRulesForm(
        request.POST if posted else None, now=shown.clinic, cadence=shown.cadence, own=shown.own
    )
    if posted and form.is_valid():
        try:
            rules.set_for_patient(
                by=actor,
                patient_id=patient_id,
                seen_version=seen_number(request.POST, "seen_version"),
                thresholds=form.numbers(),
                **form.cadence(),
            )
        except BadRules as refusal:
            form.refuse_rules(refusal)
        except Stale:
            form.add_error(None, _("The record changed meanwhile. Look at the numbers again, then save."))
        else:
            say(request, _("Saved for this patient"), _("In force from the next check-in on."))
            return redirect("patient", patient_id)
    context = {"place": "caseload", "form": form, "shown": shown}
    return page(request, "clinic/patient_thresholds.html", context, status=422 if form.errors else 200)
