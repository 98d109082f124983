"""What is so of patients, computed from the rows that are the truth: the one function behind every row of the caseload,
whether an act writes it, the clock, a rebuild or the comparison.

Facts do not depend on the day, so that they stay right over midnight; `standing` says what they mean on one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from plans.domain.checkins.states import CheckInState, OccasionState
from plans.domain.json import JsonObject
from plans.domain.people import CareState, ContactHow, EmailState, MailState
from plans.domain.regimen import DayDose
from plans.domain.review.calls import CallResult
from plans.domain.review.item_states import ItemState
from plans.domain.taper.plan_states import PlanState
from plans.models import LIVE_STATES, Call, CheckIn, Occasion, Patient, Plan, PlannedVisit, ReviewItem
from plans.services import care_status
from plans.services.caseload.standing import SHAPE
from plans.services.plan_summaries import plan_outlines

MOOD_FOR: Final = timedelta(weeks=8)
_ATTEMPTS: Final = (CallResult.REACHED, CallResult.LEFT_WORD, CallResult.NO_ANSWER, CallResult.AGREED)
# Which of several plans a list shows: the live one, else the draft, else the last one.
SHOWN_FIRST: Final = {**dict.fromkeys(LIVE_STATES, 0), PlanState.DRAFT.value: 1}


def facts_of(patients: Collection[Patient]) -> dict[UUID, JsonObject]:
    """The facts of each of these patients, by the patient's key: plain JSON. As few queries for many as for one."""
    plans = _plans(patients)
    shown = {key: _shown(rows) for key, rows in plans.items()}
    outlines = plan_outlines(shown.values())
    items, answers = _items(patients), _answers(patients)
    missed, missed_at, opened = _occasions(patients, {key: one.at for key, one in answers.items()})
    called = _calls(patients)
    visits, care = _visits(patients), care_status.status_of(patients)
    found: dict[UUID, JsonObject] = {}
    for patient in patients:
        key = patient.pk
        states = sorted({one.state for one in plans.get(key, ())})
        answer = answers.get(key)
        stands = care.get(key)
        found[key] = {
            "shape": SHAPE,
            "zone": patient.zone,
            "care": patient.care_state,
            "care_since": stands.since.isoformat() if stands is not None and stands.since else None,
            "last_known": _units(stands.last_known) if stands is not None else None,
            "states": states,
            "planned": not SHOWN_FIRST.keys().isdisjoint(states),
            "plan": outlines[shown[key].pk].to_json() if key in shown else None,
            "mood": answer.mood if answer is not None else [],
            "answered": answer.at.isoformat() if answer is not None else None,
            "missed": missed.get(key, 0),
            "open": opened.get(key, []) if _unreached(patient) else [],
            "items": items.get(key, []),
            "visits": visits.get(key, []),
            "call": {
                "missed_at": missed_at.get(key),
                "asked": answer.contact if answer is not None else "",
                **_called(called.get(key, {})),
            },
        }
    return found


def _unreached(patient: Patient) -> bool:
    """Whether check-in messages do not reach a patient: contacted by phone, no working address, or messages stopped."""
    by_email = (
        patient.contact_how == ContactHow.EMAIL
        and patient.email_state == EmailState.CONFIRMED
        and patient.mail_state == MailState.ON
    )
    return patient.care_state == CareState.IN_CARE and not by_email


def _plans(patients: Collection[Patient]) -> dict[UUID, list[Plan]]:
    found: dict[UUID, list[Plan]] = defaultdict(list)
    rows = Plan.objects.filter(patient__in=patients).exclude(state=PlanState.ABANDONED)
    rows = rows.select_related("patient", "active_version").defer("active_version__canonical")
    for plan in rows.order_by("created_at", "id"):
        found[plan.patient_id].append(plan)
    return found


def _shown(plans: Iterable[Plan]) -> Plan:
    best, *others = plans
    for plan in others:
        if SHOWN_FIRST.get(plan.state, 2) <= SHOWN_FIRST.get(best.state, 2):
            best = plan
    return best


def _items(patients: Collection[Patient]) -> dict[UUID, list[list[object]]]:
    """The open items of each, the most urgent first: priority and key."""
    found: dict[UUID, list[list[object]]] = defaultdict(list)
    rows = ReviewItem.objects.filter(patient__in=patients).exclude(state=ItemState.RESOLVED)
    for patient_id, priority, key in rows.order_by("priority", "first_action_due", "id").values_list(
        "patient_id", "priority", "pk"
    ):
        if patient_id is not None:
            found[patient_id].append([priority, str(key)])
    return found


@dataclass(frozen=True, slots=True)
class _Answered:
    """When a patient answered last, whether contact was asked for then ("today", "week" or ""), and the PHQ-2 totals
    (low mood, 0 to 6) of the weeks before that, by day."""

    at: datetime
    contact: str
    mood: list[list[object]]


def _answers(patients: Collection[Patient]) -> dict[UUID, _Answered]:
    last: dict[UUID, tuple[datetime, str]] = {}
    mood: dict[UUID, list[tuple[date, int]]] = defaultdict(list)
    rows = CheckIn.objects.filter(patient__in=patients, state=CheckInState.SUBMITTED)
    for patient_id, at, on, total, contact in rows.order_by("local_date", "id").values_list(
        "patient_id", "submitted_at", "local_date", "scores__phq2__total", "answers__contact"
    ):
        if at is not None and (patient_id not in last or at >= last[patient_id][0]):
            last[patient_id] = at, contact if contact in ("today", "week") else ""
        if isinstance(total, int):
            mood[patient_id].append((on, total))
    return {
        key: _Answered(
            at,
            contact,
            [[on.isoformat(), total] for on, total in mood[key] if on >= mood[key][-1][0] - MOOD_FOR],
        )
        for key, (at, contact) in last.items()
    }


def _occasions(
    patients: Collection[Patient], answered: Mapping[UUID, datetime]
) -> tuple[dict[UUID, int], dict[UUID, str], dict[UUID, list[list[str]]]]:
    """How many check-ins each missed since the last answer, when the last of them closed, and from when to when others
    are open."""
    missed: dict[UUID, int] = defaultdict(int)
    missed_at: dict[UUID, str] = {}
    opened: dict[UUID, list[list[str]]] = defaultdict(list)
    rows = Occasion.objects.filter(
        patient__in=patients, state__in=(OccasionState.MISSED, OccasionState.INVITED)
    )
    for patient_id, state, due_at, closes_at in rows.order_by("closes_at", "id").values_list(
        "patient_id", "state", "due_at", "closes_at"
    ):
        last = answered.get(patient_id)
        if state == OccasionState.INVITED:
            opened[patient_id].append([due_at.isoformat(), closes_at.isoformat()])
        elif last is None or due_at > last:
            missed[patient_id] += 1
            missed_at[patient_id] = closes_at.isoformat()
    return missed, missed_at, opened


def _calls(patients: Collection[Patient]) -> dict[UUID, dict[str, Call]]:
    """The latest call of each patient with each result."""
    found: dict[UUID, dict[str, Call]] = defaultdict(dict)
    rows = Call.objects.filter(patient__in=patients).order_by("patient_id", "result", "-at", "-id")
    for call in rows.distinct("patient_id", "result"):
        found[call.patient_id][call.result] = call
    return found


def _called(calls: Mapping[str, Call]) -> JsonObject:
    """When the patient was last reached, the agreed call that nobody has made yet, the last attempt, and "do not call".

    Whoever is reached has been spoken with: what was agreed before counts no more.
    """
    reached, agreed = calls.get(CallResult.REACHED), calls.get(CallResult.AGREED)
    promise = max((one for one in (reached, agreed) if one is not None), key=lambda one: one.at, default=None)
    tried = [calls[one] for one in _ATTEMPTS if one in calls]
    last = max(tried, key=lambda one: one.at, default=None)
    off, on = calls.get(CallResult.DO_NOT_CALL), calls.get(CallResult.MAY_CALL)
    return {
        "reached": reached.at.isoformat() if reached is not None else None,
        "agreed": promise.again_at.isoformat()
        if promise is not None and promise.again_at is not None
        else None,
        "last": [last.at.isoformat(), last.result, last.again_at.isoformat() if last.again_at else None]
        if last is not None
        else None,
        "off": [off.until.isoformat() if off.until else None]
        if off is not None and (on is None or off.at > on.at)
        else None,
    }


def _visits(patients: Collection[Patient]) -> dict[UUID, list[list[str | None]]]:
    found: dict[UUID, list[list[str | None]]] = defaultdict(list)
    rows = PlannedVisit.objects.filter(patient__in=patients, cancelled_at=None)
    for patient_id, on, at in rows.order_by("on", "at", "id").values_list("patient_id", "on", "at"):
        found[patient_id].append([on.isoformat(), at.isoformat() if at is not None else None])
    return found


def _units(day: DayDose | None) -> list[object] | None:
    return [day.units, day.weekly] if day is not None else None
