"""Requests for the tests of the engine: the story's plan, and any plan Hypothesis can think of."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from plans.domain.amounts import Dose, total
from plans.domain.taper import catalogue, equivalence
from plans.domain.taper.drug import COUNTRIES, Spread
from plans.domain.taper.engine import Taper, build
from plans.domain.taper.methods import METHODS
from plans.domain.taper.products import Product
from plans.domain.taper.request import TaperRequest, product_json
from plans.domain.taper.schedule import DAY_ORDER, Step
from plans.domain.taper.tablets import tablets
from plans.domain.taper.weekdays import WEEKDAYS

# Clonazepam 0.5 mg in the morning and 1 mg at night, halves of 0.5 mg tablets and whole
# 0.125 mg orally disintegrating ones.
STORY: dict[str, Any] = {
    "start": "2026-11-30",
    "regimen": [
        {"time": "morning", "drug": "clonazepam", "dose_mg": "0.5"},
        {"time": "night", "drug": "clonazepam", "dose_mg": "1"},
    ],
    "products": [
        {"drug": "clonazepam", "form": "tablet", "strength_mg": "0.5", "split": 2},
        {"drug": "clonazepam", "form": "odt", "strength_mg": "0.125"},
    ],
    "method": {"name": "percent_of_current", "percent": "10", "interval_days": 14},
}

# Products for plans with zolpidem or diazepam beside the story's clonazepam.
ZOLPIDEM: dict[str, Any] = {
    "products": [
        {"drug": "clonazepam", "form": "tablet", "strength_mg": "0.5", "split": 2},
        {"drug": "zolpidem", "form": "tablet", "strength_mg": "5", "split": 2},
        {"drug": "diazepam", "form": "tablet", "strength_mg": "10", "split": 2},
        {"drug": "diazepam", "form": "tablet", "strength_mg": "2", "split": 2},
    ]
}


def asked(**changes: Any) -> TaperRequest:
    """The story's request with some keys changed."""
    return TaperRequest.from_json(STORY | changes)


def built(**changes: Any) -> Taper:
    """The story's plan with some keys of its request changed."""
    return build(asked(**changes))


def diazepam(dose_mg: str, *tablet_mg: str, split: int = 2, **changes: Any) -> Taper:
    """A plan of one diazepam dose at night, from tablets of these strengths."""
    products = [
        {"drug": "diazepam", "form": "tablet", "strength_mg": strength, "split": split}
        for strength in tablet_mg
    ]
    regimen = [{"time": "night", "drug": "diazepam", "dose_mg": dose_mg}]
    return built(**({"regimen": regimen, "products": products} | changes))


def a_day(step: Step) -> Dose:
    """What a day of a plan of one drug adds up to."""
    return total(dose.dose for dose in step.doses)


def doses(taper: Taper) -> list[str]:
    """The day's total of every step, in mg."""
    return [a_day(step).text for step in taper.schedule]


def stocked(drug: str) -> tuple[Product, ...]:
    """The products of the first country that has any of a drug."""
    for country in COUNTRIES:
        found = catalogue.default_products(drug, country)
        if found:
            return found
    return ()


DRUGS = [drug for drug in catalogue.names() if stocked(drug)]


@st.composite
def regimens(draw: st.DrawFn, drug: str) -> list[dict[str, str]]:
    """One to four times of day with doses that the drug's products can make."""
    stock = tablets(drug, stocked(drug), 4)
    times = draw(st.lists(st.sampled_from(DAY_ORDER), min_size=1, max_size=4, unique=True))
    found = []
    for time in times:
        wanted = stock.smallest.units * draw(st.integers(1, 24))
        units = stock.floor(wanted)
        assume(0 < units <= 99_900_000)
        found.append({"time": time.value, "drug": drug, "dose_mg": Dose(units).text})
    return found


def _percents() -> st.SearchStrategy[str]:
    return st.sampled_from(["2.5", "5", "7.5", "10", "12.345", "20", "33.333", "50", "100"])


def methods(name: str, drug: str, regimen: list[dict[str, str]]) -> st.SearchStrategy[dict[str, Any]]:
    """A method of that name, sensible for the regimen."""
    total = sum(Dose.parse(one["dose_mg"]).units for one in regimen)
    days = st.sampled_from([3, 7, 14, 28])
    part = Dose(max(1, total // 8)).text
    percent = {"name": st.just(name), "percent": _percents(), "interval_days": days}
    by_name: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "fixed_amount": {"amount_mg": st.just(part)},
        "bands": {
            "bands": st.just(
                [{"above_mg": Dose(total // 2).text, "amount_mg": part}, {"above_mg": "0", "amount_mg": part}]
            )
        },
        "equal_occupancy": {"points": st.sampled_from(["2", "5", "12.5"])},
        "two_rates": {
            "first": st.just({"percent": "20"}),
            "then": st.just({"percent": "10"}),
            "below_mg": st.just(Dose(max(1, total // 3)).text),
        },
        "target_date": {
            "by": st.integers(60, 700).map(lambda n: (date(2026, 11, 30) + timedelta(days=n)).isoformat())
        },
        "steps": {"count": st.integers(2, 40)},
        "typed": {
            "rows": st.just(
                [{"days": 7, "doses": regimen}, {"days": 7, "doses": regimen[:1]}, {"days": 1, "doses": []}]
            )
        },
    }
    if name not in by_name:
        return st.fixed_dictionaries(percent)
    fields = by_name[name] | {"name": st.just(name)}
    return st.fixed_dictionaries(fields if name == "typed" else fields | {"interval_days": days})


@st.composite
def stages(draw: st.DrawFn) -> list[list[str]]:
    """Days of the week at the end of a plan, each list shorter than the one before it."""
    counts = sorted(draw(st.sets(st.integers(1, 6), min_size=1, max_size=3)), reverse=True)
    return [list(draw(st.permutations(WEEKDAYS)))[:count] for count in counts]


@st.composite
def weekly_plans(draw: st.DrawFn) -> dict[str, Any]:
    """A request with days of the week: as stages at the end of a method, or in typed rows that fall from a regimen."""
    asked = draw(plans(names=tuple(name for name in METHODS if name not in ("typed", "micro"))))
    if draw(st.booleans()):
        asked["method"]["interval_days"] = draw(st.sampled_from([7, 14]))
        return asked | {"end": {"days_of_week": draw(stages())}}
    days = list(draw(st.permutations(WEEKDAYS)))
    most = draw(st.integers(2, 7))
    rows = [
        {"days": draw(st.integers(7, 30)), "doses": asked["regimen"], "days_of_week": days[:count]}
        for count in (draw(st.integers(2, most)), 1)
    ]
    regimen = asked["regimen"]
    if draw(st.booleans()):
        regimen = [one | {"days_of_week": days[:most]} for one in regimen]
    return asked | {
        "regimen": regimen,
        "method": {"name": "typed", "rows": [*rows, {"days": 1, "doses": []}]},
    }


@st.composite
def plans(draw: st.DrawFn, names: tuple[str, ...] = tuple(METHODS), crossed: bool = False) -> dict[str, Any]:
    """A request of any method for any drug, that can be met unless its plan would last too long."""
    drug = draw(st.sampled_from(DRUGS))
    table = next((name for name, table in equivalence.TABLES.items() if table.covers(drug)), "")
    assume(table)
    regimen = draw(regimens(drug))
    products = list(stocked(drug))
    asked: dict[str, Any] = {
        "start": "2026-11-30",
        "regimen": regimen,
        "method": draw(methods(draw(st.sampled_from(names)), drug, regimen)),
        "equivalence": table,
        "max_pieces": 4,
        "falls_first": [time.value for time in draw(st.permutations(DAY_ORDER))],
        "spread": draw(st.sampled_from(list(Spread))).value,
    }
    if crossed:
        assume(drug != "diazepam")
        products += stocked("diazepam")
        parts = draw(
            st.sampled_from([{}, {"part_mg": regimen[0]["dose_mg"]}, {"part_mg": "0.5"}, {"part_mg": "5"}])
        )
        asked |= {"crossover": {"to": "diazepam", **parts}, "max_pieces": 16}
    return asked | {"products": [product_json(product) for product in products]}
