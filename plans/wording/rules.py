"""Names of the thresholds of the flag rules, and why a setting is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.checkins.clinic_rules import BadRules

THRESHOLDS: Final[Mapping[str, Promise]] = {
    "phq9_high": _("PHQ-9 high from (H1)"),
    "phq9_watch": _("PHQ-9 middle band from (H1, R2)"),
    "phq9_change": _("PHQ-9 change that counts, points (H1, R8)"),
    "affective_change": _("Rise of its cognitive-affective part, points (H1)"),
    "reviewed_days": _("A high PHQ-9 already reviewed is quiet for, days (H1)"),
    "gad7_high": _("GAD-7 high from (H2)"),
    "gad7_watch": _("GAD-7 middle band from (H2, R2)"),
    "gad7_change": _("GAD-7 rise that counts, points (H2)"),
    "gad7_reliable": _("GAD-7 rise marked as larger than chance, points (H2)"),
    "short_form": _("PHQ-2 and GAD-2 positive, and the long form asked, from (R1)"),
    "symptom_top": _("Symptom very severe from, 0 to 4 (H3, U7)"),
    "symptom_watch": _("Symptom severe from, 0 to 4 (H3, R3, R4, U5, U7)"),
    "symptom_change": _("Symptom rise that counts, steps (H3)"),
    "alcohol_week": _("Drinks a week from (H5)"),
    "heavy_day": _("Drinks a day that count as heavy with sleepiness (U5)"),
    "missed_days": _("Days with less than planned from (H6)"),
}
_WHERE: Final[Mapping[str, Promise]] = {
    "every_weeks": _("Weeks between check-ins"),
    "maintenance_weeks": _("Weeks between check-ins at a maintenance dose"),
    "after_cut_days": _("Extra check-in, days after each cut"),
    "items_off": _("Symptoms not asked"),
    "reminders": _("Reminders after the invitation"),
    "apart_days": _("Days between two messages"),
    "closes_days": _("A check-in closes after so many days"),
}


def where_words(name: str) -> str:
    """The name of a setting."""
    return str(THRESHOLDS.get(name) or _WHERE.get(name) or name)


def refusal_words(refusal: BadRules) -> str:
    """Why a setting is refused, and what is allowed."""
    facts = {"least": "", "most": "", **refusal.facts}
    if facts["why"] == "out_of_range":
        return gettext("Use a whole number from %(least)s to %(most)s.") % facts
    if facts["why"] == "crossed":
        return gettext("This cannot be higher than the upper number of the same scale, %(most)s.") % facts
    if facts["why"] == "closes_first":
        return gettext("The last reminder would come after that. Use at least %(least)s days.") % facts
    return gettext("Choose from the list.")
