"""The relative level: the model's own arithmetic, its peak times, its metabolite, and what a crossover smooths."""

from __future__ import annotations

from decimal import Decimal

import pytest

from plans.domain.taper import catalogue
from plans.domain.taper.exposure import FULL, absorption_rate, curve
from plans.domain.taper.schedule import StepKind, TimeOfDay
from tests.domain.taper.schedules import drops, laid_out, nightly

# Solved by others from the same inputs: half-life and time to peak in hours, ka per hour.
SOLVED = """diazepam 6.05, clorazepate 4.52, clonazepam 3.04, alprazolam 2.54, lorazepam 1.77, chlordiazepoxide 1.62,
oxazepam 1.23, temazepam 2.59, clobazam 2.49, nitrazepam 8.40, bromazepam 3.09, triazolam 1.65, estazolam 1.98,
zolpidem 1.19, zopiclone 1.71, eszopiclone 2.47, zaleplon 1.44"""
TABLE = "ashton_2002"


@pytest.mark.parametrize("line", SOLVED.replace("\n", " ").split(", "))
def test_the_absorption_rate_is_solved_from_the_time_to_peak(line: str) -> None:
    name, expected = line.split()
    drug = catalogue.drug(name)
    rate = absorption_rate(drug.model_tmax.value, drug.model_half_life.value)
    assert rate.quantize(Decimal("0.01")) == Decimal(expected)


def test_a_peak_too_late_for_the_half_life_has_no_rate() -> None:
    with pytest.raises(ValueError, match="no absorption rate"):
        absorption_rate(Decimal(10), Decimal(5))


@pytest.mark.parametrize("drug", ["diazepam", "clonazepam", "lorazepam", "flurazepam"])
def test_the_first_regimen_stands_at_its_own_average(drug: str) -> None:
    levels = curve(nightly(drug, ["2", "2"]), table="va_dod_2021").levels
    for day in range(28):
        assert sum(levels[day * 24 : day * 24 + 24]) / 24 == pytest.approx(FULL, rel=0.02)


def test_half_the_dose_comes_to_half_the_level() -> None:
    levels = curve(nightly("clonazepam", ["2", "1", "1"]), table=TABLE).levels
    assert sum(levels[-24:]) / 24 == pytest.approx(FULL / 2, rel=0.02)


def test_after_the_last_dose_the_level_fades_to_nothing() -> None:
    levels = curve(nightly("lorazepam", ["1", "0"]), table=TABLE).levels
    assert levels[-1] == 0
    assert len(levels) == (14 + 1 + 14) * 24


def test_the_level_falls_by_half_in_a_half_life() -> None:
    clonazepam = curve(nightly("clonazepam", ["2", "0"]), table=TABLE).levels
    hours = 15 * 24
    assert clonazepam[hours + 39] / clonazepam[hours] == pytest.approx(0.5, abs=0.01)


def test_nordiazepam_carries_diazepam_past_its_own_half_life() -> None:
    diazepam = curve(nightly("diazepam", ["10", "0"]), table=TABLE).levels
    hours = 15 * 24
    assert diazepam[hours + 48] / diazepam[hours] > 0.6


def test_a_short_acting_drug_swings_more_than_a_long_acting_one() -> None:
    swings = {}
    for drug in ("alprazolam", "diazepam"):
        low, high = list(curve(nightly(drug, ["1", "1"]), table=TABLE).days())[7]
        swings[drug] = high - low
    assert swings["alprazolam"] > 4 * swings["diazepam"]


def test_more_times_a_day_smooth_the_swing() -> None:
    thrice = [
        drops("lorazepam", "1", time) for time in (TimeOfDay.MORNING, TimeOfDay.MIDDAY, TimeOfDay.NIGHT)
    ]
    once = list(curve(nightly("lorazepam", ["3"]), table=TABLE).days())[5]
    often = list(curve(laid_out("lorazepam", [(14, thrice)]), table=TABLE).days())[5]
    assert often[1] - often[0] < once[1] - once[0]


def test_a_crossover_at_equal_doses_keeps_the_average_in_the_end() -> None:
    rows = [(14, [drops("lorazepam", "2")]), (60, [drops("diazepam", "20")])]
    found = curve(laid_out("diazepam", rows, kinds={2: StepKind.CROSSOVER}), table=TABLE, extra_days=0)
    assert sum(found.levels[-24:]) / 24 == pytest.approx(FULL, rel=0.02)
    days = list(found.days())
    assert days[-1][1] - days[-1][0] < (days[5][1] - days[5][0]) / 2


def test_the_curve_names_its_inputs_and_no_concentration() -> None:
    found = curve(nightly("diazepam", ["10"]), table=TABLE)
    (inputs,) = found.inputs
    assert (inputs.half_life_hours, inputs.tmax_hours, inputs.absorption_per_hour) == ("48", "1", "6.05")
    assert (inputs.metabolite, inputs.metabolite_half_life_hours) == ("nordiazepam", "62")
    assert all(isinstance(level, int) for level in found.levels)


def test_the_same_schedule_gives_the_same_curve() -> None:
    schedule = nightly("diazepam", ["10", "9", "8"])
    assert curve(schedule, table=TABLE) == curve(schedule, table=TABLE)


@pytest.mark.parametrize("name", catalogue.names())
def test_every_drug_has_a_curve(name: str) -> None:
    levels = curve(nightly(name, ["1", "0"]), table=TABLE).levels
    assert max(levels) > FULL
    assert min(levels) >= 0
