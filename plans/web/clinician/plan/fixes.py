"""Buttons that put a refused dose right: each is tried with the same exact search before it is offered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from plans.domain.amounts import Dose
from plans.domain.errors import TaperError, TaperplanError
from plans.domain.taper import catalogue
from plans.domain.taper.products import NEVER_SPLIT, Product
from plans.domain.taper.tablets import tablets
from plans.web.clinician.plan.forms import PlanForm
from plans.wording.taper import product_words


@dataclass(frozen=True, slots=True)
class Fix:
    """A button that puts a refusal right: what it says, and the value it sends."""

    label: str
    value: str


def fixes(error: TaperplanError, form: PlanForm) -> tuple[Fix, ...]:
    """Buttons for a dose that cannot be made: split a ticked product further, or add one of the country's.

    Each was tried with the same exact search before it is offered.
    """
    if error.code != "not_makeable":
        return ()
    drug = str(error.facts["drug"])
    dose = Dose.parse(str(error.facts["dose_mg"]))
    pieces = int(str(error.facts["max_pieces"]))
    ticked = tuple(product for product in form.products.chosen() if product.drug == drug)

    def makes(products: Iterable[Product]) -> bool:
        try:
            return tablets(drug, tuple(products), pieces).make(dose) is not None
        except TaperError:
            return False

    found = []
    for product in ticked:
        for split in _finer(product):
            finer = Product(product.drug, product.form, product.strength, split=split)
            if makes((*(p for p in ticked if p != product), finer)):
                label = (
                    gettext("Allow halves of the {product}")
                    if split == 2
                    else gettext("Allow quarters of the {product}")
                )
                found.append(
                    Fix(
                        label.format(product=product_words(product, named=True, clinician=True)),
                        f"split|{product.name}|{split}",
                    )
                )
                break
    names = {product.name for product in ticked}
    country = form.products.country
    for entry in catalogue.drug(drug).products(country):
        if entry.product.name not in names and makes((*ticked, entry.product)):
            label = gettext("Add the {product}").format(
                product=product_words(entry.product, named=True, clinician=True)
            )
            found.append(Fix(label, f"add|{entry.product.name}"))
    return tuple(found[:5])


def _finer(product: Product) -> Sequence[int]:
    if product.is_liquid or product.form in NEVER_SPLIT:
        return ()
    return [split for split in (2, 4) if split > product.split and product.strength.units % split == 0]
