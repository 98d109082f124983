"""The relative blood level of a schedule over time: an illustration shown with its inputs, not a measured value.

Model: one compartment, first-order absorption and elimination, doses superposed. The absorption rate is solved from the
published time to peak, because measured absorption half-lives in a one-compartment model put the peak too late (these
drugs have a distribution phase). An active metabolite is formed only from its parent, one for one and equally potent
(an assumption); so nordiazepam sustains the effect of diazepam. Levels of several drugs are added as diazepam
equivalents, each scaled so that equal equivalent doses give equal average levels. A crossover at equal doses therefore
keeps the average and shows what changes: the swing between doses.

Unit: 1,000 is the average level at steady state on the first day's regimen. Never mg/L: no volume of distribution
enters, and no person was measured.

No binary floats: rates come from `Decimal`, and the curve is a recursive integer update (fixed point), so that the same
schedule gives the same bytes on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from enum import Enum
from functools import cache
from operator import add, mul
from typing import Final

from plans.domain.taper import catalogue
from plans.domain.taper.drug import Drug, Metabolite
from plans.domain.taper.measure import measure
from plans.domain.taper.schedule import MINUTES_A_DAY, Schedule, Step, TimeOfDay, times_of_plan
from plans.domain.taper.taken import Intakes
from plans.domain.taper.weekdays import DAYS_A_WEEK

FULL: Final = 1_000
_DAY: Final = 24
_BITS: Final = 32
_ONE: Final = 1 << _BITS


@dataclass(frozen=True, slots=True)
class DrugInputs:
    """What the curve assumes about one drug; hours as text. `metabolite` is "" if none is modelled."""

    drug: str
    tmax_hours: str
    half_life_hours: str
    absorption_per_hour: str
    metabolite: str
    metabolite_half_life_hours: str


@dataclass(frozen=True, slots=True)
class Exposure:
    """One level per hour from midnight of `start`, in thousandths of the first regimen's average.

    `table` is the equivalence table used to add several drugs.
    """

    start: date
    levels: tuple[int, ...]
    inputs: tuple[DrugInputs, ...]
    hours: Mapping[TimeOfDay, int]
    table: str

    def days(self) -> Iterator[tuple[int, int]]:
        """The lowest and highest level of each day: the swing between doses."""
        for at in range(0, len(self.levels), _DAY):
            day = self.levels[at : at + _DAY]
            yield min(day), max(day)


def hours(schedule: Schedule) -> Mapping[TimeOfDay, int]:
    """The clock hours that the curve assumes for the times of day; shown with it."""
    return {time: time.hour for time in times_of_plan(schedule.times)}


@dataclass(frozen=True, slots=True)
class _Term:
    """One exponential in the response to a dose: rate per hour, and weight. A drug's weights sum to zero."""

    rate: Decimal
    weight: Decimal


def curve(schedule: Schedule, *, table: str, extra_days: int = 14) -> Exposure:
    """The curve over the schedule and `extra_days` after it (elimination, or the last regimen continued).

    Raises UnknownDrug, UnknownTable, and PairNotCovered where several drugs must be added and the table lacks one.
    """
    weights = measure(schedule.drugs, table).weights
    answers = {drug: _terms(drug) for drug in schedule.drugs}
    states = [_State(drug, term) for drug, terms in answers.items() for term in terms]
    lasting = schedule.through(schedule.end + timedelta(days=extra_days))
    first = schedule.steps[0]
    first_days = [
        first.on(schedule.start + timedelta(days=n)) for n in range(DAYS_A_WEEK if first.weekly else 1)
    ]
    taken = [timed.dose.units * weights[timed.drug] for day in first_days for timed in day.doses]
    average = sum(taken) // len(first_days) or 1
    plan = [(step.days, _events(step, weights, states, average)) for step in lasting.spans]
    if not schedule.maintenance:
        days, events = plan[-1]
        plan[-1] = (days + extra_days, events)
    before = [_events(day, weights, states, average) for day in first_days]
    for at, state in enumerate(states):
        state.steady(before, at)
    return Exposure(
        schedule.start,
        tuple(_run(plan, states)),
        tuple(_inputs(drug) for drug in schedule.drugs),
        hours(schedule),
        table,
    )


def shares_of_steady(steps: Sequence[Step], drug: str, *, days: int, longest: bool = False) -> list[int]:
    """The daily average level of a drug, in thousandths of its steady level, from the start of the last step.

    For `days` days. The last step's dose is assumed to continue, and the first step's to have been taken long enough to
    be steady. `longest`: use the longest published half-lives instead of the model's.
    """
    weights = {name: int(name == drug) for step in steps for name in (one.drug for one in step.doses)}
    lasting = _Lasting.LONGEST if longest else _Lasting.MODEL
    states = [_State(drug, term) for term in _terms(drug, lasting)]
    average = sum(timed.dose.units for timed in steps[-1].doses if timed.drug == drug)
    plan = [(step.days, _events(step, weights, states, average)) for step in steps]
    plan[-1] = (days, plan[-1][1])
    for at, state in enumerate(states):
        state.steady([plan[0][1]], at)
    levels = list(_run(plan, states))[-days * _DAY :]
    return [sum(levels[at : at + _DAY]) // _DAY for at in range(0, len(levels), _DAY)]


# The gain of each state at the start of each hour of a day.
_Events = list[tuple[int, ...]]


class _State:
    """One exponential stepped through the hours: its value, the share kept per hour, and its gain per dose."""

    def __init__(self, drug: str, term: _Term) -> None:
        self.drug = drug
        with localcontext(prec=40):
            kept = (-term.rate).exp()
            self.kept = int(kept * _ONE)
            # A dose at the start of the hour; scaled by 24 so that a dose of 1 a day averages 1.
            self.gain = int(term.weight * _DAY * _ONE)
        self.rate = term.rate
        self.now = 0

    def steady(self, days: list[_Events], at: int) -> None:
        """Set the state to its steady value in the last hour of a day, repeating these days (one or a week) forever."""
        level = 0
        for events in days:
            for event in events:
                level = (level * self.kept >> _BITS) + event[at]
        with localcontext(prec=40):
            gone = 1 - (-self.rate * _DAY * len(days)).exp()
        self.now = int(level / gone)


def _events(step: Step, weights: Mapping[str, int], states: list[_State], average: int) -> _Events:
    by_hour: list[dict[str, int]] = [{} for _ in range(_DAY)]
    for timed in step.doses:
        hour = by_hour[timed.time.hour]
        hour[timed.drug] = hour.get(timed.drug, 0) + timed.dose.units * weights[timed.drug]
    return [
        tuple(hour.get(state.drug, 0) * state.gain * FULL // average for state in states) for hour in by_hour
    ]


def _run(plan: list[tuple[int, _Events]], states: list[_State]) -> Iterator[int]:
    """The level of every hour: each exponential is stepped through separately, then all are added."""
    columns = [_column(plan, state, at) for at, state in enumerate(states)]
    levels = columns[0]
    for column in columns[1:]:
        levels = list(map(add, levels, column))
    # Rounding can leave a difference of exponentials slightly below zero.
    return (level >> _BITS if level > 0 else 0 for level in levels)


def _column(plan: list[tuple[int, _Events]], state: _State, at: int) -> list[int]:
    level, kept = state.now, state.kept
    found: list[int] = []
    keep = found.append
    for days, events in plan:
        gains = [event[at] for event in events]
        for gain in gains * days:
            level = (level * kept >> _BITS) + gain
            keep(level)
    return found


def steady_low(doses: Intakes, drug: str) -> int:
    """The lowest steady-state level just before a dose of a drug, by its shortest half-life.

    In units of the drug times 2 to the power of 32, scaled so that the daily average equals the daily dose; zero
    without doses. Closed form: the residues of a dose on successive days form a geometric series.
    """
    units = [one.dose.units for one in doses if one.drug == drug]
    rows = _left_before(tuple([one.time.minutes for one in doses if one.drug == drug]), drug)
    return min([sum(map(mul, row, units)) for row in rows], default=0)


@cache
def _left_before(times: tuple[int, ...], drug: str) -> tuple[tuple[int, ...], ...]:
    """For each time (minutes after midnight), what is left just before it of a dose at each of these times."""
    return tuple(
        tuple(_left((at - then) % MINUTES_A_DAY or MINUTES_A_DAY, drug) for then in times) for at in times
    )


@cache
def _left(minutes: int, name: str) -> int:
    """What daily doses of one unit leave `minutes` after the latest, over all days, on a scale averaging 1."""
    with localcontext(prec=40):
        hours = Decimal(minutes) / 60
        levels = (
            term.weight * (-term.rate * hours).exp() / (1 - (-term.rate * _DAY).exp())
            for term in _terms(name, _Lasting.SHORTEST)
        )
        return int(sum(levels) * _DAY * _ONE)


class _Lasting(Enum):
    """Which published half-life to use."""

    MODEL = "model"
    SHORTEST = "shortest"
    LONGEST = "longest"

    def of(self, what: Drug | Metabolite) -> Decimal:
        """The half-life in hours."""
        if self is _Lasting.MODEL:
            return what.model_half_life.value
        return what.half_life.value.low if self is _Lasting.SHORTEST else what.half_life.value.high


@cache
def _terms(name: str, lasting: _Lasting = _Lasting.MODEL) -> tuple[_Term, ...]:
    """The response to one unit of a drug as exponentials, scaled to an area of 1 (per hour)."""
    drug = catalogue.drug(name)
    with localcontext(prec=40):
        half_life = lasting.of(drug)
        ke = Decimal(2).ln() / half_life
        ka = absorption_rate(drug.model_tmax.value, half_life)
        # Parent: area of (exp(-ke t) - exp(-ka t)) ka / (ka - ke) is 1 / ke.
        parent = ka / (ka - ke)
        terms = {ke: parent, ka: -parent}
        area = 1 / ke
        if drug.active_metabolite is not None:
            metabolite = drug.active_metabolite
            km = Decimal(2).ln() / lasting.of(metabolite)
            # Formed at rate ke from the parent: area 1 / km.
            terms[km] = ke * ka / ((ke - km) * (ka - km))
            terms[ke] += ke * ka / ((ka - ke) * (km - ke))
            terms[ka] += ke * ka / ((ke - ka) * (km - ka))
            area += 1 / km
        return tuple(_Term(rate, weight / area) for rate, weight in terms.items())


@cache
def absorption_rate(tmax: Decimal, half_life: Decimal) -> Decimal:
    """The ka (per hour) for which tmax = ln(ka / ke) / (ka - ke), with ke = ln 2 / half_life; by bisection.

    ka is above ke, and a larger ka gives an earlier peak. Raises ValueError for a peak later than 1 / ke, which no ka
    gives.
    """
    with localcontext(prec=40):
        ke = Decimal(2).ln() / half_life
        if tmax * ke >= 1:
            raise ValueError("no absorption rate gives so late a peak")
        low, high = ke, Decimal(10_000)
        for _ in range(120):
            middle = (low + high) / 2
            peak = (middle / ke).ln() / (middle - ke)
            low, high = (middle, high) if peak > tmax else (low, middle)
        return (low + high) / 2


@cache
def _inputs(name: str) -> DrugInputs:
    drug = catalogue.drug(name)
    ka = absorption_rate(drug.model_tmax.value, drug.model_half_life.value)
    metabolite = drug.active_metabolite
    return DrugInputs(
        name,
        str(drug.model_tmax.value),
        str(drug.model_half_life.value),
        str(ka.quantize(Decimal("0.01"))),
        metabolite.name if metabolite else "",
        str(metabolite.model_half_life.value) if metabolite else "",
    )
