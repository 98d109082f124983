"""Words of letters: whom they are for, their fields, and the templates that a clinic begins with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plans.domain.errors import Refused
from plans.domain.letters import LetterTemplate, LetterTo
from plans.wording import consents

LETTER_TO: Final[Mapping[str, Promise]] = {
    "patient": _("the patient"),
    "gp": _("the GP or another prescriber"),
    "pharmacy": _("the pharmacy"),
    "service": _("another service"),
}
WAYS: Final[Mapping[str, Promise]] = {
    "printed": _("printed"),
    "message": _("by message, read on the patient’s page"),
}
FIELDS: Final[Mapping[str, Promise]] = {
    "addressee": _("whom the letter is for"),
    "patient": _("the patient’s name"),
    "preferred_name": _("the patient’s preferred name"),
    "born": _("date of birth"),
    "record_no": _("record number"),
    "pharmacy": _("the pharmacy on the record"),
    "drugs": _("the drugs of the plan"),
    "dose": _("today’s dose of every drug"),
    "next_change": _("the next change of dose"),
    "last_dose": _("the day of the last dose"),
    "today": _("today’s date"),
    "clinician": _("whoever writes the letter"),
    "clinic": _("the clinic’s name"),
    "clinic_phone": _("the clinic’s phone"),
    "clinic_address": _("the clinic’s address"),
}
_REFUSALS: Final[Mapping[str, Promise]] = {
    "unknown_field": _("There is no field {%(field)s}. The fields are listed beside the text."),
    "stray_brace": _("A brace opens or closes no field. Write a field as {patient}, or leave the brace out."),
    "name_taken": _("Another template has this name. Choose a different one."),
    "too_many_templates": _("At most %(most)s templates can be kept. Remove one first."),
    "still_to_fill": _("Still to fill in: %(fields)s. Write over what stands in square brackets."),
    "not_shown": _("The text has changed since it was shown. Look at it again, then keep it."),
    "not_by_message": _("Only a letter to the patient goes by message."),
    "unconfirmed": _("The patient’s e-mail address is not confirmed, or messages are off. Print the letter."),
    "no_page": _("The patient has no plan page to read it on. Print the letter."),
    "not_this_patient": _("The review item is about another patient."),
}


def letter_refusal(refusal: Refused) -> str:
    """Why a letter or template was not kept, and what to do instead."""
    if refusal.facts["reason"] in consents.REFUSED:
        return consents.consent_refusal(refusal)
    return str(_REFUSALS[str(refusal.facts["reason"])]) % refusal.facts


_MISSED: Final = _(
    "Dear {preferred_name},\n\n"
    "We have not heard from you since your last check-ins, and we would like to know how you are. "
    "You can reach us on {clinic_phone}.\n\n"
    "{clinician}\n{clinic}"
)
_CHANGED: Final = _(
    "Dear {addressee},\n\n"
    "{patient}, born {born}, is lowering {drugs} with us step by step. Today’s dose: {dose}. "
    "Next change: {next_change}.\n\n"
    "We look after the taper and its prescriptions. If you are asked for another benzodiazepine, an opioid or "
    "another sedative, we would be glad of a call: {clinic_phone}.\n\n"
    "{clinician}\n{clinic}, {clinic_address}"
)
_DISPENSE: Final = _(
    "To {addressee}\n\n"
    "{patient}, born {born}. Drugs of the plan: {drugs}. Today’s dose: {dose}. Next change: {next_change}.\n\n"
    "Please dispense by the pharmacy sheet of {today} and ring us if a strength is not in stock: {clinic_phone}.\n\n"
    "{clinician}\n{clinic}, {clinic_address}"
)
_REFERRED: Final = _(
    "Dear {addressee},\n\n"
    "Thank you for seeing {patient}, born {born}, record {record_no}, who is lowering {drugs} with us. "
    "Today’s dose: {dose}. Next change: {next_change}; last dose planned for {last_dose}.\n\n"
    "Reason for the referral: \n\n"
    "We go on with the taper and can be reached on {clinic_phone}.\n\n"
    "{clinician}\n{clinic}, {clinic_address}"
)
_FIRST: Final = (
    (_("We have not heard from you"), LetterTo.PATIENT, _("We would like to hear from you"), _MISSED),
    (_("To the GP: the plan"), LetterTo.GP, _("Taper of {drugs}: {patient}, born {born}"), _CHANGED),
    (_("To the pharmacy: what to dispense"), LetterTo.PHARMACY, _("{patient}, born {born}"), _DISPENSE),
    (_("Referral"), LetterTo.SERVICE, _("Referral: {patient}, born {born}"), _REFERRED),
)


def first_templates() -> tuple[LetterTemplate, ...]:
    """The templates that a clinic begins with, in the active language."""
    return tuple(LetterTemplate(str(name), to, str(subject), str(text)) for name, to, subject, text in _FIRST)
