"""One drug on its way down: an ideal line of day totals, and the doses that come nearest to it.

A method says what the day's total should ideally be (exact fractions, from the dose at the start, so that rounding
never adds up); a course turns each point of that line into doses the tablets can make.

**Which doses.** Times of day fall in a given order: the first is lowered until nothing is left of it, then the next.
That makes one chain of regimens from the present one down to nothing. A point of the line becomes the regimen of that
chain whose total is nearest, never above the one before; between two equally near the higher, gentler one. If the cut
is too small for the tablets, the regimen stays and the step before grows longer.

**One time of day a step.** When a cut asks for more than the falling time of day has left, that time ends and the
rest is left to the next cut, as long as at least half of the cut was made and the line has not arrived.

**The end.** Going to zero, the last dose passes through the smallest one that can be made, and becomes zero when the
line falls under that smallest dose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple, Protocol

from plans.domain.amounts import Dose
from plans.domain.taper.refusals import NotMakeable, TooLong
from plans.domain.taper.schedule import TimeOfDay
from plans.domain.taper.tablets import Tablets

MOST_DAYS: Final = 3653
MOST_STEPS: Final = 4000

Doses = tuple[int, ...]


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
    `table` the equivalence table of the plan; `first_day` the first day on the present regimen.
    """

    drug: str
    times: tuple[TimeOfDay, ...]
    start: Doses
    goal: int
    stock: Tablets
    table: str
    first_day: date

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

    def arrives(self, line: Iterable[Point], points: int) -> bool:
        """Whether the goal is reached at one of the first `points` points of a line."""
        now = self.start
        for _, point in zip(range(points), line, strict=False):
            now = self.toward(now, point)
            if sum(now) <= self.goal:
                return True
        return False

    def toward(self, now: Doses, point: Point) -> Doses:
        """The regimen of the chain, at `now` or under it, whose total comes nearest to a point of the line."""
        bottom = point.bottom
        arrived = point.top <= self.goal * bottom
        # What is to be taken away, in units times `bottom`, so that everything stays a whole number.
        wanted = (sum(now) - self.goal) * bottom if arrived else sum(now) * bottom - point.top
        if wanted <= 0:
            return now
        left, doses = wanted, list(now)
        for n, dose in enumerate(now):
            if dose == 0:
                continue
            if left < dose * bottom:
                doses[n] = self._lowered(dose, dose * bottom - left, bottom, last=not any(now[n + 1 :]))
                break
            doses[n] = 0
            left -= dose * bottom
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

    def share(self, wanted: int, *, within: Doses) -> Doses | None:
        """A total shared over the times of day, none above `within`: the first in the order falls first.

        None if the tablets cannot make it. Where the falling chain does not pass through the total, every other way
        of sharing it is tried (with solids; a liquid is always on the chain or nowhere near it).
        """
        place = _on_chain(wanted, within)
        if place is None:
            return None
        n, rest = place
        if self.stock.makes(rest):
            return (*(0,) * n, rest, *within[n + 1 :])
        return self._share_otherwise(wanted, within)

    def _share_otherwise(self, wanted: int, within: Doses) -> Doses | None:
        room = [sum(within[n:]) for n in range(len(within) + 1)]
        dead: set[tuple[int, int]] = set()

        def search(n: int, rest: int) -> Doses | None:
            if n == len(within):
                return () if rest == 0 else None
            if (n, rest) in dead or rest > room[n]:
                return None
            for dose in self.stock.between(max(0, rest - room[n + 1]), min(within[n], rest)):
                tail = search(n + 1, rest - dose)
                if tail is not None:
                    return (dose, *tail)
            dead.add((n, rest))
            return None

        return search(0, wanted)

    def nearest_totals(self, wanted: int, *, within: Doses) -> tuple[int, int | None]:
        """The totals of the falling chain on both sides of one: lower, and higher if there is one."""
        place = _on_chain(wanted, within)
        if place is None:
            return sum(within), None
        n, rest = place
        base, higher = wanted - rest, self.stock.ceil(rest)
        return base + self.stock.floor(rest), None if higher is None else base + min(higher, within[n])

    def check_goal(self, where: str) -> None:
        """Refuse a goal the tablets cannot make. Raises NotMakeable with the nearest totals of the day."""
        state = self.toward(self.start, Point(0, self.goal))
        if sum(state) != self.goal:
            lower, higher = self.nearest_totals(self.goal, within=self.start)
            raise NotMakeable(
                where=where,
                nearest=nearest(lower, higher),
                drug=self.drug,
                dose_mg=Dose(self.goal).text,
                max_pieces=self.stock.max_pieces,
                products=[product.name for product in self.stock.products],
                would_help=[],
            )


def _on_chain(wanted: int, within: Doses) -> tuple[int, int] | None:
    """The time of day (its place) that a total falls into, and what is left at it; None if it is out of reach."""
    if not within or not 0 <= wanted <= sum(within):
        return None
    rest, n = wanted, len(within) - 1
    while n > 0 and rest > within[n]:
        rest -= within[n]
        n -= 1
    return n, rest


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


def solved(course: Course, *, points: int, days: int, last_days: int | None = None) -> Walk | None:
    """The gentlest steady percentage, in hundredths of a percent, that reaches the goal within `points` points.

    None if even a cut of everything does not (it always does with one point or more).
    """

    def line(hundredths: int) -> Iterator[Point]:
        return shrinking(course.total, Fraction(10_000 - hundredths, 10_000), days)

    low, high = 1, 10_000
    if points < 1 or not course.arrives(line(high), points):
        return None
    while low < high:
        middle = (low + high) // 2
        if course.arrives(line(middle), points):
            high = middle
        else:
            low = middle + 1
    walk = course.follow(line(high), last_days=last_days)
    return Walk(walk.stretches, Fraction(high, 100))


class Method(Protocol):
    """A way of tapering: read from JSON, written back, and walked down a course."""

    @property
    def name(self) -> str:
        """The name of the method in a request."""

    @property
    def interval_days(self) -> int:
        """How many days lie between two points of its line."""

    def to_json(self) -> dict[str, object]:
        """The method as the request writes it, with every amount in its canonical text."""

    def walk(self, course: Course) -> Walk:
        """The stretches from the present regimen to the goal."""
