"""The outcomes of reviews and calls, and which of them need a note."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from plans.domain.errors import Refused
from plans.domain.review.item_states import Priority


class ReviewOutcome(StrEnum):
    """How a review ended."""

    REACHED_SAFE = "reached_safe"
    REACHED_REFERRED = "reached_referred"
    EMERGENCY_SERVICES = "emergency_services"
    UNABLE_TO_REACH = "unable_to_reach"
    PLAN_CHANGED = "plan_changed"
    REVIEW_SET = "review_set"
    PLAN_ENDED = "plan_ended"
    OFFER_ANSWERED = "offer_answered"
    SIGNED = "signed"
    DECLINED = "declined"
    NOTHING_TO_SIGN = "nothing_to_sign"
    NOTHING_TO_DO = "nothing_to_do"
    DUPLICATE = "duplicate"
    DATA_ERROR = "data_error"
    FALSE_ALARM = "false_alarm"


class CallOutcome(StrEnum):
    """How a call ended."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    MESSAGE_LEFT = "message_left"
    WRONG_NUMBER = "wrong_number"
    WILL_CALL_BACK = "will_call_back"


class Callee(StrEnum):
    """Who was called."""

    PATIENT = "patient"
    PERSON_TO_CALL = "person_to_call"
    PHARMACY = "pharmacy"
    EMERGENCY = "emergency"


# An outcome set by an act; nobody can choose it.
_BY_AN_ACT: Final = frozenset(
    {
        ReviewOutcome.REVIEW_SET,
        ReviewOutcome.PLAN_ENDED,
        ReviewOutcome.OFFER_ANSWERED,
        ReviewOutcome.SIGNED,
        ReviewOutcome.DECLINED,
        ReviewOutcome.NOTHING_TO_SIGN,
    }
)
# An urgent item cannot end with "nothing to do": somebody was called or sent for, or it was a mistake.
_CHOSEN: Final = tuple(outcome for outcome in ReviewOutcome if outcome not in _BY_AN_ACT)
OUTCOMES: Final[dict[Priority, tuple[ReviewOutcome, ...]]] = {
    Priority.URGENT: tuple(o for o in _CHOSEN if o is not ReviewOutcome.NOTHING_TO_DO),
    Priority.HIGH: _CHOSEN,
    Priority.ROUTINE: _CHOSEN,
}

NOTE_NEEDED: Final = frozenset({Priority.URGENT})


def check_end(priority: Priority, outcome: str, note: str) -> ReviewOutcome:
    """Check that an item may end with an outcome and return it. Raises Refused with `where` naming the field.

    Reasons: outcome_missing, outcome_not_here, note_missing.
    """
    if not outcome:
        raise Refused(reason="outcome_missing", where="outcome")
    if outcome not in {allowed.value for allowed in OUTCOMES[priority]}:
        raise Refused(reason="outcome_not_here", where="outcome")
    if priority in NOTE_NEEDED and not note:
        raise Refused(reason="note_missing", where="note")
    return ReviewOutcome(outcome)
