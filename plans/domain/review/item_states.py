"""The states of a review item: one table of states and acts, and total maps over them.

A resolved item stays resolved: later events open another one, so that no act can revive it by accident. Only whoever
ended several routine items at once can bring those back, for some minutes.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final

from plans.domain.errors import Refused


class Priority(StrEnum):
    """How soon somebody must act; never how ill somebody is."""

    URGENT = "urgent"
    HIGH = "high"
    ROUTINE = "routine"


class ItemState(StrEnum):
    """The state of an item."""

    NEW = "new"
    CLAIMED = "claimed"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    ESCALATED = "escalated"
    RESOLVED = "resolved"


class Act(StrEnum):
    """What can happen to an item."""

    RAISE = "raise"  # the same thing is reported again
    CLAIM = "claim"
    RELEASE = "release"
    LAPSE = "lapse"  # the holder's lease ran out
    WORK = "work"  # a call or a note by anybody
    ACT = "act"  # a call, a note or a change of the plan by the holder
    WAIT = "wait"  # for the patient, a colleague or the pharmacy
    SNOOZE = "snooze"
    WAKE = "wake"
    ESCALATE = "escalate"
    HAND_OVER = "hand_over"
    TAKE_OVER = "take_over"  # from somebody who holds it
    RESOLVE = "resolve"
    UNDO = "undo"  # of ending several at once


class Owner(StrEnum):
    """Whose move it is."""

    ANYBODY = "anybody"
    HOLDER = "holder"
    SOMEBODY_ELSE = "somebody else"
    CLOCK = "clock"
    NEXT_TIER = "next tier"
    NOBODY = "nobody"


_S, _A = ItemState, Act

# State → act → the state after it. What is not in the table cannot be done.
TRANSITIONS: Final[dict[ItemState, dict[Act, ItemState]]] = {
    _S.NEW: {
        _A.RAISE: _S.NEW,
        _A.CLAIM: _S.CLAIMED,
        _A.WORK: _S.NEW,
        _A.ESCALATE: _S.ESCALATED,
        _A.HAND_OVER: _S.CLAIMED,
    },
    _S.CLAIMED: {
        _A.RAISE: _S.CLAIMED,
        _A.CLAIM: _S.CLAIMED,
        _A.RELEASE: _S.NEW,
        _A.LAPSE: _S.NEW,
        _A.WORK: _S.CLAIMED,
        _A.ACT: _S.IN_PROGRESS,
        _A.WAIT: _S.WAITING,
        _A.SNOOZE: _S.SNOOZED,
        _A.ESCALATE: _S.ESCALATED,
        _A.HAND_OVER: _S.CLAIMED,
        _A.TAKE_OVER: _S.CLAIMED,
        _A.RESOLVE: _S.RESOLVED,
    },
    _S.IN_PROGRESS: {
        _A.RAISE: _S.IN_PROGRESS,
        _A.CLAIM: _S.IN_PROGRESS,
        _A.RELEASE: _S.NEW,
        _A.LAPSE: _S.NEW,
        _A.WORK: _S.IN_PROGRESS,
        _A.ACT: _S.IN_PROGRESS,
        _A.WAIT: _S.WAITING,
        _A.SNOOZE: _S.SNOOZED,
        _A.ESCALATE: _S.ESCALATED,
        _A.HAND_OVER: _S.CLAIMED,
        _A.TAKE_OVER: _S.CLAIMED,
        _A.RESOLVE: _S.RESOLVED,
    },
    _S.WAITING: {
        _A.RAISE: _S.NEW,
        _A.CLAIM: _S.CLAIMED,
        _A.WORK: _S.WAITING,
        _A.WAKE: _S.NEW,
        _A.ESCALATE: _S.ESCALATED,
        _A.HAND_OVER: _S.CLAIMED,
    },
    _S.SNOOZED: {
        _A.RAISE: _S.NEW,
        _A.CLAIM: _S.CLAIMED,
        _A.WORK: _S.SNOOZED,
        _A.WAKE: _S.NEW,
        _A.ESCALATE: _S.ESCALATED,
        _A.HAND_OVER: _S.CLAIMED,
    },
    _S.ESCALATED: {
        _A.RAISE: _S.ESCALATED,
        _A.CLAIM: _S.CLAIMED,
        _A.WORK: _S.ESCALATED,
        _A.ESCALATE: _S.ESCALATED,
        _A.HAND_OVER: _S.CLAIMED,
    },
    _S.RESOLVED: {_A.UNDO: _S.NEW},
}

# Whose move it is in each state. Total over ItemState (tested).
OWNER: Final[dict[ItemState, Owner]] = {
    _S.NEW: Owner.ANYBODY,
    _S.CLAIMED: Owner.HOLDER,
    _S.IN_PROGRESS: Owner.HOLDER,
    _S.WAITING: Owner.SOMEBODY_ELSE,
    _S.SNOOZED: Owner.CLOCK,
    _S.ESCALATED: Owner.NEXT_TIER,
    _S.RESOLVED: Owner.NOBODY,
}

# States in which somebody holds the item under a lease.
HELD: Final = frozenset(state for state, owner in OWNER.items() if owner is Owner.HOLDER)
OPEN: Final = frozenset(ItemState) - {ItemState.RESOLVED}

# The order of the queue, the most urgent first. Total over Priority (tested).
RANK: Final[dict[Priority, int]] = {Priority.URGENT: 0, Priority.HIGH: 1, Priority.ROUTINE: 2}

# How long a claim lasts without activity of its holder. Total over Priority (tested).
LEASE: Final[dict[Priority, timedelta]] = {
    Priority.URGENT: timedelta(minutes=20),
    Priority.HIGH: timedelta(minutes=30),
    Priority.ROUTINE: timedelta(minutes=30),
}

# Acts that an urgent item refuses: it may be reassigned, but not snoozed.
NOT_WHEN_URGENT: Final = frozenset({Act.SNOOZE, Act.WAIT})


class WaitsFor(StrEnum):
    """Whom a waiting item waits for."""

    PATIENT = "patient"
    COLLEAGUE = "colleague"
    PHARMACY = "pharmacy"
    OTHER = "other"


EVERYONE: Final = 3
"""The tier at which everybody who may review is alerted; 1 is the first on duty, 2 the second."""


def after(state: ItemState, act: Act, priority: Priority) -> ItemState:
    """The state after `act`. Raises Refused("not_now") or Refused("urgent") with facts `state` and `act`."""
    if priority is Priority.URGENT and act in NOT_WHEN_URGENT:
        raise Refused(reason="urgent", state=state.value, act=act.value)
    try:
        return TRANSITIONS[state][act]
    except KeyError:
        raise Refused(reason="not_now", state=state.value, act=act.value) from None


def higher(one: Priority, other: Priority) -> Priority:
    """The more urgent of two priorities."""
    return min(one, other, key=RANK.__getitem__)
