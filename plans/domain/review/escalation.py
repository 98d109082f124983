"""Who is alerted about a review item, when, and by which channel: one table for each priority.

These figures are this project's own proposal, not a guideline's; they are all here, so that a clinic's safety officer
can read them in one place.

| priority | who is alerted, and when |
|---|---|
| urgent | by the wall clock, day and night, until claimed: `URGENT`, `REPEAT_GAPS`, at last every eight hours |
| high | once, the first on duty: at once in opening hours, else when the clinic opens; then it is in the digest |
| routine | nobody: it is in the digest |

Claiming an urgent item stops its ladder for fifteen minutes; if its holder has recorded neither an act nor a note by
then, the ladder goes on, and its alerts say who holds the item. An item that is released, or whose holder's lease ends,
goes on with its ladder after five minutes, after half an hour if somebody has acted on it. The ladder counts from when
the item was raised, whoever had it in between; urgent news begins it again.

A person gets one alert for all items that need them, and never one a minute: see `send_at`.

    >>> from datetime import UTC, datetime, timedelta
    >>> raised = datetime(2026, 11, 28, 23, 0, tzinfo=UTC)
    >>> found = climb(1, since=raised, now=raised + timedelta(minutes=16))
    >>> [(step.who.value, step.channel) for step in found.rungs], found.rung
    ([('first_on_duty', 2), ('second_on_duty', 1)], 3)
    >>> str(found.next_at - raised)
    '0:20:00'
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from plans.domain.review.deadlines import Opening, is_open
from plans.domain.review.item_states import EVERYONE


class Tier(StrEnum):
    """Who is alerted."""

    FIRST = "first_on_duty"
    SECOND = "second_on_duty"
    EVERYBODY = "everybody"


TIER_NUMBERS: Final[dict[Tier, int]] = {Tier.FIRST: 1, Tier.SECOND: 2, Tier.EVERYBODY: EVERYONE}
"""The number under which an item remembers how far it was escalated. Total over Tier (tested)."""


@dataclass(frozen=True, slots=True)
class LadderRung:
    """One round of alerts: so long after the item was raised, these people, by this channel of theirs (1 or 2)."""

    after: timedelta
    who: Tier
    channel: int


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


URGENT: Final = (
    LadderRung(_minutes(0), Tier.FIRST, 1),
    LadderRung(_minutes(5), Tier.FIRST, 2),
    LadderRung(_minutes(15), Tier.SECOND, 1),
    LadderRung(_minutes(20), Tier.SECOND, 2),
    LadderRung(_minutes(30), Tier.EVERYBODY, 1),
    LadderRung(_minutes(60), Tier.EVERYBODY, 2),
)
# The waits between repeats to everybody after the first hour; the last one goes on for ever.
REPEAT_GAPS: Final = (timedelta(hours=1), timedelta(hours=2), timedelta(hours=4), timedelta(hours=8))
CEILING: Final = REPEAT_GAPS[-1]
"""An urgent item that nobody has claimed is never silent for longer."""
FIRST_REPEAT: Final = len(URGENT)
"""From this rung on, items are repeated together: one alert for all of them, not one each."""
TO_EVERYBODY: Final = next(n for n, rung in enumerate(URGENT) if rung.who is Tier.EVERYBODY)

HELD_IDLE: Final = _minutes(15)
"""A holder of an urgent item who records neither an act nor a note for so long no longer stops its ladder."""
LET_GO: Final = _minutes(5)
LET_GO_AFTER_ACT: Final = _minutes(30)
"""How long after it was released, or its holder's lease ended, an urgent item goes on with its ladder."""
HAND_ON: Final = _minutes(15)
"""After how long an item that is not urgent and was escalated by hand goes to the next tier, up to everybody."""

# How close together alerts to one person may be; what comes meanwhile is covered by the next.
SOON: Final = _minutes(2)
MANY: Final = 4
APART_WHEN_MANY: Final = _minutes(10)
APART_NOT_URGENT: Final = timedelta(hours=1)
HOUR: Final = timedelta(hours=1)
MOST_AN_HOUR: Final = 10
"""Nobody gets more alerts in an hour; it follows from the figures above (tested)."""


@dataclass(frozen=True, slots=True)
class Climb:
    """The rungs due now, the number of the next rung, and when that is due."""

    rungs: tuple[LadderRung, ...]
    rung: int
    next_at: datetime


def climb(rung: int, *, since: datetime, now: datetime) -> Climb:
    """Climb the ladder of an urgent item: what is due now if `rung` is next and the item was raised at `since`.

    At least the next rung is due. After a silence (a stopped service, a holder who let go) all rungs that were passed
    over are due together; of repeats only one.
    """
    if rung >= FIRST_REPEAT:
        return Climb((URGENT[-1],), rung + 1, now + _gap(rung + 1))
    passed = sum(step.after <= now - since for step in URGENT)
    following = max(rung + 1, passed)
    rungs = URGENT[rung:following]
    at = since + URGENT[following].after if following < FIRST_REPEAT else now + _gap(following)
    return Climb(rungs, following, at)


def _gap(rung: int) -> timedelta:
    """The wait before a repeat."""
    return REPEAT_GAPS[min(rung - FIRST_REPEAT, len(REPEAT_GAPS) - 1)]


def rung_above(tier: int) -> int:
    """The first rung that reaches further than `tier`; the last one if nobody is left."""
    return next((n for n, rung in enumerate(URGENT) if TIER_NUMBERS[rung.who] > tier), FIRST_REPEAT - 1)


def high_at(now: datetime, opening: Opening) -> datetime:
    """When the one alert of a high item is due: at once in opening hours, else at the next opening.

    For a clinic that never opens, at once.
    """
    if is_open(now, opening):
        return now
    return next((start for start, _end in opening.from_now(now)), now)


def send_at(sent: Sequence[datetime], now: datetime, *, urgent: bool) -> datetime:
    """When a person who got alerts at the times `sent` may get the next, which covers all that came meanwhile.

    Urgent: two minutes after the last, ten if there were four within the hour. Otherwise: an hour after the last.
    """
    recent = [at for at in sent if at > now - HOUR]
    if not recent:
        return now
    apart = SOON if len(recent) < MANY else APART_WHEN_MANY
    return max(now, max(recent) + (apart if urgent else APART_NOT_URGENT))
