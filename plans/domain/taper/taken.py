"""What was really taken, as somebody told it: it counts before what a plan says of the same days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from plans.domain.regimen import DayDose
from plans.domain.taper.request import Intake


@dataclass(frozen=True, slots=True)
class Recorded:
    """The doses of every day from `first` to `last`, both included; `last` is None while it still goes on."""

    first: date
    last: date | None
    regimen: tuple[Intake, ...]

    @property
    def day(self) -> DayDose:
        """What each of these days adds up to."""
        return DayDose.total(self.regimen)
