"""Which pieces make a dose: an exact search over what the pharmacy stocks, never a greedy guess.

**Things to take.** A whole, a half or a quarter of a tablet is one piece; one and a half tablets are two pieces, three
quarters are two (a half and a quarter). A drawn volume of a liquid is one thing, and at most one liquid is drawn for a
dose. At most `max_pieces` things are taken at a time.

**Which way.** Solids alone when they can make the dose, because a tablet needs no measuring; else with one liquid.
Among those ways: the fewest things, then the fewest products, then the least splitting (a half counts one cut, a
quarter two), then the stronger products. The search is exact: a dose is refused only when no way exists.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import lru_cache
from typing import Final

from plans.domain.amounts import MICROLITRES_PER_ML, Dose, Volume
from plans.domain.taper.products import Product, Take
from plans.domain.taper.refusals import NoProduct, TooManyCombinations

# Ours, no published limit was found: four pieces still reach 40 mg of diazepam at a time with 10 mg tablets, and each
# piece more is one more to count out wrongly. A clinic may ask for more.
DEFAULT_MAX_PIECES: Final = 4
MOST_PIECES: Final = 16

# Enough for every real pharmacy (a few hundred sums); stops a made-up list of odd strengths from filling memory.
_MOST_SUMS: Final = 20_000

# A cost is one integer, compared in this order: pieces, products, cuts.
_PIECE: Final = 1_000_000
_PRODUCT: Final = 1_000
_CUT: Final = 1
# Pieces and cuts of the rest when q quarters are taken: q % 4 is nothing, a quarter, a half, a half and a quarter.
_REST: Final = (0, _PIECE + 2 * _CUT, _PIECE + _CUT, 2 * _PIECE + 3 * _CUT)

_Way = tuple[int, tuple[tuple[Product, int], ...]]


class Tablets:
    """Everything that can be made of the products of one drug, at most `max_pieces` things at a time.

    Built once for a set of products (see `tablets`); all amounts inside are integer units of 0.00001 mg.
    Raises NoProduct without products and TooManyCombinations for a list no search should be spent on.
    """

    __slots__ = ("_liquids", "_made", "_solids", "_sums", "max_pieces", "products", "smallest")

    def __init__(self, drug: str, products: tuple[Product, ...], max_pieces: int) -> None:
        if not products:
            raise NoProduct(where="products", drug=drug)
        self.products = tuple(sorted(products, key=lambda p: (-p.strength.units, p.form.value, p.split)))
        self.max_pieces = max_pieces
        solids = [p for p in self.products if not p.is_liquid]
        self._solids = _solid_sums(drug, solids, max_pieces)
        self._sums = sorted(self._solids)
        self._liquids = [
            (p, p.smallest.units, self._residues(p.smallest.units)) for p in self.products if p.is_liquid
        ]
        least = [step for _, step, _ in self._liquids] + self._sums[1:2]
        self.smallest = Dose(min(least))
        self._made: dict[int, tuple[Take, ...] | None] = {0: ()}

    def _residues(self, step: int) -> dict[int, int]:
        """For each remainder by the liquid's step, the least sum of solids that leaves it and room for the liquid."""
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
        best: tuple[int, tuple[Take, ...]] | None = None
        for product, step, residues in self._liquids:
            if residues.get(units % step, units + 1) > units:
                continue
            for part in self._sums:
                if part > units:
                    break
                solid = self._solids[part]
                cost = solid[0] + _PIECE + _PRODUCT
                if (units - part) % step or cost >= (self.max_pieces + 1) * _PIECE:
                    continue
                if best is None or cost < best[0]:
                    volume = Volume((units - part) * MICROLITRES_PER_ML // product.strength.units)
                    best = (cost, (*_takes(solid), Take(product, volume=volume)))
                if part == 0:
                    break
        return None if best is None else best[1]

    def floor(self, units: int) -> int:
        """The highest makeable dose not above `units`; zero if there is none."""
        best = self._sums[bisect_right(self._sums, units) - 1]
        for _, step, residues in self._liquids:
            for residue, least in residues.items():
                if least <= units:
                    best = max(best, units - (units - residue) % step)
        return best

    def ceil(self, units: int) -> int | None:
        """The lowest makeable dose not under `units`; None if nothing so high can be made."""
        at = bisect_left(self._sums, units)
        best = self._sums[at] if at < len(self._sums) else None
        for _, step, residues in self._liquids:
            for residue, least in residues.items():
                here = max(least, units + (residue - units) % step)
                best = here if best is None else min(best, here)
        return best

    def makes(self, units: int) -> bool:
        """Whether the dose can be made."""
        return self.floor(units) == units

    @property
    def grains(self) -> tuple[int, ...]:
        """Amounts every makeable dose is a sum of: the smallest of each product."""
        return tuple(product.smallest.units for product in self.products)

    def up_to(self, high: int) -> set[int]:
        """Every makeable dose from zero to `high`."""
        found = set(self._sums[: bisect_right(self._sums, high)])
        for _, step, residues in self._liquids:
            for least in residues.values():
                found.update(range(least, high + 1, step))
        return found

    def nearest(self, dose: Dose) -> tuple[Dose, Dose | None]:
        """The makeable doses on both sides of one that is not: lower (zero at least) and higher (None if none)."""
        higher = self.ceil(dose.units)
        return Dose(self.floor(dose.units)), None if higher is None else Dose(higher)


def _solid_sums(drug: str, solids: list[Product], max_pieces: int) -> dict[int, _Way]:
    """The best way to every sum that at most `max_pieces` pieces make.

    One product after the other, the strongest first. The order of costs is kept by addition, so the best way to a
    sum contains the best ways to its parts and nothing is missed.
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
    """The search for one drug's products, kept for the next plan made of the same ones."""
    return Tablets(drug, products, max_pieces)
