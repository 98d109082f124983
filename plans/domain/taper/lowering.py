"""How a lower day is shared over the times of day: by how much each of them falls.

A method says how much may be taken away from the day at most (the *room*: what lies above its line). Whatever the
spread, no time of day ever rises, and the day never falls under the line.

**One after another**: the first time of day in the order of falling is lowered until nothing is left of it, then the
next. When a cut asks for more than the falling time has left, that time ends and the rest waits for the next cut, as
long as at least half of the cut was made.

**In turn**: each cut lowers one time of day, the one that has kept most of its first dose; among equals the first in
the order of falling. A cut that would take more than half of that one dose is shared as in *even* (ours: a single dose
should not be halved while the others stand).

**Even**: every time of day keeps its share of the day, as nearly as can be made.

In the last two no time of day is given up while any of them can still be lowered; then the first in the order of
falling ends first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from plans.domain.taper.drug import Spread
from plans.domain.taper.sharing import Doses
from plans.domain.taper.tablets import Tablets

_MOST_KEPT = 512

# Shares are compared as whole numbers; finer than any two doses that can be made differ.
_SHARE = 10**12


@dataclass(frozen=True, slots=True)
class Lowering:
    """The times of day of one drug on their way from `start` down to `end` (units, in the order of falling)."""

    spread: Spread
    start: Doses
    end: Doses

    def lowered(self, now: Doses, room: int, stock: Tablets) -> Doses:
        """The doses after a cut of at most `room` units, none above its dose `now`; `now` if no cut can be made."""
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
        """One time of day lowered by the whole cut; None where that would more than halve its dose."""
        for n in self._fullest(now, floors):
            lowest = max(floors[n], now[n] - room)
            if 2 * lowest < now[n]:
                return None
            dose = self._lowest(now[n], lowest, stock)
            if dose < now[n]:
                return (*now[:n], dose, *now[n + 1 :])
        return now

    def _evenly(self, now: Doses, room: int, floors: Doses, stock: Tablets) -> Doses:
        """Every time of day at its share of what is left, or just above it, then piece by piece down to the line."""
        end = sum(self.end)
        span = sum(self.start) - end
        wanted = max(sum(now) - room - end, 0)
        doses, left = list(now), room
        for n, dose in enumerate(now):
            share = self.end[n] - (-wanted * (self.start[n] - self.end[n]) // span)
            doses[n] = self._lowest(dose, max(share, floors[n], dose - left), stock)
            left -= dose - doses[n]
        while left >= stock.grain:
            for n in self._fullest(tuple(doses), floors):
                lower = max(stock.floor(doses[n] - 1), floors[n])
                if doses[n] - lower <= left:
                    left -= doses[n] - lower
                    doses[n] = lower
                    break
            else:
                break
        return tuple(doses)

    def _given_up(self, now: Doses, room: int, floors: Doses) -> Doses:
        """The first time of day that can end, once none of them can be lowered any further."""
        if any(dose > floor for dose, floor in zip(now, floors, strict=True)):
            return now
        for n, dose in enumerate(now):
            if self.end[n] < dose <= room + self.end[n]:
                return (*now[:n], self.end[n], *now[n + 1 :])
        return now

    def _fullest(self, now: Doses, floors: Doses) -> Iterator[int]:
        """The times of day that can still be lowered, those first that have kept most of their first dose."""
        places = [n for n, dose in enumerate(now) if dose > floors[n]]
        return iter(sorted(places, key=lambda n: -(now[n] * _SHARE // self.start[n])))

    @staticmethod
    def _lowest(dose: int, lowest: int, stock: Tablets) -> int:
        """The lowest dose that can be made from `lowest` up to `dose`, which is one if no other is."""
        if lowest <= 0:
            return 0
        made = stock.ceil(lowest)
        return dose if made is None else min(made, dose)


@lru_cache(maxsize=_MOST_KEPT)
def _floors(start: Doses, end: Doses, smallest: int) -> Doses:
    """How far each time of day is lowered before any is given up: to its dose at the goal, or to the smallest dose."""
    return end if any(end) else tuple(min(dose, smallest) for dose in start)
