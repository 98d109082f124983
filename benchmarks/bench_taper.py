"""A two-year plan with three doses a day, with tablets, verdicts and supply, against a bare loop over its days."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from benchmarks.line import BenchmarkLine, measured
from plans.domain.taper.engine import Taper, build
from plans.domain.taper.reading import percent_text
from plans.domain.taper.request import TaperRequest

# 1.5 mg of clonazepam three times a day, from 0.5 mg tablets in quarters and 0.125 mg
# orally disintegrating tablets, over two years.
REQUEST = {
    "start": "2026-11-30",
    "regimen": [
        {"time": time, "drug": "clonazepam", "dose_mg": "1.5"} for time in ("morning", "midday", "night")
    ],
    "products": [
        {"drug": "clonazepam", "form": "tablet", "strength_mg": "0.5", "split": 4},
        {"drug": "clonazepam", "form": "odt", "strength_mg": "0.125"},
    ],
    "method": {"name": "target_date", "by": "2028-11-30", "interval_days": 14},
}


def two_years() -> Taper:
    """The plan to measure. Its rate is solved once beforehand, and the plan is built at that rate."""
    return build(TaperRequest.from_json(REQUEST))


def bare(doses: list[tuple[int, int, int]]) -> int:
    """Add up each day's three doses as integers, and nothing else."""
    taken = 0
    for day in doses:
        for dose in day:
            taken += dose
    return taken


def run() -> Iterator[BenchmarkLine]:
    """The lines of this benchmark."""
    solved = two_years()
    request = TaperRequest.from_json(
        REQUEST
        | {
            "method": {
                "name": "percent_of_current",
                "percent": percent_text(solved.rate or Fraction(1)),
                "interval_days": 14,
            }
        }
    )
    days = [(150_000, 150_000, 150_000)] * build(request).schedule.days
    yield measured(
        "two-year taper: tablets, verdicts, supply", lambda: build(request), lambda: bare(days), limit=25
    )


if __name__ == "__main__":
    for line in run():
        print(f"{line.name}: {line.ours:.6f} s, bare loop {line.yardstick:.6f} s, ratio {line.ratio:.1f}")
