"""Where days and doses fall in the picture, the grid behind them, and treads as paths."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from django.utils.dates import MONTHS_3
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from plans.domain.amounts import Dose
from plans.domain.taper.schedule import StepKind
from plans.services.plans.picture_data import Tread

# Grid steps that give three to six lines, as units of 0.00001 mg: 1, 2 or 5 times a power of ten, and 0.25 likewise.
_GRID: Final = (*sorted(m * 10**e for e in range(1, 8) for m in (1, 2, 5)), 250_000, 25_000, 2_500_000)
_MOST_MONTHS: Final = 14


@dataclass(frozen=True, slots=True)
class Frame:
    """Where days and doses fall on the paper: pixels of a 1:1 drawing."""

    first: date
    last: date
    peak: int
    left: float
    right: float
    top: float
    base: float

    def x(self, day: date) -> float:
        """The left edge of a day."""
        span = max(1, (self.last - self.first).days)
        return round(self.left + (self.right - self.left) * (day - self.first).days / span, 1)

    def y(self, dose: Dose) -> float:
        """The height of a dose."""
        return round(self.base - (self.base - self.top) * dose.units / max(1, self.peak), 1)

    def holds(self, day: date) -> bool:
        """Whether a day lies in the window."""
        return self.first <= day <= self.last


def seen(treads: Iterable[Tread], frame: Frame) -> list[Tread]:
    """The treads in the window, cut to it; the dose of a zero-length rest is kept."""
    found = []
    for tread in treads:
        start, end = max(tread.start, frame.first), min(tread.end, frame.last - timedelta(days=1))
        if start <= end:
            found.append(replace(tread, start=start, end=end))
    return found


def in_window(tread: Tread, frame: Frame) -> bool:
    """Whether any day of a tread lies in the window."""
    return tread.start < frame.last and tread.end >= frame.first


def held(tread: Tread) -> bool:
    """Whether a tread is the dose before it, kept for longer, or a stay in hospital."""
    return tread.kind in (StepKind.HOLD, StepKind.PAUSE)


def path(treads: Sequence[Tread], frame: Frame) -> str:
    """Horizontal and vertical strokes through treads that follow each other."""
    parts = [f"M{frame.x(treads[0].start)} {frame.y(treads[0].dose)}"]
    for tread, after in zip(treads, [*treads[1:], None], strict=True):
        parts.append(f"H{frame.x(tread.end + timedelta(days=1))}")
        if after is not None:
            parts.append(f"V{frame.y(after.dose)}")
    return "".join(parts)


def until(treads: Sequence[Tread], day: date) -> list[Tread]:
    """The part of the treads before a day."""
    return [replace(t, end=min(t.end, day - timedelta(days=1))) for t in treads if t.start < day]


def starting(treads: Sequence[Tread], day: date) -> list[Tread]:
    """The part of the treads from a day on."""
    return [replace(t, start=max(t.start, day)) for t in treads if t.end >= day]


def runs(treads: Sequence[Tread]) -> list[list[Tread]]:
    """Unbroken runs of treads that can be made: a line is never drawn through one that cannot."""
    found: list[list[Tread]] = []
    for before, tread in zip([None, *treads], treads, strict=False):
        if not tread.makeable:
            continue
        if before is None or not before.makeable or not found:
            found.append([])
        found[-1].append(tread)
    return found


def grid(frame: Frame) -> SafeString:
    """Lines of the dose, three to six of them, with their amounts."""
    step = min((g for g in _GRID if frame.peak / g <= 5), default=frame.peak)
    lines = []
    for units in range(0, frame.peak + 1, step):
        y = frame.y(Dose(units))
        css = "hair" if units else "base"
        lines.append((css, frame.left, y, frame.right, frame.left - 8, round(y + 3.5, 1), Dose(units).mg))
    return format_html_join(
        "", '<path class="{}" d="M{} {}H{}"/><text class="axis end" x="{}" y="{}">{}</text>', lines
    )


def months(frame: Frame) -> SafeString:
    """A tick and a name at each month's first day; every third month where they would crowd."""
    months, day = [], frame.first.replace(day=1)
    while day <= frame.last:
        if day >= frame.first:
            months.append(day)
        day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    every = 1 + len(months) // _MOST_MONTHS
    named = []
    for n, day in enumerate(months):
        name = "" if n % every else str(MONTHS_3[day.month]).capitalize()
        if name and (n == 0 or day.month <= every):
            name = f"{name} {day.year}"
        if frame.x(day) > frame.right - 40:
            name = ""
        named.append((frame.x(day), frame.base, frame.x(day) + 3, frame.base + 17, name))
    return format_html_join(
        "", '<path class="base" d="M{} {}v5"/><text class="axis" x="{}" y="{}">{}</text>', named
    )


def changes(treads: Sequence[Tread], frame: Frame) -> list[tuple[Tread, Tread]]:
    """Pairs of treads around a change in the window: of the day's doses, or of how they are shared over the day."""
    shared = (StepKind.SPREAD, StepKind.RISE)
    return [
        (before, tread)
        for before, tread in pairwise(treads)
        if (before.day != tread.day or tread.kind in shared) and frame.holds(tread.start)
    ]
