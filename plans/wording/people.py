"""Words for patients' records: states, choices, the consent text, and the reasons a record is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from plans.domain.errors import Refused
from plans.domain.json import JsonObject
from plans.domain.people import CareState, StillToAsk

CONTACT_HOW: Final[Mapping[str, Promise]] = {
    "email": _("by e-mail"),
    "phone": _("by phone"),
}
MAY_BE_TOLD: Final[Mapping[str, Promise]] = {
    "nothing": _("nothing: have the patient call"),
    "safety": _("what is needed for safety"),
    "everything": _("everything"),
}
CARE_STATES: Final[Mapping[str, Promise]] = {
    "in_care": _("In care"),
    "admitted": _("In hospital"),
    "transferred": _("Moved to other care"),
    "stopped_care": _("Stopped care here"),
    "died": _("Died"),
}
ROLES: Final[Mapping[str, Promise]] = {
    "lead": _("Lead"),
    "clinician": _("Clinician"),
    "pharmacist": _("Pharmacist"),
    "staff": _("Assistant"),
    "reader": _("Read-only"),
    "operator": _("Operator"),
}
ROLE_MAY: Final[Mapping[str, Promise]] = {
    "lead": _("Lead: all a clinician may, and the clinic’s settings, people and rules"),
    "clinician": _("Clinician: plans, the review queue, patients"),
    "pharmacist": _("Pharmacist: sees plans and supply, confirms what was handed out; no notes, no answers"),
    "staff": _("Assistant: patients, calls, appointments, answers by phone, messages; no plans"),
    "reader": _("Read-only: looks, changes nothing"),
    "operator": _("Operator: the state of the installation; no patients"),
}
EMAIL_STATES: Final[Mapping[str, Promise]] = {
    "none": _("no address"),
    "unconfirmed": _("not confirmed yet: nothing about health is sent to it"),
    "confirmed": _("confirmed"),
    "bounced": _("messages bounce"),
    "complained": _("marked as unwanted by its reader"),
    "refused": _("its reader said that it is not the patient’s"),
}
MAIL_STATES: Final[Mapping[str, Promise]] = {
    "on": _("Check-in messages are sent"),
    "opted_out": _("The patient stopped check-in messages"),
    "suspended": _("Check-in messages are paused: several check-ins were not answered"),
}
_MAIL_AT_REST: Final[Mapping[CareState, Promise]] = {
    CareState.ADMITTED: _("Check-in messages are paused until the return from hospital is recorded"),
    CareState.TRANSFERRED: _("No check-in messages are sent: the patient is not in care here"),
    CareState.STOPPED_CARE: _("No check-in messages are sent: the patient is not in care here"),
    CareState.DIED: _("No messages are sent"),
}


def mail_words(mail_state: str, care_state: str) -> str:
    """Whether check-in messages are sent to a patient: only to one in care here, and then as the patient chose."""
    return str(_MAIL_AT_REST.get(CareState(care_state), MAIL_STATES[mail_state]))


STILL_TO_ASK: Final[Mapping[str, Promise]] = {
    StillToAsk.INDICATION: _("reason for the medicine"),
    StillToAsk.DURATION: _("how long taken"),
    StillToAsk.CONDITIONS: _("conditions"),
    StillToAsk.SUBSTANCES: _("substances"),
    StillToAsk.MEDICINES: _("medicines that matter here"),
    StillToAsk.PERSON: _("emergency contact"),
    StillToAsk.CRISIS_PLAN: _("crisis plan"),
    StillToAsk.PHARMACY: _("pharmacy"),
}


def still_to_ask_words(codes: Iterable[str]) -> str:
    """What nobody has asked yet, on one line; "" where nothing is left."""
    return ", ".join(str(STILL_TO_ASK[code]) for code in STILL_TO_ASK if code in set(codes))


LANGUAGES: Final[Mapping[str, Promise]] = {
    "en": _("English"),
    "es": _("Spanish"),
}
WEEKDAYS: Final[tuple[Promise, ...]] = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)
# Version → text. A published version is never edited: a new one is added, and patients are asked again.
CONSENT: Final[Mapping[str, Promise]] = {
    "1": _(
        "The clinic may keep this record in Taperplan, send me messages with links to my plan and to check-ins, and "
        "look at my answers. The messages name no medicine and no illness. The answers are read in working hours; in "
        "an emergency I call the emergency number. I can stop the messages at any time without any harm to my care."
    ),
}

_REFUSALS: Final[Mapping[str, Promise]] = {
    "no_way_to_reach": _(
        "Give a phone number or an e-mail address: the patient must be reachable in one way."
    ),
    "email_missing": _("Messages need an e-mail address. Give one, or choose to reach the patient by phone."),
    "phone_missing": _("To be reached by phone, the patient needs a phone number here."),
    "consent_half": _("Give the consent text and the day it was given, or neither."),
    "consent_ahead": _("The day of consent lies ahead. Give the day it was given, today at the latest."),
    "person_half": _("An emergency contact needs a name and a phone number. Give both, or neither."),
    "not_an_adult": _("Taperplan is for adults: this person is younger than 18. Check the year."),
    "used_longer_than_life": _("This is longer than the patient has lived. Check it and the date of birth."),
    "record_no_taken": _("This record number is %(name)s’s. Open that record, or give another number."),
    "too_many_addresses": _(
        "The address has been changed %(most)s times today, each time with an e-mail to confirm it. "
        "Change it again tomorrow."
    ),
    "bad_choice": _("Choose one from the list."),
    "note_missing": _("Write why, so that others can follow."),
    "day_ahead": _("This date is in the future. Enter the day on which it happened, today at the latest."),
    "day_too_far_back": _(
        "This date is too long ago. Enter %(earliest)s or later, and put the rest in the note."
    ),
    "ask_missing": _("Enter a day on which to ask the ward: a review item opens then."),
    "ask_past": _("Enter tomorrow or a later day."),
    "ask_too_far": _("Enter a day within the next %(days)s days, so that the stay is not forgotten."),
    "return_needs_dose": _(
        "The plan stays paused until the return is recorded with the dose taken now. Open the plan "
        "and press Record the return."
    ),
    "nothing_to_correct": _("There is nothing to undo: somebody has already done it."),
    "live_plan": _("This patient has a newer plan now. End that plan first, then undo this change."),
    "not_in_hospital": _("The return is already recorded: there is no ward to ask."),
}


def people_refusal(refusal: Refused) -> str:
    """The sentence for a refused record."""
    facts: JsonObject = {"name": "", **refusal.facts}
    facts["name"] = facts["name"] or _now("another patient")
    if facts.get("earliest"):
        facts["earliest"] = date_format(date.fromisoformat(str(facts["earliest"])), "j F Y")
    return str(_REFUSALS[str(refusal.facts["reason"])]) % facts


REASONS: Final = frozenset(_REFUSALS)
