"""What one run of a dispatcher did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    """How many rows ended in which way. `lost`: claims that somebody else took over; `left`: released because time was
    up; `asked`: pages of a redraw of all documents."""

    sent: int = 0
    rejected: int = 0
    skipped: int = 0
    retried: int = 0
    unknown: int = 0
    crashed: int = 0
    lost: int = 0
    left: int = 0
    asked: int = 0

    @property
    def any(self) -> bool:
        """Whether there was anything to do."""
        return any(getattr(self, name) for name in self.__slots__)
