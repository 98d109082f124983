"""Names of the lines drawn under the dose, and of severities, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

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


def severity_name(severity: str) -> str:
    """ "Urgent"; an unknown code is shown as it is."""
    return str(_SEVERITIES.get(severity, severity))
