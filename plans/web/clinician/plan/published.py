"""Published schedules in the plan form: the list to choose from, and filling the form with one of them.

How the dose is lowered is replaced: method, rates, intervals, rows, crossover, spread, and the products if the source
names them. Everything else that was typed stays, above all the dose taken now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.datastructures import MultiValueDict

from plans.domain.taper import catalogue, published_names
from plans.domain.taper.methods import AnyMethod
from plans.domain.taper.methods.bands import Bands
from plans.domain.taper.methods.fixed_amount import FixedAmount
from plans.domain.taper.methods.percent_of_current import PercentOfCurrent
from plans.domain.taper.methods.percent_of_original import PercentOfOriginal
from plans.domain.taper.methods.two_rates import TwoRates
from plans.domain.taper.methods.typed import Typed
from plans.domain.taper.products import Product
from plans.domain.taper.published.files import PublishedSchedule, schedule, schedules
from plans.domain.taper.reading import percent_text
from plans.web.clinician.plan.products import OWN, split_name
from plans.web.clinician.plan.rows import BANDS, row_lines
from plans.wording.published import published_words
from plans.wording.taper import drug_words

FormData = MultiValueDict[str, object]


@dataclass(frozen=True, slots=True)
class ScheduleGroup:
    """The published schedules of one drug: the value and the words of each."""

    drug: str
    choices: tuple[tuple[str, str], ...]


def schedule_groups(drug: str) -> tuple[ScheduleGroup, ...]:
    """All published schedules by drug; those of the drug already chosen come first."""
    by_drug: dict[str, list[PublishedSchedule]] = {}
    for one in sorted(schedules(), key=lambda one: one.drug != drug):
        by_drug.setdefault(one.drug, []).append(one)
    return tuple(
        ScheduleGroup(
            drug_words(name, clinician=True), tuple((one.name, published_words(one)) for one in found)
        )
        for name, found in by_drug.items()
    )


def named(name: object) -> PublishedSchedule | None:
    """The published schedule of that name; None for any other text."""
    return schedule(str(name)) if name in published_names.names() else None


def fill(data: FormData, name: object) -> None:
    """Fill a form as sent with a published schedule; an unknown name changes nothing."""
    found = named(name)
    if found is None:
        return
    asked = found.asked
    _set(data, {"published": found.name, "method": asked.method.name, "end_days": ""})
    _set(data, _method_values(asked.method))
    _fill_regimen(data, found)
    cross = asked.crossover
    _set(data, {"cross_to": cross.to if cross else ""})
    if cross is not None:
        written = {key: str(value) for key, value in cross.to_json().items()}
        _set(data, {"cross_days": written["stage_days"], "cross_first": cross.order[0].value})
        _set(data, {"cross_part": written.get("part_mg", "")})
        _set(data, {"cross_percent": written.get("percent_of_equivalent", "")})
    _set(data, {"spread": str(found.request.get("spread", ""))})
    _set(data, {"preparation": str(found.request.get("preparation", ""))})
    if "falls_first" in found.request:
        _set(data, {"falls_first": asked.falls_first[0].value})
    if "equivalence" in found.request:
        _set(data, {"equivalence": asked.equivalence})
    if asked.max_pieces > _number(data.get("max_pieces")):
        _set(data, {"max_pieces": str(asked.max_pieces)})
    _set(data, {"goal": "stay", "goal_mg": asked.goal.text} if asked.goal else {"goal": "zero"})
    _fill_products(data, found)


def _fill_regimen(data: FormData, found: PublishedSchedule) -> None:
    """Fill in the dose at the start if no other drug and no dose was typed."""
    drug = str(data.get("drug_a") or found.drug)
    there = any(data.get(name) for name in data if name.startswith("a_"))
    if drug != found.drug or there:
        return
    _set(data, {"drug_a": drug})
    _set(data, {f"a_{intake.time.value}": intake.dose.text for intake in found.asked.regimen})


def _fill_products(data: FormData, found: PublishedSchedule) -> None:
    """Fill in the schedule's products: those on the list are ticked, others go into the free lines."""
    country = str(data.get("country") or "US")
    free = [n for n in OWN if not data.get(f"own_strength_{n}")]
    names = []
    for product in found.asked.products or ():
        listed = {
            entry.product.name: entry.product for entry in catalogue.drug(product.drug).products(country)
        }
        there = listed.get(product.name)
        if there is not None and there.step_ml == product.step_ml:
            names.append(product.name)
            _set(data, {split_name(product.name): str(product.split)})
        elif free:
            _set(data, _own_values(free.pop(0), product))
    if names:
        others = [one for one in data.getlist("products") if not str(one).startswith(f"{found.drug} ")]
        data.setlist("products", [*others, *names])
        listed_now = [one for one in data.getlist("listed") if one != f"{found.drug}/{country}"]
        data.setlist("listed", [*listed_now, f"{found.drug}/{country}"])


def _own_values(n: int, product: Product) -> dict[str, str]:
    values = {"drug": product.drug, "form": product.form.value, "strength": product.strength.text}
    values |= {"split": str(product.split), "step": product.step_ml.text if product.step_ml else ""}
    return {f"own_{part}_{n}": value for part, value in values.items()}


def _method_values(method: AnyMethod) -> dict[str, str]:
    """The fields of a method as a clinician would type them."""
    match method:
        case Typed():
            return {"rows": row_lines(method.rows)}
        case PercentOfCurrent() | PercentOfOriginal():
            values = {"percent": percent_text(method.percent), "lengthen": _days(method.lengthen_days)}
        case FixedAmount():
            values = {"amount": method.amount.text, "lengthen": _days(method.lengthen_days)}
        case Bands():
            values = {f"band_{part}_{n}": "" for part in ("above", "cut") for n in BANDS}
            for n, band in enumerate(method.bands, start=1):
                values |= {f"band_above_{n}": band.above.text, f"band_cut_{n}": band.amount.text}
        case TwoRates():
            values = {
                "first_percent": percent_text(method.first.percent),
                "then_percent": percent_text(method.then.percent),
                "then_interval": str(method.then.interval_days),
                "below": method.below.text,
            }
        case _:
            # No published schedule uses any other method; a test fills the form from every file.
            return {}
    return values | {"interval": str(method.interval_days)}


def _days(count: int) -> str:
    return str(count) if count else ""


def _set(data: FormData, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        data[name] = value


def _number(value: object) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
