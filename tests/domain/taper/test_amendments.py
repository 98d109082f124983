"""Changes of a plan, one and several at once: the days before stay, the rest obeys every law, and each does what it
says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plans.domain.amounts import Dose, Volume
from plans.domain.errors import TaperError
from plans.domain.syringes import USUAL
from plans.domain.taper import catalogue, engine
from plans.domain.taper.amendments import (
    AS_PLANNED,
    KINDS,
    Amended,
    Amendment,
    BeginDrug,
    ChangeProducts,
    ChangeSpread,
    EndDrug,
    Hold,
    HoldOpen,
    MoveChange,
    Pace,
    Resume,
    Standing,
    StepBack,
    StepLength,
    StopHere,
    SwitchDrug,
    TakesDose,
    TaperOn,
    act_of,
    amend,
)
from plans.domain.taper.crossover import Crossover
from plans.domain.taper.drug import Spread
from plans.domain.taper.engine import Taper
from plans.domain.taper.history import valid_days
from plans.domain.taper.methods.percent_of_current import PercentOfCurrent
from plans.domain.taper.plan_states import ACTS, REVISIONS, PlanAct
from plans.domain.taper.products import Form, Product
from plans.domain.taper.refusals import (
    AlreadyTaken,
    HeldOpen,
    NoMethodToUse,
    NoProductHere,
    NotHeld,
    NothingLater,
    NothingToHold,
    NotLater,
    NotMakeable,
    NotTaken,
    OutOfRange,
    OutsidePlan,
)
from plans.domain.taper.request import Intake, TaperRequest, syringes_json
from plans.domain.taper.revisions import held_until
from plans.domain.taper.schedule import Schedule, StepKind, TimeOfDay
from plans.domain.taper.snapshot import dump, load
from tests.domain.taper.asking import ZOLPIDEM, built, diazepam
from tests.domain.taper.test_rises import TEN

PLAN = built()
REQUEST, SCHEDULE = PLAN.request, PLAN.schedule
FIRST, LAST = SCHEDULE.start, SCHEDULE.end
# in the third step, 0.375 mg in the morning and 0.875 mg at night, from 28 December to 10 January
DAY = date(2027, 1, 5)
ONE = timedelta(days=1)
COMMON = (
    Product("clonazepam", Form.TABLET, Dose.parse("2"), split=4),
    Product("clonazepam", Form.ODT, Dose.parse("0.125")),
)


def taking(*doses: tuple[str, str, str]) -> tuple[Intake, ...]:
    return tuple(Intake(TimeOfDay(time), drug, Dose.parse(mg)) for time, drug, mg in doses)


NOW = taking(("morning", "clonazepam", "0.25"), ("night", "clonazepam", "0.5"))
SECOND = taking(("night", "diazepam", "5"))
CHANGES: dict[str, Callable[[date], Amendment]] = {
    "hold": lambda day: Hold(day, days=14),
    "hold_through": lambda day: Hold(day, through=day + 40 * ONE),
    "hold_open": HoldOpen,
    "resume": Resume,
    "step_back": lambda day: StepBack(day, hold_days=14),
    "slow_down": lambda day: Pace(day, interval_days=28),
    "speed_up": lambda day: Pace(day, interval_days=7, faster=True, count=2),
    "step_length": lambda day: StepLength(day, days=30),
    "move_change": lambda day: MoveChange(day, to=day + 9 * ONE),
    "on_weekday": lambda day: MoveChange(day, weekday=3),
    "stop_here": StopHere,
    "taper_on": TaperOn,
    "takes_dose": lambda day: TakesDose(day, regimen=NOW),
    "products": lambda day: ChangeProducts(day, products=COMMON),
    "spread": lambda day: ChangeSpread(day, drug="clonazepam", spread=Spread.ONE_AFTER_ANOTHER),
    "switch_drug": lambda day: SwitchDrug(day, crossover=Crossover("diazepam")),
    "begin_drug": lambda day: BeginDrug(day, doses=SECOND),
    "end_drug": lambda day: EndDrug(day, drug="diazepam"),
}


def at(*changes: Amendment, standing: Standing = AS_PLANNED, plan: Schedule = SCHEDULE) -> Schedule:
    return amend(REQUEST, plan, changes, standing).schedule


def regimen(schedule: Schedule, day: date) -> object:
    step = schedule.step_on(day)
    return None if step is None else step.doses


def due(schedule: Schedule, day: date) -> date:
    change = schedule.next_change(day)
    assert change is not None
    return change.start


def mg(schedule: Schedule, day: date) -> str:
    step = schedule.step_on(day)
    return " + ".join(f"{drug} {dose.text}" for drug, dose in step.day) if step else ""


def test_every_kind_of_change_is_tried_here_and_recorded_as_an_act_that_notifies() -> None:
    made = [make(DAY) for make in CHANGES.values()]
    assert {type(one) for one in made} == set(KINDS)
    assert {one.told_as for one in made} == set(REVISIONS)
    assert all(ACTS[one.told_as].message == "plan_changed" for one in made)


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────

_CHAIN = st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(0, 120)), min_size=1, max_size=4)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(chain=_CHAIN)
def test_any_chain_of_changes_leaves_the_days_before_untouched_and_keeps_the_laws(
    chain: list[tuple[str, int]],
) -> None:
    made, waiting = Amended(REQUEST, SCHEDULE), None
    for name, place in chain:
        day, before = FIRST + place * ONE, made
        if not made.held_open:
            waiting = made.schedule
        try:
            made = amend(
                made.request,
                made.schedule,
                [CHANGES[name](day)],
                Standing(waiting=waiting if made.held_open else None),
            )
        except TaperError:
            continue
        # a Schedule that breaks its laws cannot be made: contiguous, and every dose is what is taken for it
        assert [regimen(made.schedule, FIRST + n * ONE) for n in range(place)] == [
            regimen(before.schedule, FIRST + n * ONE) for n in range(place)
        ]
        judged = engine.assess(made.request, made.schedule)
        stored = load(dump(judged))
        assert stored.schedule == made.schedule
        written = made.request.to_json()
        assert TaperRequest.from_json(written).to_json() == written


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(names=st.lists(st.sampled_from(sorted(CHANGES)), min_size=2, max_size=3), place=st.integers(0, 200))
def test_several_changes_at_once_leave_the_days_before_their_first_day_untouched(
    names: list[str], place: int
) -> None:
    day = FIRST + place * ONE
    try:
        made = at(*(CHANGES[name](day) for name in names))
    except TaperError:
        return
    assert all(regimen(made, FIRST + n * ONE) == regimen(SCHEDULE, FIRST + n * ONE) for n in range(place))


@settings(max_examples=40, deadline=None)
@given(place=st.integers(0, (LAST - FIRST).days - 1), days=st.integers(1, 60))
def test_a_hold_of_any_kind_and_resuming_on_the_same_day_gives_the_plan_back(place: int, days: int) -> None:
    day = FIRST + place * ONE
    change = SCHEDULE.next_change(day)
    if change is None:
        return
    holds = [Hold(day, days=days), Hold(day, through=change.start + days * ONE), HoldOpen(day)]
    for one in holds:
        standing = Standing(waiting=SCHEDULE)
        held = amend(REQUEST, SCHEDULE, [one])
        assert held.held_open == isinstance(one, HoldOpen)
        again = amend(held.request, held.schedule, [Resume(day)], standing if held.held_open else Standing())
        assert valid_days([(FIRST, again.schedule)]) == valid_days([(FIRST, SCHEDULE)])


LAYOUTS: dict[str, Callable[[Schedule, date], Amendment]] = {
    "spread": lambda _plan, day: ChangeSpread(day, drug="clonazepam", spread=Spread.ONE_AFTER_ANOTHER),
    "other pieces": lambda _plan, day: ChangeProducts(
        day, products=(*SCHEDULE.products[:1], Product("clonazepam", Form.TABLET, Dose.parse("0.125")))
    ),
    "the dose as planned": lambda plan, day: TakesDose(day, regimen=_planned(plan, day)),
    "another dose": lambda _plan, day: TakesDose(day, regimen=NOW),
    "a second drug": lambda _plan, day: BeginDrug(day, doses=SECOND),
}


def _planned(plan: Schedule, day: date) -> tuple[Intake, ...]:
    step = plan.step_at(day)
    assert step is not None
    return tuple(Intake(one.time, one.drug, one.dose, one.weekdays) for one in step.doses)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(LAYOUTS)),
    place=st.integers(0, 200),
    later=st.integers(-10, 40),
    held=st.integers(1, 60),
)
@example(name="other pieces", place=15, later=-6, held=20)
@example(name="other pieces", place=42, later=-10, held=20)
def test_a_hold_and_resuming_gives_the_plan_back_after_days_were_laid_out_anew(
    name: str, place: int, later: int, held: int
) -> None:
    day = FIRST + place * ONE
    laid = amend(REQUEST, SCHEDULE, [LAYOUTS[name](SCHEDULE, day)])
    from_day = max(FIRST, day + later * ONE)
    if from_day >= laid.schedule.end or not regimen(laid.schedule, from_day):
        return
    for hold in (Hold(from_day, days=held), HoldOpen(from_day)):
        try:
            made = amend(laid.request, laid.schedule, [hold])
        except NothingToHold:
            return
        standing = Standing(waiting=laid.schedule if made.held_open else None)
        again = amend(made.request, made.schedule, [Resume(from_day)], standing)
        assert valid_days([(FIRST, again.schedule)]) == valid_days([(FIRST, laid.schedule)])


@pytest.mark.parametrize("name", ["spread", "other pieces"])
def test_days_laid_out_anew_leave_the_rest_of_a_step_as_it_was_planned(name: str) -> None:
    laid = amend(REQUEST, SCHEDULE, [LAYOUTS[name](SCHEDULE, DAY)])
    planned = due(SCHEDULE, DAY)
    assert due(laid.schedule, DAY) == planned
    held = amend(laid.request, laid.schedule, [Hold(DAY, days=30)])
    assert due(held.schedule, DAY) == planned + 30 * ONE
    # the hold has not begun, so that ending it tomorrow gives the planned day back
    assert due(amend(held.request, held.schedule, [Resume(DAY + ONE)]).schedule, DAY) == planned
    with pytest.raises(NotHeld):
        amend(laid.request, laid.schedule, [Resume(DAY + ONE)])
    sooner = amend(laid.request, laid.schedule, [Pace(DAY, interval_days=3, faster=True)])
    slower = amend(laid.request, laid.schedule, [Pace(DAY, interval_days=40)])
    assert due(sooner.schedule, DAY) < planned < due(slower.schedule, DAY)


def test_the_rest_of_a_step_is_no_hold() -> None:
    laid = amend(REQUEST, SCHEDULE, [LAYOUTS["spread"](SCHEDULE, DAY)]).schedule
    assert laid.steps[2] == SCHEDULE.steps[2]
    before = amend(REQUEST, SCHEDULE, [LAYOUTS["spread"](SCHEDULE, FIRST)]).schedule
    assert before.steps[0].kind is StepKind.START


def test_a_hold_made_of_other_pieces_meanwhile_ends_on_the_day_it_is_ended() -> None:
    held = amend(REQUEST, SCHEDULE, [Hold(DAY, days=30)])
    other = amend(held.request, held.schedule, [LAYOUTS["other pieces"](SCHEDULE, DAY + 20 * ONE)])
    assert held_until(other.schedule, DAY) == held_until(held.schedule, DAY)
    for days in (15, 25):
        ended = amend(other.request, other.schedule, [Resume(DAY + days * ONE)]).schedule
        assert mg(ended, DAY + days * ONE) == mg(SCHEDULE, due(SCHEDULE, DAY))


def test_stepping_back_from_other_pieces_of_a_dose_returns_to_the_dose_before_it() -> None:
    other = at(LAYOUTS["other pieces"](SCHEDULE, DAY))
    back = at(StepBack(DAY + ONE, hold_days=14), plan=other)
    assert mg(back, DAY + ONE) == mg(SCHEDULE, SCHEDULE.steps[1].start)
    step = back.step_at(DAY + ONE)
    assert step is not None
    assert step.kind is StepKind.STEP_BACK


# ── holds ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_hold_through_a_day_lets_the_next_change_come_on_the_day_after() -> None:
    held = at(Hold(DAY, through=date(2027, 1, 31)))
    assert due(held, DAY) == date(2027, 2, 1)
    with pytest.raises(NotLater):
        at(Hold(DAY, through=date(2027, 1, 10)))


def test_a_hold_until_reviewed_has_no_next_change_and_goes_on_from_where_it_left_off() -> None:
    held = amend(REQUEST, SCHEDULE, [HoldOpen(DAY)])
    assert held.held_open
    assert held.schedule.next_change(DAY) is None
    assert held.schedule.steps[-1].kind is StepKind.HOLD
    later = date(2027, 3, 1)
    on = amend(held.request, held.schedule, [Resume(later)], Standing(waiting=SCHEDULE)).schedule
    assert mg(on, later - ONE) == mg(SCHEDULE, DAY)
    assert [step.doses for step in on if step.start >= later] == [step.doses for step in SCHEDULE.steps[3:]]


def test_while_held_until_reviewed_nothing_moves_before_the_hold_is_ended_in_the_same_change() -> None:
    held = amend(REQUEST, SCHEDULE, [HoldOpen(DAY)])
    later, standing = date(2027, 3, 1), Standing(waiting=SCHEDULE)
    with pytest.raises(HeldOpen):
        amend(held.request, held.schedule, [StepBack(later)], standing)
    both = amend(held.request, held.schedule, [Resume(later), Pace(later, interval_days=28)], standing)
    assert next(step.days for step in both.schedule if step.start >= later) == 28


def test_a_hold_until_reviewed_of_a_dose_changed_meanwhile_goes_on_by_the_method() -> None:
    held = amend(REQUEST, SCHEDULE, [StepBack(DAY), HoldOpen(DAY)])
    on = amend(held.request, held.schedule, [Resume(DAY + 40 * ONE)], Standing(waiting=SCHEDULE))
    assert mg(on.schedule, DAY + 39 * ONE) == "clonazepam 1.375"
    assert due(on.schedule, DAY) == DAY + 40 * ONE
    assert on.schedule.steps[-1].kind is StepKind.STOP


# ── pace, lengths and days ───────────────────────────────────────────────────────────────────────────────────


def test_stepping_back_and_going_on_slower_is_one_change() -> None:
    made = at(StepBack(DAY, hold_days=14), Pace(DAY, interval_days=21))
    assert mg(made, DAY) == "clonazepam 1.375"
    later = [step for step in made if step.start > DAY and step.kind is not StepKind.STOP]
    assert all(step.days >= 21 for step in later)


def test_a_pace_for_two_steps_leaves_the_third_as_it_was() -> None:
    made = at(Pace(DAY, interval_days=28, count=2))
    assert [step.days for step in made.steps[2:5]] == [28, 28, SCHEDULE.steps[4].days]


def test_speeding_up_never_brings_a_change_before_its_day() -> None:
    made = at(Pace(DAY, interval_days=7, faster=True))
    assert due(made, DAY - ONE) == DAY
    assert [step.days for step in made.steps[3:6]] == [7, 7, 7]


def test_one_step_is_lengthened_or_shortened_and_the_others_move_with_it() -> None:
    longer = at(StepLength(DAY, days=20))
    assert (longer.steps[2].days, longer.end - SCHEDULE.end) == (20, 6 * ONE)
    assert at(StepLength(DAY, days=10)).end == SCHEDULE.end - 4 * ONE
    with pytest.raises(OutOfRange):
        at(StepLength(DAY, days=5))


def test_a_change_moves_onto_a_day_with_all_later_ones_or_alone() -> None:
    to = date(2027, 1, 14)
    all_later = at(MoveChange(DAY, to=to))
    assert (due(all_later, DAY), all_later.end) == (to, SCHEDULE.end + 3 * ONE)
    alone = at(MoveChange(DAY, to=to, later_too=False))
    assert (due(alone, DAY), alone.end) == (to, SCHEDULE.end)
    with pytest.raises(OutOfRange):
        at(MoveChange(DAY, to=DAY - ONE))
    with pytest.raises(OutOfRange):
        at(MoveChange(DAY, to=due(SCHEDULE, due(SCHEDULE, DAY)), later_too=False))


@pytest.mark.parametrize(
    "how", [{"to": date(2027, 1, 14)}, {"to": date(2027, 1, 14), "later_too": False}, {"weekday": 3}]
)
def test_a_change_on_the_day_itself_stands_and_the_next_one_moves(how: dict[str, Any]) -> None:
    cut = SCHEDULE.steps[2].start
    made = at(MoveChange(cut, **how))
    assert mg(made, cut) == mg(SCHEDULE, cut) != mg(SCHEDULE, cut - ONE)
    assert made.steps[2].start == cut
    assert due(made, cut) == date(2027, 1, 14)


def test_a_switch_and_a_move_from_the_same_day_never_undo_the_switch() -> None:
    cut = SCHEDULE.steps[2].start
    switch = SwitchDrug(cut, crossover=Crossover("diazepam"))
    alone, both = at(switch), at(switch, MoveChange(cut, to=cut + 10 * ONE))
    assert mg(both, cut) == mg(alone, cut)
    assert due(both, cut) == cut + 10 * ONE


def test_changes_move_onto_a_day_of_the_week_and_none_comes_sooner_after_the_one_before() -> None:
    made = at(MoveChange(DAY, weekday=3))
    starts = [step.start for step in made if step.start > DAY]
    assert {start.weekday() for start in starts} == {3}
    assert all(after.days >= before.days for before, after in zip(SCHEDULE, made, strict=True))


# ── laid out anew ────────────────────────────────────────────────────────────────────────────────────────────


def test_other_products_make_the_same_doses_on_the_same_days_where_they_can() -> None:
    whole = (*SCHEDULE.products[:1], Product("clonazepam", Form.TABLET, Dose.parse("0.125")))
    made = at(ChangeProducts(DAY, products=whole))
    days = [FIRST + n * ONE for n in range(SCHEDULE.days)]
    assert [mg(made, day) for day in days] == [mg(SCHEDULE, day) for day in days]
    used = {take.product for step in made if step.start >= DAY for one in step.doses for take in one.take}
    assert used <= set(whole)
    assert made.end == SCHEDULE.end


def test_products_that_do_not_make_a_later_dose_are_laid_out_from_the_present_one() -> None:
    halves = (Product("clonazepam", Form.TABLET, Dose.parse("0.5"), split=2),)
    made = at(ChangeProducts(FIRST, products=halves))
    assert mg(made, FIRST) == mg(SCHEDULE, FIRST)
    doses = [one.dose for step in made for one in step.doses]
    assert {dose.units % Dose.parse("0.25").units for dose in doses} == {0}
    assert made.steps[-1].kind is StepKind.STOP


def test_products_that_do_not_make_the_dose_of_the_day_say_which_are_nearest() -> None:
    with pytest.raises(NotMakeable) as refused:
        at(ChangeProducts(DAY, products=(Product("clonazepam", Form.TABLET, Dose.parse("2")),)))
    assert refused.value.nearest
    both = at(
        ChangeProducts(DAY, products=(Product("clonazepam", Form.TABLET, Dose.parse("2"), split=2),)),
        TakesDose(DAY, regimen=taking(("night", "clonazepam", "1"))),
    )
    assert mg(both, DAY) == "clonazepam 1"


def test_another_drug_takes_over_in_stages_from_the_day_and_then_goes_down() -> None:
    made = amend(REQUEST, SCHEDULE, [SwitchDrug(DAY, crossover=Crossover("diazepam", stage_days=7))])
    first = made.schedule.step_on(DAY)
    assert first is not None
    assert (first.kind, first.start) == (StepKind.CROSSOVER, DAY)
    assert made.schedule.drug == "diazepam"
    assert made.schedule.steps[-1].kind is StepKind.STOP
    again = amend(made.request, made.schedule, [Pace(DAY + 60 * ONE, interval_days=21)])
    assert again.schedule.drug == "diazepam"


# As the form begins in the US: two doses of a drug, and the usual syringes.
BY_SYRINGE = built(
    regimen=[{"time": time, "drug": "lorazepam", "dose_mg": "1"} for time in ("morning", "night")],
    products=[{"drug": "lorazepam", "form": "tablet", "strength_mg": "0.5", "split": 2}],
    country="US",
    syringes=syringes_json(USUAL),
)
LIQUID = Product("diazepam", Form.SOLUTION, Dose.parse("1"), step_ml=Volume(500))


@pytest.mark.parametrize(
    "changes",
    [
        [SwitchDrug(FIRST + 7 * ONE, crossover=Crossover("diazepam"))],
        [SwitchDrug(FIRST + 7 * ONE, crossover=Crossover("diazepam"), products=(LIQUID,))],
        [BeginDrug(FIRST + 7 * ONE, doses=SECOND)],
        [
            BeginDrug(FIRST + 7 * ONE, doses=SECOND),
            ChangeProducts(FIRST + 14 * ONE, products=(LIQUID, replace(LIQUID, step_ml=Volume(1000)))),
        ],
        [
            SwitchDrug(FIRST + 7 * ONE, crossover=Crossover("diazepam")),
            ChangeProducts(FIRST + 300 * ONE, products=(LIQUID,)),
            TakesDose(FIRST + 301 * ONE, regimen=SECOND),
        ],
    ],
    ids=["switch", "switch_own", "begin", "products", "one_after_another"],
)
def test_a_liquid_that_a_change_brings_is_one_product_drawn_with_the_plans_syringes(
    changes: list[Amendment],
) -> None:
    made = amend(BY_SYRINGE.request, BY_SYRINGE.schedule, changes)
    for products in (made.request.products or (), made.schedule.products):
        names = [one.name for one in products]
        assert len(set(names)) == len(names)
        assert {one.syringes for one in products if one.is_liquid} == {USUAL}
    found = load(dump(engine.assess(made.request, made.schedule)))
    assert found.schedule == made.schedule
    assert found.request.products == made.request.products


def test_a_drug_without_a_product_in_the_plans_country_is_neither_begun_nor_switched_to() -> None:
    doses = taking(("night", "nitrazepam", "5"))
    tablets = (Product("nitrazepam", Form.TABLET, Dose.parse("5"), split=2),)
    for change in (BeginDrug(DAY, doses=doses), SwitchDrug(DAY, crossover=Crossover("nitrazepam"))):
        with pytest.raises(NoProductHere) as refused:
            at(change)
        assert refused.value.facts["drug"] == "nitrazepam"
    both = at(BeginDrug(DAY, doses=doses), ChangeProducts(DAY, products=tablets))
    assert mg(both, DAY) == "clonazepam 1.25 + nitrazepam 5"


def test_a_day_is_spread_in_another_way_from_the_next_change_on() -> None:
    made = at(ChangeSpread(DAY, drug="clonazepam", spread=Spread.ONE_AFTER_ANOTHER))
    assert mg(made, DAY) == mg(SCHEDULE, DAY)
    assert due(made, DAY) == due(SCHEDULE, DAY)
    with pytest.raises(NotTaken):
        at(ChangeSpread(DAY, drug="zolpidem"))


def test_a_second_drug_begins_and_ends_while_the_first_goes_on() -> None:
    both = amend(REQUEST, SCHEDULE, [BeginDrug(DAY, doses=SECOND)])
    assert mg(both.schedule, DAY) == "clonazepam 1.25 + diazepam 5"
    assert due(both.schedule, DAY) == due(SCHEDULE, DAY)
    with pytest.raises(AlreadyTaken):
        at(BeginDrug(DAY, doses=taking(("night", "clonazepam", "1"))))
    day = DAY + 2 * ONE
    ended = amend(both.request, both.schedule, [EndDrug(day, drug="diazepam")]).schedule
    assert mg(ended, day) == "clonazepam 1.25"
    assert due(ended, day) == due(SCHEDULE, day)


def test_from_a_dose_that_stays_it_goes_down_again_from_the_day() -> None:
    stays = diazepam("20", "10", "5", "2", method=TEN, goal_mg="10")
    day = stays.schedule.end + 30 * ONE
    on = amend(stays.request, stays.schedule, [TaperOn(day)])
    assert mg(on.schedule, day - ONE) == "diazepam 10"
    assert mg(on.schedule, day) == "diazepam 9"
    assert on.schedule.steps[-1].kind is StepKind.STOP


def test_products_change_under_a_dose_that_stays_without_a_taper_beginning() -> None:
    stays = diazepam("20", "10", "5", "2", method=TEN, goal_mg="10")
    day = stays.schedule.end + 30 * ONE
    fives = (Product("diazepam", Form.TABLET, Dose.parse("5")),)
    on = amend(stays.request, stays.schedule, [ChangeProducts(day, products=fives)]).schedule
    assert on.maintenance
    assert mg(on, day + 400 * ONE) == "diazepam 10"
    assert on.next_change(day) is None


def test_before_the_first_day_everything_can_still_be_put_right() -> None:
    right = taking(("morning", "clonazepam", "0.5"), ("night", "clonazepam", "0.5"))
    made = at(TakesDose(FIRST, regimen=right))
    assert (made.start, mg(made, FIRST)) == (FIRST, "clonazepam 1")


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_no_change_reaches_before_the_plan(name: str) -> None:
    with pytest.raises(OutsidePlan):
        at(CHANGES[name](FIRST - ONE))


def test_after_the_last_dose_nothing_is_left_to_lay_out() -> None:
    with pytest.raises(NothingLater):
        at(TaperOn(LAST))


def test_a_version_is_named_by_its_change_by_several_or_as_a_correction() -> None:
    assert act_of([Hold(DAY, days=1)]) is PlanAct.HOLD
    assert act_of([StepBack(DAY), Pace(DAY, interval_days=21)]) is PlanAct.SEVERAL
    assert act_of([Hold(DAY, days=1)], correction=True) is PlanAct.CORRECT_ERROR


# ── typed rows ───────────────────────────────────────────────────────────────────────────────────────────────

_ROW = {"days": 14, "doses": [
    {"time": "night", "drug": "lorazepam", "dose_mg": "1"}, {"time": "night", "drug": "zolpidem", "dose_mg": "5"},
]}  # fmt: skip
_FIVES = {"time": "night", "drug": "zolpidem", "dose_mg": "5"}
_HALVES = {"time": "night", "drug": "lorazepam", "dose_mg": "0.5"}


def typed(*rows: dict[str, Any]) -> Taper:
    products = [
        {"drug": "lorazepam", "form": "tablet", "strength_mg": "0.5", "split": 2},
        {"drug": "zolpidem", "form": "tablet", "strength_mg": "5", "split": 2},
    ]
    return built(
        regimen=_ROW["doses"], products=products, method={"name": "typed", "rows": list(rows)},
    )  # fmt: skip


def test_a_drug_ended_in_a_plan_of_typed_rows_does_not_come_back_with_a_later_row() -> None:
    plan = typed(
        _ROW,
        {"days": 14, "doses": [_HALVES, _FIVES]},
        {"days": 14, "doses": [_FIVES]},
        {"days": 1, "doses": []},
    )
    day = FIRST + 3 * ONE
    made = amend(plan.request, plan.schedule, [EndDrug(day, drug="zolpidem")]).schedule
    assert [mg(made, day), mg(made, FIRST + 14 * ONE), mg(made, FIRST + 28 * ONE)] == [
        "lorazepam 1", "lorazepam 0.5", "",
    ]  # fmt: skip
    assert not any(dose.drug == "zolpidem" for step in made if step.start >= day for dose in step.doses)


def test_a_drug_begun_in_a_plan_of_typed_rows_is_still_taken_in_later_rows() -> None:
    alone = [{"days": 14, "doses": [_HALVES]}, {"days": 14, "doses": []}]
    plan = typed({"days": 14, "doses": [{**_HALVES, "dose_mg": "1"}]}, *alone)
    day = FIRST + 3 * ONE
    begun = BeginDrug(day, doses=taking(("night", "diazepam", "5")))
    made = amend(plan.request, plan.schedule, [begun]).schedule
    assert mg(made, day) == "diazepam 5 + lorazepam 1"
    assert mg(made, FIRST + 14 * ONE) == "diazepam 5 + lorazepam 0.5"
    assert mg(made, FIRST + 400 * ONE) == "diazepam 5"


def test_a_switch_in_a_plan_of_typed_rows_is_refused_and_made_with_a_method() -> None:
    plan = typed({"days": 14, "doses": [{**_HALVES, "dose_mg": "1"}]}, {"days": 14, "doses": [_HALVES]})
    day = FIRST + 20 * ONE
    switch = SwitchDrug(day, crossover=Crossover("diazepam"))
    with pytest.raises(NoMethodToUse):
        amend(plan.request, plan.schedule, [switch])
    with pytest.raises(NoMethodToUse):
        amend(plan.request, plan.schedule, [TaperOn(day)])
    down = TaperOn(day, method=PercentOfCurrent(percent=Fraction(10), interval_days=14))
    made = amend(plan.request, plan.schedule, [down, switch]).schedule
    assert mg(made, made.end - 3 * ONE).startswith("diazepam")
    assert made.steps[-1].kind is StepKind.STOP


def test_one_of_two_drugs_takes_the_place_of_the_other() -> None:
    regimen = [
        {"time": "night", "drug": "lorazepam", "dose_mg": "1"},
        {"time": "night", "drug": "diazepam", "dose_mg": "5"},
    ]
    products = [
        {"drug": "lorazepam", "form": "tablet", "strength_mg": "0.5", "split": 2},
        {"drug": "diazepam", "form": "tablet", "strength_mg": "5", "split": 2},
    ]
    plan = built(regimen=regimen, products=products)
    day = FIRST + 7 * ONE
    made = amend(plan.request, plan.schedule, [SwitchDrug(day, crossover=Crossover("diazepam"))]).schedule
    assert mg(made, day - ONE) == "diazepam 5 + lorazepam 1"
    assert mg(made, day) == "diazepam 15"
    assert made.steps[-1].kind is StepKind.STOP


def test_a_switch_from_days_of_the_week_is_refused() -> None:
    week = [{"time": "night", "drug": "zolpidem", "dose_mg": "5", "days_of_week": ["monday", "friday"]}]
    plan = built(
        regimen=week,
        products=ZOLPIDEM["products"],
        method={"name": "typed", "rows": [{"days": 14, "doses": week}]},
    )
    own = TaperOn(FIRST + 7 * ONE, method=PercentOfCurrent(percent=Fraction(10), interval_days=14))
    with pytest.raises(NoMethodToUse):
        amend(
            plan.request, plan.schedule, [own, SwitchDrug(FIRST + 7 * ONE, crossover=Crossover("diazepam"))]
        )


# ── products that the plan no longer has ─────────────────────────────────────────────────────────────────────


def only_wafers(day: date) -> ChangeProducts:
    """The pharmacy has no tablets any more: orally disintegrating ones alone, from a day on."""
    wanted = catalogue.default_products("clonazepam", "US")
    return ChangeProducts(day, products=tuple(one for one in wanted if one.form is Form.ODT))


def forms(schedule: Schedule, day: date) -> set[Form]:
    """What is taken from a day on."""
    return {
        take.product.form for step in schedule if step.end >= day for one in step.doses for take in one.take
    }


def test_a_step_back_is_not_made_of_tablets_that_the_plan_no_longer_has() -> None:
    """The dose before came back in the tablets of its time, which the pharmacy had run out of."""
    request, schedule = REQUEST, SCHEDULE
    day = schedule.steps[1].start + 2 * ONE
    made = amend(request, schedule, [only_wafers(day)])
    assert forms(made.schedule, day) == {Form.ODT}
    back = amend(made.request, made.schedule, [StepBack(day + ONE, hold_days=14)]).schedule
    assert back.step_on(day + ONE).day == schedule.steps[0].day  # type: ignore[union-attr]
    assert forms(back, day + ONE) == {Form.ODT}


def test_what_waited_for_a_hold_to_end_is_made_of_what_the_plan_has_then() -> None:
    """The steps that had waited came back as they were written, with a product that was taken out meanwhile."""
    request, schedule = REQUEST, SCHEDULE
    day = schedule.start + 2 * ONE
    capsules = Product("clonazepam", Form.CAPSULE, Dose.parse("0.125"))
    tablets = tuple(one for one in schedule.products if one.form is Form.TABLET)
    held = amend(request, schedule, [HoldOpen(day)])
    waiting = Standing(None, schedule)
    made = amend(
        held.request, held.schedule, [ChangeProducts(day + ONE, products=(*tablets, capsules))], waiting
    )
    resumed = amend(made.request, made.schedule, [Resume(day + 9 * ONE)], waiting).schedule
    assert forms(schedule, day) == {Form.TABLET, Form.ODT}
    assert forms(resumed, day + ONE) == {Form.TABLET, Form.CAPSULE}
    days = [step.days for step in schedule.steps[1:]]
    assert [step.days for step in resumed.steps[-len(days) :]] == days


def test_a_product_that_is_used_up_until_monday_stays_until_monday_through_a_hold() -> None:
    request, schedule = REQUEST, SCHEDULE
    day = schedule.steps[1].start + 2 * ONE
    made = amend(request, schedule, [only_wafers(day + 5 * ONE)])
    later = amend(made.request, made.schedule, [Hold(day, days=14)]).schedule
    assert forms(later, day) == {Form.TABLET, Form.ODT}
    assert forms(later, day + 5 * ONE) == {Form.ODT}
    back = amend(made.request, made.schedule, [StepBack(day, hold_days=14)]).schedule
    assert Form.TABLET in forms(back, day)
    assert forms(back, day + 5 * ONE) == {Form.ODT}
