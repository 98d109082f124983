"""Words of moves between clinics: states, and why an act was refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from plans.domain.errors import Refused
from plans.domain.json import JsonObject
from plans.wording import consents

STATES: Final[Mapping[str, Promise]] = {
    "offered": _("Offered, not answered yet"),
    "accepted": _("Moved"),
    "declined": _("Declined"),
    "taken_back": _("Taken back"),
    "lapsed": _("Not answered in time"),
}
_REFUSALS: Final[Mapping[str, Promise]] = {
    "not_a_clinic": _("Choose one of the clinics in the list."),
    "not_in_care": _(
        "This patient is not in care at the clinic that offers: care has ended there. Nothing was moved. If the "
        "patient is back, that clinic records the return and offers again."
    ),
    "offered_already": _("This patient is offered to %(clinic)s already. Take that offer back first."),
    "offer_over": _(
        "This offer has ended meanwhile: it was answered, taken back, or its time is over. Nothing was changed here."
    ),
    "note_missing": _("Write why: the other clinic reads it."),
    "record_no_taken": _(
        "This record number is %(name)s’s here. Enter the number that the patient gets here."
    ),
}
REASONS: Final = frozenset(_REFUSALS)


def move_refusal(refusal: Refused) -> str:
    """Why an act was refused, and what to do."""
    if refusal.facts["reason"] in consents.REFUSED:
        return consents.consent_refusal(refusal)
    facts: JsonObject = {"name": "", "clinic": "", **refusal.facts}
    facts["name"] = facts["name"] or _now("another patient")
    return str(_REFUSALS[str(refusal.facts["reason"])]) % facts
