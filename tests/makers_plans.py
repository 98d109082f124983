"""The plan of the story: clonazepam 0.5 mg in the morning and 1 mg at night, ten percent less every 14 days."""

from __future__ import annotations

import copy
from datetime import date, time
from typing import Any
from uuid import UUID

from plans.domain.taper.limit_rules import LimitLevel
from plans.models import Patient, Plan
from plans.services import clock
from plans.services.actors import Actor
from plans.services.plans import drafts, issue, preview

REASON = "Agreed with the patient: short steps, seen every week."
STORY: dict[str, Any] = {
    "regimen": [
        {"time": "morning", "drug": "clonazepam", "dose_mg": "0.5"},
        {"time": "night", "drug": "clonazepam", "dose_mg": "1"},
    ],
    "products": [
        {"drug": "clonazepam", "form": "tablet", "strength_mg": "0.5", "split": 2},
        {"drug": "clonazepam", "form": "odt", "strength_mg": "0.125", "split": 1},
    ],
    "country": "US",
    "method": {"name": "percent_of_current", "percent": "10", "interval_days": 14},
    "equivalence": "ashton_2002",
}
# Alprazolam 1 mg three times a day, carried over to diazepam a time of day a week.
CROSSOVER: dict[str, Any] = {
    **STORY,
    "regimen": [
        {"time": time, "drug": "alprazolam", "dose_mg": "1"} for time in ("morning", "midday", "night")
    ],
    "products": [
        {"drug": "alprazolam", "form": "tablet", "strength_mg": "0.5", "split": 2},
        {"drug": "diazepam", "form": "tablet", "strength_mg": "5", "split": 2},
        {"drug": "diazepam", "form": "tablet", "strength_mg": "2", "split": 2},
    ],
    "crossover": {"to": "diazepam"},
    "max_pieces": 16,
}
# Two drugs at once: lorazepam comes down first, zolpidem after it.
TOGETHER: dict[str, Any] = {
    **STORY,
    "regimen": [
        {"time": "morning", "drug": "lorazepam", "dose_mg": "1"},
        {"time": "night", "drug": "lorazepam", "dose_mg": "1"},
        {"time": "night", "drug": "zolpidem", "dose_mg": "10"},
    ],
    "products": [
        {"drug": "lorazepam", "form": "tablet", "strength_mg": "0.5", "split": 2},
        {"drug": "lorazepam", "form": "tablet", "strength_mg": "1", "split": 2},
        {"drug": "zolpidem", "form": "tablet", "strength_mg": "5", "split": 2},
    ],
    "drug_order": ["lorazepam", "zolpidem"],
    # a quarter of a milligram of lorazepam at each cut
    "method": {"name": "percent_of_current", "percent": "12.5", "interval_days": 14},
}
# Three at once; no equivalence table of the plan has zaleplon.
THREE: dict[str, Any] = {
    **TOGETHER,
    "regimen": [*TOGETHER["regimen"], {"time": "night", "drug": "temazepam", "dose_mg": "15"}],
    "products": [
        *TOGETHER["products"],
        {"drug": "temazepam", "form": "capsule", "strength_mg": "7.5", "split": 1},
    ],
    "drug_order": ["lorazepam", "temazepam", "zolpidem"],
}


def story_request(start: date | str, story: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The story's taper request (or another one) as JSON, beginning on `start`; any top-level key can be given."""
    first = start if isinstance(start, str) else start.isoformat()
    return {**copy.deepcopy(story or STORY), "start": first, **changes}


def asked_for(by: Actor, patient: Patient, request: dict[str, Any], **changes: Any) -> issue.IssueRequest:
    """What a clinician issues after seeing the preview and answering everything it asks for."""
    first = preview.preview(by, patient_id=patient.pk, request=request, confirmed=frozenset())
    if first.error is not None:
        raise first.error
    confirmed = frozenset(
        str(verdict.facts["product"])
        for finding in first.at(LimitLevel.NEEDS_REASON)
        for verdict in finding.verdicts
        if finding.rule == "unverified_product"
    )
    shown = first
    if confirmed:
        shown = preview.preview(by, patient_id=patient.pk, request=request, confirmed=confirmed)
    answers: dict[str, Any] = {
        "request": request,
        "checkin_weekday": 0,
        "checkin_time": time(10),
        "reasons": {finding.rule: REASON for finding in shown.at(LimitLevel.NEEDS_REASON)},
        "signed": frozenset(caution.code for caution in shown.to_sign),
        "confirmed": confirmed,
        "shown": shown.digest,
    }
    return issue.IssueRequest(**{**answers, **changes})


def issue_plan(by: Actor, patient: Patient, request: dict[str, Any], **changes: Any) -> Plan:
    """Draft and issue a request; `changes` replace what the clinician answered."""
    draft = drafts.save(by=by, patient_id=patient.pk, form={}, seen_lock=None)
    issue.issue(
        by=by, plan_id=draft.plan_id, seen_lock=draft.lock, asked=asked_for(by, patient, request, **changes)
    )
    return plan_row(draft.plan_id)


def issue_story_plan(by: Actor, patient: Patient, *, start: date | None = None, **changes: Any) -> Plan:
    """The story's plan, issued; it begins today (the patient's date) unless told otherwise."""
    first = start or clock.today(patient.zone)
    return issue_plan(by, patient, story_request(first), **changes)


def plan_row(plan_id: UUID) -> Plan:
    """The plan as it stands now."""
    return Plan.objects.select_related("active_version", "patient").get(pk=plan_id)
