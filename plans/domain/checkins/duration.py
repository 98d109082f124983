"""How many minutes a check-in takes, from when its pages were saved. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Final


@dataclass(frozen=True, slots=True)
class Minutes:
    """Whole minutes, rounded up: of the first check-in, and of those after it."""

    first: int
    later: int

    def of(self, form: str) -> int:
        """The minutes of a form ("baseline" is the first one)."""
        return self.first if form == "baseline" else self.later


COUNTED: Final = Minutes(first=6, later=4)
"""Until a clinic has figures of its own: counted in November 2026 on the form itself, nothing to report. The first
check-in is 20 pages and 69 taps, about 6 minutes for a steady reader; a weekly one 14 pages, 50 taps and some 1,850
words, about 3.5. An estimate: nobody was timed, and whose hands shake may need twice as long."""
ENOUGH: Final = 10
"""So many sittings before a clinic's own median stands for them."""
LEFT_AFTER: Final = timedelta(minutes=10)
"""A page takes seconds. Who saves nothing for so long has left and come back: the sitting says nothing of the form."""
QUICKEST: Final = timedelta(seconds=30)
"""Nobody reads a check-in faster; what a program filled in is not a sitting."""


def took(saves: Sequence[datetime]) -> float | None:
    """How many seconds one sitting took, from opening its first page to sending the last; None where it tells nothing.

    `saves`: when each page was saved, in order, the sending last. When the first page was opened is on no record, so
    it counts as long as the median of the pages after it.
    """
    gaps = [(after - before).total_seconds() for before, after in pairwise(saves)]
    if not gaps or max(gaps) >= LEFT_AFTER.total_seconds():
        return None
    whole = sum(gaps) + median(gaps)
    return whole if whole >= QUICKEST.total_seconds() else None


def typical(sittings: Iterable[Sequence[datetime]]) -> int | None:
    """The median of sittings in whole minutes, rounded up; None until there are enough that tell something."""
    found = [one for one in map(took, sittings) if one is not None]
    return math.ceil(median(found) / 60) if len(found) >= ENOUGH else None
