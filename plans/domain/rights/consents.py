"""What patients consent to, one row a purpose: its texts by version, and what follows from yes and no.

Consent to the taper itself is the record's (`PatientData.consent_version`): without it no plan is issued. What stands
here can be given and taken back at any time, by the patient on their page or told to staff, and ends nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class ConsentPurpose(StrEnum):
    """What a patient consents to."""

    # Check-ins and reminders by message.
    MESSAGES = "messages"
    # Doses and supply told to the pharmacy: letters, pharmacy sheets.
    PHARMACY = "pharmacy"
    # Records of treatment for substance use told to others: 42 CFR 2.31.
    SUBSTANCE_USE = "substance_use"


class ConsentHow(StrEnum):
    """How consent was given or taken back."""

    PAGE = "page"
    PHONE = "phone"
    IN_PERSON = "in_person"
    IN_WRITING = "in_writing"


@dataclass(frozen=True, slots=True)
class ConsentSpec:
    """One purpose. `versions`: of its text, in plans.wording.consents; a published version is never edited.

    `presumed`: what holds while nobody has asked. Signed: 42 CFR 2.31 asks for a signature, so neither a page nor a
    call gives it, though both take it back.
    """

    purpose: ConsentPurpose
    versions: tuple[int, ...]
    presumed: bool
    signed: bool = False

    @property
    def version(self) -> int:
        """The newest version, which is asked."""
        return self.versions[-1]


CONSENTS: Final[Mapping[ConsentPurpose, ConsentSpec]] = MappingProxyType(
    {
        one.purpose: one
        for one in (
            # Asked with the consent to the taper, whose text names both.
            ConsentSpec(ConsentPurpose.MESSAGES, (1,), presumed=True),
            ConsentSpec(ConsentPurpose.PHARMACY, (1,), presumed=True),
            ConsentSpec(ConsentPurpose.SUBSTANCE_USE, (1,), presumed=False, signed=True),
        )
    }
)
"""Total over ConsentPurpose (tested)."""
BY_STAFF: Final = (ConsentHow.PHONE, ConsentHow.IN_PERSON, ConsentHow.IN_WRITING)
"""How a member of staff may have been told."""
SIGNED: Final = (ConsentHow.IN_WRITING,)
"""What counts as signed."""
