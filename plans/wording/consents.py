"""Consents in words: for each purpose its name, its texts by version, and what follows from yes and from no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plans.domain.errors import Refused
from plans.domain.rights.consents import ConsentHow, ConsentPurpose


@dataclass(frozen=True, slots=True)
class ConsentWords:
    """One purpose: `texts` by version; `yes` and `no` say what follows."""

    name: Promise
    texts: Mapping[int, Promise]
    yes: Promise
    no: Promise


WORDS: Final[Mapping[ConsentPurpose, ConsentWords]] = {
    ConsentPurpose.MESSAGES: ConsentWords(
        _("Check-ins by e-mail"),
        {1: _("My clinic may send me e-mails that ask how I am.")},
        _("You get an e-mail when a check-in is due."),
        _("No e-mail asks how you are. Your plan, your calendar and your visits go on."),
    ),
    ConsentPurpose.PHARMACY: ConsentWords(
        _("Telling my pharmacy"),
        {1: _("My clinic may tell my pharmacy which doses I take, and what to hand out.")},
        _("Your clinic can write to your pharmacy and print what to hand out."),
        _(
            "Your clinic writes nothing new to your pharmacy. Your plan goes on; you tell the pharmacy yourself."
        ),
    ),
    ConsentPurpose.SUBSTANCE_USE: ConsentWords(
        _("Telling others about treatment for substance use"),
        {
            1: _(
                "My clinic may give records of my treatment for substance use to those who treat me, to my pharmacy "
                "and to who pays, for treatment, payment and health care operations. I can take this back at any time."
            )
        },
        _("Those who treat you can be told. They may not pass it on against federal law."),
        _("Nobody outside your clinic is told, but in an emergency. Your plan goes on."),
    ),
}
"""Total over ConsentPurpose and its versions (tested)."""
HOW: Final[Mapping[ConsentHow, Promise]] = {
    ConsentHow.PAGE: _("on the patient’s page"),
    ConsentHow.PHONE: _("by phone"),
    ConsentHow.IN_PERSON: _("in person"),
    ConsentHow.IN_WRITING: _("in writing, signed"),
}
REDISCLOSURE: Final = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
"""The short notice of 42 CFR 2.32(a)(2), as the regulation has it, never translated."""
_REFUSALS: Final[Mapping[str, Promise]] = {
    "bad_choice": _("Choose what was said, and how."),
    "needs_signature": _(
        "This needs the patient’s signature (42 CFR 2.31): choose “in writing”, and keep what was signed."
    ),
    "nothing_changed": _("This is what the record says already."),
    "no_consent_pharmacy": _(
        "The patient does not want the pharmacy told. Ask them, and record it under Consents, if that has changed."
    ),
    "no_consent_part2": _(
        "Your clinic’s records are under 42 CFR Part 2, and the patient has not signed that others may be told. Ask "
        "for it, and record it under Consents."
    ),
}


def consent_refusal(refusal: Refused) -> str:
    """The sentence for something that consent does not allow, or that cannot be recorded."""
    return str(_REFUSALS[str(refusal.facts["reason"])])


REFUSED: Final = frozenset(_REFUSALS)
"""Reasons that have their sentence here."""
