"""Days without dispensing: weekends on which the clinic is closed, its own holidays, and public holidays."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from plans.domain.review.deadlines import DAYS, Opening

_FILE: Final = Path(__file__).with_name("public_holidays.toml")
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Holidays:
    """A country's public holidays with the law they are computed from."""

    source: str
    mark: str
    days: frozenset[date]


@functools.cache
def _table() -> dict[str, Holidays]:
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        country: Holidays(found["source"], found["mark"], frozenset(found["days"]))
        for country, found in data.items()
        if isinstance(found, dict)
    }


def public_holidays(country: str) -> Holidays:
    """The public holidays of a country; none for a country not in the table."""
    return _table().get(country, Holidays("", "", frozenset()))


@dataclass(frozen=True, slots=True)
class ClosedDays:
    """The days on which nothing is dispensed to a clinic's patients."""

    opening: Opening
    country: str

    def why(self, day: date) -> str:
        """Why nothing is dispensed on a day: holiday or weekend; empty on any other day."""
        if day in self.opening.holidays or day in public_holidays(self.country).days:
            return "holiday"
        closed = DAYS[day.weekday()] not in self.opening.hours
        return "weekend" if day.weekday() >= _SATURDAY and closed else ""

    def last_open(self, day: date) -> date:
        """The last open day up to and including `day`; `day` itself if the whole month before is closed too."""
        before = (day - timedelta(days=back) for back in range(31))
        return next((found for found in before if not self.why(found)), day)
