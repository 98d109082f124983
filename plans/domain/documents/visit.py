"""What a visit summary tells: the way so far, what was reported, what was flagged and decided, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from plans.domain.json import Facts


@dataclass(frozen=True, slots=True)
class SummaryTable:
    """A table of the summary as it is printed: heading, column headings with their share of the width, rows of words,
    and what stands there when there are none."""

    title: str
    columns: tuple[tuple[str, float], ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str


@dataclass(frozen=True, slots=True)
class Answered:
    """One check-in: the code of what was said about the doses (empty: nothing), and whether it was missed."""

    on: date
    doses: str
    missed: bool


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A scale's latest total out of `top`, and the change since the check-in before and since the first (None: there
    was none)."""

    scale: str
    on: date
    now: int
    top: int
    since_last: int | None
    since_first: int | None


@dataclass(frozen=True, slots=True)
class Raised:
    """A flag: rule, severity and the facts its sentence is made of."""

    on: date
    rule: str
    severity: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decided:
    """How a review ended: the code of the outcome and what was noted."""

    on: date
    outcome: str
    note: str


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """Everything the summary of a visit on `day` says beside the schedule. `since` is the visit before, if any; flags
    and decisions are from then on."""

    day: date
    since: date | None
    answered: tuple[Answered, ...]
    scores: tuple[ScoreLine, ...]
    raised: tuple[Raised, ...]
    decided: tuple[Decided, ...]
    next_checkins: tuple[date, ...]
