"""Names of the lanes drawn under the dose, and of priorities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class LaneWords:
    """A lane's name, and the questionnaire whose score it shows, if any."""

    name: Promise
    scale: str = ""


WORDS: Final[Mapping[str, LaneWords]] = {
    "phq2": LaneWords(_("Low mood"), "PHQ-2"),
    "gad2": LaneWords(_("Worry"), "GAD-2"),
    "phq9": LaneWords(_("Low mood"), "PHQ-9"),
    "gad7": LaneWords(_("Worry"), "GAD-7"),
    "sx_sleep": LaneWords(_("Poor sleep")),
    "sx_swings": LaneWords(_("Mood swings")),
    "sx_shaking": LaneWords(_("Shaking")),
    "sx_heart": LaneWords(_("Racing heart")),
    "sx_aches": LaneWords(_("Aches, twitches")),
    "sx_light": LaneWords(_("Light, sound")),
    "sx_stomach": LaneWords(_("Upset stomach")),
    "sx_sleepy": LaneWords(_("Sleepy by day")),
    "sx_unsteady": LaneWords(_("Unsteady")),
    "sx_thinking": LaneWords(_("Thinking")),
    "sx_numb": LaneWords(_("Numbness")),
    "sx_drive": LaneWords(_("No motivation")),
    "sx_irritable": LaneWords(_("Cross, angry")),
    "sx_unreal": LaneWords(_("Feeling unreal")),
}
_SEVERITIES: Final[Mapping[str, Promise]] = {
    "urgent": _("Urgent"),
    "high": _("High"),
    "routine": _("Routine"),
    "info": _("For information"),
}


def lane_name(code: str) -> str:
    """ "Low mood"."""
    return str(WORDS[code].name)


def lane_scale(code: str, top: int) -> str:
    """ "PHQ-2, 0 to 6" or "0 to 4"."""
    scale = gettext("0 to {top}").format(top=top)
    return ", ".join(filter(None, (WORDS[code].scale, scale)))


def lane_value(value: int, top: int) -> str:
    """ "5 of 6"."""
    return gettext("{value} of {top}").format(value=value, top=top)


def severity_name(severity: str) -> str:
    """ "Urgent"; an unknown code is shown as it is."""
    return str(_SEVERITIES.get(severity, severity))
