"""Sources of review items, and the families of reasons in the queue's filter.

The flag rules of a family are read from their specs (`plans.domain.checkins.flags.codes_of`).
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
    CASELOAD = "caseload_row"
    ROTA = "rota"
    RIGHTS = "rights"


class Reason(StrEnum):
    """A family of reasons that a clinician can filter by."""

    SAFETY = "safety"
    MOOD = "mood"
    DOSES = "doses"
    MISSED = "missed"
    MAIL = "mail"


SOURCES_OF: Final[dict[Reason, frozenset[Source]]] = {
    Reason.SAFETY: frozenset({Source.SCORING}),
    Reason.MOOD: frozenset(),
    Reason.DOSES: frozenset({Source.SUPPLY, Source.PLAN, Source.CASELOAD}),
    Reason.MISSED: frozenset({Source.MISSED}),
    Reason.MAIL: frozenset({Source.MAIL, Source.DOCUMENT, Source.ACCESS}),
}
