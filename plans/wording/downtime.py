"""Words of the downtime list, in the clinic's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.errors import Refused
from plans.domain.json import JsonObject

EMERGENCY: Final = _("Emergency")
PATIENT: Final = _("Patient")
PERSON: Final = _("Emergency contact")
PHARMACY: Final = _("Pharmacy")
TAKES_NOW: Final = _("Really taken")
PAUSED: Final = _("In hospital: the ward decides the dose.")
HELD: Final = _("Held at this dose.")
DIFFERS: Final = _("Another dose than the plan's is taken. The plan's stands below it.")
CLOSE_WATCH: Final = _("Close watch.")
CRISIS_PLAN: Final = _("Crisis plan:")
_REFUSALS: Final = {
    "no_list": _("No list was made yet. It is made within some minutes after a code is set."),
    "no_key": _("The key of the list does not open any more: set a new code."),
}


@dataclass(frozen=True, slots=True)
class DowntimeHeads:
    """Title, sentences and column heads of a list."""

    title: str
    sentences: tuple[str, ...]
    columns: tuple[str, ...]


def heads(clinic: str, day: str, at: str) -> DowntimeHeads:
    """What stands above a list."""
    facts = {"clinic": clinic, "day": day, "time": at}
    return DowntimeHeads(
        gettext("Who takes what: %(clinic)s") % facts,
        (
            gettext(
                "Made on %(day)s at %(time)s. Changes after that are not in it: ask before you rely on a dose."
            )
            % facts,
            gettext(
                "It names patients. Destroy it once the service is back, and enter what happened meanwhile."
            ),
        ),
        (gettext("Patient"), gettext("Takes"), gettext("Phones"), gettext("To know")),
    )


def around(clinic: str) -> JsonObject:
    """What stands on the page before it is opened: nothing about anybody."""
    return {
        "title": gettext("Downtime list, %(clinic)s") % {"clinic": clinic},
        "what": gettext(
            "For when the service cannot be reached. Type the code that your lead keeps; nothing is sent anywhere."
        ),
        "code": gettext("Code"),
        "open": gettext("Open the list"),
        "wait": gettext("Opening. This takes a few seconds."),
        "wrong": gettext("This code does not open the list. Compare each letter and figure, then try again."),
        "noscript": gettext(
            "The list decrypts itself with a script. Open this file in a browser that runs it."
        ),
    }


def downtime_refusal(refusal: Refused) -> str:
    """Why there is no list, and what to do."""
    return str(_REFUSALS[str(refusal.facts["reason"])])
