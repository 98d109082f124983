"""What a taper request asks for, written into the fields of the plan form as a clinician would type it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from django.utils.datastructures import MultiValueDict

from plans.domain.taper import catalogue
from plans.domain.taper.crossover import Crossover
from plans.domain.taper.methods import AnyMethod
from plans.domain.taper.methods.bands import Bands
from plans.domain.taper.methods.equal_occupancy import EqualOccupancy
from plans.domain.taper.methods.fixed_amount import FixedAmount
from plans.domain.taper.methods.micro import Micro
from plans.domain.taper.methods.percent_of_current import PercentOfCurrent
from plans.domain.taper.methods.percent_of_original import PercentOfOriginal
from plans.domain.taper.methods.steps import Steps
from plans.domain.taper.methods.target_date import TargetDate
from plans.domain.taper.methods.two_rates import TwoRates
from plans.domain.taper.methods.typed import Typed
from plans.domain.taper.products import Product, Take
from plans.domain.taper.reading import percent_text
from plans.domain.taper.request import product_json
from plans.web.clinician.plan.products import HOME_MADE, OWN, TO_ORDER, split_name
from plans.web.clinician.plan.rows import BANDS, row_lines

FormData = MultiValueDict[str, object]


def put(data: FormData, values: Mapping[str, str]) -> None:
    """Write values into a form as sent."""
    for name, value in values.items():
        data[name] = value


def method_values(method: AnyMethod) -> dict[str, str]:
    """The fields of a method, without its name. A target date is a date, not a way: it is left out."""
    match method:
        case Typed():
            return {"rows": row_lines(method.rows)}
        case PercentOfCurrent() | PercentOfOriginal() | Micro():
            values = {"percent": percent_text(method.percent)}
        case FixedAmount():
            values = {"amount": method.amount.text}
        case Bands():
            values = _band_values(method)
        case EqualOccupancy():
            values = {"points": percent_text(method.points), "curve": method.curve}
        case Steps():
            values = {"count": str(method.count)}
        case TargetDate():
            values = {}
        case TwoRates():
            values = {
                "first_percent": percent_text(method.first.percent),
                "then_percent": percent_text(method.then.percent),
                "then_interval": str(method.then.interval_days),
                "below": method.below.text,
            }
        case _:
            assert_never(method)
    lengthen = getattr(method, "lengthen_days", 0)
    return values | {"interval": str(method.interval_days), "lengthen": str(lengthen or "")}


def _band_values(method: Bands) -> dict[str, str]:
    values = {f"band_{part}_{n}": "" for part in ("above", "cut") for n in BANDS}
    for n, band in enumerate(method.bands, start=1):
        values |= {f"band_above_{n}": band.above.text, f"band_cut_{n}": band.amount.text}
    return values


def crossover_values(cross: Crossover | None) -> dict[str, str]:
    """The fields of a switch; without one, those that say so."""
    if cross is None:
        return {"cross_to": ""}
    written = {key: str(value) for key, value in cross.to_json().items()}
    return {
        "cross_to": cross.to,
        "cross_days": written["stage_days"],
        "cross_first": cross.order[0].value,
        "cross_part": written.get("part_mg", ""),
        "cross_percent": written.get("percent_of_equivalent", ""),
    }


def fill_products(data: FormData, products: Iterable[Product], country: str) -> None:
    """Tick products on the country's lists, each as it is split; others go into the free lines.

    The ticks of the drugs that they are of are replaced, those of other drugs stay.
    """
    free = [n for n in OWN if not data.get(f"own_strength_{n}")]
    names: dict[str, str] = {}
    for product in products:
        listed = {
            entry.product.name: entry.product for entry in catalogue.drug(product.drug).products(country)
        }
        there = listed.get(product.name)
        if there is not None and there.step_ml == product.step_ml:
            names[product.name] = product.drug
            put(data, {split_name(product.name): str(product.split)})
        elif free:
            put(data, _own_values(free.pop(0), product))
    if not names:
        return
    drugs = set(names.values())
    others = [one for one in data.getlist("products") if str(one).partition(" ")[0] not in drugs]
    data.setlist("products", [*others, *names])
    lists = {f"{drug}/{country}" for drug in drugs}
    data.setlist("listed", [*(one for one in data.getlist("listed") if one not in lists), *sorted(lists)])


def _own_values(n: int, product: Product) -> dict[str, str]:
    """A product in a free line, as `products` reads it back."""
    written = product_json(product)
    values = {"drug": product.drug, "form": product.form.value, "split": str(product.split)}
    values |= {
        part: str(written[key])
        for part, key in (("strength", "strength_mg"), ("strength", "mg_per_ml"), ("step", "step_ml"))
        if key in written
    }
    if product.is_drops:
        values |= {"strength": product.strength.text, "ml": str(written.get("mg_per_ml", ""))}
    if product.is_home_made:
        pieces = Take(product.made_of, quarters=product.bottle_quarters).pieces
        values |= {
            "form": HOME_MADE,
            "strength": product.tablet.text,
            "pieces": pieces,
            "water": product.per.text,
        }
    if product.to_order:
        values["form"] = next(name for name, form in TO_ORDER.items() if form is product.form)
    return {f"own_{part}_{n}": value for part, value in values.items()}
