"""The facts of a visit summary: the plan so far, what was reported, flagged and decided, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from plans.domain.json import Facts


@dataclass(frozen=True, slots=True)
class SummaryTable:
    """A printed table of the summary: heading, column headings with their share of the width, rows of words, and the
    text shown without rows."""

    title: str
    columns: tuple[tuple[str, float], ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str


@dataclass(frozen=True, slots=True)
class Answered:
    """One check-in: the answer code about doses (empty: none), and whether it was missed."""

    on: date
    doses: str
    missed: bool


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A scale's latest total out of `top`, and its change since the previous and since the first check-in (None: there
    was none)."""

    scale: str
    on: date
    now: int
    top: int
    since_last: int | None
    since_first: int | None


@dataclass(frozen=True, slots=True)
class Raised:
    """A flag: rule, severity and the facts of its sentence."""

    on: date
    rule: str
    severity: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decided:
    """How a review ended: its outcome code and note."""

    on: date
    outcome: str
    note: str


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """Everything in the summary of a visit on `day` besides the schedule. `since` is the previous visit, if any; flags
    and decisions are from then on."""

    day: date
    since: date | None
    answered: tuple[Answered, ...]
    scores: tuple[ScoreLine, ...]
    raised: tuple[Raised, ...]
    decided: tuple[Decided, ...]
    next_checkins: tuple[date, ...]
