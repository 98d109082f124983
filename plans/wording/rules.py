"""Flag rules and their numbers in words, for the clinic's lead: what each rule looks for, what each number means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.checkins.clinic_rules import BadRules

RULES: Final[Mapping[str, Promise]] = {
    "U1": _("A fit, seizure or blackout"),
    "U2": _("Seeing or hearing things, sure of being harmed, or very confused"),
    "U3": _("Thoughts of suicide or self-harm with plan, intent or preparation; item nine at 2 or 3"),
    "U4": _("Stopped all at once, or ran out"),
    "U5": _("Hard to wake or slow breathing; or a mix with severe sleepiness"),
    "U6": _("Chest pain; or a racing heart with fever, vomiting or confusion"),
    "U7": _("Pregnant, with severe withdrawal"),
    "W1": _("Words of danger in free text"),
    "H1": _("PHQ-9 high or rising"),
    "H2": _("GAD-7 high or rising"),
    "H3": _("An own symptom very severe or worsening"),
    "H4": _("Asks for contact today, or much worse"),
    "H5": _("New opioid or kratom, another sedative, or drinking over the limit"),
    "H6": _("Extra doses, less than half, or days missed"),
    "H7": _("A fall, a crash or a near miss"),
    "H8": _("Thoughts without plan, intent or preparation; item nine at 1"),
    "H9": _("Missed a check-in, or left it unfinished, under close watch"),
    "H10": _("Would rather not say, or left after a telling safety answer"),
    "H11": _("An antidepressant started, stopped or changed"),
    "M2": _("Two check-ins missed in a row"),
    "M4": _("Four check-ins missed in a row"),
    "R1": _("PHQ-2 or GAD-2 positive"),
    "R2": _("PHQ-9 or GAD-7 in the middle band, not rising"),
    "R3": _("Numbness, no drive or swings severe"),
    "R4": _("Poor sleep on two check-ins running"),
    "R5": _("One check-in missed or left unfinished"),
    "R7": _("Wrote something in their own words"),
    "R8": _("PHQ-9 better"),
    "R9": _("Asks for contact this week, or for an answer"),
    "X0": _("A rule could not be evaluated"),
}
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
    "symptom_top": _("Own symptom very severe from, 0 to 4 (H3, U7)"),
    "symptom_watch": _("Own symptom severe from, 0 to 4 (H3, R3, R4, U5, U7)"),
    "symptom_change": _("Own symptom rise that counts, steps (H3)"),
    "alcohol_week": _("Drinks a week from (H5)"),
    "heavy_day": _("Drinks a day that count as heavy with sleepiness (U5)"),
    "missed_days": _("Days with less than planned from (H6)"),
}
_WHERE: Final[Mapping[str, Promise]] = {
    "every_weeks": _("Ask every so many weeks"),
    "maintenance_weeks": _("Weeks between check-ins at a maintenance dose"),
    "after_cut_days": _("An extra check-in so many days after each cut"),
    "items_off": _("Own items left out"),
    "reminders": _("Reminders after the invitation"),
    "apart_days": _("Days between two letters"),
    "closes_days": _("A check-in closes after so many days"),
}


def rule_words(code: str) -> str:
    """What a rule looks for; its code where nobody wrote words."""
    return str(RULES.get(code, code))


def where_words(name: str) -> str:
    """A setting by name."""
    return str(THRESHOLDS.get(name) or _WHERE.get(name) or name)


def refusal_words(refusal: BadRules) -> str:
    """Why a setting cannot be taken, and what works."""
    facts = {"least": "", "most": "", **refusal.facts}
    if facts["why"] == "out_of_range":
        return gettext("Use a whole number from %(least)s to %(most)s.") % facts
    if facts["why"] == "crossed":
        return gettext("This cannot be higher than the upper number of the same scale, %(most)s.") % facts
    if facts["why"] == "closes_first":
        return gettext("The last reminder would come after that. Use at least %(least)s days.") % facts
    return gettext("Choose from the list.")
