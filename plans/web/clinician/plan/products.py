"""The products of the plan form: the country's list to tick, how each may be split, and products typed by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext

from plans.domain.errors import TaperplanError
from plans.domain.taper import catalogue
from plans.domain.taper.drug import COUNTRIES, CatalogueProduct, SourceMark
from plans.domain.taper.formulary import Formulary
from plans.domain.taper.products import LIQUIDS, NEVER_SPLIT, Form, Product
from plans.domain.taper.request import MOST_AT_HOME, product_from_json, product_json
from plans.domain.which import which
from plans.web.clinician.plan.fields import read_dose, read_volume, whole_between
from plans.wording.drugs import drug_words, form_words, forms_as_in, product_words
from plans.wording.plans import problem

OWN: Final = (1, 2, 3)
HOME_MADE: Final = "home_made"
TO_ORDER: Final = {"order_capsule": Form.CAPSULE, "order_tablet": Form.TABLET}


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One product to tick. `splits` are (value, words, chosen) of how it may be taken; empty where never split.
    `at_home` is what is at home of it, as typed."""

    key: str
    words: str
    mark: str
    source: str
    ticked: bool
    splits: tuple[tuple[str, str, bool], ...]
    product: Product
    at_home: str

    @property
    def mark_is(self) -> Mapping[str, bool]:
        """Whether the product has this mark, for templates."""
        return which(SourceMark, self.mark)


@dataclass(frozen=True, slots=True)
class DrugRows:
    """The products of one drug, under its name."""

    drug: str
    words: str
    rows: tuple[ProductRow, ...]


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A product typed by hand, as typed."""

    n: int
    drug: str
    form: str
    strength: str
    split: str
    step: str
    at_home: str
    per_ml: str
    pieces: str
    water: str


class ProductRows:
    """The products ticked in a form. `problems` are sentences about products typed by hand.

    A drug whose list was not yet on the page (`listed` names those that were) comes with what the clinic's formulary
    stocks ticked; after that only the ticks count.
    """

    def __init__(
        self,
        data: MultiValueDict[str, Any],  # Any: text as it was posted, or lists of text as a draft keeps them
        drugs: Sequence[str],
        country: str,
        formulary: Formulary,
    ) -> None:
        self._formulary = formulary
        known = country if country in COUNTRIES else "US"
        listed = set(_values(data, "listed"))
        ticked = set(_values(data, "products"))
        self.country = known
        self.problems: list[str] = []
        with forms_as_in(known):
            self.groups = tuple(
                self._group(data, drug, known, None if f"{drug}/{known}" not in listed else ticked)
                for drug in drugs
            )
        self.listed = tuple(f"{drug}/{known}" for drug in drugs)
        self.own = tuple(self._own_row(data, n) for n in OWN)
        typed = [(row, self._own_product(row)) for row in self.own]
        self._own = [product for _, product in typed if product is not None]
        home = {row.product.name: row.at_home for group in self.groups for row in group.rows if row.ticked}
        home |= {product.name: row.at_home for row, product in typed if product is not None}
        self.stock = self._stock(home)

    def _group(
        self, data: MultiValueDict[str, object], drug: str, country: str, ticked: set[str] | None
    ) -> DrugRows:
        stocked = {product.name: product for product in self._formulary.stocked(drug, country)}
        names = stocked if ticked is None else ticked
        rows = tuple(
            _row(data, entry, stocked.get(entry.product.name, entry.product), entry.product.name in names)
            for entry in catalogue.drug(drug).products(country)
        )
        return DrugRows(drug, drug_words(drug, clinician=True), rows)

    def _own_row(self, data: MultiValueDict[str, object], n: int) -> OwnRow:
        def value(part: str) -> str:
            return str(data.get(f"own_{part}_{n}") or "").strip()

        parts = ("drug", "form", "strength", "split", "step", "home", "ml", "pieces", "water")
        return OwnRow(n, *(value(part) for part in parts))

    def _own_product(self, row: OwnRow) -> Product | None:
        if not row.strength:
            return None
        try:
            return product_from_json(_written(row), f"own_{row.n}")
        except TaperplanError as refusal:
            said = gettext("Product of your own, line {n}: {problem}").format(
                n=row.n, problem=problem(refusal)
            )
            self.problems.append(said)
            return None

    def _stock(self, typed: Mapping[str, str]) -> list[dict[str, object]]:
        """What is at home of the products chosen, as the taper request writes it."""
        found: list[dict[str, object]] = []
        for name, text in typed.items():
            if not text:
                continue
            try:
                units = whole_between(0, MOST_AT_HOME)(text)
            except TaperplanError as refusal:
                said = gettext("At home, {product}: {problem}").format(product=name, problem=problem(refusal))
                self.problems.append(said)
                continue
            found.append({"product": name, "whole_units": units})
        return found

    def chosen(self) -> tuple[Product, ...]:
        """The products ticked or typed, each once."""
        ticked = [row.product for group in self.groups for row in group.rows if row.ticked]
        by_name = {product.name: product for product in (*ticked, *self._own)}
        return tuple(by_name.values())

    def request(self) -> list[dict[str, object]]:
        """The chosen products as the taper request writes them."""
        return [product_json(product) for product in self.chosen()]


def _written(row: OwnRow) -> dict[str, object]:
    """A product typed by hand as the taper request writes it. Raises BadAmount, ZeroAmount."""
    if row.form == HOME_MADE:
        return {
            "drug": row.drug,
            "from": {"strength_mg": read_dose(row.strength), "pieces": read_dose(row.pieces)},
            "water_ml": read_volume(row.water),
            "step_ml": read_volume(row.step),
        }
    if row.form in TO_ORDER:
        form = TO_ORDER[row.form].value
        return {"drug": row.drug, "form": form, "strength_mg": read_dose(row.strength), "to_order": True}
    form = row.form if row.form in tuple(Form) else Form.TABLET.value
    written: dict[str, object] = {"drug": row.drug, "form": form}
    if Form(form) in LIQUIDS:
        return written | {"mg_per_ml": read_dose(row.strength), "step_ml": read_volume(row.step)}
    if form == Form.DROPS:
        per_ml = {"mg_per_ml": read_dose(row.per_ml)} if row.per_ml else {}
        return written | {"mg_per_drop": read_dose(row.strength)} | per_ml
    split = int(row.split) if row.split in ("1", "2", "4") else 1
    return written | {"strength_mg": read_dose(row.strength), "split": split}


def _values(data: MultiValueDict[str, object], name: str) -> list[str]:
    return [str(value) for value in data.getlist(name)]


def split_name(key: str) -> str:
    """The name of the field that holds how a product may be split."""
    return f"split:{key}"


def _row(
    data: MultiValueDict[str, object], entry: CatalogueProduct, product: Product, ticked: bool
) -> ProductRow:
    """A row to tick; `product` is the entry's, split as the formulary allows."""
    key = product.name
    raw = str(data.get(split_name(key)) or "")
    fits = [
        split
        for split in (1, 2, 4)
        if not product.is_liquid and product.form not in NEVER_SPLIT and product.strength.units % split == 0
    ]
    chosen = next((split for split in fits if str(split) == raw), product.split)
    names = {1: gettext("whole"), 2: gettext("whole and half"), 4: gettext("quarters too")}
    splits = tuple((str(split), names[split], split == chosen) for split in fits) if len(fits) > 1 else ()
    if not product.is_liquid and chosen != product.split:
        product = Product(product.drug, product.form, product.strength, split=chosen)
    return ProductRow(
        key=key,
        words=product_words(product),
        mark=entry.mark.value if entry.mark is not SourceMark.VERIFIED else "",
        source=entry.source,
        ticked=ticked,
        splits=splits,
        product=product,
        at_home=str(data.get(f"home:{key}") or "").strip(),
    )


def forms_to_choose(country: str, *, home_made: bool) -> tuple[tuple[str, str], ...]:
    """Forms a product typed by hand may have, as a country calls them; a suspension made at home only where the clinic
    has switched it on."""
    with forms_as_in(country):
        named = [(form.value, form_words(form)) for form in Form]
    found = (
        *named,
        ("order_capsule", gettext("capsule made to order")),
        ("order_tablet", gettext("tablet made to order, as in a tapering strip")),
    )
    return (*found, (HOME_MADE, gettext("suspension made at home from tablets"))) if home_made else found
