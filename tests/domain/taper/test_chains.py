"""Random chains of changes: days gone by stay byte for byte, the rest obeys every law, supply adds up, and documents
say what the engine says."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from plans.domain.documents.calendar import NothingToShow
from plans.domain.documents.facts import DoesNotFit
from plans.domain.documents.words import TooManyPieces
from plans.domain.errors import TaperError, TaperplanError
from plans.domain.taper import engine, supply
from plans.domain.taper.amendments import KINDS, Amendment
from plans.domain.taper.answer import answer
from plans.domain.taper.engine import Taper
from plans.domain.taper.history import valid_days
from plans.domain.taper.products import Product, Take
from plans.domain.taper.request import Intake, TaperRequest, product_json
from plans.domain.taper.schedule import Schedule, Step, StepKind
from plans.domain.taper.snapshot import dump, load
from plans.wording.plans import problem
from plans.wording.taper import says
from tests.documents.plans import assert_sound, facts
from tests.domain.taper.chains import CHANGES, At, Life, drawn_changes, drawn_dose, requests
from tests.domain.taper.checker import Checker

# `CHAINS=10000 pytest --hypothesis-seed=1 tests/domain/taper/test_chains.py` draws more than there is time for in every
# run, and CHAIN_DOCUMENTS=20 draws the documents of every twentieth.
COUNT = int(os.environ.get("CHAINS", "40"))
DOCUMENTS = int(os.environ.get("CHAIN_DOCUMENTS", "20"))
# Where to write how many changes of each kind were made and refused.
TALLY = os.environ.get("CHAIN_TALLY", "")
ONE = timedelta(days=1)
_SAME_DOSES = (StepKind.HOLD, StepKind.SPREAD)
made_and_refused: Counter[str] = Counter()


# ── the laws ─────────────────────────────────────────────────────────────────────────────────────────────────


def written(step: Step) -> bytes:
    """All that a day of a step says, as bytes."""
    doses = [
        [one.time, one.drug, one.dose.text, one.weekdays.names, [_taken(take) for take in one.take]]
        for one in step.doses
    ]
    return json.dumps([step.kind.value, doses]).encode()


def _taken(take: Take) -> list[object]:
    return [product_json(take.product), take.quarters, take.volume.text if take.volume else ""]


def days_of(schedule: Schedule, until: date) -> dict[date, bytes]:
    """What each day before `until` says; a dose that stays goes on through it."""
    found = {}
    for step in schedule.through(until):
        said, day = written(step), step.start
        while day <= min(step.end, until - ONE):
            found[day] = said
            day += ONE
    return found


def every_kind_is_true(schedule: Schedule, first: date) -> None:
    """From the day on no step that lowers, holds or shares a dose raises one, and zero is called zero."""
    for before, step in pairwise(schedule.steps):
        if step.start < first:
            continue
        assert (step.kind is StepKind.STOP) == (not step.doses), step
        was, now = _week(before), _week(step)
        if step.kind in _SAME_DOSES and before.kind is not StepKind.PAUSE:
            assert was == now, (before, step)
        if step.kind is StepKind.HOLD:
            assert {(one.time, one.drug, one.dose, one.weekdays) for one in before.doses} == {
                (one.time, one.drug, one.dose, one.weekdays) for one in step.doses
            }, (before, step)
        if step.kind is StepKind.CUT and was.keys() == now.keys():
            assert all(now[drug] <= was[drug] for drug in now), (before, step)
            assert now != was, (before, step)


def _week(step: Step) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in step.doses:
        found[one.drug] += one.dose.units * len(one.weekdays)
    return dict(found)


def the_day_adds_up(taper: Taper) -> None:
    """Steps, takes, totals, changes and fills of the answer, by the checker that shares no code with the engine."""
    # What days gone by were made of counts too; of a product broken in two ways, the finer one.
    products = sorted({*taper.schedule.products, *taper.schedule.used}, key=lambda one: one.split)
    asked = taper.request.to_json() | {"products": [product_json(one) for one in products]}
    found = json.loads(json.dumps(answer(taper, says=says)))
    checker = Checker(asked, found)
    checker.steps_are_contiguous()
    checker.takes_make_the_doses()
    checker.totals_add_up()
    checker.supply_covers_every_day()


def supply_adds_up(before: Schedule, later: Schedule, request: TaperRequest, day: date) -> None:
    """From the day of a change on, what is at home and what is dispensed is enough for every day, fill by fill, and a
    fill of any product is at most one whole unit more than what it is for."""
    fill_days = request.dispense_days
    until = later.through(max(later.end, day + fill_days * ONE))
    old = supply.plan_supply(before.through(day), fill_days)
    home = supply.on_hand(before.through(day), old, day)
    coming = supply.plan_supply(until, fill_days, from_day=day, stock=home)
    # A tablet that is broken otherwise from now on is still the same tablet.
    left: Counter[str] = Counter({product.name: parts for product, parts in home.items()})
    fills = list(coming.fills)
    for date_of_day, step in _days(until, day):
        while fills and fills[0].first <= date_of_day:
            fill = fills.pop(0)
            left[fill.product.name] += fill.whole_units * fill.product.unit_parts
        for one in step.on(date_of_day).doses:
            for take in one.take:
                left[take.product.name] -= take.quarters or (take.volume.microlitres if take.volume else 0)
        short = {name: parts for name, parts in left.items() if parts < 0}
        assert not short, (date_of_day, short)
    assert not fills
    said = {one.product.name: one.take.quarters or one.take.volume.microlitres for one in coming.leftovers}  # type: ignore[union-attr]  # a take has one of both
    assert {name: parts for name, parts in left.items() if parts} == said


def _days(schedule: Schedule, first: date) -> Iterator[tuple[date, Step]]:
    for step in schedule:
        day = max(step.start, first)
        while day <= step.end:
            yield day, step
            day += ONE


def made_of_what_the_plan_has(life: Life, before: Schedule, waiting: Schedule | None, day: date) -> None:
    """From the day on nothing is made of a product that the plan no longer has, unless it was still to be used up."""
    stock = set(life.made.request.products or life.schedule.products)
    still = [(before, day)]
    if waiting is not None:
        still.append((waiting, min(day, before.steps[-1].start)))
    to_use_up = [
        step
        for plan, first in still
        for step in plan
        if step.end >= first and _made_of(step) - set(plan.products)
    ]
    doses = {step.doses for step in to_use_up}
    until = max((step.end for step in to_use_up), default=day - ONE)
    later = [step for step in life.schedule if step.start > max(day - ONE, until)]
    assert not [step for step in later if step.doses not in doses and _made_of(step) - stock]


def _made_of(step: Step) -> set[Product]:
    return {take.product for one in step.doses for take in one.take}


def kept_and_read_back(taper: Taper) -> None:
    """The stored text and the request read back as they were."""
    stored = load(dump(taper))
    assert stored.schedule == taper.schedule
    asked = taper.request.to_json()
    assert TaperRequest.from_json(asked).to_json() == asked


def each_day_is_that_of_its_version(life: Life) -> None:
    """What was in force on a day is what the last version says that begins by then."""
    last = max(schedule.end for _, schedule in life.versions)
    history = days_without_kinds(valid_days(life.versions), last)
    said = [(first, days_without_kinds(schedule, last)) for first, schedule in life.versions]
    for day, doses in history.items():
        in_force = next(days for first, days in reversed(said) if first <= day)
        # A plan that has ended at zero says nothing more.
        assert in_force.get(day, []) == doses, day


def days_without_kinds(schedule: Schedule, until: date) -> Mapping[date, object]:
    """The doses of each day: a step that goes on through a revision stays one step of one kind."""
    return {day: json.loads(said)[1] for day, said in days_of(schedule, until).items()}


def the_documents_agree(life: Life) -> None:
    """Calendar and pharmacy sheet of the version in force, drawn and read back without a finding."""
    day, schedule = life.versions[-1]
    earlier: Any = {}
    if life.versions[1:]:
        earlier = {"previous": life.versions[-2][1].each_once(), "previous_made_on": day}
    made = max(day, schedule.start)
    number = len(life.versions)
    given = facts(
        schedule.through(max(schedule.end, made)).each_once().as_of(made),
        made_on=made,
        fills_from=made,
        fill_days=life.made.request.dispense_days,
        version=number,
        replaces=number - 1 or None,
        **earlier,
    )
    try:
        assert_sound(given)
    except NothingToShow:
        last = schedule.last_dose_day()
        assert last is not None
        assert last < made
        return
    except (DoesNotFit, TooManyPieces):
        # Four times a day of many pieces: reported to the clinic, never clipped.
        made_and_refused["documents too large"] += 1
        return
    made_and_refused["documents"] += 1


def changed_or_refused(
    life: Life, changes: Sequence[Amendment], taken: tuple[Intake, ...] | None
) -> TaperplanError | None:
    """Make changes as one; what they were refused with, of which there is a sentence. Nothing else is ever raised."""
    try:
        life.change(changes, taken)
    except TaperplanError as refusal:
        return refusal
    return None


# ── the chains ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module", autouse=True)
def _tallied() -> Iterator[None]:
    yield
    if TALLY:
        with Path(TALLY).open("a", encoding="utf-8") as file:
            file.write(json.dumps(made_and_refused) + "\n")


def test_every_kind_of_change_is_drawn() -> None:
    assert set(CHANGES) == set(KINDS)


@pytest.mark.slow
@pytest.mark.timeout(0 if COUNT > 1000 else 300)
@settings(max_examples=COUNT, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=requests(), data=st.data())
def test_any_chain_of_changes_keeps_every_law(asked: dict[str, Any], data: st.DataObject) -> None:
    try:
        life = Life.begun(asked)
    except TaperError:
        made_and_refused["no plan"] += 1
        return
    for _change in range(data.draw(st.integers(1, 8))):
        if not life.passes(data.draw(st.sampled_from([0, 0, 1, 3, 7, 14, 30]))):
            break
        changes = drawn_changes(data.draw, life)
        names = "+".join(sorted({type(one).__name__ for one in changes}))
        stood = life.made, life.state, list(life.versions)
        before, waiting = life.schedule, life.waiting if life.made.held_open else None
        told = None if data.draw(st.integers(0, 5)) else At(data.draw, life, life.today - ONE)
        taken = drawn_dose(data.draw, told.taken) if told else None
        refusal = changed_or_refused(life, changes, taken)
        if refusal is not None:
            made_and_refused[f"refused {type(refusal).__name__}"] += 1
            assert (life.made, life.state, life.versions) == stood, names
            assert problem(refusal)
            continue
        made_and_refused[f"made {names}"] += 1
        made_and_refused["change"] += 1
        day = life.versions[-1][0]
        assert days_of(life.schedule, day) == days_of(before, day), (names, day)
        every_kind_is_true(life.schedule, day)
        made_of_what_the_plan_has(life, before, waiting, day)
        assert life.schedule.maintenance or life.schedule.steps[-1].kind is StepKind.STOP
        supply_adds_up(before, life.schedule, life.made.request, day)
        kept_and_read_back(engine.assess(life.made.request, life.schedule))
    the_day_adds_up(engine.assess(life.made.request, life.schedule))
    each_day_is_that_of_its_version(life)
    made_and_refused["chain"] += 1
    if data.draw(st.integers(1, DOCUMENTS)) == 1:
        the_documents_agree(life)
