"""Oral syringes as pharmacies give them out, and which one measures a volume exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from plans.domain.amounts import Volume


@dataclass(frozen=True, slots=True)
class Syringe:
    """One oral syringe: what it holds, the step of its marks and of its numbers."""

    holds: Volume
    mark: Volume
    number: Volume


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


def syringe_for(volume: Volume) -> Syringe | None:
    """The smallest syringe that holds a volume and has a mark there; None if no usual one does."""
    for syringe in SYRINGES:
        if volume <= syringe.holds and volume.microlitres % syringe.mark.microlitres == 0:
            return syringe
    return None
