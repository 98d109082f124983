"""The laws of a schedule, over every method and every drug of the catalogue."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from plans.domain.amounts import Dose, total
from plans.domain.errors import TaperError
from plans.domain.taper import equivalence, snapshot
from plans.domain.taper.engine import Taper, assess, build
from plans.domain.taper.equivalence import exact_mg
from plans.domain.taper.measure import measure
from plans.domain.taper.methods import METHODS
from plans.domain.taper.products import NEVER_SPLIT
from plans.domain.taper.refusals import EndsBeforeStart, NotMakeable, TooLong
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.revisions import hold, pace, step_back, stop_here
from plans.domain.taper.schedule import Schedule, StepKind
from plans.domain.taper.tablets import tablets
from tests.domain.taper.asking import a_day, plans
from tests.present import present

# `LAW_EXAMPLES=1000 pytest tests/domain/taper/test_laws.py` searches longer than there is time for in every run.
LAWFUL = settings(
    max_examples=int(os.environ.get("LAW_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

GENERATED = tuple(name for name in METHODS if name != "typed")
REVISIONS: dict[str, Callable[[Schedule, date], Schedule]] = {
    "hold": lambda plan, day: hold(plan, from_day=day, days=10),
    "step back": lambda plan, day: step_back(plan, from_day=day, hold_days=10),
    "slow down": lambda plan, day: pace(plan, from_day=day, interval_days=21, faster=False),
    "stop here": lambda plan, day: stop_here(plan, from_day=day),
}


def made(asked: dict[str, Any]) -> Taper:
    try:
        return build(TaperRequest.from_json(asked))
    except (TooLong, EndsBeforeStart):
        assume(False)
        raise


@pytest.mark.slow
@LAWFUL
@given(plans())
def test_every_day_has_one_regimen_from_the_start_to_the_goal(asked: dict[str, Any]) -> None:
    schedule = made(asked).schedule
    assert schedule.start == date(2026, 11, 30)
    day = schedule.start
    for n, step in enumerate(schedule, start=1):
        assert (step.n, step.start) == (n, day)
        day = step.end + timedelta(days=1)
    assert a_day(schedule.steps[-1]) == Dose(0)
    assert (schedule.steps[-1].kind, schedule.steps[-1].days) == (StepKind.STOP, 1)


@pytest.mark.slow
@LAWFUL
@given(plans())
def test_every_dose_is_made_of_allowed_pieces_and_no_more_than_were_asked_for(asked: dict[str, Any]) -> None:
    taper = made(asked)
    for step in taper.schedule:
        for dose in step.doses:
            assert total(take.dose for take in dose.take) == dose.dose
            things = 0
            for take in dose.take:
                product = take.product
                assert product in taper.schedule.products
                if take.volume is not None and product.step_ml is not None:
                    assert take.volume.microlitres % product.step_ml.microlitres == 0
                    things += 1
                else:
                    assert take.quarters % (4 // product.split) == 0
                    assert product.form not in NEVER_SPLIT or take.quarters % 4 == 0
                    things += take.quarters // 4 + (0, 1, 1, 2)[take.quarters % 4]
            assert things <= taper.request.max_pieces


@pytest.mark.slow
@LAWFUL
@given(plans())
def test_no_dose_ever_rises(asked: dict[str, Any]) -> None:
    steps = made(asked).schedule.steps
    for before, step in pairwise(steps):
        assert all(dose.dose <= before.at(dose.time, dose.drug) for dose in step.doses)
        assert step.doses != before.doses


@pytest.mark.slow
@LAWFUL
@given(plans(names=GENERATED, crossed=True))
def test_a_crossover_never_raises_the_equivalent_and_ends_the_old_drug(asked: dict[str, Any]) -> None:
    try:
        taper = made(asked)
    except NotMakeable:
        assume(False)  # not even the smallest dose of the new drug is as little
        raise
    table = taper.equivalence
    before: Fraction | None = None
    for step in taper.schedule:
        now = sum((exact_mg(dose.dose, dose.drug, table) for dose in step.doses), Fraction(0))
        assert before is None or now <= before
        before = now
    assert taper.schedule.drug == "diazepam"
    after = [step for step in taper.schedule if step.kind in (StepKind.CUT, StepKind.STOP)]
    assert all(dose.drug == "diazepam" for step in after for dose in step.doses)
    assert measure(taper.schedule.drugs, table).in_diazepam


@pytest.mark.slow
@LAWFUL
@given(plans())
def test_the_same_request_gives_the_same_bytes_and_reads_back(asked: dict[str, Any]) -> None:
    taper = made(asked)
    text = snapshot.dump(taper)
    again = TaperRequest.from_json(taper.request.to_json())
    assert again.to_json() == taper.request.to_json()
    assert snapshot.dump(build(again)) == text
    assert snapshot.load(text).schedule == taper.schedule


@pytest.mark.slow
@LAWFUL
@given(plans(names=GENERATED), st.integers(1, 19))
def test_a_plan_to_a_maintenance_dose_ends_exactly_on_it(asked: dict[str, Any], twentieths: int) -> None:
    total_units = sum(Dose.parse(one["dose_mg"]).units for one in asked["regimen"])
    wanted = Dose(total_units * twentieths // 20)
    try:
        taper = made(asked | {"goal_mg": wanted.text})
    except NotMakeable as refusal:
        wanted = Dose.parse((refusal.nearest or {})["lower"])
        taper = made(asked | {"goal_mg": wanted.text})
    assert a_day(taper.schedule.steps[-1]) == wanted


@pytest.mark.slow
@LAWFUL
@given(plans(), st.sampled_from(sorted(REVISIONS)), st.data())
def test_any_plan_can_be_revised_and_its_past_stays(
    asked: dict[str, Any], name: str, data: st.DataObject
) -> None:
    taper = made(asked)
    before = taper.schedule
    passed = data.draw(st.integers(0, before.days - 1))
    revised = revision(name, before, before.start + timedelta(days=passed))
    for n in range(passed if revised else 0):
        day = before.start + timedelta(days=n)
        was, now = before.step_on(day), present(revised).step_on(day)
        assert was is not None
        assert now is not None
        assert now.doses == was.doses
    if revised:
        assert snapshot.load(snapshot.dump(assess(taper.request, revised))).schedule == revised


def revision(name: str, plan: Schedule, day: date) -> Schedule | None:
    """The revised plan; None if the revision is refused on that day, which `test_revisions` looks at."""
    try:
        return REVISIONS[name](plan, day)
    except TaperError:
        return None


@pytest.mark.slow
@LAWFUL
@given(plans(names=("percent_of_current",)))
def test_no_day_lies_under_the_line_and_one_dose_a_day_is_the_lowest_that_does_not(
    asked: dict[str, Any],
) -> None:
    taper = made(asked)
    request, schedule = taper.request, taper.schedule
    ideal = Fraction(sum(intake.dose.units for intake in request.regimen))
    keep = 1 - Fraction(asked["method"]["percent"]) / 100
    every = timedelta(days=asked["method"]["interval_days"])
    day = schedule.start
    while day + every < schedule.end:
        day += every
        ideal *= keep
        step = schedule.step_on(day)
        assert step is not None
        assert a_day(step).units >= ideal
        forms = {take.product.form for dose in step.doses for take in dose.take}
        if len(request.regimen) == 1 and ideal > last_dose(schedule.drug, taper.equivalence):
            stock = tablets(schedule.drug, tuple(p for p in schedule.products if p.form in forms), 4)
            assert a_day(step).units == stock.ceil(ideal.__ceil__())


def last_dose(drug: str, table: str) -> Fraction:
    """The dose in units that equals 0.5 mg of diazepam: a plan of percentages goes no lower before it ends."""
    return equivalence.ratio_range(drug, table)[1] * 5_000


@pytest.mark.slow
@LAWFUL
@given(plans())
def test_a_plan_changes_from_tablets_to_one_liquid_at_most_once_and_never_back(asked: dict[str, Any]) -> None:
    drawn = [
        {take.product for dose in step.doses for take in dose.take if take.volume is not None}
        for step in made(asked).schedule
        if step.doses
    ]
    first = next((n for n, one in enumerate(drawn) if one), len(drawn))
    assert len(set().union(*drawn)) <= 1
    assert all(drawn[first:])


@pytest.mark.slow
@LAWFUL
@given(plans(names=GENERATED), st.sampled_from(["in_turn", "even"]))
def test_a_time_of_day_ends_only_where_no_dose_could_be_lowered_any_further(
    asked: dict[str, Any], spread: str
) -> None:
    schedule = made(asked | {"spread": spread}).schedule
    for before, step in pairwise(schedule.steps):
        ended = [dose for dose in before.doses if not step.at(dose.time, dose.drug)]
        if ended and step.doses:
            forms = {take.product.form for dose in before.doses for take in dose.take}
            stock = tablets(schedule.drug, tuple(p for p in schedule.products if p.form in forms), 4)
            assert len(ended) == 1
            assert all(dose.dose.units == stock.smallest.units for dose in before.doses)
