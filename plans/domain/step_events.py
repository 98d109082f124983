"""The steps of a plan as calendar events that keep their identity from version to version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from plans.domain.documents.calendar import last_shown_day
from plans.domain.taper.schedule import Schedule, Step, StepKind


@dataclass(frozen=True, slots=True)
class StepEvent:
    """Step number `n` from its first to its last day. `sequence` counts its changes and removals since it was first
    published; `cancelled`: it is no longer in the plan, and the days are its last ones."""

    n: int
    first: date
    last: date
    sequence: int
    cancelled: bool
    step: Step


def step_events(histories: Sequence[Schedule], *, ended_on: date | None = None) -> tuple[StepEvent, ...]:
    """The events of a plan from its full schedule after the first version, the second, and so on.

    An event is cancelled if the newest history has no such step, or the plan ended (`ended_on`) before its first day; a
    step under way on that day ends with it. Steps without doses have no event.
    """
    known: dict[int, StepEvent] = {}
    for history in histories:
        # A hospital stay has no event: the ward decides, and no dose of it is published.
        current = {
            step.n: step
            for step in history.as_read()
            if step.start <= last_shown_day(history) and step.doses and step.kind is not StepKind.PAUSE
        }
        for n, step in current.items():
            known[n] = _told(known.get(n), step, min(step.end, last_shown_day(history)))
        for n in known.keys() - current.keys():
            known[n] = _gone(known[n])
    if ended_on is not None:
        for n, event in known.items():
            if event.first > ended_on:
                known[n] = _gone(event)
            elif event.last > ended_on and not event.cancelled:
                known[n] = StepEvent(n, event.first, ended_on, event.sequence + 1, False, event.step)
    return tuple(known[n] for n in sorted(known))


def _told(before: StepEvent | None, step: Step, last: date) -> StepEvent:
    if before is None:
        return StepEvent(step.n, step.start, last, 0, False, step)
    same = (before.first, before.last, before.cancelled) == (step.start, last, False)
    if same and before.step.doses == step.doses and before.step.kind is step.kind:
        return before
    return StepEvent(step.n, step.start, last, before.sequence + 1, False, step)


def _gone(event: StepEvent) -> StepEvent:
    if event.cancelled:
        return event
    return StepEvent(event.n, event.first, event.last, event.sequence + 1, True, event.step)
