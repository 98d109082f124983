"""Limits that read the day: the time between two doses of a drug, and how low its level falls over the day."""

from __future__ import annotations

from decimal import Decimal
from math import exp, log
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.domain.amounts import Dose
from plans.domain.taper import catalogue
from plans.domain.taper.day_limits import longest_gap
from plans.domain.taper.engine import build
from plans.domain.taper.exposure import absorption_rate, steady_low
from plans.domain.taper.limit_rules import LimitLevel, Verdict
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import DAY_ORDER, USUAL_TIMES, Schedule, StepKind, TimedDose, TimeOfDay
from plans.domain.taper.taken import lived
from tests.domain.taper.asking import DRUGS
from tests.domain.taper.judging import found, judged
from tests.domain.taper.schedules import drops, laid_out, mg

MORNING, MIDDAY, EVENING, NIGHT = USUAL_TIMES
# Alprazolam three times a day, by the method's own steps to once a night: as a clinic had it before doses were lowered
# in turn.
ALPRAZOLAM: dict[str, Any] = {
    "start": "2026-11-30",
    "regimen": [
        {"time": time, "drug": "alprazolam", "dose_mg": "1"} for time in ("morning", "midday", "night")
    ],
    "method": {
        "name": "typed",
        "rows": [
            {
                "days": 14,
                "doses": [
                    {"time": time, "drug": "alprazolam", "dose_mg": dose} for time, dose in row.items()
                ],
            }
            for row in (
                {"morning": "1", "midday": "1", "night": "1"},
                {"morning": "0.7", "midday": "1", "night": "1"},
                {"morning": "0.425", "midday": "1", "night": "1"},
                {"morning": "0.2", "midday": "1", "night": "1"},
                {"midday": "1", "night": "1"},
                {"midday": "0.775", "night": "1"},
                {"midday": "0.6", "night": "1"},
                {"midday": "0.425", "night": "1"},
                {"midday": "0.3", "night": "1"},
                {"midday": "0.125", "night": "1"},
                {"night": "1"},
            )
        ],
    },
}


def days(drug: str, *rows: dict[TimeOfDay, str], kinds: dict[int, StepKind] | None = None) -> Schedule:
    """A fortnight on each of these days of one drug."""
    laid = [(14, [drops(drug, dose, time) for time, dose in row.items()]) for row in rows]
    return laid_out(drug, laid, kinds=kinds)


def of(schedule: Schedule, rule: str, **more: Any) -> Verdict:
    (one,) = [one for one in judged(schedule, **more) if one.rule == rule]
    return one


# ── the time between two doses ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("times", "hours"),
    [
        ((NIGHT,), 24),
        ((MORNING, NIGHT), 14),
        ((MORNING, EVENING), 14),
        ((MORNING, MIDDAY, NIGHT), 10),
        ((MIDDAY, NIGHT), 14),
        ((MORNING, MIDDAY, EVENING, NIGHT), 10),
        ((), 0),
    ],
)
def test_the_longest_gap_goes_round_the_clock(times: tuple[TimeOfDay, ...], hours: int) -> None:
    assert longest_gap([drops("alprazolam", "1", time) for time in times], "alprazolam") == hours * 60


def test_short_acting_doses_taken_away_one_by_one_need_a_reason_each_time() -> None:
    taper = build(TaperRequest.from_json(ALPRAZOLAM))
    gaps = [one for one in taper.verdicts if one.rule == "dose_gap"]
    assert [(one.steps, one.level) for one in gaps] == [
        ((5,), LimitLevel.NEEDS_REASON),
        ((11,), LimitLevel.NEEDS_REASON),
    ]
    assert (gaps[1].facts["before_hours"], gaps[1].facts["gap_hours"]) == ("14", "24")
    assert gaps[1].facts["half_life_hours"] == "6"


def test_up_to_5_mg_of_diazepam_a_longer_gap_is_a_note() -> None:
    twice = {MORNING: "0.25", NIGHT: "0.25"}
    assert found(days("lorazepam", twice, {NIGHT: "0.5"}), "dose_gap") == [(2, LimitLevel.NOTE)]
    assert found(days("lorazepam", twice, {NIGHT: "0.50001"}), "dose_gap") == [(2, LimitLevel.NEEDS_REASON)]


def test_twice_the_shortest_half_life_may_pass_between_doses() -> None:
    # clonazepam: 18 hours at least, so a day may pass; lorazepam: 10 hours
    rows = ({MORNING: "1", NIGHT: "1"}, {NIGHT: "1.8"})
    assert found(days("clonazepam", *rows), "dose_gap") == []
    assert found(days("lorazepam", *rows), "dose_gap") == [(2, LimitLevel.NEEDS_REASON)]


def test_a_drug_taken_once_a_day_from_the_start_has_no_gap_to_grow() -> None:
    rows = [{NIGHT: "2"}, {MORNING: "0.9", NIGHT: "0.9"}, {NIGHT: "1.6"}]
    assert found(days("lorazepam", *rows), "dose_gap") == []


def test_a_gap_is_compared_with_the_day_before_and_with_what_is_taken_now() -> None:
    three = {MORNING: "1", MIDDAY: "1", NIGHT: "1"}
    two = {MIDDAY: "1", NIGHT: "1.5"}
    assert found(days("alprazolam", three, two, two), "dose_gap") == [(2, LimitLevel.NEEDS_REASON)]
    now = [drops("alprazolam", "1.5", time) for time in (MIDDAY, NIGHT)]
    schedule = days("alprazolam", three, two)
    assert found(schedule, "dose_gap", lived=lived(schedule, now=now)) == []


def test_what_a_crossover_replaces_leaves_no_gap() -> None:
    old = [drops("lorazepam", "1", time) for time in (MORNING, NIGHT)]
    new = drops("diazepam", "10", NIGHT)
    rows = [(14, old), (7, [old[0], new])]
    assert found(laid_out("diazepam", rows, kinds={2: StepKind.CROSSOVER}), "dose_gap") == []


# ── the low of the day ───────────────────────────────────────────────────────────────────────────────────────


def test_a_low_that_falls_as_the_dose_does_is_no_finding() -> None:
    assert found(days("zolpidem", {NIGHT: "10"}, {NIGHT: "7"}, {NIGHT: "4"}), "trough") == []
    even = [{MORNING: dose, NIGHT: dose} for dose in ("1", "0.8", "0.6")]
    assert found(days("lorazepam", *even), "trough") == []


def test_a_low_that_falls_by_more_than_a_tenth_and_more_than_the_dose_is_a_note() -> None:
    one = of(days("alprazolam", {MORNING: "1", NIGHT: "1"}, {MORNING: "0.8", NIGHT: "1"}), "trough")
    assert (one.step, one.level, one.facts["dose_percent"]) == (2, LimitLevel.NOTE, "-10.00")
    assert -25 < float(str(one.facts["change_percent"])) < -10


def test_a_low_that_falls_by_more_than_a_quarter_needs_a_reason_above_5_mg_of_diazepam() -> None:
    twice = {MORNING: "0.5", NIGHT: "0.5"}
    assert found(days("alprazolam", twice, {NIGHT: "0.9"}), "trough") == [(2, LimitLevel.NEEDS_REASON)]
    twice = {MORNING: "0.125", NIGHT: "0.125"}
    assert found(days("alprazolam", twice, {NIGHT: "0.225"}), "trough") == [(2, LimitLevel.NOTE)]


def test_the_same_dose_at_other_times_is_read_as_well() -> None:
    assert found(days("alprazolam", {MORNING: "1", NIGHT: "1"}, {NIGHT: "2"}), "trough") == [
        (2, LimitLevel.NEEDS_REASON)
    ]


def test_the_story_of_one_dose_a_night_names_the_steps_whose_low_falls_most() -> None:
    taper = build(TaperRequest.from_json(ALPRAZOLAM))
    needed = [
        one.steps for one in taper.verdicts if one.rule == "trough" and one.level is LimitLevel.NEEDS_REASON
    ]
    assert {n for steps in needed for n in steps} >= {5, 11}


def doses_of(drug: str) -> st.SearchStrategy[list[TimedDose]]:
    amounts = st.dictionaries(st.sampled_from(DAY_ORDER), st.integers(1, 500), min_size=1)
    return amounts.map(lambda day: [drops(drug, Dose(n * 1000).text, time) for time, n in day.items()])


def by_simulation(doses: list[TimedDose], drug: str) -> float:
    """The low before a dose after 200 days, dose by dose, of the drug without its metabolite."""
    known = catalogue.drug(drug)
    half_life = known.half_life.value.low
    ke = log(2) / float(half_life)
    ka = float(absorption_rate(known.model_tmax.value, half_life))
    taken = [(day * 24 + one.time.minutes / 60, one.dose.units) for day in range(200) for one in doses]

    def level(at: float) -> float:
        after = [(at - then, units) for then, units in taken if then < at]
        return sum(units * (exp(-ke * hours) - exp(-ka * hours)) for hours, units in after)

    return min(level(199 * 24 + one.time.minutes / 60) for one in doses) * ka * ke / (ka - ke) * 24


@pytest.mark.slow
@given(st.data(), st.sampled_from([name for name in DRUGS if not catalogue.drug(name).active_metabolite]))
def test_the_closed_form_is_what_dose_after_dose_comes_to(data: st.DataObject, drug: str) -> None:
    doses = data.draw(doses_of(drug))
    assert steady_low(doses, drug) / 2**32 == pytest.approx(by_simulation(doses, drug), rel=1e-6, abs=1e-3)


def test_the_low_is_that_of_the_shortest_half_life() -> None:
    # lorazepam, 10 hours at least: after a day a fifth of the peak is left, a third by the model's half-life
    share = steady_low([drops("lorazepam", "1")], "lorazepam") / 2**32 / mg("1").units
    assert share == pytest.approx(0.406, abs=0.001)


@pytest.mark.parametrize("drug", catalogue.names())
def test_every_drug_has_a_low_by_its_shortest_half_life(drug: str) -> None:
    low = catalogue.drug(drug).half_life.value.low
    assert Decimal(0) < low
    assert 0 < steady_low([drops(drug, "1")], drug) < 100_000 * 2**32


@pytest.mark.slow
@given(st.data(), st.sampled_from(DRUGS), st.integers(2, 9))
def test_a_day_of_equal_parts_falls_by_the_same_share_as_its_low(
    data: st.DataObject, drug: str, parts: int
) -> None:
    doses = data.draw(doses_of(drug))
    more = [drops(drug, Dose(one.dose.units * parts).text, one.time) for one in doses]
    assert steady_low(more, drug) == steady_low(doses, drug) * parts
