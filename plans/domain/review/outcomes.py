"""The outcomes of reviews and calls: how items of each kind may end, and what each end needs beside its outcome.

An item is of one kind for each flag on it, by the flag's family, or else of its source's kind (`kinds_of`). A flag
whose spec says `call` needs a call logged before its item ends, or a reason why there was none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from plans.domain.errors import Refused
from plans.domain.review.item_states import Priority
from plans.domain.review.reasons import Reason, Source


class ReviewOutcome(StrEnum):
    """How a review ended."""

    REACHED_SAFE = "reached_safe"
    REACHED_REFERRED = "reached_referred"
    EMERGENCY_SERVICES = "emergency_services"
    UNABLE_TO_REACH = "unable_to_reach"
    PLAN_CHANGED = "plan_changed"
    ANSWERED_SINCE = "answered_since"
    SUPPLY_ARRANGED = "supply_arranged"
    HANDED_OVER = "handed_over"
    ADDRESS_CORRECTED = "address_corrected"
    INFORMED = "informed"
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


ENDS_A_CALL: Final = frozenset(CallOutcome) - {CallOutcome.WILL_CALL_BACK}
"""How a call may have ended that is recorded with the end of an item: nothing more is waited for."""


class Callee(StrEnum):
    """Who was called."""

    PATIENT = "patient"
    PERSON_TO_CALL = "person_to_call"
    PHARMACY = "pharmacy"
    EMERGENCY = "emergency"


class ItemKind(StrEnum):
    """What an item is about, as far as its end goes."""

    SAFETY = "safety"
    MOOD = "mood"
    DOSES = "doses"
    ANSWERS = "answers"
    MISSED = "missed"
    SUPPLY = "supply"
    PLAN = "plan"
    DOCUMENT = "document"
    MAIL = "mail"
    CARE = "care"
    RECORD = "record"


KIND_OF_FAMILY: Final[Mapping[Reason | None, ItemKind]] = {
    Reason.SAFETY: ItemKind.SAFETY,
    Reason.MOOD: ItemKind.MOOD,
    Reason.DOSES: ItemKind.DOSES,
    Reason.MISSED: ItemKind.MISSED,
    Reason.MAIL: ItemKind.MAIL,
    None: ItemKind.ANSWERS,
}
"""Total over Reason (tested)."""
KIND_OF_SOURCE: Final[Mapping[Source, ItemKind]] = {
    Source.CHECKIN: ItemKind.ANSWERS,
    Source.MISSED: ItemKind.MISSED,
    Source.MAIL: ItemKind.MAIL,
    Source.DOCUMENT: ItemKind.DOCUMENT,
    Source.SUPPLY: ItemKind.SUPPLY,
    Source.SCORING: ItemKind.ANSWERS,
    Source.ACCESS: ItemKind.RECORD,
    Source.CARE: ItemKind.CARE,
    Source.PLAN: ItemKind.PLAN,
    Source.CASELOAD: ItemKind.RECORD,
    Source.ROTA: ItemKind.RECORD,
    Source.RIGHTS: ItemKind.RECORD,
}
"""Total over Source (tested)."""

_R = ReviewOutcome
_SPOKEN: Final = (_R.REACHED_SAFE, _R.REACHED_REFERRED, _R.UNABLE_TO_REACH)
_ILL: Final = (*_SPOKEN, _R.EMERGENCY_SERVICES, _R.PLAN_CHANGED)
_ALWAYS: Final = (_R.NOTHING_TO_DO, _R.DUPLICATE, _R.DATA_ERROR)

ENDS: Final[Mapping[ItemKind, tuple[ReviewOutcome, ...]]] = {
    ItemKind.SAFETY: (*_ILL, *_ALWAYS, _R.FALSE_ALARM),
    ItemKind.MOOD: (*_ILL, *_ALWAYS, _R.FALSE_ALARM),
    ItemKind.DOSES: (*_ILL, _R.SUPPLY_ARRANGED, *_ALWAYS, _R.FALSE_ALARM),
    ItemKind.ANSWERS: (*_ILL, *_ALWAYS, _R.FALSE_ALARM),
    ItemKind.MISSED: (*_ILL, _R.ANSWERED_SINCE, *_ALWAYS),
    ItemKind.SUPPLY: (_R.SUPPLY_ARRANGED, _R.PLAN_CHANGED, *_SPOKEN, *_ALWAYS),
    ItemKind.PLAN: (_R.PLAN_CHANGED, *_SPOKEN, _R.SUPPLY_ARRANGED, *_ALWAYS),
    ItemKind.DOCUMENT: (_R.HANDED_OVER, *_SPOKEN, *_ALWAYS),
    ItemKind.MAIL: (_R.ADDRESS_CORRECTED, *_SPOKEN, *_ALWAYS, _R.FALSE_ALARM),
    ItemKind.CARE: (_R.INFORMED, *_SPOKEN, _R.PLAN_CHANGED, *_ALWAYS),
    ItemKind.RECORD: (
        *_SPOKEN,
        _R.ADDRESS_CORRECTED,
        _R.HANDED_OVER,
        _R.PLAN_CHANGED,
        *_ALWAYS,
        _R.FALSE_ALARM,
    ),
}
"""How items of each kind may end, the most usual first. Total over ItemKind (tested)."""

BY_AN_ACT: Final = frozenset(
    {_R.REVIEW_SET, _R.PLAN_ENDED, _R.OFFER_ANSWERED, _R.SIGNED, _R.DECLINED, _R.NOTHING_TO_SIGN}
)
"""Outcomes set by an act; nobody can choose them."""
# An urgent item cannot end with "nothing to do": somebody was called or sent for, or it was a mistake.
_NOT_URGENT: Final = frozenset({_R.NOTHING_TO_DO})
_REACHED: Final = frozenset({_R.REACHED_SAFE, _R.REACHED_REFERRED})
# Somebody else's item or a mistake of ours: there is nobody to call.
_WITHOUT_A_CALL: Final = frozenset({_R.DUPLICATE, _R.DATA_ERROR})

NOTE_NEEDED: Final = frozenset({Priority.URGENT})
TOGETHER: Final = frozenset(
    {
        _R.NOTHING_TO_DO,
        _R.ANSWERED_SINCE,
        _R.SUPPLY_ARRANGED,
        _R.HANDED_OVER,
        _R.ADDRESS_CORRECTED,
        _R.INFORMED,
        _R.DUPLICATE,
        _R.DATA_ERROR,
        _R.FALSE_ALARM,
    }
)
"""Outcomes with which several routine items may end at once: none that says something of one person."""


@dataclass(frozen=True, slots=True)
class Endings:
    """How one item may end. `call`: a call is logged first, or a reason is given why not."""

    priority: Priority
    outcomes: tuple[ReviewOutcome, ...]
    call: bool


@dataclass(frozen=True, slots=True)
class Attempts:
    """The calls logged about an item since what asks for one: who was called, and the outcome, in order."""

    calls: tuple[tuple[str, str], ...] = ()

    @property
    def reached(self) -> bool:
        """Whether somebody was reached."""
        return any(outcome == CallOutcome.REACHED for _, outcome in self.calls)

    @property
    def somebody_else(self) -> bool:
        """Whether anybody but the patient was called."""
        return any(callee != Callee.PATIENT for callee, _ in self.calls)


@dataclass(frozen=True, slots=True)
class Ending:
    """An end as it was typed. `no_call`: why no call was logged; `told`: who else was told that the patient cannot be
    reached; `referred_to`: to whom the patient was referred."""

    outcome: str
    note: str = ""
    no_call: str = ""
    told: str = ""
    referred_to: str = ""


def kinds_of(source: str, families: Iterable[Reason | None]) -> tuple[ItemKind, ...]:
    """The kinds of an item: of its flags' families, the most urgent first; without flags, of its source."""
    found = tuple(dict.fromkeys(KIND_OF_FAMILY[family] for family in families))
    return found or (KIND_OF_SOURCE[Source(source)],)


def endings(priority: Priority, kinds: Iterable[ItemKind], *, call: bool) -> Endings:
    """How an item of these kinds may end."""
    every = dict.fromkeys(outcome for kind in kinds for outcome in ENDS[kind])
    barred = _NOT_URGENT if priority is Priority.URGENT else frozenset()
    return Endings(priority, tuple(outcome for outcome in every if outcome not in barred), call)


def check_end(may: Endings, ending: Ending, attempts: Attempts) -> ReviewOutcome:
    """Check that an item may end so and return the outcome. Raises Refused with `where` naming the field.

    Reasons: outcome_missing, outcome_not_here, note_missing, referred_missing, call_missing, nobody_reached (calls were
    logged, but none that reached the person who is said to be reached), attempts_missing, told_missing.
    """
    if not ending.outcome:
        raise Refused(reason="outcome_missing", where="outcome")
    if ending.outcome not in {allowed.value for allowed in may.outcomes}:
        raise Refused(reason="outcome_not_here", where="outcome")
    outcome = ReviewOutcome(ending.outcome)
    if may.priority in NOTE_NEEDED and not ending.note:
        raise Refused(reason="note_missing", where="note")
    if outcome is ReviewOutcome.REACHED_REFERRED and not ending.referred_to:
        raise Refused(reason="referred_missing", where="referred_to")
    if outcome is ReviewOutcome.UNABLE_TO_REACH:
        _check_ladder(ending, attempts)
    elif may.call and outcome not in _WITHOUT_A_CALL and not ending.no_call:
        _check_call(outcome, attempts)
    return outcome


def _check_ladder(ending: Ending, attempts: Attempts) -> None:
    if not attempts.calls and not ending.no_call:
        raise Refused(reason="attempts_missing", where="no_call")
    if not attempts.somebody_else and not ending.told:
        raise Refused(reason="told_missing", where="told")


def _check_call(outcome: ReviewOutcome, attempts: Attempts) -> None:
    if not attempts.calls:
        raise Refused(reason="call_missing", where="no_call")
    if outcome in _REACHED and not attempts.reached:
        raise Refused(reason="nobody_reached", where="no_call")


def likely(may: Endings, done: Collection[str], attempts: Attempts) -> ReviewOutcome | None:
    """How an item is likely to end, from the kinds of events since it was claimed; None if nothing says so.

    A routine item on which nothing was done is likely to need nothing. What is preset is still chosen by its holder.
    """
    if "plan_changed" in done:
        found = ReviewOutcome.PLAN_CHANGED
    elif attempts.reached:
        found = ReviewOutcome.REACHED_SAFE
    elif attempts.calls:
        found = ReviewOutcome.UNABLE_TO_REACH
    elif "letter_made" in done and ReviewOutcome.INFORMED in may.outcomes:
        found = ReviewOutcome.INFORMED
    elif may.priority is Priority.ROUTINE and not may.call:
        found = ReviewOutcome.NOTHING_TO_DO
    else:
        return None
    return found if found in may.outcomes else None
