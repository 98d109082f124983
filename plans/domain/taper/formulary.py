"""A clinic's formulary: the products its pharmacies stock and how they may be taken, as the default for a new plan.

It only preselects products in the form of a new plan; a plan may name any product. The one exception: a suspension made
at home is offered only if the clinic has switched it on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from plans.domain.errors import TaperError
from plans.domain.json import JsonObject
from plans.domain.syringes import USUAL, Syringe
from plans.domain.taper import catalogue
from plans.domain.taper.products import Form, Product
from plans.domain.taper.reading import items, members, whole, words, yes_or_no
from plans.domain.taper.request import product_from_json, product_json, read_syringes, syringes_json

_KEYS: Final = ("drugs", "without", "most_split", "syringes", "home_made")
_MOST_PRODUCTS: Final = 60


class HomeMadeOff(TaperError):
    """Refusal of a suspension made at home that this clinic has not switched on."""

    code = "home_made_off"


@dataclass(frozen=True, slots=True)
class Formulary:
    """The stocked products.

    `drugs` lists the products of single drugs, empty where none is stocked; every other drug has the country's usual
    products, without the forms in `without` and split no finer than `most_split` (1, 2, 4). `syringes` are those given
    out; `home_made`: whether a suspension may be made from tablets at home.
    """

    drugs: tuple[tuple[str, tuple[Product, ...]], ...] = ()
    without: tuple[Form, ...] = ()
    most_split: int = 4
    syringes: tuple[Syringe, ...] = USUAL
    home_made: bool = False

    def stocked(self, drug: str, country: str) -> tuple[Product, ...]:
        """The products of a drug offered for a new plan."""
        found = dict(self.drugs).get(drug)
        if found is None:
            found = catalogue.default_products(drug, country)
        return tuple(self._taken(product) for product in found if product.form not in self.without)

    def not_stocked(self, products: Iterable[Product], country: str) -> tuple[Product, ...]:
        """Those of a plan's products that are not stocked, or not split as finely as the plan splits them."""
        return tuple(product for product in products if not self._has(product, country))

    def _has(self, wanted: Product, country: str) -> bool:
        if wanted.is_home_made:
            return self.home_made
        return any(
            (one.form, one.strength) == (wanted.form, wanted.strength)
            and (wanted.is_liquid or one.split >= wanted.split)
            for one in self.stocked(wanted.drug, country)
        )

    def _taken(self, product: Product) -> Product:
        return product if product.is_liquid else replace(product, split=min(product.split, self.most_split))

    def to_json(self) -> JsonObject:
        """The formulary as stored."""
        return {
            "drugs": {drug: [product_json(one) for one in listed] for drug, listed in self.drugs},
            "without": [form.value for form in self.without],
            "most_split": self.most_split,
            "syringes": syringes_json(self.syringes),
            "home_made": self.home_made,
        }

    @classmethod
    def from_json(cls, value: object) -> Formulary:
        """Read what `to_json` wrote. Raises TaperError with the path."""
        one = members(value, "", required=_KEYS)
        drugs = members(one["drugs"], "drugs", optional=catalogue.names())
        return cls(
            drugs=tuple(sorted((drug, _products(drug, listed)) for drug, listed in drugs.items())),
            without=tuple(Form(form) for form in words(one["without"], "without", tuple(Form), least=0)),
            most_split=whole(one["most_split"], "most_split", lowest=1, highest=4),
            syringes=read_syringes(one["syringes"], "syringes"),
            home_made=yes_or_no(one["home_made"], "home_made"),
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the formulary, to detect that somebody else saved it in the meantime."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()


def _products(drug: str, listed: object) -> tuple[Product, ...]:
    found = items(listed, f"drugs.{drug}", most=_MOST_PRODUCTS, least=0)
    return tuple(
        product_from_json(_object(one, f"drugs.{drug}[{n}]"), f"drugs.{drug}[{n}]")
        for n, one in enumerate(found)
    )


def _object(value: object, where: str) -> Mapping[str, object]:
    return members(value, where, optional=value if isinstance(value, dict) else ())
