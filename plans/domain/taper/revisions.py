"""Changing a plan from a day on by moving or repeating its steps: hold, resume, step back, another pace, one longer or
shorter step, another day for a change, stay here, pause for a hospital stay.

Each is a pure function from a schedule to a schedule. The days before `from_day` keep their dates and doses; steps are
numbered anew; what is refused is refused with a code, and the day or the number it was refused for. A plan that does
not end at zero goes on after its written steps, and is changed there like anywhere else. Going on from the dose that is
really taken is `going_on.go_on_from`; several changes at once, and those that lay days out anew, are `amendments`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final, NamedTuple

from plans.domain.taper.course import MOST_DAYS, too_long
from plans.domain.taper.equivalence import DEFAULT_TABLE
from plans.domain.taper.kinds import kinds_worked_out
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
_SUNDAY: Final = 6


class _Piece(NamedTuple):
    days: int
    doses: tuple[TimedDose, ...]
    kind: StepKind


def hold(schedule: Schedule, *, from_day: date, days: int) -> Schedule:
    """Keep the dose of `from_day` for `days` longer before the next change; every later step moves by as many days.

    The extra days are a HOLD step of their own, beginning on the day on which the change was due; a hold that stands
    there already becomes longer instead. Raises OutsidePlan, OutOfRange, and NothingToHold where nothing is taken or
    nothing changes any more.
    """
    _check_days(days, "days")
    at = _place(schedule, from_day)
    steps = schedule.steps
    last = _end_of_dose(steps, at)
    if not steps[at].doses or last == len(steps) - 1:
        raise NothingToHold(where="from_day", day=from_day.isoformat())
    pieces = _pieces(steps)
    if steps[last].kind is StepKind.HOLD:
        pieces[last] = pieces[last]._replace(days=pieces[last].days + days)
    else:
        pieces.insert(last + 1, _Piece(days, steps[at].doses, StepKind.HOLD))
    return _schedule(schedule, pieces)


def hold_through(schedule: Schedule, *, from_day: date, through: date) -> Schedule:
    """Keep the dose of `from_day` through a day; every later step moves by as many days.

    Raises OutsidePlan, NothingToHold, NotLater where the dose does not change before the day after it, and OutOfRange
    for a day further off than a hold may last.
    """
    at = _place(schedule, from_day)
    due = schedule.next_change(schedule.steps[at].start)
    if due is None:
        raise NothingToHold(where="from_day", day=from_day.isoformat())
    if through < due.start:
        raise NotLater(where="through", day=through.isoformat(), due=due.start.isoformat())
    return hold(schedule, from_day=from_day, days=(through - due.start).days + 1)


def hold_open(schedule: Schedule, *, from_day: date) -> Schedule:
    """Keep the dose of `from_day` until somebody resumes: no change comes after it. See `resume_open`.

    Raises OutsidePlan, and NothingToHold where nothing is taken or nothing changes any more.
    """
    held = hold(schedule, from_day=from_day, days=1)
    last = _end_of_dose(held.steps, _place(held, from_day))
    return replace(held, steps=held.steps[: last + 1])


def resume_open(schedule: Schedule, *, before: Schedule, from_day: date) -> Schedule:
    """End a hold without an end: the changes that `before`, the plan before the hold, still had come from the day on.

    They come on the days they were first due where the hold has not begun. Raises OutsidePlan, and NotHeld where the
    dose of that day is another one than `before` left off at.
    """
    held = schedule.steps[-1]
    step = before.step_at(held.start - timedelta(days=1))
    same = schedule.steps[_place(schedule, from_day)].doses == held.doses
    if not same or held.kind is not StepKind.HOLD or step is None or step.doses != held.doses:
        raise NotHeld(where="from_day", day=from_day.isoformat())
    later = _pieces(before.steps[_end_of_dose(before.steps, step.n - 1) + 1 :])
    kept = max(0, (from_day - held.start).days)
    pieces = _pieces(schedule.steps[:-1])
    pieces += [_Piece(kept, held.doses, StepKind.HOLD)] if kept else []
    return _schedule(schedule, [*pieces, *later])


def held_until(schedule: Schedule, day: date) -> date | None:
    """The last day of the hold that stands over the dose of `day`, begun or still to come; None without one, and where
    it has no end."""
    step = schedule.step_at(day)
    if step is None:
        return None
    until = None
    for later in schedule.steps[step.n - 1 :]:
        if later.doses != step.doses:
            return until
        if later.kind is StepKind.HOLD:
            until = later.end
    return None if schedule.maintenance else until


def resume(schedule: Schedule, *, from_day: date) -> Schedule:
    """End a hold: the next change comes on `from_day`, or on the day it was first due if the hold has not begun.

    Raises OutsidePlan, and NotHeld where the dose of that day is not being held.
    """
    at = _place(schedule, from_day)
    steps = schedule.steps
    last = _end_of_dose(steps, at)
    held = steps[last]
    if held.kind is not StepKind.HOLD or last == len(steps) - 1:
        raise NotHeld(where="from_day", day=from_day.isoformat())
    pieces = _pieces(steps)
    kept = max(0, (from_day - held.start).days)
    pieces[last : last + 1] = [pieces[last]._replace(days=kept)] if kept else []
    return _schedule(schedule, pieces)


def step_back(schedule: Schedule, *, from_day: date, hold_days: int, table: str = DEFAULT_TABLE) -> Schedule:
    """Return from `from_day` to the regimen before the present one for `hold_days`, then go on down from there.

    The present regimen follows again for the days it was meant to last, then the later steps. Back to the dose of the
    step before within 28 days of the cut it is a STEP_BACK; further back or later it is what its doses say, a RISE as
    a rule, by the equivalence `table` of the plan. Raises OutsidePlan, OutOfRange, and NoStepBefore where there is
    nothing to step back to.
    """
    _check_days(hold_days, "hold_days")
    written = schedule.steps
    schedule = schedule.through(from_day)
    at = _place(schedule, from_day)
    steps = schedule.steps
    before = _regimen_before(steps[: at + 1], measure(schedule.drugs, table, weekly=schedule.weekly))
    if before is None:
        raise NoStepBefore(where="from_day", day=from_day.isoformat())
    base = _start_of_dose(steps, at)
    pieces = _until(steps, from_day)
    past = len(pieces)
    pieces.append(_Piece(hold_days, before, StepKind.STEP_BACK))
    pieces.append(_Piece(written[base].days, steps[at].doses, steps[base].kind))
    later = _pieces(steps[_end_of_dose(steps, at) + 1 :])
    made = _schedule(schedule, [*pieces, *later])
    said = [not past <= n < past + 2 for n in range(len(made.steps))]
    return kinds_worked_out(made, table, said=said)


def pace(schedule: Schedule, *, from_day: date, interval_days: int, faster: bool, count: int = 0) -> Schedule:
    """Let the present step and the later ones last at least `interval_days`, or at most where `faster`.

    `count`: only so many of them, the present one first; 0: all. No change comes before `from_day`. Holds, the day of
    zero and a dose that stays keep their length. Raises OutsidePlan, OutOfRange, and NothingLater where no step comes
    after that day.
    """
    _check_days(interval_days, "interval_days")
    at = _place(schedule, from_day)
    last = len(schedule.steps) - 1
    if at == last:
        raise NothingLater(where="from_day", day=from_day.isoformat())
    pieces = _pieces(schedule.steps)
    steps = [n for n in range(at, last) if pieces[n].kind is not StepKind.HOLD]
    for n in steps[: count or None]:
        days = pieces[n].days
        wanted = min(days, interval_days) if faster else max(days, interval_days)
        least = (from_day - schedule.steps[n].start).days if n == at else 0
        pieces[n] = pieces[n]._replace(days=max(wanted, least, 1))
    return _schedule(schedule, pieces)


def step_length(schedule: Schedule, *, from_day: date, days: int) -> Schedule:
    """Let the step of `from_day` last so many days from its own first day on; every later step moves with it.

    Raises OutsidePlan, OutOfRange (also for a length that would end before `from_day`), and NothingLater where no step
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
    """Move the next change on or after `from_day` onto a day; the later ones move with it, or keep their days.

    Raises OutsidePlan, NothingLater where no change comes, and OutOfRange for a day before `from_day`, further off than
    a revision may move it, or on which a later change already stands.
    """
    _place(schedule, from_day)
    change = next((step for step in schedule if step.start >= from_day and schedule.changes(step)), None)
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
    """Move every change from `from_day` on onto a day of the week (0: Monday), none nearer to the one before.

    Raises OutsidePlan, OutOfRange, and NothingLater where no change comes.
    """
    if type(weekday) is not int or not 0 <= weekday <= _SUNDAY:
        raise OutOfRange(where="weekday", raw=str(weekday)[:12], lowest="0", highest=str(_SUNDAY))
    _place(schedule, from_day)
    pieces = _pieces(schedule.steps)
    changes = [step.n - 1 for step in schedule if step.start >= from_day and schedule.changes(step)]
    if not changes:
        raise NothingLater(where="from_day", day=from_day.isoformat())
    for at in changes:
        start = schedule.start + timedelta(days=sum(piece.days for piece in pieces[:at]))
        wait = (weekday - start.weekday()) % 7
        pieces[at - 1] = pieces[at - 1]._replace(days=pieces[at - 1].days + wait)
    return _schedule(schedule, pieces)


def stop_here(schedule: Schedule, *, from_day: date) -> Schedule:
    """Stay on the dose of `from_day`: all later steps fall away and the plan ends with that regimen.

    The present step keeps its days, so that there is time to write the next plan. Raises OutsidePlan, and
    NothingLater where nothing would change.
    """
    at = _end_of_dose(schedule.steps, _place(schedule, from_day))
    if at == len(schedule.steps) - 1:
        raise NothingLater(where="from_day", day=from_day.isoformat())
    return _schedule(schedule, _pieces(schedule.steps[: at + 1]))


def pause(schedule: Schedule, *, from_day: date) -> Schedule:
    """Rest the plan from a day on: somebody else, such as a ward, decides what is taken until the plan goes on.

    The last step is a PAUSE step without an end, with the last doses that were known. Nothing steps down in it. Raises
    OutsidePlan for a day after a plan that ended at zero.
    """
    schedule = schedule.through(from_day)
    known = schedule.steps[_place(schedule, max(schedule.start, from_day - timedelta(days=1)))].doses
    pieces = _until(schedule.steps, from_day)
    return _schedule(schedule, [*pieces, _Piece(1, known, StepKind.PAUSE)])


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
    """The last step in a row that keeps the doses of the step at `at`."""
    while at + 1 < len(steps) and steps[at + 1].doses == steps[at].doses:
        at += 1
    return at


def _start_of_dose(steps: Sequence[Step], at: int) -> int:
    """The step, at `at` or before it, with which the days of these doses began, holds left out."""
    while at > 0 and steps[at].kind is StepKind.HOLD and steps[at - 1].doses == steps[at].doses:
        at -= 1
    return at


def _regimen_before(steps: Iterable[Step], meter: Measure) -> tuple[TimedDose, ...] | None:
    """The regimen one step up from the last of these steps, with earlier steps back taken back.

    A step back that came late is a RISE, and a regimen of less than a later one is no way up.
    """
    path: list[tuple[TimedDose, ...]] = []
    for step in steps:
        if step.kind in (StepKind.STEP_BACK, StepKind.RISE) and step.doses in path:
            del path[len(path) - path[::-1].index(step.doses) :]
            continue
        while path and meter.of(path[-1]) < meter.of(step.doses):
            path.pop()
        if not path or path[-1] != step.doses:
            path.append(step.doses)
    return path[-2] if len(path) > 1 else None


def _until(steps: Sequence[Step], day: date) -> list[_Piece]:
    """The steps before a day, the one that reaches over it cut short."""
    cut = [replace(step, end=min(step.end, day - timedelta(days=1))) for step in steps if step.start < day]
    return _pieces(cut)


def _pieces(steps: Iterable[Step]) -> list[_Piece]:
    return [_Piece(step.days, step.doses, step.kind) for step in steps]


def _schedule(before: Schedule, pieces: Sequence[_Piece]) -> Schedule:
    """The pieces as a schedule from the same first day on. Raises TooLong."""
    if sum(piece.days for piece in pieces) > MOST_DAYS + MOST_REVISION_DAYS:
        raise too_long()
    steps: list[Step] = []
    start = before.start
    for n, piece in enumerate(pieces, start=1):
        end = start + timedelta(days=piece.days - 1)
        steps.append(Step(n, start, end, piece.doses, piece.kind))
        start = end + timedelta(days=1)
    return replace(before, steps=tuple(steps))
