"""Acts on the list of calls. Each locks the patient first, so that two people who press at once are told apart."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.errors import Refused, Stale
from plans.domain.review import calls
from plans.domain.review.calls import CallResult, Stand
from plans.domain.roles import roles_with
from plans.models import CallClaim, Membership, Patient
from plans.services import audit, call_rows, clock, review
from plans.services.access import check_may, get_clinic_for, get_patient_for
from plans.services.actors import Actor, May
from plans.services.calls import reading
from plans.services.review.holding import opening_of

LEASE: Final = timedelta(minutes=15)
"""How long somebody counts as calling without doing anything; saving an answer renews it."""
# Nobody has to be on the phone to agree on a call, or to say that a patient may be called again.
_WITHOUT_CALLING: Final = frozenset({CallResult.AGREED, CallResult.MAY_CALL})


def _claim_of(patient: Patient, by: Actor) -> CallClaim | None:
    """The claim on a patient. Raises Stale (facts `who` and `at`) if somebody else is calling."""
    row = CallClaim.objects.select_related("user").filter(patient=patient).first()
    if row is not None and row.user_id != by.user_id and row.lease_until > clock.real_now():
        until = row.lease_until + clock.offset()
        raise Stale(what="call", kind="claimed", who=row.user.name, at=until.isoformat())
    return row if row is not None and row.user_id == by.user_id else None


@transaction.atomic
def claim(*, by: Actor, patient_id: UUID) -> None:
    """Say that one is calling a patient. Raises Stale if somebody else is."""
    patient = get_patient_for(by, patient_id, May.ENTER_CHECKIN, lock=True)
    _claim_of(patient, by)
    CallClaim.objects.update_or_create(
        patient=patient,
        defaults={
            "clinic_id": patient.clinic_id,
            "user_id": by.member_id,
            "lease_until": clock.real_now() + LEASE,
        },
    )


def claim_next(*, by: Actor) -> UUID | None:
    """Claim the first patient of the list whom nobody is calling; None if there is none."""
    check_may(by, May.ENTER_CHECKIN)
    key: str | None = None
    while True:
        page = reading.calls_page(by, stand=Stand.NOW, key=key).page
        for row in page.rows:
            if row.caller and not row.mine:
                continue
            try:
                claim(by=by, patient_id=row.patient_id)
            except Stale:
                continue
            return row.patient_id
        if not page.more:
            return None
        key = page.next_key


def keep_claim(*, by: Actor, patient_id: UUID) -> bool:
    """Go on calling: something was saved meanwhile. False if the actor is not calling this patient."""
    mine = CallClaim.objects.filter(patient_id=patient_id, user_id=by.member_id, clinic_id=by.home)
    return mine.update(lease_until=clock.real_now() + LEASE) > 0


def is_calling(by: Actor, patient_id: UUID) -> bool:
    """Whether the actor is calling this patient."""
    return CallClaim.objects.filter(patient_id=patient_id, user_id=by.member_id, clinic_id=by.home).exists()


def release(*, by: Actor, patient_id: UUID) -> None:
    """Say that one is not calling after all. Idempotent; somebody else's claim stays."""
    patient = get_patient_for(by, patient_id, May.ENTER_CHECKIN)
    CallClaim.objects.filter(patient=patient, user_id=by.member_id).delete()


@transaction.atomic
def hand_over(*, by: Actor, from_id: UUID, to_id: UUID, only: Collection[UUID] | None = None) -> int:
    """Let another member call whom one is calling, or `only` some of them, for a lead; returns how many patients.

    Raises Refused("not_a_candidate") for somebody who does not call patients here.
    """
    clinic = get_clinic_for(by, May.MANAGE)
    able = [role.value for role in roles_with(May.ENTER_CHECKIN)]
    members = Membership.objects.filter(clinic=clinic, is_active=True, user__is_active=True, role__in=able)
    if to_id == from_id or not members.filter(user_id=to_id).exists():
        raise Refused(reason="not_a_candidate", where="to")
    rows = CallClaim.objects.filter(clinic=clinic, user_id=from_id)
    if only is not None:
        rows = rows.filter(pk__in=only)
    return rows.update(user_id=to_id, lease_until=clock.real_now() + LEASE)


@transaction.atomic
def record(
    *,
    by: Actor,
    patient_id: UUID,
    result: str,
    note: str = "",
    again_at: datetime | None = None,
    why: str = "",
    until: date | None = None,
) -> None:
    """Record what came of a call (a `CallResult`): it moves the patient in the list, and is noted on their open items.

    Whoever was called is not claimed any more. `again_at`: when to call again. `why` and `until`: for "do not call".
    Raises Stale if somebody else is calling, and Refused: result_missing, not_calling, not_off, again_missing,
    again_past, again_too_far, why_missing, why_note_missing, until_past, until_too_far.
    """
    patient = get_patient_for(by, patient_id, May.ENTER_CHECKIN, lock=True)
    if result not in {one.value for one in CallResult}:
        raise Refused(reason="result_missing", where="result")
    outcome, now = CallResult(result), clock.now()
    mine = _claim_of(patient, by)
    if mine is None and outcome not in _WITHOUT_CALLING:
        raise Refused(reason="not_calling")
    need = reading.need_of(patient, now)
    if outcome is CallResult.MAY_CALL and (need is None or need.stand is not Stand.OFF):
        raise Refused(reason="not_off")
    if outcome is CallResult.DO_NOT_CALL:
        calls.check_until(why, until, clock.today(patient.zone), note)
    else:
        why, until = "", None
    again = calls.check_again(outcome, again_at, now, opening_of(patient.clinic))
    call_rows.put(
        patient,
        by=by,
        result=outcome,
        now=now,
        reasons=[reason.value for reason in need.reasons] if need is not None else (),
        again_at=again,
        why=why,
        until=until,
        note=note,
    )
    audit.record(
        by=by,
        act="call.recorded",
        subject_kind="patient",
        subject_id=patient.pk,
        clinic_id=patient.clinic_id,
        patient_id=patient.pk,
        facts={
            "result": outcome.value,
            "again": again.isoformat() if again is not None else "",
            "why": why,
            "until": until.isoformat() if until is not None else "",
        },
        at=now,
    )
    for logged, said in call_rows.OF_ITEM.items():
        if said is outcome and outcome not in _WITHOUT_CALLING:
            review.called_about(by=by, patient_id=patient.pk, outcome=logged.value, note=note, now=now)
    CallClaim.objects.filter(patient=patient, user_id=by.member_id).delete()
