"""The life of a plan: states, what may be done in each, who may do it, and what is recorded and told.

The maps below are total over `PlanAct` (tested): a new act does not run until somebody has said who owns it, what the
trail calls it and which letter the patient gets.

    draft ──issue──► active ──hold──► held ──hold over, resume──► active
      │                │  step back, slow down, stay here: active
    abandon            ├──last dose──► follow-up ──weeks over──► completed
      ▼                └──stop──► stopped (from held and follow-up as well)
    abandoned
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from plans.domain.errors import Refused

# Check-ins go on for 26 weeks after the last dose (`plans.domain.checkins.occasions`), because protracted symptoms are
# asked for that long (ours, no source); a week more, so that the last one can still be answered.
FOLLOW_UP_DAYS: Final = 27 * 7


class PlanState(StrEnum):
    """Where a plan is in its life."""

    DRAFT = "draft"
    ACTIVE = "active"
    HELD = "held"
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
    END_HOLD = "end_hold"
    LAST_DOSE = "last_dose"
    END_FOLLOW_UP = "end_follow_up"
    REPLACE = "replace"
    STOP = "stop"


class Owner(StrEnum):
    """Who does an act: a clinician, or the clock."""

    CLINICIAN = "clinician"
    SYSTEM = "system"


# Acts that make a new version of an issued plan; `plans.domain.taper.revisions` knows how.
REVISIONS: Final = (PlanAct.HOLD, PlanAct.STEP_BACK, PlanAct.SLOW_DOWN, PlanAct.STOP_HERE, PlanAct.RESUME)

# Answers are asked for and doses shown in these states; at most one plan of a patient is in them.
LIVE: Final = frozenset({PlanState.ACTIVE, PlanState.HELD, PlanState.FOLLOW_UP})
# Nothing leads out of these.
ENDED: Final = frozenset({PlanState.COMPLETED, PlanState.STOPPED, PlanState.ABANDONED})

_D, _A, _H, _F = PlanState.DRAFT, PlanState.ACTIVE, PlanState.HELD, PlanState.FOLLOW_UP

# (state, act) → the state after it. What is not here is refused.
TRANSITIONS: Final[Mapping[tuple[PlanState, PlanAct], PlanState]] = MappingProxyType(
    {
        (_D, PlanAct.SAVE_DRAFT): _D,
        (_D, PlanAct.ABANDON): PlanState.ABANDONED,
        (_D, PlanAct.ISSUE): _A,
        (_A, PlanAct.HOLD): _H,
        (_A, PlanAct.STEP_BACK): _A,
        (_A, PlanAct.SLOW_DOWN): _A,
        (_A, PlanAct.STOP_HERE): _A,
        (_A, PlanAct.LAST_DOSE): _F,
        (_A, PlanAct.REPLACE): PlanState.COMPLETED,
        (_A, PlanAct.STOP): PlanState.STOPPED,
        (_H, PlanAct.HOLD): _H,
        (_H, PlanAct.STEP_BACK): _A,
        (_H, PlanAct.SLOW_DOWN): _H,
        (_H, PlanAct.STOP_HERE): _A,
        (_H, PlanAct.RESUME): _A,
        (_H, PlanAct.END_HOLD): _A,
        (_H, PlanAct.LAST_DOSE): _F,
        (_H, PlanAct.STOP): PlanState.STOPPED,
        (_F, PlanAct.END_FOLLOW_UP): PlanState.COMPLETED,
        (_F, PlanAct.REPLACE): PlanState.COMPLETED,
        (_F, PlanAct.STOP): PlanState.STOPPED,
    }
)

OWNERS: Final[Mapping[PlanAct, Owner]] = MappingProxyType(
    {
        PlanAct.SAVE_DRAFT: Owner.CLINICIAN,
        PlanAct.ABANDON: Owner.CLINICIAN,
        PlanAct.ISSUE: Owner.CLINICIAN,
        PlanAct.HOLD: Owner.CLINICIAN,
        PlanAct.STEP_BACK: Owner.CLINICIAN,
        PlanAct.SLOW_DOWN: Owner.CLINICIAN,
        PlanAct.STOP_HERE: Owner.CLINICIAN,
        PlanAct.RESUME: Owner.CLINICIAN,
        PlanAct.END_HOLD: Owner.SYSTEM,
        PlanAct.LAST_DOSE: Owner.SYSTEM,
        PlanAct.END_FOLLOW_UP: Owner.SYSTEM,
        PlanAct.REPLACE: Owner.CLINICIAN,
        PlanAct.STOP: Owner.CLINICIAN,
    }
)

# What the audit trail calls it.
AUDIT_ACTS: Final[Mapping[PlanAct, str]] = MappingProxyType(
    {
        PlanAct.SAVE_DRAFT: "plan.draft_saved",
        PlanAct.ABANDON: "plan.draft_thrown_away",
        PlanAct.ISSUE: "plan.issued",
        PlanAct.HOLD: "plan.held",
        PlanAct.STEP_BACK: "plan.stepped_back",
        PlanAct.SLOW_DOWN: "plan.slowed_down",
        PlanAct.STOP_HERE: "plan.stays_here",
        PlanAct.RESUME: "plan.resumed",
        PlanAct.END_HOLD: "plan.hold_over",
        PlanAct.LAST_DOSE: "plan.last_dose_passed",
        PlanAct.END_FOLLOW_UP: "plan.completed",
        PlanAct.REPLACE: "plan.replaced",
        PlanAct.STOP: "plan.stopped",
    }
)

# The notice the patient gets, by its code in `plans.domain.notices`; None where there is nothing to tell them: the
# clock's acts were on the calendar all along, and stopping is said in person.
LETTERS: Final[Mapping[PlanAct, str | None]] = MappingProxyType(
    {
        PlanAct.SAVE_DRAFT: None,
        PlanAct.ABANDON: None,
        PlanAct.ISSUE: "plan_ready",
        PlanAct.HOLD: "plan_changed",
        PlanAct.STEP_BACK: "plan_changed",
        PlanAct.SLOW_DOWN: "plan_changed",
        PlanAct.STOP_HERE: "plan_changed",
        PlanAct.RESUME: "plan_changed",
        PlanAct.END_HOLD: None,
        PlanAct.LAST_DOSE: None,
        PlanAct.END_FOLLOW_UP: None,
        PlanAct.REPLACE: None,
        PlanAct.STOP: None,
    }
)


def after(state: PlanState, act: PlanAct) -> PlanState:
    """The state an act leads to. Raises Refused("not_in_this_state") with the facts `state` and `act`."""
    found = TRANSITIONS.get((state, act))
    if found is None:
        raise Refused(reason="not_in_this_state", state=state.value, act=act.value)
    return found


def allowed(state: PlanState, owner: Owner | None = None) -> tuple[PlanAct, ...]:
    """What can be done in a state, by one owner or by anybody, in the order of `PlanAct`."""
    return tuple(
        act for act in PlanAct if (state, act) in TRANSITIONS and (owner is None or OWNERS[act] is owner)
    )
