"""A clinic's facts: what patients and messages are told, with their consistency rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from plans.domain.errors import Refused
from plans.domain.json import Facts, JsonObject
from plans.domain.review.deadlines import DAYS

PAPERS: Final = ("a4", "letter")
# More holidays than any year has: a pasted list is refused, not silently cut.
HOLIDAYS_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class ClinicFacts:
    """A clinic's facts. `hours` are opening and closing times by weekday; a missing day is closed.

    Raises Refused("closes_first") with `where` naming the day's closing time.
    """

    name: str
    phone: str
    address: str
    pharmacist_phone: str
    hours: Mapping[str, tuple[time, time]]
    holidays: tuple[date, ...]
    crisis_words: str
    out_of_hours_words: str
    paper: str

    def __post_init__(self) -> None:
        for day in DAYS:
            if day in self.hours and self.hours[day][0] >= self.hours[day][1]:
                raise Refused(reason="closes_first", where=f"{day}_closes")

    def columns(self) -> JsonObject:
        """The facts as stored: times and dates as ISO text, days in the order of the week."""
        return {
            "name": self.name,
            "phone": self.phone,
            "address": self.address,
            "pharmacist_phone": self.pharmacist_phone,
            "hours": {
                day: [moment.isoformat("minutes") for moment in self.hours[day]]
                for day in DAYS
                if day in self.hours
            },
            "holidays": [day.isoformat() for day in sorted(set(self.holidays))],
            "crisis_words": self.crisis_words,
            "out_of_hours_words": self.out_of_hours_words,
            "paper": self.paper,
        }

    @property
    def digest(self) -> str:
        """Identifies these facts: a form carries it, so that two people cannot overwrite each other."""
        return hashlib.sha256(json.dumps(self.columns(), sort_keys=True).encode()).hexdigest()[:32]


def read_facts(columns: Facts) -> ClinicFacts:
    """The facts of a row written by `columns()`, or before it existed."""
    return ClinicFacts(
        name=columns["name"],
        phone=columns["phone"],
        address=columns["address"],
        pharmacist_phone=columns["pharmacist_phone"],
        hours={
            day: (time.fromisoformat(pair[0]), time.fromisoformat(pair[1]))
            for day, pair in columns["hours"].items()
            if len(pair) == 2
        },
        holidays=tuple(sorted(date.fromisoformat(raw) for raw in columns["holidays"])),
        crisis_words=columns["crisis_words"],
        out_of_hours_words=columns["out_of_hours_words"],
        paper=columns["paper"],
    )


def changed_fields(before: ClinicFacts, after: ClinicFacts) -> tuple[str, ...]:
    """The names of the facts that differ."""
    old, new = before.columns(), after.columns()
    return tuple(name for name in old if old[name] != new[name])
