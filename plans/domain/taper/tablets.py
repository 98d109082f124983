"""Which pieces make a dose: an exact search over what the pharmacy stocks, never a greedy guess.

**Things to take.** A whole, a half or a quarter of a tablet is one piece; one and a half tablets are two pieces, and so
are three quarters (a half and a quarter). A measured volume of a liquid is one thing, and so is a dose of counted
drops; at most one of these is taken for a dose. At most `max_pieces` things are taken at a time. A liquid without named
syringes makes every multiple of its smallest volume, one with syringes the volumes they have marks for.

**Order of preference.** Solids alone if they can make the dose, because a tablet needs no measuring; otherwise with one
liquid. Among these: the fewest things, then the fewest products, then the least splitting (a half counts as one cut, a
quarter as two), then the stronger products. The search is exact: a dose is refused only if no way exists.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from math import gcd
from typing import Final

from plans.domain.amounts import Dose, Volume
from plans.domain.taper.products import Product, Take
from plans.domain.taper.refusals import NoProduct, TooManyCombinations

# Ours, no published limit was found: four pieces still reach 40 mg of diazepam at a time with 10 mg tablets, and each
# further piece is one more to miscount. A clinic may ask for more.
DEFAULT_MAX_PIECES: Final = 4
MOST_PIECES: Final = 16

# Enough for every real pharmacy (a few hundred sums); keeps a made-up list of odd strengths from filling memory.
_MOST_SUMS: Final = 20_000

# A cost is one integer, compared in this order: pieces, products, cuts.
_PIECE: Final = 1_000_000
_PRODUCT: Final = 1_000
_CUT: Final = 1
# Pieces and cuts of the remainder of q quarters: q % 4 is zero, a quarter, a half, or a half and a quarter.
_REST: Final = (0, _PIECE + 2 * _CUT, _PIECE + _CUT, 2 * _PIECE + 3 * _CUT)

_Way = tuple[int, tuple[tuple[Product, int], ...]]


class Tablets:
    """Everything that can be made from the products of one drug, at most `max_pieces` things at a time.

    Built once for a set of products (see `tablets`); all amounts inside are integer units of 0.00001 mg. Raises
    NoProduct without products and TooManyCombinations for a list too large to search.
    """

    __slots__ = (
        "_counted",
        "_liquids",
        "_made",
        "_solids",
        "_sums",
        "grain",
        "max_pieces",
        "products",
        "smallest",
    )

    def __init__(self, drug: str, products: tuple[Product, ...], max_pieces: int) -> None:
        if not products:
            raise NoProduct(where="products", drug=drug)
        self.products = tuple(sorted(products, key=lambda p: (-p.strength.units, p.form.value, p.split)))
        self.max_pieces = max_pieces
        measured = [p for p in self.products if p.is_measured]
        solids = [p for p in self.products if p not in measured]
        self._solids = _solid_sums(drug, solids, max_pieces)
        self._sums = sorted(self._solids)
        self._liquids = [
            (p, p.smallest.units, self._residues(p.smallest.units))
            for p in measured
            if p.is_liquid and not p.syringes
        ]
        self._counted = [_Counted(p) for p in measured if p.is_drops or p.syringes]
        least = [step for _, step, _ in self._liquids] + self._sums[1:2]
        least += [counted.units[0] for counted in self._counted if counted.units]
        if not least:
            raise NoProduct(where="products", drug=drug)
        self.smallest = Dose(min(least))
        # The largest amount of which all makeable doses are multiples.
        self.grain = gcd(*self.grains) or 1
        self._made: dict[int, tuple[Take, ...] | None] = {0: ()}

    def _residues(self, step: int) -> dict[int, int]:
        """For each remainder modulo the liquid's step, the least sum of solids that leaves room for the liquid."""
        least: dict[int, int] = {}
        for units in self._sums:
            if self._solids[units][0] < self.max_pieces * _PIECE:
                least.setdefault(units % step, units)
        return least

    def make(self, dose: Dose) -> tuple[Take, ...] | None:
        """The takes that make exactly this dose, strongest first; None if nothing does. Zero takes nothing."""
        units = dose.units
        if units not in self._made:
            self._made[units] = self._search(units)
        return self._made[units]

    def _search(self, units: int) -> tuple[Take, ...] | None:
        way = self._solids.get(units)
        if way is not None:
            return _takes(way)
        ways = [*self._by_step(units), *self._by_count(units)]
        return min(ways, key=lambda way: way[0])[1] if ways else None

    def _by_step(self, units: int) -> Iterator[tuple[int, tuple[Take, ...]]]:
        """The ways with a liquid drawn to any multiple of its smallest volume, each with its cost."""
        for product, step, residues in self._liquids:
            if residues.get(units % step, units + 1) > units:
                continue
            for part in self._beside(units):
                if (units - part) % step == 0:
                    volume = Volume((units - part) * product.per.microlitres // product.strength.units)
                    yield self._filled_up(part, Take(product, volume=volume))

    def _by_count(self, units: int) -> Iterator[tuple[int, tuple[Take, ...]]]:
        """The ways with drops, or with a liquid drawn by syringes, each with its cost."""
        for counted in self._counted:
            for part in self._beside(units):
                take = counted.takes.get(units - part)
                if take is not None:
                    yield self._filled_up(part, take)

    def _filled_up(self, part: int, take: Take) -> tuple[int, tuple[Take, ...]]:
        solid = self._solids[part]
        return solid[0] + _PIECE + _PRODUCT, (*_takes(solid), take)

    def _beside(self, units: int) -> Iterator[int]:
        """The sums of solids below `units` that leave room for a measured volume or drops."""
        for part in self._sums:
            if part >= units:
                return
            if self._solids[part][0] < self.max_pieces * _PIECE:
                yield part

    def floor(self, units: int) -> int:
        """The highest makeable dose not above `units`; zero if there is none."""
        best = self._sums[bisect_right(self._sums, units) - 1]
        for _, step, residues in self._liquids:
            for residue, least in residues.items():
                if least <= units:
                    best = max(best, units - (units - residue) % step)
        for counted in self._counted:
            best = max([best, *(part + counted.floor(units - part) for part in self._beside(units))])
        return best

    def ceil(self, units: int) -> int | None:
        """The lowest makeable dose not below `units`; None if nothing so high can be made."""
        at = bisect_left(self._sums, units)
        best = self._sums[at] if at < len(self._sums) else None
        for _, step, residues in self._liquids:
            for residue, least in residues.items():
                here = max(least, units + (residue - units) % step)
                best = here if best is None else min(best, here)
        for counted in self._counted:
            for part in self._beside(units) if units else ():
                higher = counted.ceil(units - part)
                if higher is not None:
                    best = part + higher if best is None else min(best, part + higher)
        return best

    def makes(self, units: int) -> bool:
        """Whether the dose can be made."""
        return units in self._solids or self.floor(units) == units

    @property
    def grains(self) -> tuple[int, ...]:
        """The smallest amount of each product: every makeable dose is a sum of these."""
        return tuple(product.smallest.units for product in self.products)

    def up_to(self, high: int) -> set[int]:
        """Every makeable dose from zero to `high`."""
        found = set(self._sums[: bisect_right(self._sums, high)])
        for _, step, residues in self._liquids:
            for least in residues.values():
                found.update(range(least, high + 1, step))
        for counted in self._counted:
            for part in self._beside(high):
                found.update(part + units for units in counted.units if part + units <= high)
        return found

    def nearest(self, dose: Dose) -> tuple[Dose, Dose | None]:
        """The makeable doses on either side of one that is not: lower (at least zero) and higher (None if none)."""
        higher = self.ceil(dose.units)
        return Dose(self.floor(dose.units)), None if higher is None else Dose(higher)


class _Counted:
    """What can be taken of drops, or of a liquid by its syringes: a list instead of the multiples of one step."""

    __slots__ = ("takes", "units")

    def __init__(self, product: Product) -> None:
        self.takes = dict(product.counted)
        self.units = [units for units, _ in product.counted]

    def floor(self, units: int) -> int:
        """The largest not above `units`; zero if there is none."""
        at = bisect_right(self.units, units)
        return self.units[at - 1] if at else 0

    def ceil(self, units: int) -> int | None:
        """The smallest not below `units`; None if there is none."""
        at = bisect_left(self.units, units)
        return self.units[at] if at < len(self.units) else None


def _solid_sums(drug: str, solids: list[Product], max_pieces: int) -> dict[int, _Way]:
    """The best way to every sum that at most `max_pieces` pieces make.

    One product after another, the strongest first. Addition preserves the order of costs, so the best way to a sum
    contains the best ways to its parts and nothing is missed.
    """
    ways: dict[int, _Way] = {0: (0, ())}
    limit = (max_pieces + 1) * _PIECE
    for product in solids:
        options = []
        for quarters in range(4 // product.split, 4 * max_pieces + 4, 4 // product.split):
            cost = _PRODUCT + quarters // 4 * _PIECE + _REST[quarters % 4]
            if cost < limit:
                options.append((product.strength.units * quarters // 4, cost, quarters))
        further = dict(ways)
        for units, (spent, parts) in ways.items():
            for more, cost, quarters in options:
                total, price = units + more, spent + cost
                if price < limit and (total not in further or price < further[total][0]):
                    further[total] = (price, (*parts, (product, quarters)))
            if len(further) > _MOST_SUMS:
                raise TooManyCombinations(where="products", drug=drug)
        ways = further
    return ways


def _takes(way: _Way) -> tuple[Take, ...]:
    return tuple(Take(product, quarters=quarters) for product, quarters in way[1])


@lru_cache(maxsize=256)
def tablets(drug: str, products: tuple[Product, ...], max_pieces: int) -> Tablets:
    """The search for one drug's products, cached for the next plan made from them."""
    return Tablets(drug, products, max_pieces)
