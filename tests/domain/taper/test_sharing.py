"""Totals shared over the times of day, against an oracle that tries every combination."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.domain.amounts import Dose, Volume
from plans.domain.taper.products import Form, Product
from plans.domain.taper.sharing import Sharing
from plans.domain.taper.tablets import Tablets
from tests.domain.taper.asking import built

FORMS = st.one_of(
    st.builds(
        lambda mg, split: Product("diazepam", Form.TABLET, Dose(mg * 20_000), split),
        st.integers(1, 12),
        st.sampled_from([1, 2]),
    ),
    st.builds(
        lambda mg, step: Product("diazepam", Form.SOLUTION, Dose(mg * 20_000), step_ml=Volume(step * 1000)),
        st.integers(1, 4),
        st.integers(1, 3),
    ),
)


@st.composite
def days(draw: st.DrawFn) -> tuple[Tablets, tuple[int, ...]]:
    """A pharmacy of one to three products and a regimen of one to three times of day that it can make."""
    products = draw(st.lists(FORMS, min_size=1, max_size=3, unique_by=lambda product: product.name))
    stock = Tablets("diazepam", tuple(products), draw(st.integers(1, 3)))
    makeable = sorted(units for units in stock.up_to(400_000) if units)
    count = draw(st.integers(1, 3))
    return stock, tuple(draw(st.sampled_from(makeable or [0])) for _ in range(count))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(days(), st.data())
def test_a_total_is_shared_exactly_when_some_way_exists_and_else_the_nearest_are_named(
    day: tuple[Tablets, tuple[int, ...]], data: st.DataObject
) -> None:
    stock, within = day
    sharing = Sharing(stock, within)
    sums = {sum(doses) for doses in product(*(sorted(stock.up_to(most)) for most in within))}
    wanted = data.draw(st.integers(0, sum(within) // 10_000)) * 10_000
    found = sharing.share(wanted)
    assert (found is not None) == (wanted in sums)
    if found is None:
        higher = min((total for total in sums if total > wanted), default=None)
        assert sharing.nearest(wanted) == (max(total for total in sums if total < wanted), higher)
    else:
        assert sum(found) == wanted
        assert all(dose <= most and stock.makes(dose) for dose, most in zip(found, within, strict=True))


def test_the_falling_chain_comes_before_every_other_way() -> None:
    stock = Tablets("diazepam", (Product("diazepam", Form.TABLET, Dose.parse("1"), 2),), 4)
    assert Sharing(stock, (200_000, 200_000)).share(250_000) == (50_000, 200_000)


# ── in plans ──────────────────────────────────────────────────────────────────────────────────────────────

# Whole 3 mg and 5 mg at the two times of day: 3 mg lies on the chain 8, 5, 0, but also 5, 3 and 0.
ODD = {
    "regimen": [
        {"time": "morning", "drug": "diazepam", "dose_mg": "5"},
        {"time": "night", "drug": "diazepam", "dose_mg": "5"},
    ],
    "products": [
        {"drug": "diazepam", "form": "tablet", "strength_mg": "5"},
        {"drug": "diazepam", "form": "tablet", "strength_mg": "3"},
    ],
    "max_pieces": 1,
}


def test_a_goal_off_the_falling_chain_is_reached_by_another_way_of_sharing_it() -> None:
    plan = built(goal_mg="6", **ODD).schedule
    assert [(dose.time.value, dose.dose.text) for dose in plan.steps[-1].doses] == [
        ("morning", "3"),
        ("night", "3"),
    ]


def test_a_goal_is_also_shared_where_every_dose_needs_the_liquid() -> None:
    # 0.4 mg/mL by 0.5 mL: 0.2 mg; with one thing at a time 0.45 mg is 0.25 mg of one and 0.2 mg of the other
    plan = built(
        regimen=[
            {"time": "morning", "drug": "diazepam", "dose_mg": "0.4"},
            {"time": "night", "drug": "diazepam", "dose_mg": "0.4"},
        ],
        products=[
            {"drug": "diazepam", "form": "tablet", "strength_mg": "0.25"},
            {"drug": "diazepam", "form": "solution", "mg_per_ml": "0.4", "step_ml": "0.5"},
        ],
        max_pieces=1,
        goal_mg="0.45",
    ).schedule
    assert sorted(dose.dose.text for dose in plan.steps[-1].doses) == ["0.2", "0.25"]


def test_no_time_of_day_falls_under_its_dose_at_the_goal_on_the_way_there() -> None:
    plan = built(goal_mg="6", **ODD).schedule
    assert all(dose.dose >= Dose.parse("3") for step in plan for dose in step.doses)
    assert all(len(step.doses) == 2 for step in plan)
