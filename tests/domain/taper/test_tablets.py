"""The search over tablets, against an oracle that tries everything."""

from __future__ import annotations

from itertools import pairwise
from itertools import product as combinations_of
from math import gcd

import pytest

from plans.domain.amounts import Dose, Volume
from plans.domain.taper.products import Form, Product, Take
from plans.domain.taper.refusals import NoProduct, TooManyCombinations
from plans.domain.taper.tablets import Tablets, tablets
from tests.domain.taper.asking import DRUGS, stocked

MAX_PIECES = 5


def tablet(strength: str, split: int = 2, form: Form = Form.TABLET) -> Product:
    return Product("diazepam", form, Dose.parse(strength), split)


def liquid(strength: str, step: str) -> Product:
    return Product("diazepam", Form.SOLUTION, Dose.parse(strength), step_ml=Volume.parse(step))


def count(takes: tuple[Take, ...]) -> int:
    """Pieces as a hand counts them: wholes, and the rest as a half, a quarter or both."""
    return sum(take.quarters // 4 + (0, 1, 1, 2)[take.quarters % 4] for take in takes)


def sums_by_pieces(solids: list[Product], pieces: int) -> dict[int, int]:
    """The oracle: every sum of up to so many wholes, halves and quarters, with the fewest pieces it takes."""
    parts = {
        product.strength.units // part for product in solids for part in (1, 2, 4) if part <= product.split
    }
    fewest = {0: 0}
    for n in range(1, pieces + 1):
        for base in [units for units, used in fewest.items() if used == n - 1]:
            for part in parts:
                fewest.setdefault(base + part, n)
    return fewest


@pytest.mark.parametrize("drug", DRUGS)
def test_the_search_finds_a_way_exactly_when_one_exists_and_with_as_few_pieces(drug: str) -> None:
    solids = [product for product in stocked(drug) if not product.is_liquid]
    if not solids:
        solids = [Product(drug, Form.TABLET, Dose.parse("1"), 4)]
    stock = Tablets(drug, tuple(solids), MAX_PIECES)
    fewest = sums_by_pieces(solids, MAX_PIECES)
    smallest = min(product.smallest.units for product in solids)
    grain = gcd(*(product.smallest.units for product in solids))
    # half a grain lies between everything that can be made, so that what cannot be made is tried as well
    for units in range(0, 16 * smallest + 1, max(1, grain // 2)):
        made = stock.make(Dose(units))
        assert (made is not None) == (units in fewest)
        if made is not None:
            assert sum(take.dose.units for take in made) == units
            assert count(made) == fewest[units]


def every_way(solids: list[Product], pieces: int) -> dict[int, tuple[int, int, int]]:
    """The oracle of the whole law: for every sum the least (pieces, products, cuts), all ways tried one by one."""
    found: dict[int, tuple[int, int, int]] = {}
    counts = [range(0, 4 * pieces + 1, 4 // product.split) for product in solids]
    for quarters in combinations_of(*counts):
        takes = tuple(Take(product, quarters=q) for product, q in zip(solids, quarters, strict=True) if q)
        cost = (count(takes), len(takes), sum((0, 2, 1, 3)[q % 4] for q in quarters))
        units = sum(take.dose.units for take in takes)
        if cost[0] <= pieces and (units not in found or cost < found[units]):
            found[units] = cost
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "strengths",
    [
        (("2", 2), ("5", 2), ("10", 2)),
        (("0.25", 2), ("0.5", 2), ("1", 2), ("2", 4)),
        (("0.5", 2), ("1", 1), ("2", 1), ("0.125", 1)),
        (("5", 1), ("10", 1), ("25", 1)),
        (("3.75", 2), ("7.5", 2), ("15", 2)),
        (("1.5", 4), ("3", 4), ("6", 2)),
    ],
)
def test_of_all_ways_the_fewest_pieces_win_then_the_fewest_products_then_the_least_splitting(
    strengths: tuple[tuple[str, int], ...],
) -> None:
    solids = [tablet(strength, split) for strength, split in strengths]
    stock, oracle = tablets("diazepam", tuple(solids), 4), every_way(solids, 4)
    for units, least in oracle.items():
        made = stock.make(Dose(units))
        assert made is not None
        assert (
            count(made), len(made), sum((0, 2, 1, 3)[take.quarters % 4] for take in made)
        ) == least  # fmt: skip


def test_twenty_milligrams_and_every_step_below_are_printed_with_tablets_that_add_up() -> None:
    stock = tablets("diazepam", (tablet("2"), tablet("5"), tablet("10")), 6)
    for half_mg in range(1, 41):
        made = stock.make(Dose(half_mg * 50_000))
        assert (made is not None) == (half_mg % 2 == 0 or half_mg >= 5)


def test_of_equally_few_pieces_fewer_products_win() -> None:
    made = tablets("diazepam", (tablet("2"), tablet("4"), tablet("6")), 4).make(Dose.parse("8"))
    assert made == (Take(tablet("4"), quarters=8),)


def test_of_equally_few_pieces_and_products_the_least_splitting_wins() -> None:
    made = tablets("diazepam", (tablet("10"), tablet("5")), 4).make(Dose.parse("5"))
    assert made == (Take(tablet("5"), quarters=4),)


def test_three_quarters_are_two_pieces() -> None:
    assert tablets("diazepam", (tablet("2", split=4),), 1).make(Dose.parse("1.5")) is None
    assert tablets("diazepam", (tablet("2", split=4),), 2).make(Dose.parse("1.5")) is not None


def test_a_capsule_is_never_split() -> None:
    stock = tablets("diazepam", (tablet("2", split=1, form=Form.CAPSULE),), 6)
    assert stock.make(Dose.parse("1")) is None
    assert stock.make(Dose.parse("4")) is not None


def test_tablets_alone_come_before_a_liquid() -> None:
    stock = tablets("diazepam", (tablet("2"), liquid("1", "0.1")), 4)
    assert stock.make(Dose.parse("3")) == (Take(tablet("2"), quarters=6),)
    assert stock.make(Dose.parse("3.1")) == (Take(liquid("1", "0.1"), volume=Volume.parse("3.1")),)


def test_a_liquid_fills_up_what_tablets_leave() -> None:
    stock = tablets("diazepam", (tablet("0.25", split=1), liquid("1", "0.1")), 3)
    made = stock.make(Dose.parse("0.55"))
    assert made == (
        Take(tablet("0.25", split=1), quarters=4),
        Take(liquid("1", "0.1"), volume=Volume.parse("0.3")),
    )


def test_a_volume_that_cannot_be_drawn_is_not_offered() -> None:
    stock = tablets("diazepam", (liquid("1", "0.1"),), 4)
    assert stock.make(Dose.parse("0.55")) is None
    assert stock.nearest(Dose.parse("0.55")) == (Dose.parse("0.5"), Dose.parse("0.6"))


def test_the_nearest_doses_stand_on_both_sides() -> None:
    stock = tablets("diazepam", (tablet("2"), tablet("5")), 4)
    assert stock.nearest(Dose.parse("1.5")) == (Dose.parse("1"), Dose.parse("2"))
    assert stock.nearest(Dose.parse("0.5")) == (Dose.parse("0"), Dose.parse("1"))


def test_above_the_most_that_can_be_made_there_is_no_higher_dose() -> None:
    assert tablets("diazepam", (tablet("2"),), 2).nearest(Dose.parse("5")) == (Dose.parse("4"), None)


def test_floor_and_ceiling_agree_with_what_is_made() -> None:
    stock = tablets("diazepam", (tablet("0.25", split=1), tablet("2"), liquid("0.4", "0.5")), 3)
    makeable = [units for units in range(0, 600_000, 2_500) if stock.make(Dose(units)) is not None]
    for low, high in pairwise(makeable):
        for units in range(low + 1, high, 2_500):
            assert (stock.floor(units), stock.ceil(units)) == (low, high)


def test_a_quarter_of_the_smallest_odt_is_exact() -> None:
    made = tablets("diazepam", (tablet("0.125", split=4),), 4).make(Dose.parse("0.03125"))
    assert made is not None
    assert made[0].pieces == "0.25"


def test_no_products_is_refused() -> None:
    with pytest.raises(NoProduct):
        Tablets("diazepam", (), 4)


@pytest.mark.slow
def test_a_list_of_odd_strengths_is_refused_before_it_fills_the_memory() -> None:
    odd = tuple(Product("diazepam", Form.TABLET, Dose(100_004 + 97 * n * n * 4), 4) for n in range(40))
    with pytest.raises(TooManyCombinations):
        Tablets("diazepam", odd, 16)
