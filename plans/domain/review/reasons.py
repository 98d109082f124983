"""What kinds of reasons bring something to the queue: the filter over it, and what each source is.

Which flag rules a family holds is read from their specs (`plans.domain.checkins.flags.codes_of`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Source(StrEnum):
    """Where an item comes from."""

    CHECKIN = "checkin"
    MISSED = "missed"
    MAIL = "mail"
    DOCUMENT = "document"
    SUPPLY = "supply"
    SCORING = "scoring"
    ACCESS = "access"
    CARE = "care"
    PLAN = "plan"


class Reason(StrEnum):
    """A family of reasons a clinician may want to see alone."""

    SAFETY = "safety"
    MOOD = "mood"
    DOSES = "doses"
    MISSED = "missed"
    MAIL = "mail"


SOURCES_OF: Final[dict[Reason, frozenset[Source]]] = {
    Reason.SAFETY: frozenset({Source.SCORING}),
    Reason.MOOD: frozenset(),
    Reason.DOSES: frozenset({Source.SUPPLY, Source.PLAN}),
    Reason.MISSED: frozenset({Source.MISSED}),
    Reason.MAIL: frozenset({Source.MAIL, Source.DOCUMENT, Source.ACCESS}),
}
