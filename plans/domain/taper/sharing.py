"""Sharing of a daily total over the times of day, each limited to its makeable doses and a largest dose.

First, the chain: the times of day are lowered one after another, so that at most one of them is between zero and its
present dose. If the chain does not reach a total, all other combinations are searched: the makeable doses of a time are
the bits of one whole number, one bit per grain (the largest amount that divides all of them), and two times of day are
added by adding their bits. The search is exact for solids and liquids; for a grain so fine that the numbers become too
long (`MOST_GRAINS`), only the chain is tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import Final

from plans.domain.taper.tablets import Tablets

# 40 mg a day in steps of 0.005 mg; with finer doses the chain reaches any total.
MOST_GRAINS: Final = 8_000

Doses = tuple[int, ...]


class Sharing:
    """The totals of one drug that its times of day can add up to, none above its dose in `within`.

    `within` are units, in the order in which the times of day fall.
    """

    def __init__(self, stock: Tablets, within: Doses) -> None:
        self._stock = stock
        self._within = within
        self._grain = gcd(*stock.grains) or 1
        self._reached: list[int] | None = None

    def share(self, wanted: int, *, evenly: bool = False) -> Doses | None:
        """The doses that make a total: those of the chain, else the combination that takes most from the first times.

        `evenly`: instead, each time of day as near its share of `within` as can be made. None if there is no way.
        """
        place = self._on_chain(wanted)
        if evenly and place is not None and len(self._within) > 1:
            shared = self._otherwise(wanted, evenly=True)
            if shared is not None:
                return shared
        if place is None:
            return None
        n, rest = place
        if self._stock.makes(rest):
            return (*(0,) * n, rest, *self._within[n + 1 :])
        return self._otherwise(wanted)

    def nearest(self, wanted: int) -> tuple[int, int | None]:
        """The totals nearest to one that cannot be made: the lower, and the higher if it is not above `within`."""
        place = self._on_chain(wanted)
        if place is None:
            return sum(self._within), None
        n, rest = place
        base, higher = wanted - rest, self._stock.ceil(rest)
        low = base + self._stock.floor(rest)
        high = None if higher is None else base + min(higher, self._within[n])
        reached = self._reach()
        if reached is None:
            return low, high
        grains, more = divmod(wanted, self._grain)
        under = reached[0] & ((1 << grains + 1) - 1)
        over = reached[0] >> (grains + bool(more))
        low = max(low, (under.bit_length() - 1) * self._grain)
        if over:
            first = (grains + bool(more) + (over & -over).bit_length() - 1) * self._grain
            high = first if high is None else min(high, first)
        return low, high

    def _on_chain(self, wanted: int) -> tuple[int, int] | None:
        """The index of the time of day that the chain is lowering at a total, and its dose; None if out of reach."""
        within = self._within
        if not within or not 0 <= wanted <= sum(within):
            return None
        rest, n = wanted, len(within) - 1
        while n > 0 and rest > within[n]:
            rest -= within[n]
            n -= 1
        return n, rest

    def _otherwise(self, wanted: int, *, evenly: bool = False) -> Doses | None:
        reached = self._reach()
        grains, more = divmod(wanted, self._grain)
        if reached is None or more or not reached[0] >> grains & 1:
            return None
        found = []
        for n, most in enumerate(self._within):
            doses = _bits(self._doses(min(most // self._grain, grains)))
            for dose in self._nearest_share(n, wanted, doses) if evenly else doses:
                if reached[n + 1] >> grains - dose & 1:
                    found.append(dose * self._grain)
                    grains -= dose
                    break
        return tuple(found)

    def _nearest_share(self, n: int, wanted: int, doses: Iterator[int]) -> list[int]:
        """The doses of a time of day, nearest to its share of a total first; of two equally near, the higher first."""
        whole, share = sum(self._within), wanted * self._within[n]
        return sorted(doses, key=lambda dose: (abs(dose * self._grain * whole - share), -dose))

    def _reach(self) -> list[int] | None:
        """For each time of day, the totals (grains, as bits) that it and the later ones can make; None if too fine."""
        if self._reached is None and sum(self._within) // self._grain <= MOST_GRAINS:
            reached = [1]
            for most in reversed(self._within):
                doses, before, sums = self._doses(most // self._grain), reached[0], 0
                for dose in _bits(doses):
                    sums |= before << dose
                reached.insert(0, sums)
            self._reached = reached
        return self._reached

    def _doses(self, most: int) -> int:
        """The makeable doses up to `most` grains, as bits."""
        return sum(1 << units // self._grain for units in self._stock.up_to(most * self._grain))


def _bits(number: int) -> Iterator[int]:
    """The positions of the set bits, lowest first."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
