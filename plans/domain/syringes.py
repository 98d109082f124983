"""Oral syringes: those that pharmacies supply, those a plan names, and the draws that measure a volume exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from plans.domain.amounts import Volume
from plans.domain.errors import TaperError

SMALLEST_DRAW: Final = Volume(100)
"""Every draw must be more than this: 1 mL enteral syringes were off by more than a tenth at 0.1 mL and below
(Arenas-López et al., Arch Dis Child 2017;102:655; abstract verified)."""
MOST_DRAWS: Final = 4
"""Our own limit, since no published one was found: each further draw may be miscounted."""
LARGEST: Final = Volume(60_000)
_NUMBERED: Final = 10


class BadSyringe(TaperError):
    """An impossible syringe: `why` is mark (its marks do not end at its capacity) or size (too large)."""

    code = "bad_syringe"
    shown = frozenset({"why"})


@dataclass(frozen=True, slots=True, order=True)
class Syringe:
    """One oral syringe: its capacity, and the intervals of its marks and numbers."""

    holds: Volume
    mark: Volume
    number: Volume

    def measures(self, volume: Volume) -> bool:
        """Whether it holds a volume and has a mark for it."""
        return volume <= self.holds and volume.microlitres % self.mark.microlitres == 0


@dataclass(frozen=True, slots=True)
class Draw:
    """One filling of a syringe up to a mark."""

    syringe: Syringe
    volume: Volume


SYRINGES: Final = tuple(
    Syringe(Volume(holds), Volume(mark), Volume(number))
    for holds, mark, number in (
        (1_000, 50, 200),
        (1_000, 10, 100),
        (3_000, 100, 500),
        (5_000, 200, 1_000),
        (5_000, 100, 1_000),
        (10_000, 500, 1_000),
        (10_000, 200, 2_000),
        (10_000, 250, 1_000),
    )
)


def syringe_of(holds: Volume, mark: Volume) -> Syringe:
    """The syringe with a capacity and an interval of marks. Raises BadSyringe."""
    if holds > LARGEST:
        raise BadSyringe(why="size", most_ml=LARGEST.text)
    if not mark.microlitres or holds.microlitres % mark.microlitres:
        raise BadSyringe(why="mark", size_ml=holds.text, mark_ml=mark.text)
    for known in SYRINGES:
        if (known.holds, known.mark) == (holds, mark):
            return known
    marks = holds.microlitres // mark.microlitres
    numbered = next(n for n in range(1, marks + 1) if marks % n == 0 and marks // n <= _NUMBERED)
    return Syringe(holds, mark, Volume(mark.microlitres * numbered))


USUAL: Final = tuple(
    syringe_of(Volume(holds), Volume(mark)) for holds, mark in ((1_000, 10), (5_000, 200), (10_000, 500))
)
"""The default syringes of a plan (1 mL by 0.01, 5 mL by 0.2, 10 mL by 0.5)."""


def syringe_for(volume: Volume, among: Sequence[Syringe] = SYRINGES) -> Syringe | None:
    """The smallest syringe that measures a volume at once; None if none does."""
    found = (syringe for syringe in among if syringe.measures(volume))
    return min(found, key=lambda syringe: syringe.holds, default=None)


def draws_of(volume: Volume, among: Sequence[Syringe]) -> tuple[Draw, ...]:
    """The draws that measure a volume: one, or one syringe filled as often as needed and then the rest in one draw.

    The syringe that is filled is the largest that leaves a rest another has a mark for: 5.2 mL is 5 mL and 0.2 mL where
    the 10 mL syringe has no such mark. Empty where these syringes cannot measure it, or only by a draw of
    `SMALLEST_DRAW` or less.
    """
    for fills in _filled(among):
        full, rest = divmod(volume.microlitres, fills.holds.microlitres)
        if full + bool(rest) > MOST_DRAWS or 0 < rest <= SMALLEST_DRAW.microlitres:
            continue
        last = syringe_for(Volume(rest), among) if rest else None
        if last is not None or not rest:
            drawn = [Draw(fills, fills.holds)] * full
            return tuple(drawn if last is None else [*drawn, Draw(last, Volume(rest))])
    return ()


def _filled(among: Sequence[Syringe]) -> list[Syringe]:
    """The syringes that may be filled more than once, or before a rest: the largest first, one of each capacity."""
    by_size = {syringe.holds: syringe for syringe in among if syringe.holds > SMALLEST_DRAW}
    return [by_size[holds] for holds in sorted(by_size, reverse=True)]


def volumes_of(among: Sequence[Syringe]) -> tuple[int, ...]:
    """Every volume these syringes measure (see `draws_of`), in microlitres, the smallest first."""
    single = {
        microlitres
        for syringe in among
        for microlitres in range(0, syringe.holds.microlitres + 1, syringe.mark.microlitres)
        if microlitres == 0 or microlitres > SMALLEST_DRAW.microlitres
    }
    sizes = [syringe.holds.microlitres for syringe in _filled(among)]
    found = {
        full * size + rest for size in sizes for full in range(MOST_DRAWS) for rest in single if rest <= size
    }
    return tuple(sorted(found - {0}))
