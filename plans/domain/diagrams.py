"""The state tables as Mermaid diagrams, so that the documentation cannot differ from the code."""

from __future__ import annotations

from collections.abc import Iterable

from plans.domain import moving
from plans.domain.review import item_states
from plans.domain.taper import plan_states, second_signature

Arrow = tuple[str, str, str]


def _diagram(first: str, arrows: Iterable[Arrow], ends: Iterable[str]) -> str:
    """One diagram; acts between the same two states share an arrow."""
    joined: dict[tuple[str, str], list[str]] = {}
    for before, act, after in arrows:
        joined.setdefault((before, after), []).append(act.replace("_", " "))
    lines = [f"    {before} --> {after}: {', '.join(acts)}" for (before, after), acts in joined.items()]
    closing = [f"    {state} --> [*]" for state in ends]
    return "\n".join(["```mermaid", "stateDiagram-v2", f"    [*] --> {first}", *lines, *closing, "```"])


def items() -> str:
    """The life of a review item."""
    arrows = (
        (state.value, act.value, after.value)
        for state, acts in item_states.TRANSITIONS.items()
        for act, after in acts.items()
    )
    return _diagram(item_states.ItemState.NEW.value, arrows, [item_states.ItemState.RESOLVED.value])


def plans() -> str:
    """The life of a plan."""
    correct = plan_states.PlanAct.CORRECT
    arrows = [
        (state.value, act.value, after.value)
        for (state, act), after in plan_states.TRANSITIONS.items()
        if act is not correct
    ]
    arrows += [
        (state.value, correct.value, before.value)
        for state, back in plan_states.PUTS_BACK.items()
        for before in plan_states.PlanState
        if before in back
    ]
    ended = [state.value for state in plan_states.PlanState if state in plan_states.ENDED]
    return _diagram(plan_states.PlanState.DRAFT.value, arrows, ended)


def moves() -> str:
    """The life of an offer of a patient to another clinic."""
    arrows = ((before.value, act.value, after.value) for (before, act), after in moving.TRANSITIONS.items())
    ended = [spec.after.value for spec in moving.ACTS.values()]
    return _diagram(moving.MoveState.OFFERED.value, arrows, ended)


def proposals() -> str:
    """The life of what waits for a second signature."""
    arrows = (
        (state.value, act.value, after.value)
        for (state, act), after in second_signature.PROPOSAL_TRANSITIONS.items()
    )
    waiting = second_signature.ProposalState.WAITING
    ends = [state.value for state in second_signature.ProposalState if state is not waiting]
    return _diagram(waiting.value, arrows, ends)


def owners() -> str:
    """Whose move it is in each state of an item, as a table."""
    rows = [
        f"| {state.value.replace('_', ' ')} | {owner.value} |" for state, owner in item_states.OWNER.items()
    ]
    return "\n".join(["| state | whose move |", "|---|---|", *rows])


def document() -> str:
    """The expected text of docs/states.md."""
    return f"""# States

Made by `python manage.py diagrams` from the tables in the code; a test compares this file with them. Change the table,
then run the command.

## A plan

`plans/domain/taper/plan_states.py`. Acts of the clock (end hold, last dose, end follow up) are done by a tick.

{plans()}

## What waits for a second signature

`plans/domain/taper/second_signature.py`. Its author withdraws it, another clinician signs or declines it, and it lapses
when the plan ends or another takes its place.

{proposals()}

## A review item

`plans/domain/review/item_states.py`. Only claiming acknowledges. An urgent item can be neither snoozed nor left
waiting. A lease that runs out ("lapse") gives the item back and keeps its clocks; what is raised after an item was
resolved opens another one.

{items()}

{owners()}

## A move to another clinic

`plans/domain/moving.py`. The receiving clinic accepts or declines, the offering clinic takes back, and an offer that
nobody answers lapses after {moving.OFFER_STANDS.days} days. Only acceptance moves anything.

{moves()}
"""
