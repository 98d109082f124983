"""How a lower daily dose is shared over the times of day: by how much each of them falls.

A method says how much may be taken away from the day at most (the *room*: the distance down to its line). Whatever the
spread, no time of day ever rises, and the day never falls below the line.

**One after another**: the first time of day in the order of falling is lowered to zero, then the next. If a cut asks
for more than is left at that time of day, the dose there ends and the rest waits for the next cut, provided at least
half of the cut was made.

**In turn**: each cut lowers one time of day, the one that has kept the largest share of its first dose; among equals,
the first in the order of falling. A cut that would take more than half of that dose is shared as in *even* (ours: a
single dose should not be halved while the others stay).

**Even**: every time of day keeps its share of the day, as nearly as can be made.

In the last two, no time of day ends while any of them can still be lowered; then the first in the order of falling ends
first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from plans.domain.taper.drug import Spread
from plans.domain.taper.sharing import Doses
from plans.domain.taper.tablets import Tablets

_MOST_KEPT = 512

# Shares are compared as whole numbers, at a resolution finer than any difference between two makeable doses.
_SHARE = 10**12


@dataclass(frozen=True, slots=True)
class Lowering:
    """The times of day of one drug on their way from `start` down to `end` (units, in the order of falling)."""

    spread: Spread
    start: Doses
    end: Doses

    def lowered(self, now: Doses, room: int, stock: Tablets) -> Doses:
        """The doses after a cut of at most `room` units, none above its present dose; `now` if no cut can be made."""
        if room < stock.grain:
            return now
        if self.spread is Spread.ONE_AFTER_ANOTHER:
            return self._first(now, room, stock)
        floors = _floors(self.start, self.end, stock.smallest.units)
        after = self._next(now, room, floors, stock) if self.spread is Spread.IN_TURN else None
        if after is None:
            after = self._evenly(now, room, floors, stock)
        return self._given_up(now, room, floors) if after == now else after

    def _first(self, now: Doses, room: int, stock: Tablets) -> Doses:
        left, doses = room, list(now)
        for n, dose in enumerate(now):
            if dose == self.end[n]:
                continue
            doses[n] = self._lowest(dose, max(self.end[n], dose - left), stock)
            left -= dose - doses[n]
            if doses[n] != self.end[n] or not left or 2 * left <= room:
                break
        return tuple(doses)

    def _next(self, now: Doses, room: int, floors: Doses, stock: Tablets) -> Doses | None:
        """One time of day lowered by the whole cut; None if that would more than halve its dose."""
        for n in self._fullest(now, floors):
            lowest = max(floors[n], now[n] - room)
            if 2 * lowest < now[n]:
                return None
            dose = self._lowest(now[n], lowest, stock)
            if dose < now[n]:
                return (*now[:n], dose, *now[n + 1 :])
        return now

    def _evenly(self, now: Doses, room: int, floors: Doses, stock: Tablets) -> Doses:
        """Every time of day at or just above its share of what is left, then lowered piece by piece to the line."""
        end = sum(self.end)
        span = sum(self.start) - end
        wanted = max(sum(now) - room - end, 0)
        doses, left = list(now), room
        for n, dose in enumerate(now):
            share = self.end[n] - (-wanted * (self.start[n] - self.end[n]) // span)
            lowest = max(share, floors[n], dose - left)
            if lowest < dose:
                doses[n] = self._lowest(dose, lowest, stock)
                left -= dose - doses[n]
        while left >= stock.grain:
            for n in self._fullest(doses, floors):
                lower = max(stock.floor(doses[n] - 1), floors[n])
                if doses[n] - lower <= left:
                    left -= doses[n] - lower
                    doses[n] = lower
                    break
            else:
                break
        return tuple(doses)

    def _given_up(self, now: Doses, room: int, floors: Doses) -> Doses:
        """The doses with the first time of day that can end set to its end, once none can be lowered any further."""
        if any(dose > floor for dose, floor in zip(now, floors, strict=True)):
            return now
        for n, dose in enumerate(now):
            if self.end[n] < dose <= room + self.end[n]:
                return (*now[:n], self.end[n], *now[n + 1 :])
        return now

    def _fullest(self, now: Sequence[int], floors: Doses) -> list[int]:
        """The times of day that can still be lowered, largest remaining share of the first dose first."""
        places = [n for n, dose in enumerate(now) if dose > floors[n]]
        return sorted(places, key=lambda n: -(now[n] * _SHARE // self.start[n]))

    @staticmethod
    def _lowest(dose: int, lowest: int, stock: Tablets) -> int:
        """The lowest makeable dose from `lowest` up to `dose`; `dose` itself can be made."""
        if lowest <= 0:
            return 0
        made = stock.ceil(lowest)
        return dose if made is None else min(made, dose)


@lru_cache(maxsize=_MOST_KEPT)
def _floors(start: Doses, end: Doses, smallest: int) -> Doses:
    """How far each time of day is lowered before any ends: to its dose at the goal, or to the smallest dose."""
    return end if any(end) else tuple(min(dose, smallest) for dose in start)
