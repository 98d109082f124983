"""The guideline limits: one spec each, with the source of its number, and what a finding of one says.

What each looks for is a function in `limits.py`, whose `judge` runs them all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from plans.domain.amounts import Dose
from plans.domain.errors import Facts
from plans.domain.taper.drug import SourceMark
from plans.domain.taper.measure import WINDOW_DAYS


class LimitLevel(StrEnum):
    """What a finding asks for."""

    NOTE = "note"
    NEEDS_REASON = "needs_reason"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class LimitRule:
    """One limit. `window_days` 0: not a matter of a window. `basis`: current (dose before the window) or "".

    `threshold` is in percent where `basis` is set, else a number the docstring of the rule's function
    explains. `exempt_up_to`: the diazepam equivalent a day (mg) up to which the rule is a note, "" if none.
    """

    id: str
    level: LimitLevel
    source: str
    mark: SourceMark
    window_days: int = 0
    basis: str = ""
    threshold: str = ""
    exempt_up_to: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One finding: the rule, the step it names (None: the whole plan) and the figures, as codes and texts."""

    rule: str
    level: LimitLevel
    step: int | None
    facts: Facts = field(hash=False)
    source: str
    mark: str


JCPG: Final = "Joint Clinical Practice Guideline on Benzodiazepine Tapering 2025"
OURS: Final = "Taperplan's own rule, no guideline's"

# Up to here (mg diazepam equivalent a day) published schedules no longer cut by percent but by a fixed
# amount: NICE CKS goes "minus 0.5 to 1 mg" from 5 mg down, and breaks every percentage on the last steps.
LOW_DOSE: Final = Dose.parse("5")
# The larger of the smallest published last steps (NICE CKS and Maudsley: 0.5 to 1 mg of diazepam).
LAST_STEP: Final = Dose.parse("1")

_CEILING = LimitRule(
    "ceiling",
    LimitLevel.NEEDS_REASON,
    f"{JCPG}, recommendation 6: typically not over 25 % every 2 weeks",
    SourceMark.VERIFIED,
    WINDOW_DAYS,
    "current",
    "25",
    LOW_DOSE.text,
)
_PACE = LimitRule(
    "pace",
    LimitLevel.NEEDS_REASON,
    f"{JCPG}, key takeaway 5: 5 to 10 % every 2 to 4 weeks",
    SourceMark.VERIFIED,
    WINDOW_DAYS,
    "current",
    "10",
    LOW_DOSE.text,
)
_TAIL = LimitRule(
    "tail",
    LimitLevel.NEEDS_REASON,
    f"{OURS}; NICE CKS as transcribed by docslib.org: minus 0.5 to 1 mg of diazepam from 5 mg to 0",
    SourceMark.SECOND_HAND,
    WINDOW_DAYS,
    threshold=LAST_STEP.text,
)
_STOP_FROM = LimitRule(
    "stop_from", LimitLevel.NEEDS_REASON, _TAIL.source, SourceMark.SECOND_HAND, threshold=LAST_STEP.text
)
_COARSE_END = LimitRule("coarse_end", LimitLevel.NOTE, OURS, SourceMark.UNVERIFIED)
_ALTERNATE = LimitRule(
    "alternate_day",
    LimitLevel.NEEDS_REASON,
    "Alprazolam label on symptoms when the interval outlasts the drug; the rule itself is unconfirmed",
    SourceMark.UNVERIFIED,
)
_MAX_DOSE = LimitRule(
    "max_dose", LimitLevel.NEEDS_REASON, "maximum daily dose of the drug file", SourceMark.UNVERIFIED
)
_ABOVE_BOTH = LimitRule("above_max_and_now", LimitLevel.REFUSED, OURS, SourceMark.UNVERIFIED)
_HALF_LIVES = LimitRule(
    "four_half_lives",
    LimitLevel.NOTE,
    "Pharmacokinetics: a new level stands after four to five half-lives; half-life of the drug file",
    SourceMark.UNVERIFIED,
    threshold="4",
)
_START_DAY = LimitRule("start_day", LimitLevel.NOTE, OURS, SourceMark.UNVERIFIED)
_CUT_DAY = LimitRule("cut_day", LimitLevel.NOTE, OURS, SourceMark.UNVERIFIED)
_STRENGTH = LimitRule(
    "unverified_product",
    LimitLevel.NEEDS_REASON,
    "the drug file's mark of the strength",
    SourceMark.UNVERIFIED,
)
_LONGER_STEP = LimitRule("longer_step", LimitLevel.NOTE, OURS, SourceMark.UNVERIFIED)
_RISE = LimitRule(
    "rise",
    LimitLevel.NEEDS_REASON,
    f"{OURS}; class labels: tolerance is lost as the dose falls, and an old dose can sedate and slow breathing",
    SourceMark.UNVERIFIED,
)
_NEW_DRUG = LimitRule(
    "new_drug",
    LimitLevel.NEEDS_REASON,
    f"{OURS}: one drug written in another's place is a usual slip",
    SourceMark.UNVERIFIED,
)
_ABRUPT_STOP = LimitRule(
    "abrupt_stop",
    LimitLevel.NEEDS_REASON,
    f"{JCPG}, recommendation 2: do not stop abruptly in somebody who is likely to be physically dependent",
    SourceMark.VERIFIED,
    threshold=LOW_DOSE.text,
)
_MAX_BEFORE = LimitRule("max_dose_before", LimitLevel.NOTE, _MAX_DOSE.source, SourceMark.UNVERIFIED)

RULES: Final[dict[str, LimitRule]] = {
    rule.id: rule
    for rule in (
        _CEILING, _PACE, _TAIL, _STOP_FROM, _COARSE_END, _ALTERNATE, _MAX_DOSE, _ABOVE_BOTH, _HALF_LIVES,
        _START_DAY, _CUT_DAY, _STRENGTH, _LONGER_STEP, _RISE, _NEW_DRUG, _ABRUPT_STOP, _MAX_BEFORE,
    )
}  # fmt: skip


def finding(
    rule: str,
    step: int | None,
    facts: Facts,
    *,
    level: LimitLevel | None = None,
    source: str = "",
    mark: SourceMark | None = None,
) -> Verdict:
    """A finding of the rule; level, source and mark are the rule's unless said otherwise."""
    known = RULES[rule]
    return Verdict(
        rule, level or known.level, step, facts, source or known.source, (mark or known.mark).value
    )
