"""Liquids as they are measured: drops, named syringes, and a suspension made of tablets; always an exact count."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from plans.domain.amounts import Dose, Volume, total
from plans.domain.errors import TaperError
from plans.domain.syringes import (
    MOST_DRAWS,
    SMALLEST_DRAW,
    USUAL,
    draws_of,
    syringe_for,
    syringe_of,
    volumes_of,
)
from plans.domain.taper import snapshot
from plans.domain.taper.answer import answer
from plans.domain.taper.engine import build
from plans.domain.taper.products import BadProduct, Form, Product, Take
from plans.domain.taper.refusals import NotMakeable
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.tablets import tablets
from plans.wording.taper import says

CLONAZEPAM: dict[str, Any] = {
    "start": "2026-11-30",
    "regimen": [{"time": "night", "drug": "clonazepam", "dose_mg": "1"}],
    "method": {"name": "percent_of_current", "percent": "10", "interval_days": 14},
    "products": [{"drug": "clonazepam", "form": "drops", "mg_per_drop": "0.1", "mg_per_ml": "2.5"}],
}
HOME_MADE: dict[str, Any] = {
    "drug": "clonazepam",
    "from": {"strength_mg": "0.5", "pieces": "1"},
    "water_ml": "3",
    "step_ml": "0.1",
}
HALF_MG = {"drug": "clonazepam", "form": "tablet", "strength_mg": "0.5", "split": 2}
SOLUTION = {"drug": "diazepam", "form": "solution", "mg_per_ml": "1"}
SYRINGES = [
    {"size_ml": "1", "mark_ml": "0.01"},
    {"size_ml": "5", "mark_ml": "0.2"},
    {"size_ml": "10", "mark_ml": "0.5"},
]


def answered(**changes: Any) -> dict[str, Any]:
    return answer(build(TaperRequest.from_json(CLONAZEPAM | changes)), says=says)


def taken(found: dict[str, Any]) -> list[Any]:
    """The first take of every step with a dose."""
    return [step["doses"][0]["take"][0] for step in found["steps"] if step["doses"]]


def refused(**changes: Any) -> TaperError:
    with pytest.raises(TaperError) as refusal:
        answered(**changes)
    return refusal.value


def diazepam(dose_mg: str, **changes: Any) -> dict[str, Any]:
    regimen = [{"time": "night", "drug": "diazepam", "dose_mg": dose_mg}]
    return {"regimen": regimen, "products": [SOLUTION], "syringes": SYRINGES} | changes


# ── drops ──


def test_drops_are_counted_whole_and_never_measured() -> None:
    found = answered()
    assert [take["drops"] for take in taken(found)] == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert all(set(take) == {"product", "drops"} for take in taken(found))
    assert found["supply"][0] == {
        "from": "2026-11-30", "to": "2026-12-27", "product": "clonazepam drops 0.1 mg/drop", "whole_units": 11,
    }  # fmt: skip


def test_an_unknown_key_that_is_empty_has_a_place() -> None:
    refusal = refused(**{"": 1})
    assert (refusal.code, refusal.where) == ("unknown_key", '[""]')


def test_drops_of_an_unknown_number_in_a_millilitre_are_handed_out_by_the_drop() -> None:
    found = answered(products=[{"drug": "clonazepam", "form": "drops", "mg_per_drop": "0.1"}])
    assert found["supply"][0]["whole_units"] == 266


def test_sixty_drops_are_the_most_and_part_of_a_drop_is_no_dose() -> None:
    stock = tablets("clonazepam", (Product("clonazepam", Form.DROPS, Dose.parse("0.1")),), 4)
    assert stock.make(Dose.parse("6")) is not None
    assert stock.make(Dose.parse("6.1")) is None
    assert stock.nearest(Dose.parse("0.55")) == (Dose.parse("0.5"), Dose.parse("0.6"))
    assert stock.smallest == Dose.parse("0.1")


@pytest.mark.parametrize(
    ("product", "code", "where"),
    [
        ({"mg_per_drop": "0.1", "mg_per_ml": "2.55"}, "bad_product", "products[0]"),
        ({"mg_per_drop": "0.1", "mg_per_ml": "0.01"}, "bad_product", "products[0]"),
        ({"mg_per_drop": "0"}, "zero_amount", "products[0].mg_per_drop"),
        ({"mg_per_ml": "2.5"}, "missing_key", "products[0].mg_per_drop"),
        ({"mg_per_drop": "0.1", "split": 2}, "unknown_key", "products[0].split"),
    ],
)
def test_drops_that_are_no_drops_are_refused(product: dict[str, Any], code: str, where: str) -> None:
    refusal = refused(products=[{"drug": "clonazepam", "form": "drops"} | product])
    assert (refusal.code, refusal.where) == (code, where)
    assert says(refusal)


def test_drops_cannot_be_split() -> None:
    with pytest.raises(BadProduct):
        Product("clonazepam", Form.DROPS, Dose.parse("0.1"), split=2)


# ── syringes ──


def test_more_than_a_syringe_holds_is_drawn_in_turn() -> None:
    assert taken(answered(**diazepam("11.8")))[0]["draws"] == [
        {"syringe_ml": "10", "ml": "10"},
        {"syringe_ml": "5", "ml": "1.8"},
    ]


def test_a_volume_no_named_syringe_marks_is_refused_with_the_nearest() -> None:
    refusal = refused(**diazepam("7.3"))
    assert (refusal.code, refusal.where) == ("not_makeable", "regimen[0].dose_mg")
    assert refusal.nearest == {"lower": "7.2", "higher": "7.4"}


def test_a_rest_without_a_mark_of_its_own_is_two_draws_of_different_syringes() -> None:
    """The 10 mL syringe has no mark at 5.2 mL, and neither the 5 mL nor the 1 mL syringe holds it."""
    assert taken(answered(**diazepam("5.2")))[0]["draws"] == [
        {"syringe_ml": "5", "ml": "5"},
        {"syringe_ml": "1", "ml": "0.2"},
    ]
    assert taken(answered(**diazepam("15.2")))[0]["draws"] == [
        *[{"syringe_ml": "5", "ml": "5"}] * 3,
        {"syringe_ml": "1", "ml": "0.2"},
    ]
    assert taken(answered(**diazepam("5.5")))[0]["draws"] == [{"syringe_ml": "10", "ml": "5.5"}]


def test_two_draws_are_refused_where_the_second_is_too_little_or_a_syringe_is_missing() -> None:
    assert refused(**diazepam("5.1")).nearest == {"lower": "5", "higher": "5.11"}
    ten_and_five = [{"size_ml": "10", "mark_ml": "0.5"}, {"size_ml": "5", "mark_ml": "0.5"}]
    assert refused(**diazepam("5.2", syringes=ten_and_five)).nearest == {"lower": "5", "higher": "5.5"}


def test_a_tenth_of_a_millilitre_is_too_little_to_draw() -> None:
    refusal = refused(**diazepam("0.1"))
    assert refusal.nearest == {"lower": "0", "higher": "0.11"}
    refusal = refused(**diazepam("10.1"))
    assert refusal.nearest == {"lower": "10", "higher": "10.11"}


def test_without_named_syringes_the_finest_mark_is_all_that_counts() -> None:
    products = [SOLUTION | {"step_ml": "0.1"}]
    found = answered(**diazepam("7.3", products=products, syringes=[]))
    assert taken(found)[0] == {"product": "diazepam solution 1 mg/mL", "ml": "7.3"}
    assert "syringes" not in found["request"]
    assert refused(**diazepam("7.3", syringes=[])).where == "products[0].step_ml"


def test_the_bottle_s_own_dropper_is_one_more_syringe() -> None:
    own = {"size_ml": "1", "mark_ml": "0.25"}
    concentrate = {"drug": "diazepam", "form": "concentrate", "mg_per_ml": "5", "syringes": [own]}
    found = answered(**diazepam("3.75", products=[concentrate], syringes=[]))
    assert taken(found)[0]["draws"] == [{"syringe_ml": "1", "ml": "0.75"}]
    assert found["request"]["products"] == [concentrate | {"step_ml": "0.25"}]
    both = answered(**diazepam("3.7", products=[concentrate]))
    assert taken(both)[0]["draws"] == [{"syringe_ml": "1", "ml": "0.74"}]


def test_the_country_s_liquids_are_drawn_by_the_syringes_as_well() -> None:
    request = CLONAZEPAM | diazepam("11.8")
    del request["products"]
    schedule = build(TaperRequest.from_json(request)).schedule
    assert all(product.syringes == USUAL for product in schedule.products if product.is_liquid)


@pytest.mark.parametrize(
    ("syringes", "code", "where"),
    [
        ([{"size_ml": "1", "mark_ml": "0.3"}], "bad_syringe", "syringes[0]"),
        ([{"size_ml": "1", "mark_ml": "2"}], "bad_syringe", "syringes[0]"),
        ([{"size_ml": "61", "mark_ml": "1"}], "bad_syringe", "syringes[0]"),
        ([{"size_ml": "1"}], "missing_key", "syringes[0].mark_ml"),
        ([{"size_ml": 1, "mark_ml": "0.1"}], "bad_amount", "syringes[0].size_ml"),
        ([{"size_ml": "1", "mark_ml": "0.1"}] * 2, "duplicate", "syringes[1]"),
        ([{"size_ml": "1", "mark_ml": "0.1"}] * 9, "too_many", "syringes"),
    ],
)
def test_a_syringe_that_is_none_is_refused(syringes: Any, code: str, where: str) -> None:
    refusal = refused(**diazepam("10", syringes=syringes))
    assert (refusal.code, refusal.where) == (code, where)
    assert says(refusal)


@given(st.integers(1, 60), st.sampled_from([1, 2, 3, 4, 5, 10, 20, 25, 50, 100, 200]))
def test_every_syringe_has_few_numbers_and_marks_up_to_what_it_holds(ml: int, parts: int) -> None:
    if ml * 1000 % parts:
        return
    syringe = syringe_of(Volume(ml * 1000), Volume(ml * 1000 // parts))
    assert syringe.holds.microlitres % syringe.number.microlitres == 0
    assert syringe.number.microlitres % syringe.mark.microlitres == 0


# ── made at home ──


def test_a_sixth_of_a_milligram_in_a_millilitre_is_drawn_where_it_is_exact() -> None:
    found = answered(
        regimen=[{"time": "night", "drug": "clonazepam", "dose_mg": "0.5"}],
        products=[HALF_MG, HOME_MADE],
        method={"name": "micro", "percent": "13", "interval_days": 14},
    )
    volumes = [take["ml"] for take in taken(found) if "ml" in take]
    assert volumes[:3] == ["2.7", "2.4", "2.1"]
    assert [step["total_mg"]["clonazepam"] for step in found["steps"]][:3] == ["0.5", "0.45", "0.4"]
    assert found["request"]["products"][1] == HOME_MADE


def test_tablets_and_bottles_are_supplied_and_never_millilitres() -> None:
    found = answered(
        regimen=[{"time": "night", "drug": "clonazepam", "dose_mg": "0.45"}],
        products=[HALF_MG, HOME_MADE],
        method={"name": "typed", "rows": [{"days": 28, "total_mg": "0.45"}]},
    )
    assert {fill["product"] for fill in found["supply"]} == {"clonazepam tablet 0.5 mg"}
    assert [fill["whole_units"] for fill in found["supply"]] == [28]
    assert found["bottles"] == [{"product": "clonazepam suspension 0.5 mg in 3 mL", "count": 28}]
    assert found["leftover"] == []


def test_a_day_that_needs_more_than_a_bottle_makes_two() -> None:
    found = answered(
        products=[HOME_MADE | {"from": {"strength_mg": "2", "pieces": "0.25"}}],
        method={"name": "typed", "rows": [{"days": 14, "total_mg": "1"}]},
    )
    assert found["bottles"][0]["count"] == 28
    assert found["supply"] == [
        {"from": "2026-11-30", "to": "2026-12-13", "product": "clonazepam tablet 2 mg", "whole_units": 7}
    ]


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        ({"from": {"strength_mg": "0.5", "pieces": "1.3"}}, "bad_product", "products[0].from.pieces"),
        ({"from": {"strength_mg": "0.5", "pieces": "0"}}, "zero_amount", "products[0].from.pieces"),
        ({"from": {"strength_mg": "0.5"}}, "missing_key", "products[0].from.pieces"),
        ({"from": "tablets"}, "wrong_type", "products[0].from"),
        ({"water_ml": "0"}, "zero_amount", "products[0].water_ml"),
        ({"form": "solution"}, "unknown_key", "products[0].form"),
    ],
)
def test_a_recipe_that_is_none_is_refused_at_its_place(change: Any, code: str, where: str) -> None:
    refusal = refused(products=[HOME_MADE | change])
    assert (refusal.code, refusal.where) == (code, where)
    assert says(refusal)


def test_a_size_made_to_order_is_asked_for_and_written_back() -> None:
    sizes = [
        {"drug": "clonazepam", "form": "capsule", "strength_mg": mg, "split": 1, "to_order": True}
        for mg in ("1", "0.9", "0.8", "0.1")
    ]
    found = answered(products=sizes)
    assert found["request"]["products"] == sizes
    assert found["supply"][0]["product"] == "clonazepam capsule 1 mg"
    for order in found["orders"]:
        fills = [one for one in found["supply"] if one["product"] == order["product"] and one["whole_units"]]
        assert order["fills"] == [
            {"there_by": one["from"], "whole_units": one["whole_units"]} for one in fills
        ]
        assert order["whole_units"] == sum(one["whole_units"] for one in fills)
        assert Dose.parse(order["together_mg"]) == Dose.parse(order["each_mg"]) * order["whole_units"]
    assert {order["product"] for order in found["orders"]} == {
        one["product"] for one in found["supply"] if one["whole_units"]
    }
    assert "orders" not in answered()
    assert refused(products=[sizes[0] | {"to_order": 1}]).where == "products[0].to_order"


# ── the laws ──

MEASURED = st.one_of(
    st.builds(
        lambda strength, step: Product(
            "diazepam", Form.SOLUTION, Dose(strength * 1000), step_ml=Volume(step)
        ),
        st.integers(1, 500),
        st.sampled_from([10, 50, 100, 200, 250, 500]),
    ),
    st.builds(
        lambda tablet, quarters, water, step: Product(
            "diazepam",
            Form.SUSPENSION,
            Dose(tablet * quarters),
            step_ml=Volume(step),
            per=Volume(water),
            tablet=Dose(tablet * 4),
        ),
        st.integers(1, 250_000),
        st.integers(1, 16),
        st.integers(500, 120_000),
        st.sampled_from([10, 50, 100, 200, 500]),
    ),
    st.builds(
        lambda drop, per_ml: Product("diazepam", Form.DROPS, Dose(drop), drops_per_ml=per_ml),
        st.integers(1, 100_000),
        st.integers(0, 40),
    ),
)
FURTHER = (syringe_of(Volume(3000), Volume(100)), syringe_of(Volume(20_000), Volume(1000)))
NAMED = st.lists(st.sampled_from([*USUAL, *FURTHER]), unique=True, max_size=4)


@pytest.mark.slow
@settings(deadline=None)
@given(MEASURED, NAMED, st.integers(0, 4_000_000))
def test_whatever_is_made_is_exact_on_a_mark_and_its_neighbours_are_the_nearest(
    product: Product, syringes: list[Any], wanted: int
) -> None:
    product = product.with_syringes(tuple(syringes))
    if product.is_liquid and product.syringes and not product.counted:
        return
    stock = tablets("diazepam", (product,), 4)
    low, high = stock.floor(wanted), stock.ceil(wanted)
    assert low <= wanted
    for units in {low, high} - {None, 0}:
        made = stock.make(Dose(units or 0))
        assert made is not None
        assert total(take.dose for take in made).units == units
        assert_measured(made[0])
    if high is not None and low < wanted < high:
        assert stock.make(Dose(wanted)) is None
    if high is not None:
        assert stock.smallest.units <= high or not wanted


def assert_measured(take: Take) -> None:
    product = take.product
    if take.volume is None:
        assert take.drops >= 1
        return
    exact = Fraction(product.strength.units, product.per.microlitres) * take.volume.microlitres
    assert exact == take.dose.units
    if not product.syringes:
        assert product.step_ml is not None
        assert take.volume.microlitres % product.step_ml.microlitres == 0
        return
    assert sum(one.volume.microlitres for one in take.draws) == take.volume.microlitres
    assert 1 <= len(take.draws) <= MOST_DRAWS
    for one in take.draws:
        assert one.syringe.measures(one.volume)
        assert one.volume > SMALLEST_DRAW
        assert one.syringe in product.syringes


@pytest.mark.slow
@settings(deadline=None)
@given(NAMED)
def test_all_volumes_are_those_that_can_be_drawn(syringes: list[Any]) -> None:
    listed = set(volumes_of(syringes))
    for microlitres in range(10, 45_000, 10):
        assert (microlitres in listed) == bool(draws_of(Volume(microlitres), syringes))


def test_of_several_syringes_the_smallest_that_has_the_mark_is_used() -> None:
    assert syringe_for(Volume(1000), USUAL) == USUAL[0]
    assert syringe_for(Volume(1200), USUAL) == USUAL[1]
    assert syringe_for(Volume(5500), USUAL) == USUAL[2]
    assert syringe_for(Volume(5300), USUAL) is None


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(st.sampled_from(["drops", "home", "drawn"]), st.integers(2, 40), st.sampled_from(["10", "25", "5"]))
def test_a_plan_of_measured_doses_reads_back_and_adds_up(kind: str, tenths: int, percent: str) -> None:
    products: dict[str, list[Any]] = {
        "drops": CLONAZEPAM["products"],
        "home": [HOME_MADE, HALF_MG],
        "drawn": [{"drug": "clonazepam", "form": "solution", "mg_per_ml": "0.5"}],
    }
    asked = (
        CLONAZEPAM
        | {
            "regimen": [{"time": "night", "drug": "clonazepam", "dose_mg": Dose(tenths * 10_000).text}],
            "products": products[kind],
            "max_pieces": 16,
            "method": {"name": "percent_of_current", "percent": percent, "interval_days": 14},
        }
        | ({} if kind == "home" else {"syringes": SYRINGES})
    )
    try:
        taper = build(TaperRequest.from_json(asked))
    except NotMakeable:
        assume(False)  # 5.2 mL is on no mark
        raise
    for step in taper.schedule:
        for dose in step.doses:
            for take in dose.take:
                if take.volume is not None:
                    assert_measured(take)
    assert snapshot.load(snapshot.dump(taper)).schedule == taper.schedule
    assert TaperRequest.from_json(taper.request.to_json()) == taper.request
