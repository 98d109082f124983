"""The kinds of documents, one spec each. `plans.documents.kinds` says how each is drawn and read back,
`plans.wording.documents` has their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """One kind of document.

    `may` is the permission that a member needs to request it, `links` the purposes of access links that open it without
    signing in (`services.actors.May`, `domain.links.LinkPurpose`), `code_of` the purpose of the link that is printed on
    it, `privacy` the class of its content.

    - `by_itself`: made for every version.
    - `of_a_day`: belongs to its day and is left as it was; the next visit requests its own.
    - `tells_fills`: says what to dispense, so stock at home is subtracted, and while a dose stays it ends with a whole
      fill.
    - `tells_past`: also shows days before the day of making.
    - `tells_other_dose`: is redrawn when another dose than planned is taken.
    - `has_page`: a page of the clinic says the same and can be printed instead.
    """

    code: str
    may: str = "plan"
    links: frozenset[str] = frozenset()
    code_of: str = "document"
    privacy: str = "clinical"
    by_itself: bool = False
    of_a_day: bool = False
    tells_fills: bool = False
    tells_past: bool = False
    tells_other_dose: bool = False
    has_page: bool = False

    def file_name(self, version: int) -> str:
        """The file name of a download, without personal data."""
        return f"{self.code}-v{version}.pdf"


CALENDAR: Final = DocumentKind("calendar", links=frozenset(("plan",)), by_itself=True, has_page=True)
PHARMACY: Final = DocumentKind("pharmacy", code_of="pharmacy", tells_fills=True, tells_other_dose=True)
SUMMARY: Final = DocumentKind("summary", of_a_day=True, tells_past=True)

KINDS: Final[dict[str, DocumentKind]] = {kind.code: kind for kind in (CALENDAR, PHARMACY, SUMMARY)}
BY_ITSELF: Final = tuple(kind.code for kind in KINDS.values() if kind.by_itself)
OF_A_DAY: Final = tuple(kind.code for kind in KINDS.values() if kind.of_a_day)
TELLS_OTHER_DOSE: Final = tuple(kind.code for kind in KINDS.values() if kind.tells_other_dose)


def opened_by(purpose: str) -> DocumentKind:
    """The kind of document that links of a purpose open. Raises KeyError if they open none."""
    for kind in KINDS.values():
        if purpose in kind.links:
            return kind
    raise KeyError(purpose)
