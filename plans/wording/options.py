"""The whole plans of which one is chosen with the patient, in the patient's words: what each is like to live with.

Nothing of it is for the clinic alone: no reasons, findings or notes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from plans.domain.amounts import NBSP
from plans.domain.taper.engine import Taper
from plans.domain.taper.options import TaperOption
from plans.domain.taper.preparation import PreparationName
from plans.domain.taper.products import Product
from plans.wording.doses import day_dose_said, per_day_words
from plans.wording.drugs import drug_words, listed, product_words
from plans.wording.plans import weeks_count
from plans.wording.verdicts import change_words

_NAMES: Final[Mapping[PreparationName, Promise]] = {
    PreparationName.TABLETS: _("Tablets or capsules only"),
    PreparationName.TABLETS_THEN_LIQUID: _("Tablets first, then a liquid"),
    PreparationName.LIQUID: _("A liquid all the way"),
    PreparationName.MIXED: _("Tablets and a liquid together"),
}


@dataclass(frozen=True, slots=True)
class OptionFact:
    """One fact of a plan: what it is called, and its lines."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OptionWords:
    """One plan to choose: its name, what its picture shows, and as many facts as every other, in the same order."""

    name: str
    picture: str
    facts: tuple[OptionFact, ...]


def option_words(option: TaperOption) -> OptionWords:
    """A whole plan in the patient's words, in the active language."""
    return OptionWords(
        str(_NAMES[option.preparation]),
        _picture(option.taper),
        tuple(OptionFact(name, tuple(lines)) for name, lines in _facts(option)),
    )


def heading(taper: Taper) -> str:
    """What is chosen, by the names of the drugs."""
    drugs = listed([drug_words(drug) for drug in taper.schedule.drugs])
    return gettext("Ways to lower your {drugs}").format(drugs=drugs)


def from_to(taper: Taper) -> str:
    """Where every one of the plans begins, and when."""
    first = taper.schedule.steps[0]
    return gettext("Each way begins at {dose}, on {day}.").format(
        dose=per_day_words(first.day), day=long_day(first.start)
    )


def at_home(taper: Taper) -> str:
    """What was counted as being at home, which every one of the plans uses first; "" if nothing was."""
    counted = {one.product: one.whole_units for one in taper.request.stock}
    products = [
        _counted(product, counted[product.name], named=True)
        for product in taper.schedule.products
        if counted.get(product.name)
    ]
    return (
        gettext("Already at home, and used first: {products}").format(products=listed(products))
        if products
        else ""
    )


def long_day(day: date) -> str:
    """A day in the active language: "7 December 2026"."""
    return date_format(day, gettext("j F Y"))


def supply_lines(taper: Taper) -> tuple[str, ...]:
    """What to get from the pharmacy for the whole plan: the product, then how many."""
    named = len(taper.schedule.drugs) > 1
    lines = [
        _counted(product, units, named=named) for product, units in taper.supply.totals().items() if units
    ]
    takes = [take for step in taper.schedule for dose in step.doses for take in dose.take]
    sizes = sorted({draw.syringe.holds for take in takes for draw in take.draws})
    lines += [gettext("an oral syringe of {size}").format(size=size.ml) for size in sizes]
    if not sizes and any(take.volume is not None for take in takes):
        lines.append(gettext("an oral syringe"))
    return tuple(lines)


def _counted(product: Product, units: int, *, named: bool) -> str:
    """The count after the strength, never before it: "2 mg tablets: 56"."""
    count = f"{units}{NBSP}mL" if product.handed_out_in_ml else str(units)
    return gettext("{product}: {count}").format(
        product=product_words(product, count=units, named=named), count=count
    )


def _facts(option: TaperOption) -> Iterator[tuple[str, Sequence[str]]]:
    taper = option.taper
    yield _last(option)
    yield gettext("How long it takes"), [weeks_count(_days(taper))]
    yield gettext("Longest time at one dose"), [weeks_count(option.longest_step)]
    yield gettext("Largest step down"), _fall(option)
    yield (
        gettext("Most to take in a day"),
        [
            ngettext(
                "{n} tablet, half or measured amount",
                "{n} tablets, halves or measured amounts",
                option.most_a_day,
            ).format(n=option.most_a_day)
        ],
    )
    yield gettext("Changes between tablets and liquid"), [_changes(option.changes)]
    yield gettext("To get from the pharmacy, in all"), supply_lines(taper) or [gettext("nothing")]


def _last(option: TaperOption) -> tuple[str, Sequence[str]]:
    ends = option.taper.schedule.last_dose_day()
    if ends is None:
        return gettext("Dose to stay on"), [per_day_words(option.last_dose)]
    return gettext("Last dose"), [
        day_dose_said(option.last_dose),
        gettext("on {day}").format(day=long_day(ends)),
    ]


def _days(taper: Taper) -> int:
    """The days with a dose; of a plan that stays on one, those until it is reached."""
    schedule = taper.schedule
    ends = schedule.last_dose_day()
    last = schedule.steps[-1]
    return (ends - schedule.start).days + 1 if ends is not None else (last.start - schedule.start).days


def _fall(option: TaperOption) -> Sequence[str]:
    fall = option.largest_fall
    if fall is None:
        return [gettext("none before the last dose")]
    was, now, percent = fall
    return [
        gettext("from {before} to {after}").format(
            before=day_dose_said(was.day), after=day_dose_said(now.day)
        ),
        change_words(percent),
    ]


def _changes(changes: int) -> str:
    return (
        ngettext("{n} change", "{n} changes", changes).format(n=changes) if changes else gettext("no change")
    )


def _picture(taper: Taper) -> str:
    """The picture for whoever does not see it."""
    first, last = taper.schedule.steps[0], taper.schedule.steps[-1]
    return gettext("{steps} steps, from {first} on {begins} to {last} on {ends}.").format(
        steps=len(taper.schedule.steps),
        first=day_dose_said(first.day),
        begins=long_day(first.start),
        last=day_dose_said(last.day),
        ends=long_day(last.start),
    )
