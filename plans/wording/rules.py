"""Short names of the rules of check-ins, for lists; the full sentence of a flag is in plans.wording.checkins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

RULES: Final[Mapping[str, Promise]] = {
    "U1": _("seizure, fit or blackout"),
    "U2": _("seeing or hearing things, severe confusion"),
    "U3": _("thoughts of suicide"),
    "U4": _("stopped or ran out suddenly"),
    "U5": _("hard to wake, slow breathing"),
    "U6": _("chest pain or racing heart with fever"),
    "U7": _("pregnant with severe withdrawal"),
    "W1": _("words on the watch list"),
    "H1": _("low mood severe or worse"),
    "H2": _("worry severe or worse"),
    "H3": _("a symptom severe or worse"),
    "H4": _("asks to be called today"),
    "H5": _("new opioid, kratom, sedative or alcohol"),
    "H6": _("extra or missed doses"),
    "H7": _("fall or crash"),
    "H8": _("passive thoughts"),
    "H9": _("missed under close watch"),
    "H10": _("safety questions not answered"),
    "H11": _("antidepressant changed"),
    "M2": _("two check-ins missed in a row"),
    "M4": _("four check-ins missed in a row, letters stop"),
    "R1": _("short form at 3 or more"),
    "R2": _("mood or worry to watch"),
    "R3": _("numbness, drive or swings"),
    "R4": _("poor sleep twice running"),
    "R5": _("check-in missed"),
    "R6": _("letters do not arrive"),
    "R7": _("free text"),
    "R8": _("improved"),
    "R9": _("an answer is wanted"),
    "X0": _("a rule could not be evaluated"),
}


def rule_words(rule: str) -> str:
    """The short name of a rule; its code if it has none."""
    return str(RULES.get(rule, rule))
