"""Where a new plan's form begins, and what of a posted form is kept as its draft."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.utils.datastructures import MultiValueDict

from plans.domain.taper.drug import COUNTRIES
from plans.domain.taper.request import default_start
from plans.domain.taper.schedule import DAY_ORDER, TimeOfDay
from plans.domain.taper.tablets import DEFAULT_MAX_PIECES
from plans.services.plans.queries import PatientSummary

# Values of these names may come more than once.
LISTS: Final = frozenset({"products", "signed", "confirmed", "listed"})


def starting_values(patient: PatientSummary, today: date) -> MultiValueDict[str, Any]:
    """The form of a new plan before anything was typed: stated defaults, and what the record knows."""
    country = patient.country if patient.country in COUNTRIES else "US"
    values: dict[str, str] = {
        "start": default_start(today).isoformat(),
        "country": country,
        "method": "percent_of_current",
        "percent": "10",
        "interval": "14",
        "goal": "zero",
        "falls_first": DAY_ORDER[0].value,
        "cross_days": "7",
        "cross_first": TimeOfDay.NIGHT.value,
        "equivalence": "ashton_2002",
        "max_pieces": str(DEFAULT_MAX_PIECES),
        "dispense_days": "28",
        "checkin_day": str(patient.checkin_weekday),
        "checkin_time": patient.checkin_time.strftime("%H:%M"),
    }
    return MultiValueDict({name: [value] for name, value in values.items()})


def kept(data: MultiValueDict[str, Any]) -> dict[str, list[str]]:
    """What of a posted form is kept as the draft: everything typed, nothing of the machinery."""
    machinery = ("csrfmiddlewaretoken", "do", "lock", "shown", "draft")
    return {
        _storable(name)[:200]: [_storable(value) for value in data.getlist(name)]
        for name in data
        if name not in machinery
    }


def _storable(text: Any) -> str:
    """Without NUL, which nobody types and no database keeps; the form itself refuses it at its field."""
    return str(text).replace("\0", "")
