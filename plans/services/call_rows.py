"""Writing what came of a call: one row each, whether it was recorded in the list of calls or on a review item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from plans.domain.review import calls
from plans.domain.review.calls import CallResult
from plans.domain.review.deadlines import Opening
from plans.domain.review.outcomes import CallOutcome
from plans.models import Call, Patient, ReviewItem
from plans.services.actors import Actor

OF_ITEM: Final[Mapping[CallOutcome, CallResult]] = MappingProxyType(
    {
        CallOutcome.REACHED: CallResult.REACHED,
        CallOutcome.NO_ANSWER: CallResult.NO_ANSWER,
        CallOutcome.MESSAGE_LEFT: CallResult.LEFT_WORD,
        CallOutcome.WILL_CALL_BACK: CallResult.AGREED,
    }
)
"""What a call logged on an item means in the list of calls. A wrong number changes nothing there."""


def put(
    patient: Patient,
    *,
    by: Actor,
    result: CallResult,
    now: datetime,
    reasons: Sequence[str] = (),
    again_at: datetime | None = None,
    why: str = "",
    until: date | None = None,
    note: str = "",
    item: ReviewItem | None = None,
) -> Call:
    """Append what came of a call; in the caller's transaction, which records it in the trail."""
    return Call.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        item=item,
        at=now,
        by_id=by.member_id,
        result=result.value,
        reasons=list(reasons),
        again_at=again_at,
        why=why,
        until=until,
        note=note,
    )


def of_item(
    item: ReviewItem,
    *,
    by: Actor,
    outcome: CallOutcome,
    again_at: datetime | None,
    opening: Opening,
    note: str,
    now: datetime,
) -> None:
    """A call to the patient that was logged on an item. Where no time to call again is given, the usual one counts.

    Raises Refused: again_past, again_too_far.
    """
    result = OF_ITEM.get(outcome)
    if item.patient is None or result is None:
        return
    if again_at is None and result is CallResult.NO_ANSWER:
        again_at = calls.again_suggested(now, opening)
    if again_at is None and result is CallResult.AGREED:
        again_at = calls.next_opening_day(now, opening)
    again = calls.check_again(result, again_at, now, opening)
    put(item.patient, by=by, result=result, now=now, again_at=again, note=note, item=item)
