"""The descent of one drug: an ideal line of daily totals, and the doses that stay just above it.

A method gives the ideal total of each day as an exact fraction, computed from the starting dose so that rounding never
accumulates. A course turns each point of that line into doses that the products can make.

**Never ahead of the line.** Each day takes the lowest dose that can be made and is not below the line. If a cut is too
small for the products, the dose is kept and the previous step grows longer. `lowering.py` shares a lower day over the
times of day.

**From tablets to a liquid, once.** A course begins with what `stock` makes. If the next cut that can be made would pass
a limit that the method's own cut does not pass (`Coarse`), it changes to the `liquid`, if there is one, and stays with
it.

**The end.** When tapering to zero, the last dose is the lowest that can be made and is not below `last`. A line that
reaches zero ends there. A line of percentages never does: if its last dose is no larger than the largest published last
step (`enough`), it ends one interval after that dose is reached; a larger last dose is kept until the line has fallen
to half of it or to that step (ours).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from plans.domain.amounts import Dose
from plans.domain.taper.lowering import Lowering
from plans.domain.taper.refusals import TooLong
from plans.domain.taper.schedule import TimeOfDay
from plans.domain.taper.sharing import Doses
from plans.domain.taper.tablets import Tablets

MOST_DAYS: Final = 3653
MOST_STEPS: Final = 4000


class Point(NamedTuple):
    """A point of an ideal line: `days` after the previous point, the day's total should be `top` / `bottom` units.

    Two integers instead of a Fraction, because reducing to lowest terms would take most of the time.
    """

    days: int
    top: int
    bottom: int = 1

    @classmethod
    def of(cls, days: int, units: Fraction) -> Point:
        """The point at an exact fraction."""
        return cls(days, units.numerator, units.denominator)


class Stretch(NamedTuple):
    """A number of days on the same doses (units, in the course's order of falling).

    `asked` is the cut of the method's line at the start of the stretch, in units, rounded up; zero at the start of the
    plan. `waited`: a point of the line passed without a cut, because the products cannot make one small enough.
    """

    days: int
    doses: Doses
    asked: int = 0
    waited: bool = False


class Walk(NamedTuple):
    """The stretches from the present regimen to the goal; `rate` is the percentage a method solved for."""

    stretches: list[Stretch]
    rate: Fraction | None = None


# Whether a cut from one day's total to another, in units, passes a limit.
Coarse = Callable[[int, int], bool]


@dataclass(frozen=True, slots=True)
class Course:
    """What a method needs to know about the drug it lowers.

    `times` in their order of falling, with `start` their present doses; `goal` is the final total (units). `table` is
    the plan's equivalence table; `first_day` the first day on the present regimen; `lowering` how a cut is shared over
    the times of day. For a line of percentages, `last` is the last dose before zero and `enough` the dose below which
    the line ends, in units. `liquid` and `coarse` say what follows `stock`, and when.
    """

    drug: str
    times: tuple[TimeOfDay, ...]
    start: Doses
    goal: int
    stock: Tablets
    table: str
    first_day: date
    lowering: Lowering
    last: int
    enough: int
    liquid: Tablets | None = None
    coarse: Coarse | None = None

    @property
    def total(self) -> int:
        """The total of the first day, in units."""
        return sum(self.start)

    def follow(self, line: Iterable[Point], *, last_days: int | None = None, endless: bool = False) -> Walk:
        """Walk down a line until the goal is reached; an `endless` line never reaches zero by itself.

        The goal's regimen lasts one day if it is zero, else `last_days` (None: the last interval). Raises TooLong after
        ten years or 4,000 steps.
        """
        held, spent, waited = 0, 0, False
        doses, asked = self.start, 0
        stretches: list[Stretch] = []
        for days, after, cut in self._down(line, endless=endless):
            held, spent = held + days, spent + days
            if spent > MOST_DAYS or len(stretches) >= MOST_STEPS:
                raise too_long()
            if after is None:
                waited = True
                continue
            stretches.append(Stretch(held, doses, asked, waited))
            held, waited = 0, False
            doses, asked = after, cut
            if sum(doses) <= self.goal:
                final = 1 if not any(doses) else last_days or days
                return Walk([*stretches, Stretch(final, doses, asked)])
        raise too_long()

    def points_to_goal(self, line: Iterable[Point], most: int, *, endless: bool = False) -> int | None:
        """The number of points a line takes to reach the goal; None if the first `most` are not enough."""
        for n, (_, doses, _) in zip(range(1, most + 1), self._down(line, endless=endless), strict=False):
            if doses is not None and sum(doses) <= self.goal:
                return n
        return None

    def keep(self, points: int) -> Fraction:
        """The share of the dose to keep at each of `points` points so that the line alone reaches the last dose.

        The gentlest that arrives, in hundredths of a percent; ignores which doses can be made.
        """
        last = self.goal or max(self.last, 1)
        whole: int = 10_000**points

        def arrives(hundredths: int) -> bool:
            share: int = (10_000 - hundredths) ** points
            return self.total * share <= last * whole

        low, high = 1, 10_000
        while low < high:
            middle = (low + high) // 2
            if arrives(middle):
                high = middle
            else:
                low = middle + 1
        return Fraction(10_000 - high, 10_000)

    def _down(self, line: Iterable[Point], *, endless: bool) -> Iterator[tuple[int, Doses | None, int]]:
        """For each point: its days, the doses that begin with it (None if unchanged), and the cut of the line."""
        now, total, level = self.start, self.total, self.total
        stock, last = self.stock, self._last(self.stock, endless=endless)
        enough = self._enough(last) if endless else 0
        next_cut = self._next_cut(now) if self.liquid is not None else None
        for point in line:
            before = level
            level, rest = divmod(point.top, point.bottom)
            room, asked = total - level - (rest > 0), before - level
            after = now
            if next_cut is not None and self.liquid is not None and self._too_coarse(total, next_cut, asked):
                after = self._begun(now, level + (rest > 0), self.liquid, endless=endless)
                if after != now:
                    stock, next_cut = self.liquid, None
                    last = self._last(stock, endless=endless)
                    enough = self._enough(last) if endless else 0
            if after == now and (room >= stock.grain or level < last):
                after = self._toward(now, room, last, stock, over=level < enough)
            if after == now:
                yield point.days, None, asked
                continue
            now, total = after, sum(after)
            if next_cut is not None:
                next_cut = self._next_cut(now)
            yield point.days, now, asked

    def _too_coarse(self, total: int, after: int, asked: int) -> bool:
        """Whether the smallest cut that `stock` can make is more than was asked for and passes a limit."""
        return self.coarse is not None and total - after > asked and self.coarse(total, after)

    def _next_cut(self, now: Doses) -> int:
        """The highest total below `now` that `stock` can reach; the goal if there is no other."""
        total = sum(now)
        falls = [
            dose - max(self.stock.floor(dose - 1), end)
            for dose, end in zip(now, self.lowering.end, strict=True)
            if dose > end
        ]
        reached = [total - fall for fall in falls if total - fall >= self.last or total <= self.last]
        return max(reached, default=self.goal)

    def _begun(self, now: Doses, line: int, liquid: Tablets, *, endless: bool) -> Doses:
        """The first doses of the liquid: none above `now`, the total not below the line; `now` if there are none."""
        drawn = tuple(liquid.floor(dose) for dose in now)
        room = sum(drawn) - line
        if room < 0 or any(dose and not drop for dose, drop in zip(now, drawn, strict=True)):
            return now
        last = self._last(liquid, endless=endless)
        after = self._toward(drawn, room, last, liquid, over=False)
        return after if any(after) else now

    def _toward(self, now: Doses, room: int, last: int, stock: Tablets, *, over: bool) -> Doses:
        """The lowest doses, none above `now`, that take away at most `room`; all zero if that is the whole dose.

        `over`: an endless line has ended; the doses become zero once no lower dose down to `last` can be made.
        """
        total = sum(now)
        if room >= total and not self.goal:
            return self.lowering.end
        lowest = self.goal or last
        after = self.lowering.lowered(now, min(room, total - lowest), stock)
        if self.goal or not over or after != now:
            return after
        return now if self.lowering.lowered(now, total - lowest, stock) != now else self.lowering.end

    def _last(self, stock: Tablets, *, endless: bool) -> int:
        """The last dose before zero with these products, in units."""
        smallest = stock.smallest.units
        return (stock.ceil(max(smallest, self.last)) or smallest) if endless else smallest

    def _enough(self, last: int) -> int:
        """The point of an endless line below which the dose becomes zero."""
        return last if last <= self.enough else max(-(-last // 2), self.enough)


def nearest(lower: int, higher: int | None) -> dict[str, str | None]:
    """The makeable neighbours of a dose that cannot be made, in mg as text, as a refusal carries them."""
    return {"lower": Dose(lower).text, "higher": None if higher is None else Dose(higher).text}


def too_long() -> TooLong:
    """The refusal of a plan longer than ten years or 4,000 steps."""
    return TooLong(most_days=MOST_DAYS, most_steps=MOST_STEPS)


def shrinking(start: int, keep: Fraction, days: int, lengthen: int = 0) -> Iterator[Point]:
    """The line that multiplies `start` by `keep` at every point.

    Each interval is `lengthen` days longer than the previous one.
    """
    top, bottom = start, 1
    part, of = keep.numerator, keep.denominator
    while True:
        top *= part
        bottom *= of
        yield Point(days, top, bottom)
        days += lengthen


def falling(start: int, amount: Fraction, days: int, lengthen: int = 0) -> Iterator[Point]:
    """The line that falls by the same amount at every point, down to zero; intervals as in `shrinking`."""
    top, bottom = start * amount.denominator, amount.denominator
    while True:
        top = max(top - amount.numerator, 0)
        yield Point(days, top, bottom)
        days += lengthen


def solved(
    courses: Sequence[Course], *, points: int, days: int, last_days: int | None = None
) -> list[Walk] | None:
    """One walk per course at the gentlest common percentage that brings all of them to their goals in `points` points.

    The courses follow one another; the rate is steady, in hundredths of a percent. `last_days` applies to the last
    course. None if even cutting everything is too slow (never the case with at least one point per course).
    """

    def line(course: Course, hundredths: int) -> Iterator[Point]:
        return shrinking(course.total, Fraction(10_000 - hundredths, 10_000), days)

    def arrives(hundredths: int) -> bool:
        left = points
        for course in courses:
            used = course.points_to_goal(line(course, hundredths), left, endless=True)
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
        days_at_goal = last_days if course is courses[-1] else None
        walk = course.follow(line(course, high), last_days=days_at_goal, endless=True)
        found.append(Walk(walk.stretches, Fraction(high, 100)))
    return found
