"""The lower part of the picture: a lane for each score, the row of check-ins, the row of flags, the key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Protocol

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from plans.domain.checkins.lanes import LaneSet
from plans.domain.checkins.states import OccasionState
from plans.services.plans.picture_data import (
    CheckInPoint,
    ExposureLevel,
    FlagMark,
    LanePoint,
    LevelDay,
    PictureData,
    PictureLane,
)
from plans.wording import plans
from plans.wording.flags import flag_sentence
from plans.wording.lanes import lane_name, lane_scale, lane_value, severity_name
from plans.wording.levels import level_range, set_name

LANE_TOP: Final = 342
LANE_HEIGHT: Final = 46
LANE_STEP: Final = 58
_ORDER: Final = ("urgent", "high", "routine")
# Check-ins, flags and the room under them.
BOTTOM_ROWS: Final = 56
# Words to the right of today need this much room, and this much to fit on one line, also in a wide font.
ROOM_FOR_WORDS: Final = 150
ROOM_FOR_A_LINE: Final = 300


class Axis(Protocol):
    """What a lane needs from the frame: the x position of days."""

    @property
    def left(self) -> float:
        """The left edge."""

    @property
    def right(self) -> float:
        """The right edge."""

    def x(self, day: date) -> float:
        """Where a day begins."""

    def holds(self, day: date) -> bool:
        """Whether a day lies in the window."""


def lanes(data: PictureData, frame: Axis, top: int = LANE_TOP) -> SafeString:
    """Every lane, its scale fixed from 0 to the instrument's top; the first begins at `top`."""
    return format_html_join(
        "",
        "{}",
        ((_lane(lane, frame, top + LANE_STEP * n, data.today),) for n, lane in enumerate(data.lanes)),
    )


def _lane(lane: PictureLane, frame: Axis, top: float, today: date | None) -> SafeString:
    def height(value: float) -> float:
        return round(top + LANE_HEIGHT - 4 - (LANE_HEIGHT - 8) * value / lane.top, 1)

    points = [point for point in lane.points if frame.holds(point.day)]
    answered = [point for point in points if point.value is not None]
    edge = frame.x(today) if today is not None and frame.holds(today) else frame.right
    parts = [
        format_html(
            '<rect class="band" x="{}" y="{}" width="{}" height="{}"/><text class="strong end" x="108" y="{}">{}</text>'
            '<text class="axis end" x="108" y="{}">{}</text><path class="limit" d="M{} {}H{}"/>',
            frame.left,
            top,
            round(frame.right - frame.left, 1),
            LANE_HEIGHT,
            top + 20,
            lane_name(lane.code),
            top + 34,
            lane_scale(lane.code, lane.top),
            frame.left,
            height(lane.watch - 0.5),
            edge,
        )
    ]
    for run in _runs(points):
        line = "L".join(f"{frame.x(p.day)} {height(p.value or 0)}" for p in run)
        parts.append(format_html('<path class="score" d="M{}"/>', line))
    for point in answered:
        value = point.value or 0
        css = "pt over" if value >= lane.watch else "pt"
        title = f"{plans.long_day(point.day)}: {lane_name(lane.code)} {lane_value(value, lane.top)}"
        parts.append(
            format_html(
                '<circle class="{}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>',
                css,
                frame.x(point.day),
                height(value),
                "3.6" if point is answered[-1] else "2.4",
                title,
            )
        )
    room = frame.right - edge
    if answered and room > ROOM_FOR_WORDS:
        said = [lane_value(answered[-1].value or 0, lane.top), *_change(lane)]
        if room > ROOM_FOR_A_LINE:
            said[1:] = [", ".join(said[1:])]
        parts.append(_words(said, edge + 14, top))
    return format_html_join("", "{}", ((part,) for part in parts))


def _words(said: Sequence[str], x: float, top: float) -> SafeString:
    """The latest answer in bold and under it how it changed: in one line, or in two where the picture is narrow."""
    first = top + (20 if len(said) < 3 else 14)
    return format_html_join(
        "",
        '<text class="{}" x="{}" y="{}">{}</text>',
        (
            ("strong" if n == 0 else "change", round(x, 1), first + 14 * n, line)
            for n, line in enumerate(said)
        ),
    )


def _runs(points: Sequence[LanePoint]) -> list[list[LanePoint]]:
    """Consecutive answers: the line is broken where a check-in was missed."""
    found: list[list[LanePoint]] = [[]]
    for point in points:
        if point.value is None:
            found.append([])
        else:
            found[-1].append(point)
    return [run for run in found if len(run) > 1]


def _change(lane: PictureLane) -> list[str]:
    """Change of the latest answer against the one before and against the first of the plan."""
    all_answers = [point.value for point in lane.points if point.value is not None]
    if len(all_answers) < 2:
        return [gettext("first answer")]
    last = all_answers[-1]
    return [
        gettext("{change} since last time").format(change=_signed(last - all_answers[-2])),
        gettext("{change} since the start").format(change=_signed(last - all_answers[0])),
    ]


def _signed(change: int) -> str:
    if change == 0:
        return gettext("same")
    return (gettext("up {n}") if change > 0 else gettext("down {n}")).format(n=abs(change))


def rows(data: PictureData, frame: Axis, top: float) -> SafeString:
    """Check-ins and flags, one mark each."""
    parts = [
        format_html(
            '<text class="strong end" x="108" y="{}">{}</text><text class="strong end" x="108" y="{}">{}</text>',
            top + 12,
            gettext("Check-ins"),
            top + 38,
            gettext("Flags"),
        )
    ]
    parts += [_asked(asked, frame, top + 8) for asked in data.asked if frame.holds(asked.day)]
    parts += [_flags(some, frame, top + 34) for some in _by_day(data.flags, frame)]
    return format_html_join("", "{}", ((part,) for part in parts))


def _asked(asked: CheckInPoint, frame: Axis, y: float) -> SafeString:
    x, day = frame.x(asked.day), plans.long_day(asked.day)
    if asked.state == OccasionState.MISSED:
        title = gettext("{day}: missed").format(day=day)
        return format_html(
            '<path class="missed" d="M{} {}l7 7m0 -7l-7 7"><title>{}</title></path>',
            round(x - 3.5, 1),
            y - 3.5,
            title,
        )
    css = "asked" if asked.state == OccasionState.ANSWERED else "asked next"
    size = "5" if asked.state == OccasionState.ANSWERED else "4"
    said = {
        "answered": gettext("{day}: answered"),
        "invited": gettext("{day}: asked, no answer yet"),
    }.get(asked.state, gettext("{day}: to come"))
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{s}" height="{s}"><title>{}</title></rect>',
        css,
        round(x - 2.5, 1),
        y - 2.5,
        said.format(day=day),
        s=size,
    )


def flag_shape(severity: str, x: float, y: float) -> SafeString:
    """The shape of a priority: diamond with a mark, triangle, ring."""
    if severity == "urgent":
        return format_html(
            '<path class="f-urgent" d="M{} {}l8 8 -8 8 -8 -8z"/><path class="f-urgent-in" d="M{} {}h1.8l-.3 4.8h-1.2z'
            'M{} {}h1.8v1.8h-1.8z"/>',
            x,
            y - 8,
            round(x - 0.9, 1),
            y - 4,
            round(x - 0.9, 1),
            y + 2,
        )
    if severity == "high":
        return format_html('<path class="f-high" d="M{} {}l7 12.5h-14z"/>', x, y - 7)
    return format_html('<circle class="f-routine" cx="{}" cy="{}" r="5"/>', x, y)


def _by_day(flags: Sequence[FlagMark], frame: Axis) -> list[list[FlagMark]]:
    """The flags of each day in the window that ask somebody to act, the most urgent first."""
    days: dict[date, list[FlagMark]] = {}
    for flag in flags:
        if frame.holds(flag.day) and flag.severity in _ORDER:
            days.setdefault(flag.day, []).append(flag)
    return [sorted(some, key=lambda flag: _ORDER.index(flag.severity)) for some in days.values()]


def _flags(flags: Sequence[FlagMark], frame: Axis, y: float) -> SafeString:
    """The flags of one day as one mark, the shape of the most urgent; its title says them all."""
    said = [f"{severity_name(flag.severity)}: {flag_sentence(flag.rule, flag.facts)}" for flag in flags]
    title = f"{plans.long_day(flags[0].day)}. {' '.join(dict.fromkeys(said))}"
    shape = flag_shape(flags[0].severity, frame.x(flags[0].day), y)
    return format_html("<g>{}<title>{}</title></g>", shape, title)


_LEGEND_ROW: Final = 22


def legend(frame: Axis, top: float, *, clinic: bool = True) -> tuple[SafeString, float]:
    """What each mark means, in as many rows under the picture as it needs, and their height; without the marks of the
    clinic's pictures if not `clinic`."""
    signs = [
        ('<path class="line next" d="M0 0H22"/>', gettext("Planned"), 100),
        (
            '<path class="took" d="M0 3H12V-3H22"/><path class="bead" d="M2 .6v4.8M7 .6v4.8M11 .6v4.8M17 -5.4v4.8"/>',
            gettext("Taken, a mark for each day reported"),
            230,
        ),
        (
            '<path class="stem" d="M11 -8V8"/><circle class="odd" cx="11" cy="-5" r="3.2"/>',
            gettext("Took more or less"),
            150,
        ),
        (
            '<path class="cutmark" d="M1 -3h8l-4 6z"/><path class="backmark" d="M14 3h8l-4 -6z"/>',
            gettext("Cut, step back"),
            140,
        ),
        ('<rect class="hold" x="0" y="-6" width="22" height="12"/>', gettext("Hold"), 90),
    ]
    of_clinic = [
        ('<path class="ghost" d="M0 0H22"/>', gettext("Version 1"), 110),
        (
            '<path class="limit" d="M0 0H18"/><circle class="pt over" cx="9" cy="-4" r="2.4"/>',
            gettext("Score to review"),
            140,
        ),
        (str(flag_shape("urgent", 9, 0)), gettext("Urgent flag"), 110),
        (str(flag_shape("high", 9, 0)), gettext("High flag"), 110),
        (str(flag_shape("routine", 9, 0)), gettext("Routine flag"), 110),
        (
            '<path class="asked" d="M1 -2.5h5v5h-5z"/><path class="asked next" d="M11 -2h4v4h-4z"/>',
            gettext("Check-in answered, to come"),
            200,
        ),
        ('<path class="missed" d="M4.5 -3.5l7 7m0 -7l-7 7"/>', gettext("Check-in missed"), 120),
    ]
    parts, x, y = [], frame.left, top
    for shape, name, width in [*signs, *(of_clinic if clinic else [])]:
        if x + width > frame.right:
            x, y = frame.left, y + _LEGEND_ROW
        parts.append((x, y, SafeString(shape), name))
        x += width
    drawn = format_html_join("", '<g transform="translate({} {})">{}<text x="30" y="4">{}</text></g>', parts)
    return drawn, y + _LEGEND_ROW - top


# Its name stands above it, because the percentages are to its left.
_NAME: Final = 20
HEIGHT: Final = 150
STEP: Final = _NAME + HEIGHT + 12
_FULL: Final = 100
# The distance of grid lines in percent: the finest that gives at most five lines.
_EVERY: Final = (50, 100, 200, 500, 1000)


def level_lane(level: ExposureLevel, frame: Axis, top: float, today: date | None) -> SafeString:
    """The ribbon from 0 to the plan's highest level; grid lines are percents of the first day's average."""
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
    """Today's level in words: to the right of today if there is room, else to the left."""
    x = frame.x(now.day + timedelta(days=1))
    near_edge = x > frame.right - 190
    return format_html(
        '<text class="strong halo{}" x="{}" y="{}">{}</text>',
        " end" if near_edge else "",
        round(x - 14 if near_edge else x + 10, 1),
        round(y - 8, 1),
        gettext("{range} today").format(range=level_range(now.low, now.high)),
    )
