"""What kinds of reasons bring something to the queue: the filter over it, and what each source is."""

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


# Rules of the check-in by family; a rule of none of them is found under "any" alone.
RULES_OF: Final[dict[Reason, frozenset[str]]] = {
    Reason.SAFETY: frozenset({"U1", "U2", "U3", "U5", "U6", "U7", "H7", "H8", "H10", "W1"}),
    Reason.MOOD: frozenset({"H1", "H2", "H3", "H4", "R1", "R2", "R3", "R4"}),
    Reason.DOSES: frozenset({"U4", "H5", "H6", "H11"}),
    Reason.MISSED: frozenset({"H9", "R5", "M2", "M4"}),
    Reason.MAIL: frozenset({"R6"}),
}

SOURCES_OF: Final[dict[Reason, frozenset[Source]]] = {
    Reason.SAFETY: frozenset({Source.SCORING}),
    Reason.MOOD: frozenset(),
    Reason.DOSES: frozenset({Source.SUPPLY, Source.PLAN}),
    Reason.MISSED: frozenset({Source.MISSED}),
    Reason.MAIL: frozenset({Source.MAIL, Source.DOCUMENT, Source.ACCESS}),
}
