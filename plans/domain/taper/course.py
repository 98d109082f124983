"""One drug on its way down: an ideal line of day totals, and the doses that come nearest to it.

A method says what the day's total should ideally be (exact fractions, from the dose at the start, so that rounding
never adds up); a course turns each point of that line into doses the tablets can make.

**Which doses.** Times of day fall in a given order: the first is lowered until nothing is left of it, then the next.
That makes one chain of regimens from the present one down to the regimen of the goal. A point of the line becomes the
regimen of that chain whose total is nearest, never above the one before; between two equally near the higher, gentler
one. If the cut is too small for the tablets, the regimen stays and the step before grows longer.

**One time of day a step.** When a cut asks for more than the falling time of day has left, that time ends and the
rest is left to the next cut, as long as at least half of the cut was made and the line has not arrived.

**The end.** Going to zero, the last dose passes through the smallest one that can be made, and becomes zero when the
line falls under that smallest dose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from plans.domain.amounts import Dose
from plans.domain.taper.refusals import TooLong
from plans.domain.taper.schedule import TimeOfDay
from plans.domain.taper.sharing import Doses
from plans.domain.taper.tablets import Tablets

MOST_DAYS: Final = 3653
MOST_STEPS: Final = 4000


class Point(NamedTuple):
    """A point of an ideal line: `days` after the point before, the day's total should be `top` / `bottom` units.

    Two integers instead of a Fraction, because a line needs no lowest terms and reducing them costs most of the time.
    """

    days: int
    top: int
    bottom: int = 1

    @classmethod
    def of(cls, days: int, units: Fraction) -> Point:
        """The point of an exact fraction."""
        return cls(days, units.numerator, units.denominator)


class Stretch(NamedTuple):
    """So many days on these doses (units, in the falling order of the course)."""

    days: int
    doses: Doses


class Walk(NamedTuple):
    """The stretches from the present regimen to the goal; `rate` is the percentage a method had to solve for."""

    stretches: list[Stretch]
    rate: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """What a method needs to know of the drug it lowers.

    `times` in the order in which they fall, `start` their present doses and `goal` the total to end on, in units;
    `table` the equivalence table of the plan; `first_day` the first day on the present regimen; `end` the doses that
    make the goal.
    """

    drug: str
    times: tuple[TimeOfDay, ...]
    start: Doses
    goal: int
    stock: Tablets
    table: str
    first_day: date
    end: Doses

    @property
    def total(self) -> int:
        """What is taken on the first day, in units."""
        return sum(self.start)

    def follow(self, line: Iterable[Point], *, last_days: int | None = None) -> Walk:
        """Walk down an endless line until the goal is reached.

        The regimen of the goal lasts one day if it is zero, else `last_days` (the last interval if None).
        Raises TooLong after ten years or 4,000 steps.
        """
        now, held, spent = self.start, 0, 0
        stretches: list[Stretch] = []
        for point in line:
            days = point.days
            held, spent = held + days, spent + days
            if spent > MOST_DAYS or len(stretches) >= MOST_STEPS:
                raise too_long()
            after = self.toward(now, point)
            if after == now:
                continue
            stretches.append(Stretch(held, now))
            now, held = after, 0
            if sum(now) <= self.goal:
                stretches.append(Stretch(1 if not any(now) else last_days or days, now))
                return Walk(stretches)
        raise too_long()

    def points_to_goal(self, line: Iterable[Point], most: int) -> int | None:
        """How many points of a line it takes to reach the goal; None if the first `most` do not."""
        now = self.start
        for n, point in zip(range(1, most + 1), line, strict=False):
            now = self.toward(now, point)
            if sum(now) <= self.goal:
                return n
        return None

    def toward(self, now: Doses, point: Point) -> Doses:
        """The regimen of the chain, at `now` or under it, whose total comes nearest to a point of the line."""
        bottom = point.bottom
        arrived = point.top <= self.goal * bottom
        # What is to be taken away, in units times `bottom`, so that everything stays a whole number.
        wanted = (sum(now) - self.goal) * bottom if arrived else sum(now) * bottom - point.top
        if wanted <= 0:
            return now
        left, doses, end = wanted, list(now), self.end
        for n, dose in enumerate(now):
            if dose == end[n]:
                continue
            if left < (dose - end[n]) * bottom:
                last = not any(now[n + 1 :])
                doses[n] = max(end[n], self._lowered(dose, dose * bottom - left, bottom, last=last))
                break
            doses[n] = end[n]
            left -= (dose - end[n]) * bottom
            if left == 0 or (not arrived and 2 * left <= wanted):
                break
        return tuple(doses)

    def _lowered(self, dose: int, top: int, bottom: int, *, last: bool) -> int:
        """The makeable dose nearest to `top` / `bottom`, which is over zero and not above `dose`; a tie goes up."""
        lower = self.stock.floor(top // bottom)
        # `dose` itself can be made, so something from the target up to it can
        higher = self.stock.ceil(-(-top // bottom)) or dose
        if last and lower == 0:
            return higher if higher < dose else 0
        return higher if higher * bottom - top <= top - lower * bottom else lower


def nearest(lower: int, higher: int | None) -> dict[str, str | None]:
    """The neighbours of what cannot be made, as a refusal carries them: mg as text."""
    return {"lower": Dose(lower).text, "higher": None if higher is None else Dose(higher).text}


def too_long() -> TooLong:
    """The refusal of a plan over ten years or 4,000 steps."""
    return TooLong(most_days=MOST_DAYS, most_steps=MOST_STEPS)


def shrinking(start: int, keep: Fraction, days: int) -> Iterator[Point]:
    """The line that keeps the same share of the current dose at every point: `start` times `keep`, again and again."""
    top, bottom = start, 1
    while True:
        top *= keep.numerator
        bottom *= keep.denominator
        yield Point(days, top, bottom)


def falling(start: int, amount: Fraction, days: int) -> Iterator[Point]:
    """The line that falls by the same amount at every point, to zero and no further."""
    top, bottom = start * amount.denominator, amount.denominator
    while True:
        top = max(top - amount.numerator, 0)
        yield Point(days, top, bottom)


def solved(
    courses: Sequence[Course], *, points: int, days: int, last_days: int | None = None
) -> list[Walk] | None:
    """The gentlest steady percentage, in hundredths of a percent, that brings one course after the other to its goal
    within `points` points in all; a walk for each, all at that rate. `last_days` are those of the last course.

    None if even a cut of everything does not (it always does with a point for each course).
    """

    def line(course: Course, hundredths: int) -> Iterator[Point]:
        return shrinking(course.total, Fraction(10_000 - hundredths, 10_000), days)

    def arrives(hundredths: int) -> bool:
        left = points
        for course in courses:
            used = course.points_to_goal(line(course, hundredths), left)
            if used is None:
                return False
            left -= used
        return True

    low, high = 1, 10_000
    if not arrives(high):
        return None
    while low < high:
        middle = (low + high) // 2
        if arrives(middle):
            high = middle
        else:
            low = middle + 1
    found = []
    for course in courses:
        walk = course.follow(line(course, high), last_days=last_days if course is courses[-1] else None)
        found.append(Walk(walk.stretches, Fraction(high, 100)))
    return found
