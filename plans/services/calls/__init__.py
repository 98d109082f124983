"""The list of calls: whom to call, who is calling whom, and what came of it.

    page = calls_page(nurse, stand=Stand.NOW).page            # in the order of `plans.domain.review.calls`
    patient_id = claim_next(by=nurse)                         # two people get two different patients
    record(by=nurse, patient_id=patient_id, result="no_answer", again_at=this_afternoon)

The list is a part of the caseload, computed with its rows: nobody has to put a patient on it, and it is never out of
step with what was answered, missed or agreed. A claim says who is calling, and lapses by itself. What came of a call is
a row (`plans.services.call_rows`) and moves the patient in the list; it is written on their open items, too.
"""

from __future__ import annotations

from plans.services.calls.acts import claim, claim_next, hand_over, is_calling, keep_claim, record, release
from plans.services.calls.reading import (
    CallLine,
    CallPage,
    CallRow,
    CallsPage,
    call_page,
    calls_page,
    made_today,
)

__all__ = (
    "CallLine",
    "CallPage",
    "CallRow",
    "CallsPage",
    "call_page",
    "calls_page",
    "claim",
    "claim_next",
    "hand_over",
    "is_calling",
    "keep_claim",
    "made_today",
    "record",
    "release",
)
