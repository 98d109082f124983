"""Names of methods, spreads, preparations, equivalence tables and their ends, marks of trust and kinds of step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plans.domain.taper.crossover_range import RangeEnd
from plans.domain.taper.drug import SourceMark, Spread
from plans.domain.taper.equivalence import TABLES
from plans.domain.taper.preparation import PreparationName
from plans.domain.taper.schedule import StepKind

_METHODS: Final[Mapping[str, Promise]] = {
    "percent_of_current": _("Percent of the current dose"),
    "percent_of_original": _("Percent of the first dose"),
    "fixed_amount": _("The same amount each time"),
    "bands": _("Bands: smaller cuts at lower doses"),
    "equal_occupancy": _("Equal occupancy (hyperbolic)"),
    "two_rates": _("Two rates: slower under a dose"),
    "micro": _("Daily micro-taper with a liquid"),
    "target_date": _("By a target date"),
    "steps": _("In a number of steps"),
    "typed": _("Typed rows"),
}
_SPREADS: Final[Mapping[Spread, Promise]] = {
    Spread.IN_TURN: _("In turn: one time of day at each cut, none given up early"),
    Spread.EVEN: _("Evenly: every time of day keeps its share"),
    Spread.ONE_AFTER_ANOTHER: _("One time of day after the other"),
}
_PREPARATIONS: Final[Mapping[PreparationName, Promise]] = {
    PreparationName.TABLETS: _("Tablets only"),
    PreparationName.TABLETS_THEN_LIQUID: _("Tablets, then one liquid"),
    PreparationName.LIQUID: _("One liquid"),
    PreparationName.MIXED: _("Tablets and liquid together"),
}
_MARKS: Final[Mapping[SourceMark, Promise]] = {
    SourceMark.VERIFIED: _("read in the source"),
    SourceMark.SECOND_HAND: _("second-hand"),
    SourceMark.UNVERIFIED: _("not verified"),
}
_ENDS: Final[Mapping[RangeEnd, Promise]] = {
    RangeEnd.LOW: _("Low end"),
    RangeEnd.CHOSEN: _("Chosen"),
    RangeEnd.HIGH: _("High end"),
}
_KINDS: Final[Mapping[StepKind, Promise]] = {
    StepKind.START: _("start"),
    StepKind.CUT: _("new dose"),
    # "Hold" alone also means "do not give" to clinicians.
    StepKind.HOLD: _("hold, same dose"),
    StepKind.STEP_BACK: _("step back"),
    StepKind.CROSSOVER: _("switch"),
    StepKind.STOP: _("stop"),
    StepKind.RISE: _("rise"),
    StepKind.SWAP: _("switch"),
    StepKind.SPREAD: _("same dose, other times"),
    StepKind.PAUSE: _("in hospital"),
}


def method_words(name: str) -> str:
    """A method of tapering by its name in a request."""
    return str(_METHODS[name])


def spread_words(spread: Spread) -> str:
    """How a lower dose is shared over the times of day."""
    return str(_SPREADS[spread])


def preparation_words(name: PreparationName) -> str:
    """What the doses of a plan are made of."""
    return str(_PREPARATIONS[name])


def table_words(name: str) -> str:
    """An equivalence table with its year: its title is a proper name and is not translated."""
    table = TABLES[name]
    return (
        table.title
        if table.year in table.title or not table.year.isdigit()
        else f"{table.title} {table.year}"
    )


def end_words(end: RangeEnd) -> str:
    """Which end of the published equivalents."""
    return str(_ENDS[end])


def mark_words(mark: SourceMark | str) -> str:
    """How well a number is sourced."""
    return str(_MARKS[SourceMark(mark)])


def kind_words(kind: StepKind) -> str:
    """What kind of step it is."""
    return str(_KINDS[kind])
