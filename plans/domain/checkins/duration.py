"""How many minutes a check-in takes, from the times its pages were saved."""

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
"""Used until a clinic has figures of its own. Counted in November 2026 on the form with nothing to report: a first
check-in has 20 pages and 69 taps, about 6 minutes for a steady reader; a weekly one 14 pages, 50 taps and some 1,850
words, about 3.5. This is an estimate: nobody was timed, and somebody with shaking hands may need twice as long."""
ENOUGH: Final = 10
"""How many timed check-ins a clinic needs before its own median is used."""
LEFT_AFTER: Final = timedelta(minutes=10)
"""A page takes seconds. After a gap this long the patient had left and come back, so the sitting is not counted."""
QUICKEST: Final = timedelta(seconds=30)
"""Nobody reads a check-in faster; anything faster was filled in by a program."""


def took(saves: Sequence[datetime]) -> float | None:
    """Seconds that one sitting took, from opening its first page to sending the last; None if it cannot be counted.

    `saves`: when each page was saved, in order, ending with the sending. When the first page was opened is not
    recorded, so it counts as the median of the pages after it.
    """
    gaps = [(after - before).total_seconds() for before, after in pairwise(saves)]
    if not gaps or max(gaps) >= LEFT_AFTER.total_seconds():
        return None
    whole = sum(gaps) + median(gaps)
    return whole if whole >= QUICKEST.total_seconds() else None


def typical(sittings: Iterable[Sequence[datetime]]) -> int | None:
    """The median of sittings in whole minutes, rounded up; None until enough can be counted."""
    found = [one for one in map(took, sittings) if one is not None]
    return math.ceil(median(found) / 60) if len(found) >= ENOUGH else None
