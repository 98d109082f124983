"""A clinic's own limits: within them a finding of the pace or of the tail asks for no reason.

It stays a finding, as a note that says up to which figure, who signed it and on which day. Of the five rules that a
clinic may ease only these two ask for a reason at all: the day of the start, the day of a cut and a coarse last step
are notes. No other rule can be eased: not the ceiling, a rise, a new drug, an abrupt stop, a maximum or the time
between doses.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from plans.domain.amounts import Dose
from plans.domain.errors import Fact
from plans.domain.json import JsonObject
from plans.domain.taper.reading import members, plain_text, whole, word

# From just past the guideline's pace up to the percentage of its ceiling, which holds over half as many days.
PACE: Final = (20, 25)
# Past the tail's own 1 mg of diazepam equivalent in 14 days, up to twice that (ours, no guideline's).
TAILS: Final = tuple(Dose.parse(mg) for mg in ("1.25", "1.5", "1.75", "2"))


@dataclass(frozen=True, slots=True)
class ClinicLimits:
    """The limits of a clinic and their signature; None where the rule's own figure holds.

    `pace`: whole percent that a dose may fall in any 28 days, also in one cut. `tail`: diazepam equivalent that may be
    taken away in any 14 days from 5 mg a day or less. `by` and `on` (ISO): who signed them, and when.
    """

    pace: int | None = None
    tail: Dose | None = None
    by: str = ""
    on: str = ""

    @property
    def any(self) -> bool:
        """Whether a limit is set at all."""
        return self.pace is not None or self.tail is not None

    @property
    def digest(self) -> str:
        """SHA-256 of the limits, to detect that somebody else signed others in the meantime."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    def facts(self, rule: str) -> dict[str, Fact]:
        """What a finding of the rule says when it is within the limit: up to which figure, signed by whom and when."""
        figure = {"pace": str(self.pace or ""), "tail": self.tail.text if self.tail else ""}[rule]
        return {"agreed": figure, "agreed_by": self.by, "agreed_on": self.on}

    def to_json(self) -> JsonObject:
        """The limits as stored."""
        return {
            "pace": self.pace,
            "tail": self.tail.text if self.tail else None,
            "by": self.by,
            "on": self.on,
        }

    @classmethod
    def from_json(cls, value: object) -> ClinicLimits:
        """Read what `to_json` wrote. Raises TaperError with the path."""
        one = members(value, "", required=("pace", "tail", "by", "on"))
        return cls(
            None if one["pace"] is None else whole(one["pace"], "pace", lowest=PACE[0], highest=PACE[1]),
            None
            if one["tail"] is None
            else Dose.parse(word(one["tail"], "tail", [dose.text for dose in TAILS])),
            plain_text(one["by"], "by"),
            plain_text(one["on"], "on"),
        )


NONE: Final = ClinicLimits()


def agreed(facts: Mapping[str, object]) -> dict[str, str]:
    """The limit within which a finding lies, from its facts; empty without one."""
    return {name: str(facts[name]) for name in ("agreed", "agreed_by", "agreed_on") if name in facts}
