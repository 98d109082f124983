"""The search for whole plans to choose from, in its worst case, beside half a second: every country, every drug.

The largest dose that four of the strongest product make, three times a day, lowered by 5 % every seven days.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from benchmarks.line import BenchmarkLine
from plans.domain.amounts import Dose
from plans.domain.errors import TaperError
from plans.domain.taper import catalogue
from plans.domain.taper.drug import COUNTRIES
from plans.domain.taper.engine import Taper, build
from plans.domain.taper.options import options
from plans.domain.taper.request import TaperRequest

SECONDS = 0.5
TIMES = ("morning", "midday", "night")


def tapers() -> Iterator[Taper]:
    """A long plan of every drug as it is stocked by default in every country."""
    for country in COUNTRIES:
        for drug in catalogue.names():
            products = catalogue.default_products(drug, country)
            strengths = [product.strength.units for product in products if not product.is_measured]
            if not strengths:
                continue
            dose = Dose(4 * max(strengths)).text
            asked = {
                "start": "2026-11-30",
                "country": country,
                "regimen": [{"time": time, "drug": drug, "dose_mg": dose} for time in TIMES],
                "method": {"name": "percent_of_current", "percent": "5", "interval_days": 7},
            }
            try:
                yield build(TaperRequest.from_json(asked))
            except TaperError:
                # Some cannot be made so: too coarse, or longer than a plan may be.
                continue


def run() -> Iterator[BenchmarkLine]:
    """The slowest of all."""
    searched = 0
    slowest, which = 0.0, ""
    for taper in tapers():
        seconds = []
        for _ in range(3):
            begun = perf_counter()
            options(taper)
            seconds.append(perf_counter() - begun)
        searched += 1
        if min(seconds) > slowest:
            slowest, which = min(seconds), f"{taper.schedule.drug}, {taper.request.country}"
    name = f"whole plans to choose from: {which}, of {searched}"
    yield BenchmarkLine(name, slowest, SECONDS, slowest / SECONDS, 1)
