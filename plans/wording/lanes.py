"""Names of the lines drawn under the dose, and of severities, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.taper.exposure import DrugInputs
from plans.wording.drugs import drug_words, listed
from plans.wording.methods import table_words

_NAMES: Final[Mapping[str, Promise]] = {
    "phq2": _("Low mood"),
    "gad2": _("Worry"),
    "phq9": _("Low mood"),
    "gad7": _("Worry"),
    "sx_sleep": _("Poor sleep"),
    "sx_swings": _("Mood swings"),
    "sx_shaking": _("Shaking"),
    "sx_heart": _("Racing heart"),
    "sx_aches": _("Aches, twitches"),
    "sx_light": _("Light, sound"),
    "sx_stomach": _("Upset stomach"),
    "sx_sleepy": _("Sleepy by day"),
    "sx_unsteady": _("Unsteady"),
    "sx_thinking": _("Thinking"),
    "sx_numb": _("Numbness"),
    "sx_drive": _("No drive"),
    "sx_irritable": _("Cross, angry"),
    "sx_unreal": _("Feeling unreal"),
}
_INSTRUMENTS: Final[Mapping[str, str]] = {
    "phq2": "PHQ-2", "gad2": "GAD-2", "phq9": "PHQ-9", "gad7": "GAD-7",
}  # fmt: skip
_SETS: Final[Mapping[str, Promise]] = {
    "core": _("Core four"),
    "scales": _("PHQ-9, GAD-7"),
    "body": _("Body"),
    "mind": _("Thinking"),
    "level": _("Relative level"),
}
_SEVERITIES: Final[Mapping[str, Promise]] = {
    "urgent": _("Urgent"),
    "high": _("High"),
    "routine": _("Routine"),
    "info": _("For information"),
}


def lane_name(code: str) -> str:
    """ "Low mood"."""
    return str(_NAMES[code])


def lane_scale(code: str, top: int) -> str:
    """ "PHQ-2, 0 to 6" or "0 to 4"."""
    scale = gettext("0 to {top}").format(top=top)
    return f"{_INSTRUMENTS[code]}, {scale}" if code in _INSTRUMENTS else scale


def lane_value(value: int, top: int) -> str:
    """ "5 of 6"."""
    return gettext("{value} of {top}").format(value=value, top=top)


def set_name(name: str) -> str:
    """A set of lanes as its tab: "Body"."""
    return str(_SETS[name])


def level_notes(inputs: Sequence[DrugInputs], hours: Iterable[int], table: str) -> tuple[str, ...]:
    """What a relative level was assumed from, a sentence each; it is shown wherever the level is."""
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


def severity_name(severity: str) -> str:
    """ "Urgent"; an unknown code is shown as it is."""
    return str(_SEVERITIES.get(severity, severity))
