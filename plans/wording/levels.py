"""Names of the tabs of lanes, and the relative level in words. For clinicians only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.checkins.lanes import LaneSet
from plans.domain.taper.exposure import DrugInputs
from plans.wording.drugs import drug_words, listed
from plans.wording.methods import table_words

SETS: Final[Mapping[LaneSet, Promise]] = {
    LaneSet.CORE: _("Core four"),
    LaneSet.SCALES: _("PHQ-9, GAD-7"),
    LaneSet.BODY: _("Body"),
    LaneSet.MIND: _("Thinking"),
    LaneSet.LEVEL: _("Relative level"),
}


def set_name(name: LaneSet) -> str:
    """A set of lanes as its tab: "Body"."""
    return str(SETS[name])


def level_notes(inputs: Sequence[DrugInputs], hours: Iterable[int], table: str) -> tuple[str, ...]:
    """What a relative level was assumed from, one sentence for each assumption; shown wherever the level is."""
    said = [
        gettext(
            "An illustration, not a measured value: 100 % is the average on the first day’s doses. "
            "Doses are assumed at {hours} o’clock."
        ).format(hours=listed([str(hour) for hour in hours]))
    ]
    for one in inputs:
        facts = {
            "drug": drug_words(one.drug, clinician=True),
            "peak": one.tmax_hours,
            "half": one.half_life_hours,
        }
        words = gettext("{drug}: highest after {peak} hours, half gone after {half} hours").format(**facts)
        if one.metabolite:
            words += gettext("; its active metabolite {name} after {half} hours").format(
                name=one.metabolite, half=one.metabolite_half_life_hours
            )
        said.append(f"{words}.")
    if len(inputs) > 1:
        said.append(gettext("Drugs are added up by {table}.").format(table=table_words(table)))
    return tuple(said)


def level_missing(table: str) -> str:
    """Why no level is drawn."""
    return gettext(
        "No relative level is drawn: {table} does not compare these drugs, and milligrams of two drugs do not add up."
    ).format(table=table_words(table))


def level_range(low: int, high: int) -> str:
    """The level of a day: "62 to 71 %", "62 %"."""
    if low == high:
        return gettext("{n} %").format(n=low).replace(" ", "\u00a0")
    return gettext("{low} to {high} %").format(low=low, high=high).replace(" ", "\u00a0")
