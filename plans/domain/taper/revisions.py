"""Revisions that move or repeat the steps of a plan from a day on.

Hold, resume, step back, another pace, one longer or shorter step, another day for a change, stay here, pause for a
hospital stay, carry on after it. Each is a pure function from a schedule to a schedule. The days before `from_day`
keep their dates and doses; steps are renumbered; a refusal has a code and the day or number it is about. A plan that
does not end at zero continues after its written steps and can be changed there too. Going on from a dose really taken
is `going_on.go_on_from`; several changes at once, and those that need a new layout, are in `amendments`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from plans.domain.taper.course import MOST_DAYS, too_long
from plans.domain.taper.equivalence import DEFAULT_TABLE
from plans.domain.taper.kinds import kinds_worked_out, same_dose
from plans.domain.taper.measure import Measure, measure
from plans.domain.taper.refusals import (
    NoStepBefore,
    NotHeld,
    NothingLater,
    NothingToHold,
    NotLater,
    OutOfRange,
    OutsidePlan,
)
from plans.domain.taper.schedule import Schedule, Step, StepKind, TimedDose

MOST_REVISION_DAYS: Final = 366
FALLS: Final = frozenset({StepKind.CUT, StepKind.STOP})
"""The kinds of steps whose distance is the pace of a plan."""
_NO_PACE: Final = frozenset({StepKind.HOLD, StepKind.STEP_BACK, StepKind.PAUSE})
_SUNDAY: Final = 6


class _Piece(NamedTuple):
    days: int
    doses: tuple[TimedDose, ...]
    kind: StepKind


def hold(schedule: Schedule, *, from_day: date, days: int) -> Schedule:
    """Keep the dose of `from_day` for `days` longer before the next change; every later step moves by as many days.

    The extra days are a separate HOLD step from the day the change was due; a hold already there is lengthened instead.
    Raises OutsidePlan, OutOfRange, and NothingToHold if nothing is taken or no change is still to come.
    """
    _check_days(days, "days")
    at = _place(schedule, from_day)
    steps = schedule.steps
    last = _end_of_dose(steps, at)
    if not steps[at].doses or last == len(steps) - 1:
        raise NothingToHold(where="from_day", day=from_day.isoformat())
    pieces = _pieces(steps)
    if schedule.held(steps[last]):
        pieces[last] = pieces[last]._replace(days=pieces[last].days + days)
    else:
        pieces.insert(last + 1, _Piece(days, steps[last].doses, StepKind.HOLD))
    return _schedule(schedule, pieces)


def hold_through(schedule: Schedule, *, from_day: date, through: date) -> Schedule:
    """Keep the dose of `from_day` through a day; every later step moves by as many days.

    Raises OutsidePlan, NothingToHold, NotLater if the dose does not change before the day after it, and OutOfRange for
    a day further off than a hold may last.
    """
    at = _place(schedule, from_day)
    last = _end_of_dose(schedule.steps, at)
    if last == len(schedule.steps) - 1:
        raise NothingToHold(where="from_day", day=from_day.isoformat())
    due = schedule.steps[last + 1].start
    if through < due:
        raise NotLater(where="through", day=through.isoformat(), due=due.isoformat())
    return hold(schedule, from_day=from_day, days=(through - due).days + 1)


def hold_open(schedule: Schedule, *, from_day: date) -> Schedule:
    """Keep the dose of `from_day` until somebody resumes: no change comes after it. See `resume_open`.

    Raises OutsidePlan, and NothingToHold if nothing is taken or no change is still to come.
    """
    held = hold(schedule, from_day=from_day, days=1)
    last = _end_of_dose(held.steps, _place(held, from_day))
    return replace(held, steps=held.steps[: last + 1])


def resume_open(schedule: Schedule, *, before: Schedule, from_day: date) -> Schedule:
    """End an open-ended hold: from the day on come the changes that `before`, the plan before the hold, still had.

    If the hold has not begun, they come on their original days. Raises OutsidePlan, and NotHeld if the dose of that day
    differs from the one `before` stopped at.
    """
    held = schedule.steps[-1]
    # Held before a hospital stay, too, the dose began where `before` still has it.
    days = (held.start - timedelta(days=1), schedule.steps[_start_of_run(schedule.steps)].start)
    steps = [step for day in days if (step := before.step_at(day)) and step.doses == held.doses]
    same = same_dose(schedule.steps[_place(schedule, from_day)].doses, held.doses)
    if not same or held.kind is not StepKind.HOLD or not steps:
        raise NotHeld(where="from_day", day=from_day.isoformat())
    later = _pieces(before.steps[_end_of_dose(before.steps, steps[0].n - 1) + 1 :])
    kept = max(0, (from_day - held.start).days)
    pieces = _pieces(schedule.steps[:-1])
    pieces += [_Piece(kept, held.doses, StepKind.HOLD)] if kept else []
    return _schedule(schedule, [*pieces, *later])


def held_until(schedule: Schedule, day: date) -> date | None:
    """The last day of the hold over the dose of `day`, begun or still to come; None if none or open-ended."""
    step = schedule.step_at(day)
    if step is None:
        return None
    until = None
    for later in schedule.steps[step.n - 1 :]:
        if not same_dose(later.doses, step.doses):
            return until
        if schedule.held(later):
            until = later.end
    return None if schedule.maintenance else until


def resume(schedule: Schedule, *, from_day: date) -> Schedule:
    """End a hold: the next change comes on `from_day`, or on its original day if the hold has not begun.

    Raises OutsidePlan, and NotHeld if the dose of that day is not being held.
    """
    at = _place(schedule, from_day)
    steps = schedule.steps
    last = _end_of_dose(steps, at)
    if not schedule.held(steps[last]) or last == len(steps) - 1:
        raise NotHeld(where="from_day", day=from_day.isoformat())
    pieces = _pieces(steps)
    while schedule.held(steps[last]) and steps[last].end >= from_day:
        kept = max(0, (from_day - steps[last].start).days)
        pieces[last : last + 1] = [pieces[last]._replace(days=kept)] if kept else []
        last -= 1
    return _schedule(schedule, pieces)


def step_back(schedule: Schedule, *, from_day: date, hold_days: int, table: str = DEFAULT_TABLE) -> Schedule:
    """Return from `from_day` to the previous regimen for `hold_days`, then continue down from there.

    The present regimen then follows for its planned days, then the later steps. A return to the previous step's dose
    within 28 days of the cut is a STEP_BACK; further back or later, the kind follows from the doses (usually a RISE),
    by the plan's equivalence `table`. Raises OutsidePlan, OutOfRange, and NoStepBefore if there is nothing to step back
    to.
    """
    _check_days(hold_days, "hold_days")
    written = schedule
    schedule = schedule.through(from_day)
    at = _place(schedule, from_day)
    steps = schedule.steps
    before = _regimen_before(steps[: at + 1], measure(schedule.drugs, table, weekly=schedule.weekly))
    if before is None:
        raise NoStepBefore(where="from_day", day=from_day.isoformat())
    base, last = _start_of_dose(steps, at), _end_of_dose(steps, at)
    days = sum(step.days for step in written.steps[base : last + 1] if not written.held(step))
    pieces = _until(steps, from_day)
    past = len(pieces)
    pieces.append(_Piece(hold_days, before, StepKind.STEP_BACK))
    pieces.append(_Piece(days, steps[last].doses, steps[base].kind))
    later = _pieces(steps[last + 1 :])
    made = _schedule(schedule, [*pieces, *later])
    said = [not past <= n < past + 2 for n in range(len(made.steps))]
    return kinds_worked_out(made, table, said=said)


def pace(schedule: Schedule, *, from_day: date, interval_days: int, faster: bool, count: int = 0) -> Schedule:
    """Make the present step and later ones last at least `interval_days`, or at most if `faster`.

    `count`: only that many of them, the present one first; 0: all. No change comes before `from_day`. Holds, the day of
    zero and a maintenance dose keep their length. Raises OutsidePlan, OutOfRange, and NothingLater if no step comes
    after that day.
    """
    _check_days(interval_days, "interval_days")
    at = _place(schedule, from_day)
    last = len(schedule.steps) - 1
    if at == last:
        raise NothingLater(where="from_day", day=from_day.isoformat())
    pieces = _pieces(schedule.steps)
    steps = [n for n in range(at, last) if not schedule.held(schedule.steps[n])]
    for n in steps[: count or None]:
        days = pieces[n].days
        wanted = min(days, interval_days) if faster else max(days, interval_days)
        least = (from_day - schedule.steps[n].start).days if n == at else 0
        pieces[n] = pieces[n]._replace(days=max(wanted, least, 1))
    return _schedule(schedule, pieces)


def at_pace(schedule: Schedule, *, from_day: date, least: int, most: int, first: bool) -> Schedule:
    """Let cuts after `from_day` come at least so many days apart, or at most (0: no such limit).

    `first`: the dose of that day is kept for as long, too. Stages of a switch keep their length, only the first cut
    after them waits; a hold, a step back and a stay in hospital are left as they are. Raises TooLong.
    """
    pieces = _pieces(schedule.steps)
    for step, following in pairwise(schedule.steps):
        n = step.n - 1
        if following.kind not in FALLS or following.start <= from_day or step.kind in _NO_PACE:
            continue
        if step.start > from_day or (step.start == from_day and step.kind is StepKind.CROSSOVER):
            days = max(step.days, least)
            shortened = most and step.kind is StepKind.CUT
            pieces[n] = pieces[n]._replace(days=min(days, most) if shortened else days)
        elif first:
            pieces[n] = pieces[n]._replace(days=max(step.days, (from_day - step.start).days + least))
    return _schedule(schedule, pieces)


def step_length(schedule: Schedule, *, from_day: date, days: int) -> Schedule:
    """Make the step of `from_day` last `days` from its own first day; every later step moves with it.

    Raises OutsidePlan, OutOfRange (also for a length that would end before `from_day`), and NothingLater if no step
    comes after that day.
    """
    at = _place(schedule, from_day)
    if at == len(schedule.steps) - 1:
        raise NothingLater(where="from_day", day=from_day.isoformat())
    least = max(1, (from_day - schedule.steps[at].start).days)
    if type(days) is not int or not least <= days <= MOST_REVISION_DAYS:
        raise OutOfRange(where="days", raw=str(days)[:12], lowest=str(least), highest=str(MOST_REVISION_DAYS))
    pieces = _pieces(schedule.steps)
    pieces[at] = pieces[at]._replace(days=days)
    return _schedule(schedule, pieces)


def move_change(schedule: Schedule, *, from_day: date, to: date, later_too: bool = True) -> Schedule:
    """Move the next change after `from_day` to another day; later ones move with it, or keep their days.

    A change on `from_day` itself stands: its dose is taken already.

    Raises OutsidePlan, NothingLater if no change comes, and OutOfRange for a day before `from_day`, further off than a
    revision may move it, or on which a later change already falls.
    """
    _place(schedule, from_day)
    change = schedule.next_change(from_day)
    if change is None:
        raise NothingLater(where="from_day", day=from_day.isoformat())
    at = change.n - 1
    pieces = _pieces(schedule.steps)
    lowest = max(from_day, schedule.steps[at - 1].start + timedelta(days=1))
    highest = change.start + timedelta(days=MOST_REVISION_DAYS)
    if not later_too and at < len(pieces) - 1:
        highest = min(highest, change.end)
    if not lowest <= to <= highest:
        raise OutOfRange(
            where="to", raw=to.isoformat(), lowest=lowest.isoformat(), highest=highest.isoformat()
        )
    moved = (to - change.start).days
    pieces[at - 1] = pieces[at - 1]._replace(days=pieces[at - 1].days + moved)
    if not later_too and at < len(pieces) - 1:
        pieces[at] = pieces[at]._replace(days=pieces[at].days - moved)
    return _schedule(schedule, pieces)


def on_weekday(schedule: Schedule, *, from_day: date, weekday: int) -> Schedule:
    """Move every change after `from_day` to a day of the week (0: Monday); no interval gets shorter.

    Raises OutsidePlan, OutOfRange, and NothingLater if no change comes.
    """
    if type(weekday) is not int or not 0 <= weekday <= _SUNDAY:
        raise OutOfRange(where="weekday", raw=str(weekday)[:12], lowest="0", highest=str(_SUNDAY))
    _place(schedule, from_day)
    pieces = _pieces(schedule.steps)
    changes = [step.n - 1 for step in schedule if step.start > from_day and schedule.changes(step)]
    if not changes:
        raise NothingLater(where="from_day", day=from_day.isoformat())
    for at in changes:
        start = schedule.start + timedelta(days=sum(piece.days for piece in pieces[:at]))
        wait = (weekday - start.weekday()) % 7
        pieces[at - 1] = pieces[at - 1]._replace(days=pieces[at - 1].days + wait)
    return _schedule(schedule, pieces)


def stop_here(schedule: Schedule, *, from_day: date) -> Schedule:
    """Stay on the dose of `from_day`: all later steps are dropped and the plan ends with that regimen.

    The present step keeps its days, to leave time to write the next plan. Raises OutsidePlan, and NothingLater if
    nothing would change.
    """
    at = _end_of_dose(schedule.steps, _place(schedule, from_day))
    if at == len(schedule.steps) - 1:
        raise NothingLater(where="from_day", day=from_day.isoformat())
    return _schedule(schedule, _pieces(schedule.steps[: at + 1]))


def pause(schedule: Schedule, *, from_day: date) -> Schedule:
    """Pause the plan from a day on: somebody else, such as a ward, decides what is taken until it continues.

    The last step is an open-ended PAUSE step with the last known doses; nothing steps down in it. Raises OutsidePlan
    for a day after a plan that ended at zero.
    """
    schedule = schedule.through(from_day)
    known = schedule.steps[_place(schedule, max(schedule.start, from_day - timedelta(days=1)))].doses
    pieces = _until(schedule.steps, from_day)
    return _schedule(schedule, [*pieces, _Piece(1, known, StepKind.PAUSE)])


def carried_on(schedule: Schedule, *, before: Schedule, from_day: date, again: bool = False) -> Schedule:
    """The paused plan and, from `from_day` on, the steps that `before`, the plan before the pause, still had.

    The dose of the last day before the pause is kept as long as its step was planned to last, and further, as a hold,
    if its next change was due later; each later step lasts as long as planned. `again`: that dose comes twice, first
    for as long as another one is taken. Raises OutsidePlan for a day after a plan that ended at zero.
    """
    paused = schedule.through(from_day)
    known = paused.steps[-1]
    written = before.through(known.start)
    at = _place(written, max(written.start, known.start - timedelta(days=1)))
    steps = written.steps
    if not same_dose(steps[at].doses, known.doses):
        # A hold kept the dose while these steps waited.
        at = max((n for n, step in enumerate(steps) if same_dose(step.doses, known.doses)), default=at)
    base, last = _start_of_dose(steps, at), _end_of_dose(steps, at)
    planned = sum(step.days for step in before.steps[base : last + 1] if not before.held(step))
    dose = _Piece(max(1, planned), steps[last].doses, StepKind.HOLD)
    pieces = [*_until(paused.steps, from_day), dose, *([dose] if again else [])]
    if last + 1 < len(steps):
        held = (steps[last + 1].start - from_day).days - dose.days * (2 if again else 1)
        pieces += [dose._replace(days=held)] if held > 0 else []
    return _schedule(paused, [*pieces, *_pieces(steps[last + 1 :])])


def _check_days(days: int, where: str) -> None:
    if type(days) is not int or not 1 <= days <= MOST_REVISION_DAYS:
        raise OutOfRange(where=where, raw=str(days)[:12], lowest="1", highest=str(MOST_REVISION_DAYS))


def _place(schedule: Schedule, day: date) -> int:
    """The index of the step in force on a day."""
    step = schedule.step_on(day)
    if step is None:
        raise OutsidePlan(
            where="from_day",
            day=day.isoformat(),
            start=schedule.start.isoformat(),
            end=schedule.end.isoformat(),
        )
    return step.n - 1


def _end_of_dose(steps: Sequence[Step], at: int) -> int:
    """The index of the last step in a row with the dose of the step at `at`, whatever pieces it is made of."""
    while at + 1 < len(steps) and same_dose(steps[at + 1].doses, steps[at].doses):
        at += 1
    return at


def _start_of_run(steps: Sequence[Step]) -> int:
    """The index of the first of the steps at the end that have one dose."""
    at = len(steps) - 1
    while at > 0 and same_dose(steps[at - 1].doses, steps[at].doses):
        at -= 1
    return at


def _start_of_dose(steps: Sequence[Step], at: int) -> int:
    """The index of the step, at or before `at`, that began the time on these doses, before any hold."""
    while at > 0 and steps[at].kind is StepKind.HOLD and same_dose(steps[at - 1].doses, steps[at].doses):
        at -= 1
    return at


def _regimen_before(steps: Iterable[Step], meter: Measure) -> tuple[TimedDose, ...] | None:
    """The regimen one step up from the last of these steps, with earlier steps back undone.

    A late step back is a RISE. A regimen lower than a later one does not count as a step up.
    """
    path: list[tuple[TimedDose, ...]] = []
    for step in steps:
        if step.kind in (StepKind.STEP_BACK, StepKind.RISE) and step.doses in path:
            del path[len(path) - path[::-1].index(step.doses) :]
            continue
        while path and meter.of(path[-1]) < meter.of(step.doses):
            path.pop()
        if path and same_dose(path[-1], step.doses):
            path.pop()
        path.append(step.doses)
    return path[-2] if len(path) > 1 else None


def _until(steps: Sequence[Step], day: date) -> list[_Piece]:
    """The steps before a day; the one that spans it is cut short."""
    cut = [replace(step, end=min(step.end, day - timedelta(days=1))) for step in steps if step.start < day]
    return _pieces(cut)


def _pieces(steps: Iterable[Step]) -> list[_Piece]:
    return [_Piece(step.days, step.doses, step.kind) for step in steps]


def _schedule(before: Schedule, pieces: Sequence[_Piece]) -> Schedule:
    """The pieces as a schedule with the same first day. Raises TooLong."""
    if sum(piece.days for piece in pieces) > MOST_DAYS + MOST_REVISION_DAYS:
        raise too_long()
    steps: list[Step] = []
    start = before.start
    for n, piece in enumerate(pieces, start=1):
        end = start + timedelta(days=piece.days - 1)
        steps.append(Step(n, start, end, piece.doses, piece.kind))
        start = end + timedelta(days=1)
    return replace(before, steps=tuple(steps))
