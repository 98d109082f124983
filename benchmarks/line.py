"""One line of `make bench`: what was measured, against what, and the ratio allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class BenchmarkLine:
    """`ours` and `yardstick` in `unit`, measured in the same run; `ratio` must not pass `limit` (None: no limit)."""

    name: str
    ours: float
    yardstick: float
    ratio: float
    limit: float | None = None
    unit: str = "s"


def measured(
    name: str, ours: Callable[[], object], yardstick: Callable[[], object], *, limit: float | None = None
) -> BenchmarkLine:
    """A line from the shortest of several alternating runs, so that a busy moment hits both."""
    best = [float("inf"), float("inf")]
    for _ in range(15):
        for n, work in enumerate((ours, yardstick)):
            begun = perf_counter()
            work()
            best[n] = min(best[n], perf_counter() - begun)
    return BenchmarkLine(name, best[0], best[1], best[0] / best[1], limit)
