"""How many pages 200 plans take: `python -m tests.documents.pages` prints the distribution.

The plans are made by the engine: every drug of the catalogue and every method, one to four times a day, crossovers,
and large print. A plan has a page a month where its days take no more pages than its months and each page says what to
take.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import Any

from plans.documents.kinds import DRAWINGS
from plans.domain.amounts import Dose
from plans.domain.documents.facts import CalendarFacts
from plans.domain.errors import TaperplanError
from plans.domain.taper import catalogue
from plans.domain.taper.drug import COUNTRIES
from plans.domain.taper.engine import build
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import Schedule

TIMES = (
    ("night",),
    ("morning", "night"),
    ("morning", "midday", "night"),
    ("morning", "midday", "evening", "night"),
)
METHODS: tuple[dict[str, Any], ...] = (
    {"name": "percent_of_current", "percent": "10", "interval_days": 14},
    {"name": "percent_of_original", "percent": "10", "interval_days": 14},
    {"name": "percent_of_current", "percent": "5", "interval_days": 14, "lengthen_days": 1},
    {"name": "equal_occupancy", "points": "5", "interval_days": 14},
    {
        "name": "two_rates",
        "first": {"percent": "10", "interval_days": 14},
        "then": {"percent": "5", "interval_days": 21},
        "below_mg": "1",
    },
    {"name": "steps", "count": 12, "interval_days": 21},
    {"name": "target_date", "by": "2027-11-30", "interval_days": 14},
    {"name": "micro", "percent": "10", "interval_days": 28},
)
SWITCHED = (
    "alprazolam",
    "lorazepam",
    "clonazepam",
    "oxazepam",
    "temazepam",
    "chlordiazepoxide",
    "bromazepam",
)
PLANS, CROSSOVERS, LARGE = 200, 24, 12


@dataclass(frozen=True)
class Counted:
    """A plan and the pages it takes: `day_pages` carry days."""

    name: str
    months: int
    pages: int
    day_pages: int
    large: bool = False

    @property
    def page_a_month(self) -> bool:
        """Whether a month is one page; every page of days says what to take."""
        return self.day_pages <= self.months


def _asked(
    drug: str, country: str, times: tuple[str, ...], method: dict[str, Any], tablets: int
) -> dict[str, Any]:
    strengths = [one.strength for one in catalogue.default_products(drug, country) if not one.is_measured]
    middle = sorted(strengths)[len(strengths) // 2]
    dose = Dose(tablets * middle.units).text
    return {
        "start": "2026-11-30",
        "country": country,
        "regimen": [{"time": time, "drug": drug, "dose_mg": dose} for time in times],
        "method": method,
    }


def _single() -> Iterator[tuple[str, Schedule]]:
    """Plans of one drug: another method, country and number of times at each turn."""
    drugs = catalogue.names()
    for n in count():
        drug = drugs[n % len(drugs)]
        # The four counts of times come round with every method, whatever the number of drugs.
        times, method = TIMES[(n + n // len(drugs)) % 4], METHODS[(n // 4 + n) % len(METHODS)]
        country = COUNTRIES[(n // 3) % len(COUNTRIES)]
        try:
            made = build(TaperRequest.from_json(_asked(drug, country, times, method, 1 + n % 2)))
        except (TaperplanError, IndexError):
            # Not sold there, or its products are too coarse for the method.
            continue
        yield f"{drug} {country} {len(times)}x {method['name']}", made.schedule


def _crossovers() -> Iterator[tuple[str, Schedule]]:
    """Staged switches to diazepam and the way down from there."""
    for n in count():
        drug, times = SWITCHED[n % len(SWITCHED)], TIMES[n % 4]
        method = {"name": "percent_of_current", "percent": "10", "interval_days": 14}
        try:
            asked = _asked(drug, COUNTRIES[n % 3], times, method, 1)
            asked |= {"crossover": {"to": "diazepam", "stage_days": (7, 14)[n % 2]}, "max_pieces": 8}
            made = build(TaperRequest.from_json(asked))
        except (TaperplanError, IndexError):
            continue
        yield f"{drug} to diazepam {len(times)}x", made.schedule


def plans() -> Iterator[tuple[str, Schedule, bool]]:
    """Name, schedule, and whether it is in large print."""
    for name, schedule in islice(_single(), PLANS - CROSSOVERS - LARGE):
        yield name, schedule, False
    for name, schedule in islice(_crossovers(), CROSSOVERS):
        yield name, schedule, False
    for name, schedule in islice(_single(), LARGE):
        yield f"{name} large", schedule, True


def counted(name: str, given: CalendarFacts) -> Counted:
    """The pages of one calendar, measured without drawing them."""
    drawing = DRAWINGS["calendar"]
    sections = drawing.sections(drawing.context(given))
    day_pages = sum(bool(section.days(n)) for section in sections for n in range(section.pages))
    days = {day for section in sections for n in range(section.pages) for day in section.days(n)}
    months = len({(day.year, day.month) for day in days})
    return Counted(name, months, sum(s.pages for s in sections), day_pages, given.large)


def measure() -> list[Counted]:
    """Every plan's pages."""
    from tests.documents.plans import facts, of_kind

    found = []
    for name, schedule, large in plans():
        given = replace(facts(schedule), large=large)
        one = of_kind(given, "calendar")
        assert isinstance(one, CalendarFacts)
        found.append(counted(name, one))
    return found


def main() -> None:
    """Print the distribution, and each plan that takes more than a page a month."""
    import os

    import django

    os.environ.setdefault("SECRET_KEY", "pages")
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=True)
    django.setup()
    found = measure()
    for large in (False, True):
        some = [one for one in found if one.large is large]
        pages = sorted(one.pages for one in some)
        a_month = sorted(one.day_pages / one.months for one in some)
        good = sum(one.page_a_month for one in some)
        print(f"{'large print' if large else 'normal print'}: {len(some)} plans")
        for label, rank in (
            ("least", 0),
            ("half", len(some) // 2),
            ("95 of 100", len(some) * 95 // 100),
            ("most", -1),
        ):
            print(f"  {label:<10} {pages[rank]:>4} pages, {a_month[rank]:.2f} a month")
        print(f"  a page a month with everything on it: {good}, {100 * good / len(some):.1f} of 100")
    for one in sorted(found, key=lambda one: -one.day_pages / one.months):
        if not one.page_a_month:
            print(f"  {one.name}: {one.pages} pages, {one.day_pages} for {one.months} months")
    if "--json" in sys.argv:
        print(json.dumps([vars(one) for one in found]))


if __name__ == "__main__":
    main()
