"""The small line of low mood in the caseload: eight weeks, a fixed scale from 0 to 6, a dashed line under 3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from plans.services.caseload import MoodPoint

_LEFT, _RIGHT, _BOTTOM, _TOP = 3.0, 93.0, 25.0, 3.0
_DAYS: Final = 56
_HIGHEST: Final = 6
# More than this between two answers is a gap: a line across it would invent an answer.
_GAP_DAYS: Final = 13


@dataclass(frozen=True, slots=True)
class Spark:
    """Geometry of the line: a path, and the last point."""

    path: str
    x: str
    y: str


def spark(points: Sequence[MoodPoint], today: date) -> Spark | None:
    """The line of these answers up to today; None without any."""
    if not points:
        return None
    parts: list[str] = []
    before: date | None = None
    for point in points:
        x, y = _place(point, today)
        pen = "L" if before is not None and (point.day - before).days <= _GAP_DAYS else "M"
        parts.append(f"{pen}{x} {y}")
        before = point.day
    x, y = _place(points[-1], today)
    return Spark("".join(parts), x, y)


def _place(point: MoodPoint, today: date) -> tuple[str, str]:
    ago = min(_DAYS, max(0, (today - point.day).days))
    x = _RIGHT - (_RIGHT - _LEFT) * ago / _DAYS
    y = _BOTTOM - (_BOTTOM - _TOP) * point.value / _HIGHEST
    return f"{x:.1f}", f"{y:.1f}"
