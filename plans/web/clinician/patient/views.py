"""A patient's page: plans, open items and record; and unlocking the dose pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from plans.domain.audit import AuditPart
from plans.domain.checkins.instrument_file import scales_in, translations
from plans.domain.taper.plan_states import PlanState
from plans.services import audit, looks, merging, people, second_fact, visits
from plans.services.actors import May
from plans.services.patient_overview import overview
from plans.services.plan_summaries import PlanSummary
from plans.web.clinician.audit_lines import audit_lines, look_lines, started_under
from plans.web.clinician.care_words import care_context, taken_context
from plans.web.clinician.patient.history import checkin_line
from plans.web.clinician.review_lines import item_line
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.wording import patient_facts as labels
from plans.wording.checkins import translation_text
from plans.wording.doses import day_dose_words, drugs_words
from plans.wording.people import (
    CONTACT_HOW,
    EMAIL_STATES,
    LANGUAGES,
    MAY_BE_TOLD,
    WEEKDAYS,
    mail_words,
    still_to_ask_words,
)
from plans.wording.plans import STATE_NAMES
from plans.wording.times import zone_words

_PARTS: Final[Mapping[AuditPart, Promise]] = {
    AuditPart.PLAN: gettext_lazy("Plan"),
    AuditPart.CHECKINS: gettext_lazy("Check-ins and doses"),
    AuditPart.REVIEWS: gettext_lazy("Reviews"),
    AuditPart.MESSAGES: gettext_lazy("Messages and documents"),
    AuditPart.RECORD: gettext_lazy("Record"),
}


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A plan on a patient's page: its drugs, today's dose and the next one, of every drug."""

    drugs: str
    dose: str
    next_dose: str


def plan_line(plan: PlanSummary) -> PlanLine:
    """A plan in words."""
    return PlanLine(
        drugs=drugs_words(plan.drugs, clinician=True),
        dose=day_dose_words(plan.dose, clinician=True) if plan.dose is not None else "",
        next_dose=day_dose_words(plan.next_dose, clinician=True) if plan.next_dose is not None else "",
    )


def _labels(codes: tuple[str, ...], known: dict[str, Promise]) -> list[str]:
    return [str(known.get(code, code)) for code in codes]


@require_safe
@staff_page(May.LOOK)
def patient_page(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """A patient: plans, open items and record."""
    actor = request.actor
    card = people.patient_card(actor, patient_id)
    seen = overview(actor, patient_id)
    context = {
        "place": "caseload",
        "patient": card,
        "email_state": EMAIL_STATES[card.email_state],
        "mail_state": mail_words(card.mail_state, card.care_state),
        "contact_how": CONTACT_HOW[card.contact_how],
        "may_be_told": MAY_BE_TOLD[str(card.person.may_be_told)],
        "weekday": WEEKDAYS[card.checkin_weekday],
        "without_scales": not scales_in(card.language),
        "translation": translation_text(found) if (found := translations().get(card.language)) else "",
        "zone": zone_words(card.zone),
        "language": LANGUAGES.get(card.language, card.language),
        "still_to_ask": still_to_ask_words(card.to_ask),
        "indication": labels.INDICATIONS.get(card.indication, card.indication),
        "conditions": _labels(card.conditions, dict(labels.CONDITIONS)),
        "substances": _labels(card.substances, dict(labels.SUBSTANCES)),
        "medicines": _labels(card.medicines, dict(labels.MEDICINES)),
        "plans": [
            (
                plan,
                plan_line(plan),
                STATE_NAMES[PlanState(plan.state)],
            )
            for plan in seen.plans
        ],
        **care_context(actor, patient_id),
        "taken": taken_context(actor, seen.live_id),
        "plan_key": {"id": seen.live_id},
        "items": [item_line(row, seen.now) for row in seen.items],
        "checkins": [checkin_line(row) for row in seen.checkins],
        "visits": visits.of_patient(actor, patient_id).upcoming,
        "draft": seen.draft_id,
        "live": seen.live_id,
        "merged_into": next(
            (one for one in merging.of_patient(actor, patient_id) if one.merged_id == patient_id), None
        ),
        "locked": second_fact.is_slowed(actor, patient_id),
    }
    return page(request, "clinic/patient.html", context)


@require_POST
@staff_page(May.EDIT_PATIENT)
def unlock(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Forget the wrong codes and years of birth; a second press does nothing."""
    second_fact.let_try_again(by=request.actor, patient_id=patient_id)
    say(request, _("The patient can try again at once"))
    return HttpResponseRedirect(reverse("patient", args=[patient_id]))


@require_safe
@staff_page(May.LOOK)
def history_page(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """The patient's history: who did what, when, on which version; newest first."""
    card = people.patient_card(request.actor, patient_id)
    before = started_under(request)
    asked = request.GET.get("part", "")
    part = asked if asked in {one.value for one in _PARTS} else ""
    found = audit.patient_events(request.actor, patient_id=patient_id, part=part, before=before)
    context = {
        "place": "caseload",
        "patient": card,
        "part": part,
        "tabs": [("", _("All")), *((one.value, label) for one, label in _PARTS.items())],
        "query": f"part={part}&" if part else "",
        "started": before,
        **audit_lines(found),
    }
    return page(request, "clinic/history.html", context)


@require_safe
@staff_page(May.LOOK)
def looks_page(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Who looked at the patient's record: to be printed for a patient who asks."""
    card = people.patient_card(request.actor, patient_id)
    before = started_under(request)
    found = looks.of_patient(request.actor, patient_id, before=before)
    context = {"place": "caseload", "patient": card, "query": "", "started": before, **look_lines(found)}
    return page(request, "clinic/looks.html", context)
