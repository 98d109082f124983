"""What is known of a drug, number by number, and what is missing: the table that a pharmacist reviews and signs.

>>> lines = known(catalogue.drug("brotizolam"))
>>> next((line.value, line.mark.value) for line in lines if line.code == "max")
('0.25 mg', 'verified')
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import Any

from plans.domain.amounts import Dose
from plans.domain.taper import equivalence
from plans.domain.taper.catalogue import DRUG_FILES
from plans.domain.taper.drug import COUNTRIES, CatalogueProduct, Drug, Figure, NumberRange, SourceMark


class Gap(StrEnum):
    """What may be missing for a drug."""

    ATC = "atc"
    RXNORM = "rxnorm"
    ROUTES = "routes"
    LIVER = "liver"
    EQUIVALENT = "equivalent"
    COUNTRY = "country"
    SPLIT = "split"


@dataclass(frozen=True, slots=True)
class Line:
    """One number or fact: `code` says which (wording has its label), `detail` what it applies to, `value` as shown."""

    code: str
    detail: str
    country: str
    value: str
    mark: SourceMark
    source: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A gap: what is missing, and where (a country or product; "" for the whole drug)."""

    gap: Gap
    where: str


def known(drug: Drug) -> tuple[Line, ...]:
    """Every number of the drug's file and of its rows in the equivalence tables, with mark and source."""
    return (*_lines(drug), *_products(drug), *_equivalents(drug.name))


def missing(drug: Drug) -> tuple[Missing, ...]:
    """Everything without a value; a split that is only assumed counts as missing."""
    gaps = [Missing(gap, "") for gap in (Gap.ATC, Gap.RXNORM) if gap.value not in drug.codes]
    if not drug.traits.routes.value:
        gaps.append(Missing(Gap.ROUTES, ""))
    if not drug.traits.liver.value:
        gaps.append(Missing(Gap.LIVER, ""))
    if not equivalence.covering(drug.name):
        gaps.append(Missing(Gap.EQUIVALENT, ""))
    gaps += [Missing(Gap.COUNTRY, country) for country in COUNTRIES if not drug.products(country)]
    gaps += [
        Missing(Gap.SPLIT, f"{country}: {entry.product.name}")
        for country in COUNTRIES
        for entry in drug.products(country)
        if not entry.product.is_liquid and entry.split.mark is SourceMark.UNVERIFIED
    ]
    return tuple(gaps)


def tally(lines: tuple[Line, ...]) -> dict[SourceMark, int]:
    """How many of the lines have each mark."""
    return {mark: sum(line.mark is mark for line in lines) for mark in SourceMark}


@cache
def review_digest(name: str) -> str:
    """SHA-256 of what a drug's file says and of its rows in the equivalence tables: identifies what a review covered.

    Comments and layout of the file are no part of it, so that they can be corrected without ending a review.
    """
    said = tomllib.loads((DRUG_FILES / f"{name}.toml").read_text(encoding="utf-8"))
    summed = sha256(json.dumps(said, sort_keys=True).encode())
    for line in _equivalents(name):
        summed.update("\0".join(astuple(line)).encode())
    return summed.hexdigest()


def _lines(drug: Drug) -> Iterator[Line]:
    for code, figure in drug.codes.items():
        yield _line(code, figure)
    yield _line("max", drug.max_daily)
    for indication, most in drug.other_maxima.items():
        yield _line("max_for", most, detail=indication)
    for country, most in drug.maxima.items():
        yield _line("max_in", most, country=country)
    yield _line("times", drug.usual_times)
    yield _line("half_life", drug.half_life)
    yield _line("model_half_life", drug.model_half_life)
    yield _line("tmax", drug.tmax)
    yield _line("model_tmax", drug.model_tmax)
    if drug.active_metabolite is not None:
        yield _line(
            "metabolite_half_life", drug.active_metabolite.half_life, detail=drug.active_metabolite.name
        )
        model = drug.active_metabolite.model_half_life
        yield _line("metabolite_model_half_life", model, detail=drug.active_metabolite.name)
    yield _line("spread", drug.spread)
    if drug.label_schedule is not None:
        yield _line("label_cut", drug.label_schedule.cut)
        yield _line("label_times", drug.label_schedule.times)
        yield _line("label_days", drug.label_schedule.days)
    yield _line("routes", drug.traits.routes)
    yield _line("liver", drug.traits.liver)
    yield _line("seizure_use", drug.traits.seizure_use)


def _products(drug: Drug) -> Iterator[Line]:
    for country in COUNTRIES:
        for entry in drug.products(country):
            yield from _product(entry, country)


def _product(entry: CatalogueProduct, country: str) -> Iterator[Line]:
    product = entry.product
    of, sure = product.form.value, (entry.split.mark, entry.split.source)
    if product.is_drops:
        per_ml = f"{Dose(product.strength.units * product.drops_per_ml).text} mg/mL"
        yield Line("product", of, country, per_ml, entry.mark, entry.source)
        yield Line("drop", product.name, country, f"{product.strength.text} mg", *sure)
    elif product.step_ml is not None:
        yield Line("product", of, country, f"{product.strength.text} mg/mL", entry.mark, entry.source)
        yield Line("step", product.name, country, f"{product.step_ml.text} mL", *sure)
    else:
        yield Line("product", of, country, f"{product.strength.text} mg", entry.mark, entry.source)
        yield Line("split", product.name, country, str(entry.split.value), *sure)
    if entry.packs is not None:
        sizes = ", ".join(map(str, entry.packs.value))
        unit = " mL" if product.handed_out_in_ml else ""
        yield Line("packs", product.name, country, sizes + unit, entry.packs.mark, entry.packs.source)


def _equivalents(name: str) -> Iterator[Line]:
    for table in equivalence.TABLES.values():
        row = table.rows.get(name)
        if row is not None:
            ends = row.low.text if row.low == row.high else f"{row.low.text} to {row.high.text}"
            value = f"{row.value.text} ({ends}) mg" if row.value not in (None, row.low) else f"{ends} mg"
            yield Line("equivalent", table.title, "", value, row.mark, row.source)


# Any: a figure of any kind, written as text
def _line(code: str, figure: Figure[Any], *, detail: str = "", country: str = "") -> Line:
    return Line(code, detail, country, _text(figure.value), figure.mark, figure.source)


def _text(value: object) -> str:
    """A value as shown: "4 mg", "18 to 50", "cyp3a4, ugt", "yes"."""
    match value:
        case Dose():
            return f"{value.text} mg"
        case NumberRange():
            return f"{value.low:f}" if value.low == value.high else f"{value.low:f} to {value.high:f}"
        case frozenset():
            return ", ".join(sorted(value)) or "–"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value) or "–"
