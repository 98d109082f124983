"""The life of a plan: states, what may be done in each, who may do it, and what is recorded and told.

`ACTS` says each act once (tested to be total over `PlanAct`): a new act does not run until somebody has said who owns
it, what the audit trail calls it and which message the patient gets.

    draft ──issue──► active ◄──resume, hold over── held
      │                │ ▲ └──────hold───────────────▲
    abandon            │ │
      ▼                │ └──step back, go on from a dose── maintenance ◄── stay, last written step of a plan that
    abandoned          │                                       │           does not end at zero
                       ├──last dose──► follow-up ──weeks over──┴──► completed
                       ├──admitted──► paused ──return──► active
                       └──end, moved away, care ended, died──► stopped ──corrected──► the state before

Maintenance is open-ended: a dose goes on, with calendar, supply and check-ins, and is never shown as over. Follow-up
begins only when the dose is zero. Only a pause, for a hospital stay, rests check-ins; a hold never does. A correction
of what was recorded by mistake puts back the state before (`PUTS_BACK`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from plans.domain.errors import Refused

# Check-ins continue for 26 weeks after the last dose (`plans.domain.checkins.occasions`) because protracted symptoms
# are followed that long (ours, no source); one more week, so that the last check-in can still be answered.
FOLLOW_UP_DAYS: Final = 27 * 7


class PlanState(StrEnum):
    """Where a plan is in its life."""

    DRAFT = "draft"
    ACTIVE = "active"
    HELD = "held"
    MAINTENANCE = "maintenance"
    PAUSED = "paused"
    FOLLOW_UP = "follow_up"
    COMPLETED = "completed"
    STOPPED = "stopped"
    ABANDONED = "abandoned"


class PlanAct(StrEnum):
    """What can happen to a plan."""

    SAVE_DRAFT = "save_draft"
    ABANDON = "abandon"
    ISSUE = "issue"
    HOLD = "hold"
    STEP_BACK = "step_back"
    SLOW_DOWN = "slow_down"
    STOP_HERE = "stop_here"
    RESUME = "resume"
    HOLD_OPEN = "hold_open"
    SPEED_UP = "speed_up"
    STEP_LENGTH = "step_length"
    MOVE_CHANGE = "move_change"
    CHANGE_PRODUCTS = "change_products"
    CHANGE_SPREAD = "change_spread"
    SWITCH_DRUG = "switch_drug"
    BEGIN_DRUG = "begin_drug"
    END_DRUG = "end_drug"
    TAPER_ON = "taper_on"
    SEVERAL = "several"
    CORRECT_ERROR = "correct_error"
    GO_ON_FROM = "go_on_from"
    PAUSE = "pause"
    RETURN = "return"
    END_HOLD = "end_hold"
    REACH_GOAL = "reach_goal"
    LAST_DOSE = "last_dose"
    END_FOLLOW_UP = "end_follow_up"
    REPLACE = "replace"
    STOP = "stop"
    TRANSFER = "transfer"
    STOP_CARE = "stop_care"
    DIED = "died"
    CORRECT = "correct"


class EndReason(StrEnum):
    """Why a clinician ended a plan; plans of patients treated elsewhere or deceased end together with their care."""

    STOPPED = "stopped"
    COMPLETED = "completed"
    BY_PATIENT = "by_patient"
    FOR_SAFETY = "for_safety"
    LOST = "lost"


class PlanActor(StrEnum):
    """Who does an act: a clinician, or the clock."""

    CLINICIAN = "clinician"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class ActSpec:
    """One act: who does it, its audit event (with the `facts` its sentence quotes), and the notice to the patient.

    `message` is a code of `plans.domain.notices`, or None if no message is sent: the clock's acts are on the calendar
    already, and an end, a hospital stay or a death is discussed in person.
    """

    owner: PlanActor
    audit: str
    message: str | None = None
    facts: tuple[str, ...] = ()


_BY_CLINICIAN, _BY_CLOCK = PlanActor.CLINICIAN, PlanActor.SYSTEM

ACTS: Final[Mapping[PlanAct, ActSpec]] = MappingProxyType(
    {
        PlanAct.SAVE_DRAFT: ActSpec(_BY_CLINICIAN, "plan.draft_saved"),
        PlanAct.ABANDON: ActSpec(_BY_CLINICIAN, "plan.draft_thrown_away"),
        PlanAct.ISSUE: ActSpec(_BY_CLINICIAN, "plan.issued", "plan_ready"),
        PlanAct.HOLD: ActSpec(_BY_CLINICIAN, "plan.held", "plan_changed", facts=("days", "from_day")),
        PlanAct.STEP_BACK: ActSpec(
            _BY_CLINICIAN, "plan.stepped_back", "plan_changed", facts=("days", "from_day")
        ),
        PlanAct.SLOW_DOWN: ActSpec(
            _BY_CLINICIAN, "plan.slowed_down", "plan_changed", facts=("days", "from_day")
        ),
        PlanAct.STOP_HERE: ActSpec(_BY_CLINICIAN, "plan.stays_here", "plan_changed", facts=("from_day",)),
        PlanAct.RESUME: ActSpec(_BY_CLINICIAN, "plan.resumed", "plan_changed", facts=("from_day",)),
        PlanAct.HOLD_OPEN: ActSpec(_BY_CLINICIAN, "plan.held_open", "plan_changed", facts=("from_day",)),
        PlanAct.SPEED_UP: ActSpec(_BY_CLINICIAN, "plan.sped_up", "plan_changed", facts=("days", "from_day")),
        PlanAct.STEP_LENGTH: ActSpec(
            _BY_CLINICIAN, "plan.step_length_set", "plan_changed", facts=("days", "from_day")
        ),
        PlanAct.MOVE_CHANGE: ActSpec(_BY_CLINICIAN, "plan.change_moved", "plan_changed", facts=("from_day",)),
        PlanAct.CHANGE_PRODUCTS: ActSpec(
            _BY_CLINICIAN, "plan.products_changed", "plan_changed", facts=("from_day",)
        ),
        PlanAct.CHANGE_SPREAD: ActSpec(
            _BY_CLINICIAN, "plan.spread_changed", "plan_changed", facts=("from_day",)
        ),
        PlanAct.SWITCH_DRUG: ActSpec(
            _BY_CLINICIAN, "plan.drug_switched", "plan_changed", facts=("from_day",)
        ),
        PlanAct.BEGIN_DRUG: ActSpec(_BY_CLINICIAN, "plan.drug_begun", "plan_changed", facts=("from_day",)),
        PlanAct.END_DRUG: ActSpec(_BY_CLINICIAN, "plan.drug_ended", "plan_changed", facts=("from_day",)),
        PlanAct.TAPER_ON: ActSpec(_BY_CLINICIAN, "plan.tapered_on", "plan_changed", facts=("from_day",)),
        PlanAct.SEVERAL: ActSpec(_BY_CLINICIAN, "plan.changed", "plan_changed", facts=("from_day",)),
        PlanAct.CORRECT_ERROR: ActSpec(
            _BY_CLINICIAN, "plan.error_corrected", "plan_changed", facts=("from_day",)
        ),
        PlanAct.GO_ON_FROM: ActSpec(_BY_CLINICIAN, "plan.goes_on_from", "plan_changed", facts=("from_day",)),
        PlanAct.PAUSE: ActSpec(_BY_CLINICIAN, "plan.paused", facts=("from_day",)),
        PlanAct.RETURN: ActSpec(_BY_CLINICIAN, "plan.returned", "plan_changed", facts=("from_day",)),
        PlanAct.END_HOLD: ActSpec(_BY_CLOCK, "plan.hold_over"),
        PlanAct.REACH_GOAL: ActSpec(_BY_CLOCK, "plan.goal_reached"),
        PlanAct.LAST_DOSE: ActSpec(_BY_CLOCK, "plan.last_dose_passed"),
        PlanAct.END_FOLLOW_UP: ActSpec(_BY_CLOCK, "plan.completed"),
        PlanAct.REPLACE: ActSpec(_BY_CLINICIAN, "plan.replaced"),
        PlanAct.STOP: ActSpec(_BY_CLINICIAN, "plan.stopped"),
        PlanAct.TRANSFER: ActSpec(_BY_CLINICIAN, "plan.transferred", facts=("from_day",)),
        PlanAct.STOP_CARE: ActSpec(_BY_CLINICIAN, "plan.care_stopped", facts=("from_day",)),
        PlanAct.DIED: ActSpec(_BY_CLINICIAN, "plan.patient_died", facts=("from_day",)),
        PlanAct.CORRECT: ActSpec(_BY_CLINICIAN, "plan.corrected", facts=("note",)),
    }
)

# Acts that make a new version of an issued plan; `plans.domain.taper.amendments` carries them out.
REVISIONS: Final = (
    PlanAct.HOLD,
    PlanAct.HOLD_OPEN,
    PlanAct.RESUME,
    PlanAct.STEP_BACK,
    PlanAct.SLOW_DOWN,
    PlanAct.SPEED_UP,
    PlanAct.STEP_LENGTH,
    PlanAct.MOVE_CHANGE,
    PlanAct.STOP_HERE,
    PlanAct.TAPER_ON,
    PlanAct.GO_ON_FROM,
    PlanAct.CHANGE_PRODUCTS,
    PlanAct.CHANGE_SPREAD,
    PlanAct.SWITCH_DRUG,
    PlanAct.BEGIN_DRUG,
    PlanAct.END_DRUG,
)

# A patient has at most one plan in these states: the one being followed.
LIVE: Final = frozenset(
    {PlanState.ACTIVE, PlanState.HELD, PlanState.MAINTENANCE, PlanState.PAUSED, PlanState.FOLLOW_UP}
)
# Only a correction leads out of these.
ENDED: Final = frozenset({PlanState.COMPLETED, PlanState.STOPPED, PlanState.ABANDONED})

_D, _A, _H, _F = PlanState.DRAFT, PlanState.ACTIVE, PlanState.HELD, PlanState.FOLLOW_UP
_M, _P, _S = PlanState.MAINTENANCE, PlanState.PAUSED, PlanState.STOPPED

# (state, act) → the next state. Anything not listed is refused.
TRANSITIONS: Final[Mapping[tuple[PlanState, PlanAct], PlanState]] = MappingProxyType(
    {
        (_D, PlanAct.SAVE_DRAFT): _D,
        (_D, PlanAct.ABANDON): PlanState.ABANDONED,
        (_D, PlanAct.ISSUE): _A,
        (_A, PlanAct.HOLD): _H,
        (_A, PlanAct.STEP_BACK): _A,
        (_A, PlanAct.SLOW_DOWN): _A,
        (_A, PlanAct.STOP_HERE): _M,
        (_A, PlanAct.GO_ON_FROM): _A,
        (_A, PlanAct.HOLD_OPEN): _H,
        (_H, PlanAct.HOLD_OPEN): _H,
        (_M, PlanAct.CHANGE_PRODUCTS): _M,
        (_M, PlanAct.CHANGE_SPREAD): _M,
        (_M, PlanAct.BEGIN_DRUG): _M,
        (_M, PlanAct.END_DRUG): _M,
        (_M, PlanAct.SWITCH_DRUG): _A,
        (_M, PlanAct.TAPER_ON): _A,
        (_M, PlanAct.SEVERAL): _M,
        (_M, PlanAct.CORRECT_ERROR): _M,
        **{
            (state, act): state
            for state in (_A, _H)
            for act in (
                PlanAct.SPEED_UP,
                PlanAct.STEP_LENGTH,
                PlanAct.MOVE_CHANGE,
                PlanAct.CHANGE_PRODUCTS,
                PlanAct.CHANGE_SPREAD,
                PlanAct.SWITCH_DRUG,
                PlanAct.BEGIN_DRUG,
                PlanAct.END_DRUG,
                PlanAct.SEVERAL,
                PlanAct.CORRECT_ERROR,
            )
        },
        (_A, PlanAct.PAUSE): _P,
        (_A, PlanAct.REACH_GOAL): _M,
        (_A, PlanAct.LAST_DOSE): _F,
        (_H, PlanAct.HOLD): _H,
        (_H, PlanAct.STEP_BACK): _H,
        (_H, PlanAct.SLOW_DOWN): _H,
        (_H, PlanAct.STOP_HERE): _M,
        (_H, PlanAct.RESUME): _A,
        (_H, PlanAct.GO_ON_FROM): _A,
        (_H, PlanAct.PAUSE): _P,
        (_H, PlanAct.END_HOLD): _A,
        (_H, PlanAct.LAST_DOSE): _F,
        (_M, PlanAct.STEP_BACK): _A,
        (_M, PlanAct.GO_ON_FROM): _A,
        (_M, PlanAct.PAUSE): _P,
        (_M, PlanAct.REPLACE): PlanState.COMPLETED,
        (_P, PlanAct.RETURN): _A,
        (_P, PlanAct.CORRECT): _A,
        (_F, PlanAct.PAUSE): _P,
        (_F, PlanAct.END_FOLLOW_UP): PlanState.COMPLETED,
        (_F, PlanAct.REPLACE): PlanState.COMPLETED,
        **{
            (state, act): _S
            for state in (_A, _H, _M, _P, _F)
            for act in (PlanAct.STOP, PlanAct.TRANSFER, PlanAct.STOP_CARE, PlanAct.DIED)
        },
        (_S, PlanAct.CORRECT): _A,
    }
)

# Where a correction may lead: the state before the mistake, as kept in the record of the mistake.
PUTS_BACK: Final[Mapping[PlanState, frozenset[PlanState]]] = MappingProxyType(
    {_P: frozenset({_A, _H, _M, _F}), _S: LIVE}
)


def after(state: PlanState, act: PlanAct, *, before: PlanState | None = None) -> PlanState:
    """The state an act leads to; a correction leads to `before`, the state before the mistake.

    Raises Refused("not_in_this_state") with the facts `state` and `act`.
    """
    found = TRANSITIONS.get((state, act))
    if act is PlanAct.CORRECT:
        found = before if before in PUTS_BACK.get(state, ()) else None
    if found is None:
        raise Refused(reason="not_in_this_state", state=state.value, act=act.value)
    return found


def allowed(state: PlanState, owner: PlanActor | None = None) -> tuple[PlanAct, ...]:
    """The acts allowed in a state, by one owner or by anybody, in the order of `PlanAct`."""
    return tuple(
        act for act in PlanAct if (state, act) in TRANSITIONS and (owner is None or ACTS[act].owner is owner)
    )
