"""Thresholds and cadence of one patient; values equal to the clinic's follow the clinic."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plans.domain.checkins.clinic_rules import BadRules, Cadence
from plans.domain.checkins.flagging import Thresholds
from plans.domain.errors import Stale
from plans.services.actors import May
from plans.services.checkins import rules
from plans.web.clinician.threshold_forms import ThresholdsForm
from plans.web.forms import seen_number
from plans.web.gate import staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Posted


class PatientRulesForm(ThresholdsForm):
    """Thresholds and cadence of one patient."""

    def __init__(
        self,
        data: Posted | None = None,
        *,
        now: Thresholds,
        cadence: Cadence,
        own: Mapping[str, int],
    ) -> None:
        usual = {"every_weeks": cadence.every_weeks, "after_cut_days": cadence.after_cut_days}
        super().__init__(data, now=now, initial={**usual, **own})
        self.ask_cadence()


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.PLAN)
def patient_thresholds(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Set one patient's thresholds; values equal to the clinic's follow the clinic."""
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
