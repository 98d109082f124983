"""The move of a patient from one clinic to another: its states, who does what, and what each clinic's trail says of it.

    offered ──accept──► accepted
       ├──decline──► declined
       ├──take back──► taken back
       └──fourteen days──► lapsed

An offer that has ended stays ended: the same patient is offered anew. Only acceptance moves anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from plans.domain.errors import Refused

OFFER_STANDS: Final = timedelta(days=14)
"""Ours, no source: long enough for a holiday, and too short for an offer to be forgotten."""


class MoveState(StrEnum):
    """Where an offer is in its life."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TAKEN_BACK = "taken_back"
    LAPSED = "lapsed"


class MoveAct(StrEnum):
    """What can happen to an offer."""

    ACCEPT = "accept"
    DECLINE = "decline"
    TAKE_BACK = "take_back"
    LAPSE = "lapse"


class MoveSide(StrEnum):
    """Who does an act: the clinic that offers, the clinic that was asked, or the clock."""

    OFFERING = "offering"
    RECEIVING = "receiving"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class MoveActSpec:
    """One act: whose it is, the state after it, and its event in the trail of the offering clinic.

    `received`: its event in the trail of the receiving clinic, if it has a part in it; `note`: whether it takes a
    reason.
    """

    side: MoveSide
    after: MoveState
    audit: str
    received: str = ""
    note: bool = False


OFFER_AUDIT: Final = "patient.move_offered"
# What may happen to an offer. Total over MoveAct (tested).
ACTS: Final[Mapping[MoveAct, MoveActSpec]] = MappingProxyType(
    {
        MoveAct.ACCEPT: MoveActSpec(
            MoveSide.RECEIVING, MoveState.ACCEPTED, "patient.moved_out", received="patient.moved_in"
        ),
        MoveAct.DECLINE: MoveActSpec(
            MoveSide.RECEIVING,
            MoveState.DECLINED,
            "patient.move_declined",
            received="clinic.move_declined",
            note=True,
        ),
        MoveAct.TAKE_BACK: MoveActSpec(MoveSide.OFFERING, MoveState.TAKEN_BACK, "patient.move_taken_back"),
        MoveAct.LAPSE: MoveActSpec(MoveSide.CLOCK, MoveState.LAPSED, "patient.move_lapsed"),
    }
)
TRANSITIONS: Final[Mapping[tuple[MoveState, MoveAct], MoveState]] = MappingProxyType(
    {(MoveState.OFFERED, act): spec.after for act, spec in ACTS.items()}
)
# States in which the receiving clinic sees the offer: one that came to nothing is no business of theirs any more.
SEEN_BY_RECEIVER: Final = (MoveState.OFFERED, MoveState.ACCEPTED)


def after(state: MoveState, act: MoveAct) -> MoveState:
    """The state after an act. Raises Refused("offer_over") with the fact `state` for an offer that has ended."""
    try:
        return TRANSITIONS[state, act]
    except KeyError:
        raise Refused(reason="offer_over", state=state.value) from None
