"""What the rules read besides a response's own answers: earlier responses and the patient's record."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django.db.models import Max

from plans.domain.checkins import scoring
from plans.domain.checkins.flagging import PatientContext, Thresholds
from plans.domain.checkins.scoring import Past
from plans.domain.checkins.states import DONE
from plans.domain.taper.plan_states import PlanState
from plans.models import LIVE_STATES, CheckIn, Flag, Patient, Plan

# The record's code, and the item that asks about it.
_KNOWN: Final = {"opioids": "opioid", "opioid_treatment": "opioid", "kratom": "kratom"}


def past_of(plan: Plan, *, before: datetime, but: CheckIn | None = None) -> tuple[Past, ...]:
    """The finished earlier responses of a plan, oldest first."""
    rows = CheckIn.objects.filter(plan=plan, state__in=DONE, started_at__lt=before).order_by(
        "started_at", "id"
    )
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    return tuple(
        Past(on=on, answers=answers, scores=scoring.from_json(scores))
        for on, answers, scores in rows.values_list("local_date", "answers", "scores")
    )


def taking(plan: Plan, today: date) -> bool:
    """Whether a dose is planned today."""
    if plan.state not in LIVE_STATES or plan.state == PlanState.FOLLOW_UP:
        return False
    return not plan.ends_at_zero or plan.last_day is None or today <= plan.last_day


def context(patient: Patient, thresholds: Thresholds, *, taking: bool, now: datetime) -> PatientContext:
    """The context of a patient's response from the record."""
    return PatientContext(
        taking=taking,
        pregnant="pregnancy" in patient.conditions,
        substances=known_substances(patient),
        reviewed=_reviewed(patient, now),
        thresholds=thresholds,
    )


def known_substances(patient: Patient) -> frozenset[str]:
    """Substances on record that check-ins ask about, by item."""
    return frozenset(_KNOWN[code] for code in patient.substances if code in _KNOWN)


def _reviewed(patient: Patient, now: datetime) -> dict[str, int]:
    seen = Flag.objects.filter(patient=patient, item__resolved_at__isnull=False)
    rows = seen.values_list("rule").annotate(at=Max("item__resolved_at"))
    return {rule: (now - at).days for rule, at in rows}
