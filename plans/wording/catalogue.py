"""The table of what is known of a drug, in words: for the page, for `manage.py catalogue` and for its print."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.taper.catalogue_table import Gap, Line, Missing
from plans.domain.taper.drug import Spread
from plans.wording.plans import COUNTRY_NAMES, long_day

LINES: Final[Mapping[str, Promise]] = {
    "atc": _("ATC code"),
    "rxnorm": _("RxNorm code"),
    "max": _("Most a day"),
    "max_for": _("Most a day in another use"),
    "max_in": _("Most a day in this country"),
    "times": _("Usual doses a day"),
    "half_life": _("Half-life, hours"),
    "model_half_life": _("Half-life that is calculated with, hours"),
    "tmax": _("Time to the peak, hours"),
    "model_tmax": _("Time to the peak that is calculated with, hours"),
    "metabolite_half_life": _("Half-life of the active metabolite, hours"),
    "metabolite_model_half_life": _("Half-life of the metabolite that is calculated with, hours"),
    "spread": _("How a dose is shared over the day"),
    "label_cut": _("Taper of the label: cut"),
    "label_times": _("Taper of the label: times of day lowered at once"),
    "label_days": _("Taper of the label: days between cuts"),
    "routes": _("Enzymes that clear it"),
    "liver": _("Severe liver disease"),
    "seizure_use": _("Used against seizures"),
    "product": _("Product"),
    "step": _("Smallest volume"),
    "drop": _("One drop"),
    "split": _("Parts a tablet may be split into"),
    "packs": _("Sizes of packs"),
    "equivalent": _("Equal to 10 mg diazepam"),
}
GAPS: Final[Mapping[Gap, Promise]] = {
    Gap.ATC: _("no ATC code"),
    Gap.RXNORM: _("no RxNorm code"),
    Gap.ROUTES: _("nothing on the enzymes that clear it"),
    Gap.LIVER: _("nothing on severe liver disease"),
    Gap.EQUIVALENT: _("no table equates it with one number"),
    Gap.COUNTRY: _("no product with a source"),
    Gap.SPLIT: _("no source on splitting, or on the size of a drop"),
}
SPREADS: Final[Mapping[Spread, Promise]] = {
    Spread.IN_TURN: _("each time of day in turn"),
    Spread.EVEN: _("all times of day evenly"),
    Spread.ONE_AFTER_ANOTHER: _("one time of day after another"),
}


def line_words(line: Line) -> str:
    """What the number on a line describes: "Product: tablet"."""
    return f"{LINES[line.code]}: {line.detail}" if line.detail else str(LINES[line.code])


def value_words(line: Line) -> str:
    """The value in words."""
    return str(SPREADS[Spread(line.value)]) if line.code == "spread" else line.value


def missing_words(gap: Missing) -> str:
    """What is missing, and where: "Spain: no product with a source"."""
    where = str(COUNTRY_NAMES.get(gap.where, gap.where))
    return f"{where}: {GAPS[gap.gap]}" if where else str(GAPS[gap.gap])


def review_words(review: tuple[str, date] | None) -> str:
    """Who reviewed a drug's numbers, and on which day."""
    if review is None:
        return gettext("Catalogue not reviewed")
    who, on = review
    return gettext("Catalogue reviewed by {who} on {day}").format(who=who, day=long_day(on))
