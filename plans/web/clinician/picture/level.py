"""The lane of the relative level: each day's lowest and highest, as a ribbon on the time axis of the doses."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from plans.domain.checkins.lanes import LaneSet
from plans.services.plans.picture_data import Level, LevelDay
from plans.web.clinician.picture.lanes import Axis
from plans.wording.levels import level_range, set_name

# Its name stands above it, for at its left are the percents.
_NAME: Final = 20
HEIGHT: Final = 150
STEP: Final = _NAME + HEIGHT + 12
_FULL: Final = 100
# Lines at so many percent: the finest that gives five at most.
_EVERY: Final = (50, 100, 200, 500, 1000)


def level_lane(level: Level, frame: Axis, top: float, today: date | None) -> SafeString:
    """The ribbon from 0 to the highest level of the plan, with a line at every 50 % of the first day's average."""
    name, top = top + 12, top + _NAME
    shown = [one for one in level.days if frame.holds(one.day)]
    peak = max([_FULL, *(one.high for one in level.days)])

    every = next((n for n in _EVERY if peak <= 4 * n), _EVERY[-1])

    def height(value: int) -> float:
        return round(top + HEIGHT - 4 - (HEIGHT - 12) * value / peak, 1)

    lines = [(frame.left, height(n), frame.right, height(n), n) for n in range(0, peak + 1, every)]
    parts = [
        format_html(
            '<rect class="band" x="{}" y="{}" width="{}" height="{}"/><text class="strong" x="{}" y="{}">{}</text>',
            frame.left,
            top,
            round(frame.right - frame.left, 1),
            HEIGHT,
            frame.left,
            name,
            set_name(LaneSet.LEVEL),
        ),
        format_html_join(
            "",
            '<path class="hair" d="M{} {}H{}"/><text class="axis end" x="108" y="{}">{}\u00a0%</text>',
            ((left, y, right, round(at + 3.5, 1), n) for left, y, right, at, n in lines),
        ),
    ]
    if shown:
        over = "L".join(f"{frame.x(one.day)} {height(one.high)}" for one in shown)
        under = "L".join(f"{frame.x(one.day)} {height(one.low)}" for one in reversed(shown))
        parts.append(format_html('<path class="level" d="M{}L{}z"/>', over, under))
    now = next((one for one in shown if one.day == today), None)
    if now is not None:
        parts.append(_today(now, frame, height(now.high)))
    return format_html_join("", "{}", ((part,) for part in parts))


def _today(now: LevelDay, frame: Axis, y: float) -> SafeString:
    """What the level of today is in words: beside its day where there is room to the right, else before it."""
    x = frame.x(now.day + timedelta(days=1))
    near_edge = x > frame.right - 190
    return format_html(
        '<text class="strong halo{}" x="{}" y="{}">{}</text>',
        " end" if near_edge else "",
        round(x - 14 if near_edge else x + 10, 1),
        round(y - 8, 1),
        gettext("{range} today").format(range=level_range(now.low, now.high)),
    )
