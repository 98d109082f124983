"""Whom to call, why, and in which order: the morning list. Plain Python.

    >>> from dataclasses import replace
    >>> from datetime import UTC, datetime, timedelta
    >>> now = datetime(2026, 11, 30, 14, tzinfo=UTC)
    >>> silent = CallFacts(missed=2, missed_at=now - timedelta(days=1), item=1)
    >>> found = need(silent, now)
    >>> found.stand.value, found.worry.name, [reason.value for reason in found.reasons]
    ('now', 'HIGH', ['missed'])
    >>> need(replace(silent, last=LastCall(now, CallResult.NO_ANSWER, now + timedelta(hours=2))), now).stand.value
    'later'
    >>> need(replace(silent, last=LastCall(now, CallResult.REACHED)), now) is None       # nothing is left to call about
    True

A patient is called for what has come up since somebody last reached them. An attempt moves them: no answer until the
time agreed on, a word left until the next opening. What comes up after the attempt does not wait for it. "Do not call"
takes a patient off the list until its last day, or until somebody takes it back; open review items stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum, StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from plans.domain.errors import Refused
from plans.domain.review.deadlines import Opening
from plans.domain.review.item_states import RANK, Priority


class CallReason(StrEnum):
    """What a patient is called about, in the order in which it is said."""

    ASKED_TODAY = "asked_today"
    CALLBACK = "callback"
    MISSED = "missed"
    BY_PHONE = "by_phone"
    ASKED_WEEK = "asked_week"


class CallResult(StrEnum):
    """How a call of the list ended. `AGREED`: nobody was called; a call at a time was agreed. `MAY_CALL` takes "do not
    call" back."""

    REACHED = "reached"
    LEFT_WORD = "left_word"
    NO_ANSWER = "no_answer"
    DO_NOT_CALL = "do_not_call"
    AGREED = "agreed"
    MAY_CALL = "may_call"


class NoCall(StrEnum):
    """Why a patient is not called."""

    ASKED_NOT_TO = "asked_not_to"
    NOT_SAFE = "not_safe"
    WRONG_NUMBER = "wrong_number"
    SEEN_HERE = "seen_here"
    ABROAD = "abroad"
    OTHER = "other"


class Stand(StrEnum):
    """Where a patient stands: to be called now, later, or not at all."""

    NOW = "now"
    LATER = "later"
    OFF = "off"


class Worry(IntEnum):
    """The order of the list; within one the longest waiting comes first."""

    URGENT = 0
    HIGH = 1
    AGREED = 2
    SOON = 3
    ROUTINE = 4


NO_WORRY: Final = 2**62
"""The place of whoever is not to be called: after all others."""
CLOSING_SOON: Final = timedelta(hours=24)
"""A check-in by phone that closes within this time is called for before others."""
CALLBACK_MOST: Final = timedelta(days=90)
"""How far ahead a call may be agreed."""
NOT_AGAIN_FOR: Final = timedelta(days=14)
"""After no answer, or a word left, the next attempt is at most this far ahead: silence is not wellness."""
NO_CALL_MOST: Final = timedelta(days=366)
_WAIT: Final = timedelta(hours=2)
_STEP: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class LastCall:
    """The latest outcome: when, which, and when to call again."""

    at: datetime
    result: CallResult
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known of a patient in care. Times are aware.

    `item`: the rank of the most urgent open review item (0 urgent). `missed`: check-ins missed since the last answer,
    `missed_at` when the last of them closed. `asked`: "today" or "week", as the last answers asked for contact, and
    `asked_at` when. `open`: from when to when check-ins are open that no message brings. `reached_at`: when somebody
    last spoke with the patient. `agreed_at`: the time of an agreed call nobody has made yet. `off`: "do not call"
    stands, through `off_until` if that is set, on the patient's calendar (`zone`).
    """

    item: int | None = None
    missed: int = 0
    missed_at: datetime | None = None
    asked: str = ""
    asked_at: datetime | None = None
    open: tuple[tuple[datetime, datetime], ...] = ()
    reached_at: datetime | None = None
    agreed_at: datetime | None = None
    last: LastCall | None = None
    off: bool = False
    off_until: date | None = None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class CallNeed:
    """That a patient is to be called: why, how worrying, since when, and from when on."""

    reasons: tuple[CallReason, ...]
    worry: Worry
    since: datetime
    stand: Stand
    at: datetime

    @property
    def order(self) -> int:
        """The place in its list: by worry, then by time; of those who are called later by time alone."""
        worry = self.worry if self.stand is Stand.NOW else 0
        return worry * 10**12 + int((self.since if self.stand is Stand.NOW else self.at).timestamp())


def need(facts: CallFacts, now: datetime) -> CallNeed | None:
    """Whether a patient is to be called; None if there is nothing to call about and nothing agreed."""
    up = _up(facts, now)
    off = _is_off(facts, now)
    if not up:
        ahead = facts.agreed_at
        if off or ahead is None:
            stand = Stand.OFF if off else None
            moment = facts.last.at if facts.last is not None else now
            return CallNeed((), Worry.ROUTINE, moment, stand, moment) if stand else None
        return CallNeed((CallReason.CALLBACK,), Worry.AGREED, ahead, Stand.LATER, ahead)
    reasons, since = tuple(sorted(up, key=list(CallReason).index)), min(up.values())
    worry = _worry(facts, reasons, now)
    if off:
        return CallNeed(reasons, worry, since, Stand.OFF, since)
    waits = _waits_until(facts, up, now)
    if waits is not None:
        return CallNeed(reasons, worry, since, Stand.LATER, waits)
    return CallNeed(reasons, worry, since, Stand.NOW, since)


def _up(facts: CallFacts, now: datetime) -> dict[CallReason, datetime]:
    """What has come up since the patient was last reached, and when."""
    reached = facts.reached_at or datetime.min.replace(tzinfo=UTC)
    found: dict[CallReason, datetime] = {}
    if facts.missed and facts.missed_at is not None and facts.missed_at > reached:
        found[CallReason.MISSED] = facts.missed_at
    if facts.asked and facts.asked_at is not None and facts.asked_at > reached:
        found[CallReason.ASKED_TODAY if facts.asked == "today" else CallReason.ASKED_WEEK] = facts.asked_at
    opened = [due for due, closes in facts.open if due <= now < closes and due > reached]
    if opened:
        found[CallReason.BY_PHONE] = min(opened)
    if facts.agreed_at is not None and facts.agreed_at <= now:
        found[CallReason.CALLBACK] = facts.agreed_at
    return found


def _waits_until(facts: CallFacts, up: dict[CallReason, datetime], now: datetime) -> datetime | None:
    """When to try again, after an attempt that came later than everything there is to call about."""
    last = facts.last
    if last is None or last.again_at is None or last.again_at <= now:
        return None
    return last.again_at if all(since <= last.at for since in up.values()) else None


def _is_off(facts: CallFacts, now: datetime) -> bool:
    return facts.off and (facts.off_until is None or _day(facts, now) <= facts.off_until)


def _day(facts: CallFacts, now: datetime) -> date:
    return now.astimezone(ZoneInfo(facts.zone)).date()


def _worry(facts: CallFacts, reasons: tuple[CallReason, ...], now: datetime) -> Worry:
    if facts.item == RANK[Priority.URGENT]:
        return Worry.URGENT
    missed = CallReason.MISSED in reasons
    if (
        CallReason.ASKED_TODAY in reasons
        or facts.item == RANK[Priority.HIGH]
        or (missed and facts.missed > 1)
    ):
        return Worry.HIGH
    if CallReason.CALLBACK in reasons:
        return Worry.AGREED
    closing = any(due <= now < closes <= now + CLOSING_SOON for due, closes in facts.open)
    if missed or (CallReason.BY_PHONE in reasons and closing):
        return Worry.SOON
    return Worry.ROUTINE


def changes_at(facts: CallFacts, now: datetime) -> datetime | None:
    """The next moment at which a patient may stand elsewhere without anything being done."""
    moments = [moment for due, closes in facts.open for moment in (due, closes - CLOSING_SOON, closes)]
    moments += [facts.agreed_at] if facts.agreed_at is not None else []
    if facts.last is not None and facts.last.again_at is not None:
        moments.append(facts.last.again_at)
    if facts.off and facts.off_until is not None:
        over = datetime.combine(facts.off_until + timedelta(days=1), time.min, tzinfo=ZoneInfo(facts.zone))
        moments.append(over.astimezone(UTC))
    return min((moment for moment in moments if moment > now), default=None)


# ── when to call again ────────────────────────────────────────────────────────────────────────────────────────


def again_suggested(now: datetime, opening: Opening) -> datetime:
    """When to try again after no answer: in two hours, on a quarter of an hour, while the clinic is open; else at the
    next opening."""
    later = now + _WAIT
    later -= timedelta(minutes=later.minute % 15, seconds=later.second, microseconds=later.microsecond)
    hours = opening.on(later.astimezone(opening.zone).date())
    if hours is not None and hours[0] <= later < hours[1]:
        return later
    return next((start for start, _end in opening.from_now(now + _STEP) if start > now + _STEP), later)


def next_opening_day(now: datetime, opening: Opening) -> datetime:
    """The opening of the next working day after today: when to call after a word was left."""
    today = now.astimezone(opening.zone).date()
    starts = (start for start, _end in opening.from_now(now))
    later = (start for start in starts if start.astimezone(opening.zone).date() > today)
    return next(later, now + timedelta(days=1))


def check_again(
    result: CallResult, again_at: datetime | None, now: datetime, opening: Opening
) -> datetime | None:
    """When to call again after this outcome. Raises Refused: again_missing, again_past, again_too_far."""
    if result is CallResult.LEFT_WORD and again_at is None:
        return next_opening_day(now, opening)
    if result in (CallResult.DO_NOT_CALL, CallResult.MAY_CALL):
        return None
    if again_at is None:
        if result in (CallResult.NO_ANSWER, CallResult.AGREED):
            raise Refused(reason="again_missing", where="again_on")
        return None
    most = CALLBACK_MOST if result in (CallResult.REACHED, CallResult.AGREED) else NOT_AGAIN_FOR
    if again_at <= now:
        raise Refused(reason="again_past", where="again_on")
    if again_at > now + most:
        raise Refused(reason="again_too_far", where="again_on", days=most.days)
    return again_at


def check_until(why: str, until: date | None, today: date, note: str) -> None:
    """Check why and through which day a patient is not to be called (None: until changed).

    Raises Refused: why_missing, why_note_missing, until_past, until_too_far.
    """
    if why not in {one.value for one in NoCall}:
        raise Refused(reason="why_missing", where="why")
    if why == NoCall.OTHER.value and not note:
        raise Refused(reason="why_note_missing", where="note")
    if until is not None and until < today:
        raise Refused(reason="until_past", where="until")
    if until is not None and until > today + NO_CALL_MOST:
        raise Refused(reason="until_too_far", where="until", days=NO_CALL_MOST.days)
