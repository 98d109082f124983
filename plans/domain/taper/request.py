"""What is asked of the engine: one taper, as JSON that is read strictly and written back canonically.

Defaults, all of them stated in the answer's request: country US, its products, goal 0, equivalents of Ashton 2002,
four things to take at a time, fills of 28 days, doses falling morning, midday, evening, night (so that daytime doses
end before the night dose), several drugs one after the other in the order of the regimen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from plans.domain.amounts import ZERO, Dose
from plans.domain.taper import catalogue
from plans.domain.taper.cautions import PatientFacts
from plans.domain.taper.crossover import Crossover, complete
from plans.domain.taper.equivalence import TABLES
from plans.domain.taper.methods import METHODS, AnyMethod
from plans.domain.taper.products import LIQUIDS, BadProduct, Form, Product
from plans.domain.taper.reading import (
    amount,
    day,
    items,
    kind,
    members,
    volume,
    whole,
    word,
    words,
)
from plans.domain.taper.refusals import (
    BadJson,
    Duplicate,
    DuplicateKey,
    MissingKey,
    NotOneOf,
    WrongType,
)
from plans.domain.taper.schedule import DAY_ORDER, TimeOfDay
from plans.domain.taper.tablets import DEFAULT_MAX_PIECES, MOST_PIECES

MOST_BYTES: Final = 4_000_000
DISPENSE_DAYS: Final = (7, 14, 28)
DEFAULT_DISPENSE: Final = 28
DEFAULT_COUNTRY: Final = "US"
DEFAULT_TABLE: Final = "ashton_2002"
_MOST_PRODUCTS: Final = 60
_TIMES: Final = tuple(time.value for time in DAY_ORDER)
_WEDNESDAY: Final = 2
_REQUIRED: Final = ("start", "regimen", "method")
_OPTIONAL: Final = (
    "products",
    "country",
    "crossover",
    "goal_mg",
    "equivalence",
    "max_pieces",
    "dispense_days",
    "falls_first",
    "drug_order",
    "patient",
)


@dataclass(frozen=True, slots=True)
class Intake:
    """What is taken now: a dose of a drug at a time of day."""

    time: TimeOfDay
    drug: str
    dose: Dose


@dataclass(frozen=True, slots=True)
class TaperRequest:
    """A taper as it was asked for. `products` is None for the country's own; orders are complete."""

    start: date
    regimen: tuple[Intake, ...]
    method: AnyMethod
    products: tuple[Product, ...] | None = None
    country: str = DEFAULT_COUNTRY
    crossover: Crossover | None = None
    goal: Dose = ZERO
    goal_stated: bool = False
    equivalence: str = DEFAULT_TABLE
    max_pieces: int = DEFAULT_MAX_PIECES
    dispense_days: int = DEFAULT_DISPENSE
    falls_first: tuple[TimeOfDay, ...] = DAY_ORDER
    drug_order: tuple[str, ...] = ()
    patient: PatientFacts | None = None

    @classmethod
    def from_text(cls, text: str | bytes) -> TaperRequest:
        """Read JSON text. Raises BadJson, DuplicateKey and whatever `from_json` raises."""
        return cls.from_json(read_json(text))

    @classmethod
    def from_json(cls, obj: object) -> TaperRequest:
        """Read a parsed request. Raises TaperError with the JSON path in `where`."""
        found = members(obj, "", required=_REQUIRED, optional=_OPTIONAL)
        regimen = _regimen(found["regimen"])
        drugs = tuple(dict.fromkeys(intake.drug for intake in regimen))
        return cls(
            start=day(found["start"], "start"),
            regimen=regimen,
            method=_method(found["method"]),
            products=_products(found["products"]) if "products" in found else None,
            country=word(found.get("country", DEFAULT_COUNTRY), "country", catalogue.COUNTRIES),
            crossover=Crossover.from_json(found["crossover"], "crossover") if "crossover" in found else None,
            goal=amount(found.get("goal_mg", "0"), "goal_mg", zero=True),
            goal_stated="goal_mg" in found,
            equivalence=word(found.get("equivalence", DEFAULT_TABLE), "equivalence", TABLES),
            max_pieces=whole(
                found.get("max_pieces", DEFAULT_MAX_PIECES), "max_pieces", lowest=1, highest=MOST_PIECES
            ),
            dispense_days=_dispense(found.get("dispense_days", DEFAULT_DISPENSE)),
            falls_first=complete(
                words(found.get("falls_first", list(_TIMES)), "falls_first", _TIMES), DAY_ORDER
            ),
            drug_order=words(found.get("drug_order", list(drugs)), "drug_order", drugs),
            patient=PatientFacts.from_json(found["patient"]) if "patient" in found else None,
        )

    def to_json(self) -> dict[str, object]:
        """The request with every default written out and every amount in its canonical text."""
        written: dict[str, object] = {
            "start": self.start.isoformat(),
            "regimen": [
                {"time": intake.time.value, "drug": intake.drug, "dose_mg": intake.dose.text}
                for intake in self.regimen
            ],
            "country": self.country,
            "method": self.method.to_json(),
            "equivalence": self.equivalence,
            "max_pieces": self.max_pieces,
            "dispense_days": self.dispense_days,
            "falls_first": [time.value for time in self.falls_first],
            "drug_order": list(self.drug_order),
        }
        if self.goal_stated:
            written["goal_mg"] = self.goal.text
        if self.products is not None:
            written["products"] = [product_json(product) for product in self.products]
        if self.crossover is not None:
            written["crossover"] = self.crossover.to_json()
        if self.patient is not None:
            written["patient"] = self.patient.to_json()
        return written


def read_json(text: str | bytes) -> object:
    """JSON text as Python values: no duplicate keys, no NaN, not too long, not too deep, UTF-8.

    Raises BadJson or DuplicateKey.
    """
    if len(text) > MOST_BYTES:
        raise BadJson(why="too_large", most_bytes=MOST_BYTES)
    try:
        plain = text.decode("utf-8") if isinstance(text, bytes) else text
        found: object = json.loads(plain, object_pairs_hook=_unique, parse_constant=_not_finite)
    except UnicodeDecodeError:
        raise BadJson(why="not_utf8") from None
    except RecursionError:
        raise BadJson(why="too_deep") from None
    except json.JSONDecodeError as fault:
        raise BadJson(why="not_json", line=fault.lineno, column=fault.colno) from None
    except ValueError:
        # an integer of thousands of digits
        raise BadJson(why="not_finite") from None
    return found


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise DuplicateKey(where=key[:40], key=key[:40])
        found[key] = value
    return found


def _not_finite(_: str) -> object:
    raise BadJson(why="not_finite")


def _regimen(value: object) -> tuple[Intake, ...]:
    found: list[Intake] = []
    for n, item in enumerate(items(value, "regimen", most=4 * len(catalogue.names()))):
        where = f"regimen[{n}]"
        one = members(item, where, required=("time", "drug", "dose_mg"))
        time = TimeOfDay(word(one["time"], f"{where}.time", _TIMES))
        drug = word(one["drug"], f"{where}.drug", catalogue.names())
        if any((other.time, other.drug) == (time, drug) for other in found):
            raise Duplicate(where=where, what=f"{time.value} {drug}")
        found.append(Intake(time, drug, amount(one["dose_mg"], f"{where}.dose_mg")))
    return tuple(found)


def _method(value: object) -> AnyMethod:
    if not isinstance(value, dict):
        raise WrongType(where="method", expected="object", got=kind(value))
    if "name" not in value:
        raise MissingKey(where="method.name", key="name")
    return METHODS[word(value["name"], "method.name", METHODS)].from_json(value, "method")


def _products(value: object) -> tuple[Product, ...]:
    found: list[Product] = []
    for n, item in enumerate(items(value, "products", most=_MOST_PRODUCTS)):
        product = _product(item, f"products[{n}]")
        if any(product.name == other.name for other in found):
            raise Duplicate(where=f"products[{n}]", what=product.name)
        found.append(product)
    return tuple(found)


def _product(value: object, where: str) -> Product:
    if not isinstance(value, dict):
        raise WrongType(where=where, expected="object", got=kind(value))
    if "form" not in value:
        raise MissingKey(where=f"{where}.form", key="form")
    form = Form(word(value["form"], f"{where}.form", [form.value for form in Form]))
    try:
        if form in LIQUIDS:
            one = members(value, where, required=("drug", "form", "mg_per_ml", "step_ml"))
            return Product(
                word(one["drug"], f"{where}.drug", catalogue.names()),
                form,
                amount(one["mg_per_ml"], f"{where}.mg_per_ml"),
                step_ml=volume(one["step_ml"], f"{where}.step_ml"),
            )
        one = members(value, where, required=("drug", "form", "strength_mg"), optional=("split",))
        split = one.get("split", 1)
        return Product(
            word(one["drug"], f"{where}.drug", catalogue.names()),
            form,
            amount(one["strength_mg"], f"{where}.strength_mg"),
            split=whole(split, f"{where}.split", lowest=1, highest=4),
        )
    except BadProduct as refusal:
        raise refusal.at(where) from None


def product_json(product: Product) -> dict[str, object]:
    """A product as a request writes it."""
    written: dict[str, object] = {"drug": product.drug, "form": product.form.value}
    if product.step_ml is not None:
        return written | {"mg_per_ml": product.strength.text, "step_ml": product.step_ml.text}
    return written | {"strength_mg": product.strength.text, "split": product.split}


def product_from_json(value: Mapping[str, object], where: str) -> Product:
    """A product as `product_json` wrote it."""
    return _product(value, where)


def _dispense(value: object) -> int:
    days = whole(value, "dispense_days", lowest=1, highest=366)
    if days not in DISPENSE_DAYS:
        raise NotOneOf(
            where="dispense_days", raw=str(days), allowed=[str(allowed) for allowed in DISPENSE_DAYS]
        )
    return days


def default_start(today: date) -> date:
    """The first Monday, Tuesday or Wednesday from `today` on: a new dose is felt while the clinic is open."""
    while today.weekday() > _WEDNESDAY:
        today += timedelta(days=1)
    return today
