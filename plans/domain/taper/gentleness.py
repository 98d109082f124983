"""What counts as a gentle cut while a plan is laid out: the guideline's limits, in units of one drug.

`limits.py` judges the finished plan. Here the same figures choose the preparation with the gentler cuts and the last
dose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from plans.domain.taper.course import Stretch
from plans.domain.taper.limit_rules import LAST_STEP, LOW_DOSE, RULES
from plans.domain.taper.measure import measure
from plans.domain.taper.request import LAST_DOSE

_CEILING_PERCENT: Final = int(RULES["ceiling"].threshold)


@dataclass(frozen=True, slots=True)
class Gentleness:
    """The limits of one drug in its own units, by an equivalence table; all zero if the table lacks the drug.

    `low_dose`: the dose up to which a cut is judged by its size; `last_step`: the largest cut there; `last_dose`: the
    smallest published last dose.
    """

    low_dose: int
    last_step: int
    last_dose: int

    @classmethod
    def of(cls, drug: str, table: str) -> Gentleness:
        """The limits of a drug. Raises UnknownTable."""
        diazepam = measure((drug,), table).diazepam
        if diazepam is None:
            return cls(0, 0, 0)
        count, of = diazepam
        return cls(
            low_dose=LOW_DOSE.units * of // count,
            last_step=LAST_STEP.units * of // count,
            last_dose=-(-LAST_DOSE.units * of // count),
        )

    def most(self, before: int) -> int:
        """The largest cut (units) from a day's total that is within the limits."""
        return self.last_step if before <= self.low_dose else before * _CEILING_PERCENT // 100

    def too_far(self, before: int, after: int) -> bool:
        """Whether a cut passes a limit."""
        return before - after > self.most(before)

    def excess(self, stretches: Sequence[Stretch]) -> int:
        """How far the worst cut exceeds both its limit and what was asked for, in half milligrams of diazepam.

        If the table lacks the drug, in twentieths of the first dose.
        """
        grain = max(1, self.last_dose or sum(stretches[0].doses) // 20)
        totals = [sum(stretch.doses) for stretch in stretches]
        worst = 0
        for stretch, (had, has) in zip(stretches[1:], pairwise(totals), strict=True):
            over = had - has - stretch.asked
            if over > worst:
                worst = max(worst, min(over, had - has - self.most(had)))
        return -(-worst // grain)
