"""Words of patients' files: what a signature says, and why a file was not made or read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from plans.domain.errors import Refused
from plans.domain.json import JsonObject
from plans.domain.patient_file.problems import BadPatientFile
from plans.wording import consents, people

SIGNATURES: Final[Mapping[str, Promise]] = {
    "valid": _("valid. Made with the key shared with %(partner)s, and unchanged since"),
    "unknown": _(
        "unknown. No key that is known here made it: ask the clinic that made it for its fingerprint"
    ),
    "broken": _("broken. The file was changed"),
}
_PROBLEMS: Final[Mapping[str, Promise]] = {
    "too_large": _(
        "The file is larger than patients’ files can be. Choose the file that the other clinic made, unchanged."
    ),
    "not_a_file": _(
        "This is not a patient’s file of Taperplan. Choose the ZIP file that the other clinic made."
    ),
    "other_schema": _(
        "The file was made by a version of Taperplan that writes it differently. Update the older of the two."
    ),
    "changed": _(
        "The file was changed after it was made: its signature does not fit. Nothing was read. Ask the other clinic "
        "for a new one."
    ),
    "document_changed": _(
        "A document in the file is missing or was changed. Nothing was read. Ask the other clinic for a new one."
    ),
    "not_whole": _(
        "The file says something that cannot be, at “%(where)s”. Nothing was read. Ask the other clinic for a new one."
    ),
    "too_many": _("The file holds more than a patient’s file can. Ask the other clinic for a new one."),
}
PROBLEMS: Final = frozenset(_PROBLEMS)
_REFUSALS: Final[Mapping[str, Promise]] = {
    "not_a_partner": _("Choose one of the installations in the list."),
    "in_hospital": _(
        "The patient is in hospital, and the ward decides the dose. Record the return first, then make the file."
    ),
    "documents_away": _("The documents cannot be read at the moment. Try again in a few minutes."),
    "read_already": _("This patient came with a file before, or is a patient here. Nothing was changed."),
    "fingerprint_wrong": _(
        "This is not the fingerprint of this file. Ask the clinic that made it to read it out: twenty "
        "characters."
    ),
    "record_no_taken": _(
        "This record number is %(name)s’s here. Enter the number that the patient gets here."
    ),
    "same_person": _(
        "Somebody of this name and date of birth is a patient here. Look at that record, then tick "
        "that it is another person."
    ),
    "no_on_call": _("A plan goes on only where two people are on call. A lead sets them under Settings."),
}
REASONS: Final = frozenset(_REFUSALS)


def signature_words(state: str, partner: str) -> str:
    """What a file's signature says."""
    return str(SIGNATURES[state]) % {"partner": partner}


def file_problem(problem: BadPatientFile) -> str:
    """Why a file was not read or made, and what to do."""
    return str(_PROBLEMS[str(problem.facts["why"])]) % {"where": problem.where or "record"}


def file_refusal(refusal: Refused) -> str:
    """Why nothing was made or read, and what to do."""
    reason = str(refusal.facts["reason"])
    if reason in consents.REFUSED:
        return consents.consent_refusal(refusal)
    if reason not in _REFUSALS:
        return people.people_refusal(refusal)
    facts: JsonObject = {"name": "", **refusal.facts}
    facts["name"] = facts["name"] or _now("another patient")
    return str(_REFUSALS[reason]) % facts
