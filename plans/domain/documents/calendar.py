"""The dose calendar as data: months → weeks → days → what to take, independent of layout and language.

The printed calendar and the patient's calendar page are both drawn from what `months` returns: which days are shown
(never one before the calendar was made), which of them are marked, which doses changed that day, and which stretches of
a week are quiet because they belong to another page, the past or the time after the plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Final

from plans.domain.amounts import ZERO, Dose
from plans.domain.errors import TaperplanError
from plans.domain.taper.kinds import same_dose
from plans.domain.taper.products import Take, pieces_of
from plans.domain.taper.schedule import Schedule, Step, StepKind, TimeOfDay
from plans.domain.taper.weekdays import EVERY_DAY, Weekdays

DAY: Final = timedelta(days=1)
# A first or last month of at most this many days joins its neighbour, if that page keeps at most MOST_WEEKS rows.
SHORT_MONTH: Final = 7
MOST_WEEKS: Final = 6
# How long "no dose" is still shown for a drug, or a time of day of it, that has ended.
STILL_SHOWN: Final = timedelta(days=14)


class NothingToShow(TaperplanError):
    """Every day of the plan lies before the day the calendar is made: facts `made_on` and `last_day`."""

    code = "nothing_to_show"


class DayMark(StrEnum):
    """What is said of a day besides its doses: at most one mark, and LAST_DAY with any of them.

    The value is the key of its words. A dose that stays has no last day.
    """

    START = "start"
    NEW_DOSE = "new_dose"
    RISE = "rise"
    SWITCH = "switch"
    SPREAD = "spread"
    HOLD = "hold"
    LAST_DAY = "last_day"


# Marks of days on which the doses differ from the day before.
CHANGES: Final = frozenset({DayMark.NEW_DOSE, DayMark.RISE, DayMark.SWITCH, DayMark.SPREAD})
# A rise is never marked like a cut, whoever asked for it; a switch of drugs is neither.
_MARKS: Final = {
    StepKind.START: DayMark.START,
    StepKind.CUT: DayMark.NEW_DOSE,
    StepKind.STOP: DayMark.NEW_DOSE,
    StepKind.RISE: DayMark.RISE,
    StepKind.STEP_BACK: DayMark.RISE,
    StepKind.SWAP: DayMark.SWITCH,
    StepKind.CROSSOVER: DayMark.SWITCH,
    StepKind.SPREAD: DayMark.SPREAD,
    StepKind.HOLD: DayMark.HOLD,
}


class QuietWhy(StrEnum):
    """Why a stretch of a week carries no doses."""

    OTHER_MONTH = "other_month"
    BEFORE = "before"
    PAST = "past"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Slot:
    """A time of day and a drug: one line of a day's doses."""

    time: TimeOfDay
    drug: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One slot of a day. `dose` may be zero ("no dose"); `pieces` are what to take, counted as one would in the hand:
    see `pieces`.

    In a step whose days differ an entry is for some `weekdays`, and a slot may have several.
    """

    slot: Slot
    dose: Dose
    pieces: tuple[Take, ...]
    changed: bool
    weekdays: Weekdays = EVERY_DAY


@dataclass(frozen=True, slots=True)
class Day:
    """One shown day of the plan, in step number `step`. `follow_up`: a visit or check-in falls on it."""

    date: date
    step: int
    entries: tuple[Entry, ...]
    marks: tuple[DayMark, ...]
    follow_up: bool = False


@dataclass(frozen=True, slots=True)
class Quiet:
    """Consecutive days of one week without doses; `column` is the first one's column (0 to 6)."""

    why: QuietWhy
    first: date
    last: date
    column: int

    @property
    def days(self) -> int:
        """The number of days, and so of columns."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from `first`: shown days by column, and the quiet stretches between them."""

    first: date
    days: tuple[Day | None, ...]
    quiets: tuple[Quiet, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """One page, named by year and month; days of a short neighbouring month may be on it too."""

    year: int
    month: int
    weeks: tuple[Week, ...]

    @property
    def days(self) -> tuple[Day, ...]:
        """The shown days in order."""
        return tuple(day for week in self.weeks for day in week.days if day is not None)


def last_shown_day(schedule: Schedule) -> date:
    """The last shown day with doses: the day before a plan reaches zero, or the last page's last day of a dose that
    stays."""
    return schedule.last_dose_day() or schedule.end


def slots(schedule: Schedule, until_step: int | None = None) -> tuple[Slot, ...]:
    """The slots with a dose in any step (None), or those shown on the first day of one step, in the order of the day.

    A slot that has ended is left out from STILL_SHOWN after its last day on: by then "no dose" has been shown long
    enough, and four of them a day would hide what is taken. Those of the last doses stay where nothing else is taken.
    """
    if until_step is None:
        return _sorted(schedule, {slot for step in schedule for slot in _slots_of(step)})
    return _sorted(schedule, _still(schedule, schedule.steps[until_step - 1].start, until_step))


def _slots_of(step: Step) -> set[Slot]:
    return {Slot(dose.time, dose.drug) for dose in step.doses}


def _still(schedule: Schedule, day: date, n: int) -> set[Slot]:
    """The slots of step `n` and those that ended up to STILL_SHOWN before a day of it."""
    used: set[Slot] = set()
    for step in reversed(schedule.steps[:n]):
        if used and step.end < day - STILL_SHOWN:
            break
        used |= _slots_of(step)
    return used


def _sorted(schedule: Schedule, used: set[Slot]) -> tuple[Slot, ...]:
    rank = {drug: n for n, drug in enumerate(schedule.drugs)}
    kept = [slot for slot in used if slot.drug in rank]
    return tuple(sorted(kept, key=lambda slot: (slot.time.minutes, slot.time, rank[slot.drug])))


def slots_on(schedule: Schedule, day: date) -> tuple[Slot, ...]:
    """The slots shown on a day: those of its step, and those that ended up to STILL_SHOWN before it."""
    step = schedule.step_on(day)
    return () if step is None else _sorted(schedule, _still(schedule, day, step.n))


def entries(schedule: Schedule, step: Step) -> tuple[Entry, ...]:
    """The entries of each day of a step, `changed` compared with the step before it.

    A slot that lately had a dose is shown as "no dose" (see `slots`); one that never had one is not. In a step whose
    days differ there is an entry for each dose of its week; `Step.on` gives one of its days.
    """
    before = schedule.steps[step.n - 2] if step.n > 1 else None
    whole = schedule.steps[step.n - 1]
    found = []
    for slot in slots(schedule, step.n):
        here = [dose for dose in step.doses if (dose.time, dose.drug) == (slot.time, slot.drug)]
        changed = before is not None and _taken_at(before, slot) != _taken_at(whole, slot)
        if not here:
            found.append(Entry(slot, ZERO, (), changed))
        for dose in here:
            pieces = tuple(piece for take in dose.take for piece in pieces_of(take))
            found.append(Entry(slot, dose.dose, pieces, changed, dose.weekdays))
    return tuple(found)


def _taken_at(step: Step, slot: Slot) -> set[tuple[Dose, Weekdays]]:
    return {(one.dose, one.weekdays) for one in step.doses if (one.time, one.drug) == (slot.time, slot.drug)}


def initials(drugs: Sequence[str]) -> dict[str, str]:
    """The shortest beginning of each drug's name that no other of them has, with a capital: "A", "D"; "Cl", "Ch"."""
    return {
        drug: next(
            drug[:n].capitalize()
            for n in range(1, len(drug) + 1)
            if n == len(drug) or not any(other != drug and other.startswith(drug[:n]) for other in drugs)
        )
        for drug in drugs
    }


def mark_of(schedule: Schedule, step: Step) -> DayMark | None:
    """The mark of a step's first day, by the step's kind; a HOLD that was asked for marks every day of the step.

    The first step is a START, unless it is higher than what was taken before. A RISE is marked even if the step before
    had the same doses: less was really taken. A hospital stay has no mark: nobody follows the calendar then.
    """
    if step.n == 1 and step.kind is not StepKind.RISE:
        return DayMark.START
    same = step.n > 1 and same_dose(schedule.steps[step.n - 2].doses, schedule.steps[step.n - 1].doses)
    if same and step.kind is not StepKind.RISE and not schedule.held(step):
        return None
    return _MARKS.get(step.kind)


def shown_days(schedule: Schedule, *, made_on: date, follow_up: Sequence[date] = ()) -> tuple[Day, ...]:
    """Every shown day in order: from the first day or `made_on`, whichever is later, to the last day with doses.

    Raises NothingToShow if none is left.
    """
    first, last = max(schedule.start, made_on), last_shown_day(schedule)
    if last < first:
        raise NothingToShow(made_on=made_on.isoformat(), last_day=last.isoformat())
    visits = frozenset(follow_up)
    found = []
    for step in schedule.spans:
        said = entries(schedule, step)
        unchanged = tuple(Entry(e.slot, e.dose, e.pieces, changed=False) for e in said)
        whole = schedule.steps[step.n - 1]
        mark = mark_of(schedule, whole)
        day = max(step.start, first)
        ends = _ends_of(schedule, whole, unchanged)
        while day <= min(step.end, last):
            opens = day == whole.start
            marks: tuple[DayMark, ...] = (
                (mark,) if mark is not None and (opens or mark is DayMark.HOLD) else ()
            )
            if day == last and not schedule.maintenance:
                marks += (DayMark.LAST_DAY,)
            while ends and day > ends[0][0]:
                gone = ends.pop(0)[1]
                unchanged = tuple(entry for entry in unchanged if entry.slot not in gone)
            found.append(Day(day, step.n, said if opens else unchanged, marks, day in visits))
            day += DAY
    return tuple(found)


def _ends_of(schedule: Schedule, step: Step, said: tuple[Entry, ...]) -> list[tuple[date, set[Slot]]]:
    """The last days within a step on which slots are still shown as "no dose", the first day first."""
    found: dict[date, set[Slot]] = {}
    kept, ended = _slots_of(step), {entry.slot for entry in said} - _slots_of(step)
    for before in reversed(schedule.steps[: step.n - 1]) if ended else ():
        here = ended & _slots_of(before)
        if not kept:
            # Nothing is taken: the slots of the last doses stay.
            kept = here
        elif here:
            found.setdefault(before.end + STILL_SHOWN, set()).update(here)
        ended -= here
        if not ended:
            break
    return sorted(found.items(), key=lambda pair: pair[0])


def week_of(day: date, week_starts: int) -> date:
    """The first day of the week a day lies in; `week_starts` is 0 for Monday to 6 for Sunday."""
    return day - timedelta(days=(day.weekday() - week_starts) % 7)


def months(
    schedule: Schedule,
    *,
    made_on: date,
    week_starts: int = 0,
    follow_up: Sequence[date] = (),
    join_short: bool = True,
) -> tuple[Month, ...]:
    """The calendar, one month per page; every shown day is on exactly one page.

    A first or last month of seven days or fewer joins its neighbour if `join_short` and six rows allow. After the last
    day there is always at least one quiet stretch, where the page says what comes next. Raises NothingToShow.
    """
    days = shown_days(schedule, made_on=made_on, follow_up=follow_up)
    groups = [list(group) for _month, group in groupby(days, key=lambda day: day.date.replace(day=1))]
    names = [(group[0].date.year, group[0].date.month) for group in groups]
    if join_short:
        _join(groups, names, week_starts)
    return tuple(
        Month(*name, _weeks(group, days, schedule, name, week_starts))
        for name, group in zip(names, groups, strict=True)
    )


def _rows(group: Sequence[Day], name: tuple[int, int], week_starts: int, plan_ends: date) -> list[date]:
    """First days of the weeks that a page needs: the whole named month, what joined it, and a day after the plan's
    end."""
    first = date(*name, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - DAY
    start = week_of(min(first, group[0].date), week_starts)
    end = max(last, group[-1].date)
    if group[-1].date == plan_ends:
        end = max(end, plan_ends + DAY)
    return [start + timedelta(days=7 * n) for n in range((end - start).days // 7 + 1)]


def _join(groups: list[list[Day]], names: list[tuple[int, int]], week_starts: int) -> None:
    ends = groups[-1][-1].date
    if len(groups) > 1 and len(groups[0]) <= SHORT_MONTH:
        joined = groups[0] + groups[1]
        if len(_rows(joined, names[1], week_starts, ends)) <= MOST_WEEKS:
            groups[:2], names[:2] = [joined], [names[1]]
    if len(groups) > 1 and len(groups[-1]) <= SHORT_MONTH:
        joined = groups[-2] + groups[-1]
        if len(_rows(joined, names[-2], week_starts, ends)) <= MOST_WEEKS:
            groups[-2:], names[-2:] = [joined], [names[-2]]


def _weeks(
    group: Sequence[Day], days: Sequence[Day], schedule: Schedule, name: tuple[int, int], week_starts: int
) -> tuple[Week, ...]:
    here = {day.date: day for day in group}
    elsewhere = {day.date for day in days} - here.keys()

    def why(day: date) -> QuietWhy:
        if day in elsewhere:
            return QuietWhy.OTHER_MONTH
        if day > days[-1].date:
            return QuietWhy.AFTER
        return QuietWhy.PAST if day >= schedule.start else QuietWhy.BEFORE

    weeks = []
    for first in _rows(group, name, week_starts, days[-1].date):
        dates = [first + n * DAY for n in range(7)]
        quiets: list[Quiet] = []
        for column, day in enumerate(dates):
            if day in here:
                continue
            reason, last = why(day), quiets[-1] if quiets else None
            # A stretch of another month's days ends with that month: the next day is the first of a month.
            begins = reason is QuietWhy.OTHER_MONTH and day.day == 1
            if last is not None and last.why is reason and last.last + DAY == day and not begins:
                quiets[-1] = Quiet(reason, last.first, day, last.column)
            else:
                quiets.append(Quiet(reason, day, day, column))
        weeks.append(Week(first, tuple(here.get(day) for day in dates), tuple(quiets)))
    return tuple(weeks)
