"""What a check of a finished document says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Facts = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class PdfDefect:
    """One thing that is wrong: a stable code, the page (0 for the whole), and the facts."""

    code: str
    page: int = 0
    facts: Facts = field(default_factory=dict)
