"""What the pharmacy dispenses: exact units, opened halves carried, and again after a revision."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.domain.amounts import Volume
from plans.domain.taper.products import Form, Product, Take
from plans.domain.taper.schedule import TimedDose, TimeOfDay
from plans.domain.taper.supply import BadFillDays, in_packs, on_hand, plan_supply
from tests.domain.taper.schedules import MONDAY, laid_out, mg, pieces, tablet

HALF_MG = tablet("clonazepam", "0.5", 2)
ODT = tablet("clonazepam", "0.125", form=Form.ODT)
SOLUTION = Product("diazepam", Form.SOLUTION, mg("1"), 1, Volume.parse("0.1"))


def poured(volume: str) -> TimedDose:
    take = Take(SOLUTION, volume=Volume.parse(volume))
    return TimedDose(TimeOfDay.NIGHT, "diazepam", take.dose, (take,))


def test_an_opened_half_is_carried_to_the_next_day_and_the_next_fill() -> None:
    supply = plan_supply(laid_out("clonazepam", [(14, [pieces(HALF_MG, 2)])]), 7)
    assert [fill.whole_units for fill in supply.fills] == [4, 3]
    assert supply.leftovers == ()


def test_the_last_half_is_left_over() -> None:
    supply = plan_supply(laid_out("clonazepam", [(7, [pieces(HALF_MG, 2)])]), 28)
    assert [(left.product, left.take.pieces) for left in supply.leftovers] == [(HALF_MG, "0.5")]


def test_packs_leave_the_fewest_loose_and_change_no_count() -> None:
    assert in_packs(56, (28,)) == (2, 28, 0)
    assert in_packs(60, (14, 28)) == (2, 28, 4)
    assert in_packs(42, (14, 28)) == (3, 14, 0)
    assert in_packs(8, (28,)) == (0, 28, 8)


def test_fills_follow_each_other_and_end_with_the_last_dose() -> None:
    supply = plan_supply(laid_out("clonazepam", [(10, [pieces(HALF_MG, 4)]), (1, [])]), 7)
    assert [(fill.first, fill.last, fill.whole_units) for fill in supply.fills] == [
        (MONDAY, MONDAY + timedelta(days=6), 7),
        (MONDAY + timedelta(days=7), MONDAY + timedelta(days=9), 3),
    ]


def test_each_product_has_its_own_line_only_where_it_is_needed() -> None:
    steps = [(7, [pieces(HALF_MG, 4)]), (7, [pieces(HALF_MG, 2), pieces(ODT, 4, TimeOfDay.MORNING)])]
    supply = plan_supply(laid_out("clonazepam", steps), 7)
    assert [(fill.product, fill.whole_units) for fill in supply.fills] == [
        (HALF_MG, 7),
        (HALF_MG, 4),
        (ODT, 7),
    ]


def test_a_fill_that_what_was_carried_covers_dispenses_none() -> None:
    supply = plan_supply(laid_out("clonazepam", [(8, [pieces(tablet("clonazepam", "2", 4), 1)])]), 7)
    assert [fill.whole_units for fill in supply.fills] == [2, 0]


def test_a_liquid_is_dispensed_in_whole_millilitres() -> None:
    supply = plan_supply(laid_out("diazepam", [(7, [poured("0.3")])]), 7)
    assert [fill.whole_units for fill in supply.fills] == [3]
    assert supply.leftovers[0].take.volume == Volume.parse("0.9")


def test_a_plan_to_zero_has_no_run_out_day() -> None:
    assert plan_supply(laid_out("clonazepam", [(7, [pieces(HALF_MG, 4)]), (1, [])]), 7).run_out is None


def test_a_plan_to_a_maintenance_dose_runs_out_after_what_was_carried() -> None:
    supply = plan_supply(laid_out("clonazepam", [(7, [pieces(HALF_MG, 2)])]), 7)
    assert supply.run_out == MONDAY + timedelta(days=8)


def test_a_revision_uses_what_is_at_hand_first() -> None:
    old = laid_out("clonazepam", [(28, [pieces(HALF_MG, 4)])])
    supply = plan_supply(old, 28)
    day = MONDAY + timedelta(days=10)
    left = on_hand(old, supply, day)
    assert left == {HALF_MG: 18 * 4}
    revised = laid_out("clonazepam", [(10, [pieces(HALF_MG, 4)]), (28, [pieces(HALF_MG, 2)])])
    again = plan_supply(revised, 14, from_day=day, stock=left)
    assert [fill.whole_units for fill in again.fills] == [0, 0]
    assert again.leftovers[0].take.pieces == "4"


def test_stock_of_a_product_no_longer_used_is_left_over() -> None:
    supply = plan_supply(laid_out("clonazepam", [(7, [pieces(HALF_MG, 4)])]), 7, stock={ODT: 8})
    assert [(left.product, left.take.pieces) for left in supply.leftovers] == [(ODT, "2")]


@pytest.mark.parametrize("days", [0, 6, 29, -7])
def test_fills_of_another_length_are_refused(days: int) -> None:
    with pytest.raises(BadFillDays):
        plan_supply(laid_out("clonazepam", [(7, [pieces(HALF_MG, 4)])]), days)


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 8), st.integers(0, 3)), min_size=1, max_size=8),
    st.sampled_from((7, 14, 28)),
)
def test_nothing_dispensed_is_lost_and_no_day_goes_short(rows: list[tuple[int, int, int]], days: int) -> None:
    quartered = tablet("clonazepam", "2", 4)
    schedule = laid_out(
        "clonazepam",
        [(length, [pieces(p, q) for p, q in ((quartered, a), (ODT, b * 4)) if q]) for length, a, b in rows],
    )
    supply = plan_supply(schedule, days)
    handed: dict[Product, int] = {}
    for step in schedule:
        for n in range(step.days):
            day = step.start + timedelta(days=n)
            for fill in supply.fills:
                if fill.first == day:
                    handed[fill.product] = handed.get(fill.product, 0) + 4 * fill.whole_units
            for timed in step.doses:
                for take in timed.take:
                    handed[take.product] = handed.get(take.product, 0) - take.quarters
            assert all(quarters >= 0 for quarters in handed.values())
    # What is left at the end of each product is less than one unit: nothing was opened too early.
    assert {p: q for p, q in handed.items() if q} == {
        left.product: left.take.quarters for left in supply.leftovers
    }
    assert all(left.take.quarters < 4 for left in supply.leftovers)


def test_a_tablet_that_is_broken_otherwise_from_a_day_on_is_still_the_same_tablet() -> None:
    whole = tablet("clonazepam", "0.5", 1)
    plan = laid_out("clonazepam", [(7, [pieces(HALF_MG, 2)]), (7, [pieces(whole, 4)])])
    day = plan.steps[1].start
    assert [one.split for one in plan.each_once().products] == [2]
    assert {fill.product for fill in plan_supply(plan, 7).fills} == {HALF_MG}
    at_home = on_hand(plan, plan_supply(plan, 14), day)
    assert at_home == {HALF_MG: 30}
    # What was dispensed in halves is used up whole.
    alone = laid_out("clonazepam", [(7, [pieces(whole, 4)])], start=day)
    assert [fill.whole_units for fill in plan_supply(alone, 7, stock=at_home).fills] == [0]
    assert laid_out("clonazepam", [(7, [pieces(HALF_MG, 2)])]).each_once().products == (HALF_MG,)
