"""What a document looks like and in which language, as its row keeps it: "a4-normal-en", "letter-largelowink-es".

A visit summary has its day at the end: "a4-normal-en@2026-11-22".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from plans.domain.errors import Refused

PAPERS: Final = ("a4", "letter")
SIZES: Final = ("normal", "large", "lowink", "largelowink")
LANGUAGES: Final = ("en", "es")


@dataclass(frozen=True, slots=True)
class Variant:
    """One way a document is set. Raises Refused("wrong_variant") with `where` naming the field."""

    paper: str
    size: str
    language: str
    day: date | None = None

    def __post_init__(self) -> None:
        for where, value, known in (
            ("paper", self.paper, PAPERS),
            ("size", self.size, SIZES),
            ("language", self.language, LANGUAGES),
        ):
            if value not in known:
                raise Refused(reason="wrong_variant", where=where)

    @classmethod
    def read(cls, code: str) -> Self:
        """The variant of a row."""
        look, _, day = code.partition("@")
        paper, size, language = look.split("-", 2)
        return cls(paper, size, language, date.fromisoformat(day) if day else None)

    @property
    def code(self) -> str:
        """As a row keeps it."""
        look = f"{self.paper}-{self.size}-{self.language}"
        return f"{look}@{self.day.isoformat()}" if self.day else look

    @property
    def paper_name(self) -> str:
        """The name of the paper, the same in every language."""
        return {"a4": "A4", "letter": "Letter"}[self.paper]

    @property
    def large(self) -> bool:
        """Large print."""
        return self.size.startswith("large")

    @property
    def low_ink(self) -> bool:
        """No filled areas."""
        return self.size.endswith("lowink")
