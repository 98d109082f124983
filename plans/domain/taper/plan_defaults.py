"""A clinic's defaults: with what the form of a new plan begins, and when a dose that stays is reviewed.

They only fill the form: a plan is judged and signed whatever it began with. A method whose figures are milligrams
depends on the dose and is kept as a template instead, which goes before these.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Final

from plans.domain.errors import TaperError
from plans.domain.json import JsonObject
from plans.domain.taper.drug import Spread
from plans.domain.taper.equivalence import DEFAULT_TABLE, TABLES
from plans.domain.taper.maintenance import REVIEW_WEEKS
from plans.domain.taper.reading import members, percent, percent_text, whole, word
from plans.domain.taper.refusals import OutOfRange
from plans.domain.taper.request import DEFAULT_DISPENSE
from plans.domain.taper.supply import FILL_DAYS
from plans.domain.taper.tablets import DEFAULT_MAX_PIECES, MOST_PIECES

METHODS: Final = ("percent_of_current", "percent_of_original")
MOST_REVIEW_WEEKS: Final = 52
"""A review is at most a year ahead (`maintenance.LATEST_REVIEW_DAYS`)."""


@dataclass(frozen=True, slots=True)
class PlanDefaults:
    """With what a new plan begins: `percent` of the dose every `interval_days`, each step longer by `lengthen_days`.

    `spread` is how a lower day is shared over its times ("": as is usual for the drug). Each fill of `dispense_days` is
    handed out in parts of `instalment_days` (0: at once). A dose that stays is reviewed after `review_weeks`.
    """

    method: str = METHODS[0]
    percent: str = "10"
    interval_days: int = 14
    lengthen_days: int = 0
    spread: str = ""
    equivalence: str = DEFAULT_TABLE
    max_pieces: int = DEFAULT_MAX_PIECES
    dispense_days: int = DEFAULT_DISPENSE
    instalment_days: int = 0
    review_weeks: int = REVIEW_WEEKS

    def to_json(self) -> JsonObject:
        """The defaults as stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> PlanDefaults:
        """Read what `to_json` wrote; a key that is not there has its default. Raises TaperError with the key."""
        usual = asdict(cls())
        one = {**usual, **members(value, "", optional=usual)}
        made = cls(
            method=word(one["method"], "method", METHODS),
            percent=percent_text(percent(one["percent"], "percent")),
            interval_days=whole(one["interval_days"], "interval_days", lowest=1, highest=366),
            lengthen_days=whole(one["lengthen_days"], "lengthen_days", lowest=0, highest=366),
            spread=word(one["spread"], "spread", ("", *Spread)),
            equivalence=word(one["equivalence"], "equivalence", TABLES),
            max_pieces=whole(one["max_pieces"], "max_pieces", lowest=1, highest=MOST_PIECES),
            dispense_days=_fill(one["dispense_days"], "dispense_days"),
            instalment_days=_fill(one["instalment_days"], "instalment_days") if one["instalment_days"] else 0,
            review_weeks=whole(one["review_weeks"], "review_weeks", lowest=1, highest=MOST_REVIEW_WEEKS),
        )
        if made.instalment_days >= made.dispense_days:
            raise OutOfRange(
                where="instalment_days",
                raw=str(made.instalment_days),
                lowest="1",
                highest=str(made.dispense_days - 1),
            )
        return made

    @classmethod
    def usable(cls, value: object) -> PlanDefaults:
        """The stored defaults; the release's own where they cannot be read."""
        try:
            return cls() if value is None else cls.from_json(value)
        except TaperError:
            return cls()

    @property
    def digest(self) -> str:
        """SHA-256 of the defaults, to detect that somebody else saved them in the meantime."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()


def _fill(value: object, where: str) -> int:
    """Days of a fill, one of FILL_DAYS."""
    return int(word(str(value), where, tuple(map(str, FILL_DAYS))))
