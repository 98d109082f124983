"""What should be at home, in words: of each product how much, and how that is known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext

from plans.domain.amounts import NBSP
from plans.domain.taper.products import Product
from plans.wording.drugs import product_words
from plans.wording.plans import long_day
from plans.wording.taper import forms_as_in


def home_lines(
    at_home: Iterable[tuple[Product, int]], *, country: str, named: bool, clinician: bool
) -> list[str]:
    """A line for each product: "12 × 0.5 mg tablets", `named` with its drug."""
    with forms_as_in(country):
        return [
            f"{units}{NBSP}mL × {words}" if product.handed_out_in_ml else f"{units} × {words}"
            for product, units in at_home
            for words in [product_words(product, count=units, named=named, clinician=clinician)]
        ]


def home_words(counted_on: date | None, today: date) -> str:
    """How it is known what is at home: counted today, reckoned from a count, or from the fills so far."""
    if counted_on == today:
        return gettext("Counted at home today.")
    if counted_on is not None:
        return gettext("Counted on {day}, with later fills and less the doses since.").format(
            day=long_day(counted_on)
        )
    return gettext("If every fill so far was collected and every dose taken as planned.")


def taken_off_words(
    at_home: Iterable[tuple[Product, int]], counted_on: date | None, today: date, country: str
) -> str:
    """What should be at home today, as a clinician and a pharmacist read it beside what is to dispense; "" if nothing
    is."""
    lines = home_lines(at_home, country=country, named=True, clinician=True)
    if not lines:
        return ""
    return gettext("At home today, and taken off what is to dispense: {products}. {basis}").format(
        products="; ".join(lines), basis=home_words(counted_on, today)
    )
