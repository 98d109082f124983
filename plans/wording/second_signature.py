"""Words of the second signature: what asks for it, what stands in its way, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.taper.second_signature import ProposalState, Trigger
from plans.wording.drugs import listed

TRIGGERS: Final[Mapping[Trigger, Promise]] = {
    Trigger.RISE: _("a dose above the one before"),
    Trigger.MAX_DOSE: _("a dose above the drug’s maximum"),
    Trigger.CEILING: _("a fall of more than 25 % in 2 weeks"),
    Trigger.ABRUPT_STOP: _("an abrupt stop"),
    Trigger.CROSSOVER: _("a switch to another drug"),
    Trigger.PREGNANCY: _("pregnancy on the record"),
    Trigger.SEIZURES: _("seizures on the record"),
    Trigger.OPIOIDS: _("opioids on the record"),
}
ENDED: Final[Mapping[ProposalState, Promise]] = {
    ProposalState.WAITING: _("Waits for a second signature"),
    ProposalState.SIGNED: _("Signed by {who} on {at}: it is in force"),
    ProposalState.DECLINED: _("{who} did not sign it, on {at}"),
    ProposalState.WITHDRAWN: _("Withdrawn by {who} on {at}"),
    ProposalState.LAPSED: _(
        "The plan ended, was replaced or moved to another clinic on {at}, by {who}: nothing is left to sign"
    ),
}


def because_words(triggers: Iterable[Trigger]) -> str:
    """Why a second signature is needed: "a dose above the one before and pregnancy on the record"."""
    return listed([str(TRIGGERS[one]) for one in triggers])


def hands_words(first: str, second: str) -> str:
    """Who signed: one name, or both."""
    if not second:
        return first
    return gettext("{first}, second signature {second}").format(first=first, second=second)


def asked_for_words() -> tuple[str, str]:
    """What was done when a second signature was asked for, and what comes next."""
    return (
        gettext("A second signature is asked for."),
        gettext("It waits in the review queue. Nothing was issued and nothing was sent to the patient."),
    )
