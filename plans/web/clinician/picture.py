"""The picture: dose stairs and answers on one time axis, as inline SVG drawn here.

Colours come from classes alone and geometry stands in attributes, so that the page's policy against inline style holds.
The line is a step function: only horizontal and vertical strokes. A step that cannot be made is drawn broken, with a
diamond, never as a tread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.utils.dates import MONTHS_3
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from plans.domain.amounts import Dose
from plans.domain.taper.schedule import StepKind
from plans.services.plans.picture_data import PictureData, Tread
from plans.web.clinician.picture_lanes import BOTTOM_ROWS, LANE_STEP, lanes, legend, rows
from plans.wording import plans as words

# Grid steps that give three to six lines, as units of 0.00001 mg: 1, 2 or 5 times a power of ten, and 0.25 likewise.
_GRID: Final = tuple(sorted(m * 10**e for e in range(1, 8) for m in (1, 2, 5))) + (250_000, 25_000, 2_500_000)
# Narrower than this a label would run over its neighbour's.
_LABEL_WIDTH: Final = 34.0
# What is said beside the today line takes so much room to its right.
_TODAY_WIDTH: Final = 130.0
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


def draft(data: PictureData) -> SafeString:
    """The stairs of a plan not yet issued: dose only."""
    first, last = data.treads[0].start, data.treads[-1].end
    room = max(4, (last - first).days // 40)
    frame = _frame(data, first - timedelta(days=room), last + timedelta(days=room * 4), 48, 730, 26, 192)
    body = _stairs(data, frame)
    return _svg(data, frame, 740, 216, body, "draft", "")


def whole(data: PictureData, *, weeks: int | None = None) -> SafeString:
    """Dose and answers over the whole plan, or over the last `weeks` weeks and two to come."""
    first, last = data.treads[0].start - timedelta(days=7), data.treads[-1].end + timedelta(days=7)
    if weeks is not None and data.today is not None:
        first = max(first, data.today - timedelta(days=7 * weeks))
        last = min(last, max(data.today, data.treads[0].start) + timedelta(days=14))
        last = max(last, first + timedelta(days=28))
    frame = _frame(data, first, last, 118, 1184, 54, 308)
    bottom = 342 + LANE_STEP * len(data.lanes)
    height = bottom + BOTTOM_ROWS
    key = legend(data, 118, height + 8)
    holds = format_html_join(
        "", "{}", ((_hold(t, frame, bottom - 12, data.today),) for t in data.treads if _in_window(t, frame) and _held(t))
    )
    body = (
        lanes(data, frame)
        + holds
        + _stairs(data, frame, deep=bottom - 12)
        + rows(data, frame, bottom)
        + _today(data, frame, bottom + 37)
        + key
    )
    return _svg(data, frame, 1200, height + 44, body, "whole", "year")


def _frame(data: PictureData, first: date, last: date, left: float, right: float, top: float, base: float) -> Frame:
    peak = max((t.dose.units for t in (*data.treads, *data.ghost)), default=1)
    return Frame(first, last, max(1, peak), left, right, top, base)


def _svg(
    data: PictureData, frame: Frame, width: int, height: float, body: SafeString, key: str, css: str
) -> SafeString:
    first, last = data.treads[0], data.treads[-1]
    title = gettext("{drug} a day, {first} to {last}").format(
        drug=data.drug, first=words.long_day(first.start), last=words.long_day(last.end)
    )
    said = gettext("{steps} steps, from {first} to {last} a day. The same figures are in the table.").format(
        steps=len(data.treads), first=first.dose, last=last.dose
    )
    hatch = mark_safe(
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path class="hatch" d="M0 0V6"/></pattern></defs>'
    )
    return format_html(
        '<svg class="{}" viewBox="0 0 {} {}" role="img" aria-labelledby="{key}-t {key}-d">'
        '<title id="{key}-t">{}</title><desc id="{key}-d">{}</desc>{}{}</svg>',
        css, width, height, title, said, hatch, body, key=key,
    )  # fmt: skip


def _seen(treads: Iterable[Tread], frame: Frame) -> list[Tread]:
    """The treads in the window, cut to it; the dose of a zero-length rest is kept."""
    found = []
    for tread in treads:
        start, end = max(tread.start, frame.first), min(tread.end, frame.last - timedelta(days=1))
        if start <= end:
            found.append(Tread(tread.n, start, end, tread.dose, tread.kind, tread.makeable))
    return found


def _in_window(tread: Tread, frame: Frame) -> bool:
    return tread.start < frame.last and tread.end >= frame.first


def _held(tread: Tread) -> bool:
    return tread.kind is StepKind.HOLD


def _path(treads: Sequence[Tread], frame: Frame) -> str:
    """Horizontal and vertical strokes through treads that follow each other."""
    parts = [f"M{frame.x(treads[0].start)} {frame.y(treads[0].dose)}"]
    for tread, after in zip(treads, [*treads[1:], None], strict=True):
        parts.append(f"H{frame.x(tread.end + timedelta(days=1))}")
        if after is not None:
            parts.append(f"V{frame.y(after.dose)}")
    return "".join(parts)


def _until(treads: Sequence[Tread], day: date) -> list[Tread]:
    """The part of the treads before a day."""
    return [
        Tread(t.n, t.start, min(t.end, day - timedelta(days=1)), t.dose, t.kind) for t in treads if t.start < day
    ]


def _from(treads: Sequence[Tread], day: date) -> list[Tread]:
    return [Tread(t.n, max(t.start, day), t.end, t.dose, t.kind) for t in treads if t.end >= day]


def _runs(treads: Sequence[Tread]) -> list[list[Tread]]:
    """Unbroken runs of treads that can be made: a line is never drawn through one that cannot."""
    found: list[list[Tread]] = []
    for before, tread in zip([None, *treads], treads, strict=False):
        if not tread.makeable:
            continue
        if before is None or not before.makeable or not found:
            found.append([])
        found[-1].append(tread)
    return found


def _stairs(data: PictureData, frame: Frame, *, deep: float | None = None) -> SafeString:
    treads = _seen(data.treads, frame)
    if not treads:
        return SafeString("")
    parts = [_grid(frame), _months(frame)]
    changes = _changes(data.treads, frame)
    if deep is not None:
        parts += [
            format_html('<path class="cut" d="M{} {}V{}"/>', frame.x(t.start), frame.y(max(b.dose, t.dose)), deep)
            for b, t in changes
        ]
    today = data.today or treads[0].start
    for css, some in (("area", _until(treads, today)), ("area next", _from(treads, today))):
        if some:
            d = f"{_path(some, frame)}V{frame.base}H{frame.x(some[0].start)}z"
            parts.append(format_html('<path class="{}" d="{}"/>', css, d))
    parts.append(_ghost(data, frame))
    past = _until(treads, today) if data.today is not None else []
    if past:
        parts.append(format_html('<path class="track" d="{}"/>', _path(past, frame)))
    css = "line" if data.today is None else "line next"
    parts += [format_html('<path class="{}" d="{}"/>', css, _path(run, frame)) for run in _runs(treads)]
    parts += _beads(data, frame)
    parts += [_mark(before, tread, frame) for before, tread in changes]
    parts += _labels(treads, frame, data.today)
    parts += [_broken(tread, frame) for tread in treads if not tread.makeable]
    return format_html_join("", "{}", ((part,) for part in parts))


def _grid(frame: Frame) -> SafeString:
    step = min((g for g in _GRID if frame.peak / g <= 5), default=frame.peak)
    lines = []
    for units in range(0, frame.peak + 1, step):
        y = frame.y(Dose(units))
        css = "hair" if units else "base"
        lines.append((css, frame.left, y, frame.right, frame.left - 8, round(y + 3.5, 1), Dose(units).mg))
    return format_html_join(
        "", '<path class="{}" d="M{} {}H{}"/><text class="axis end" x="{}" y="{}">{}</text>', lines
    )


def _months(frame: Frame) -> SafeString:
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


def _changes(treads: Sequence[Tread], frame: Frame) -> list[tuple[Tread, Tread]]:
    """Pairs of treads with another dose after a change that lies in the window."""
    pairs = zip(treads, treads[1:], strict=False)
    return [(before, tread) for before, tread in pairs if before.dose != tread.dose and frame.holds(tread.start)]


def _mark(before: Tread, tread: Tread, frame: Frame) -> SafeString:
    x, y = frame.x(tread.start), frame.base + 1
    day = words.long_day(tread.start)
    if tread.dose > before.dose:
        said = gettext("{day}: step back from {before} to {after}")
        css, shape = "backmark", f"M{round(x - 4, 1)} {y + 6.5}h8l-4 -6z"
    else:
        said = gettext("{day}: cut from {before} to {after}")
        css, shape = "cutmark", f"M{round(x - 4, 1)} {y}h8l-4 6z"
    title = said.format(day=day, before=before.dose, after=tread.dose)
    return format_html('<path class="{}" d="{}"><title>{}</title></path>', css, shape, title)


def _labels(treads: Sequence[Tread], frame: Frame, today: date | None) -> list[SafeString]:
    """The dose on each tread that has room for it; a label that would touch the one before is left to the table."""
    found, free = [], frame.left
    for before, tread in zip([None, *treads], treads, strict=False):
        same = before is not None and before.dose == tread.dose
        # The dose of today is said at its own line, larger.
        same = same or (today is not None and tread.start <= today <= tread.end)
        x = frame.x(tread.start) + 3
        if same or x < free or not tread.makeable:
            continue
        text = tread.dose.mg if tread.dose else gettext("Stop {day}").format(day=words.short_day(tread.start))
        css = "dose halo"
        if tread.dose.units == 0 and x > frame.right - 60:
            css, x = "dose halo end", frame.right
        found.append(format_html('<text class="{}" x="{}" y="{}">{}</text>', css, x, frame.y(tread.dose) - 6, text))
        free = x + _LABEL_WIDTH
    return found


def _broken(tread: Tread, frame: Frame) -> SafeString:
    end = frame.x(tread.end + timedelta(days=1))
    x, y = round((frame.x(tread.start) + end) / 2, 1), frame.y(tread.dose)
    return format_html(
        '<path class="ghost" d="M{} {y}H{}"/><path class="bad" d="M{x} {}l7 7-7 7-7-7z"/>'
        '<text class="badtext mid halo" x="{x}" y="{}">{}</text>',
        frame.x(tread.start), end, round(y - 7, 1), round(y - 14, 1), tread.dose.mg, x=x, y=y,
    )  # fmt: skip


def _ghost(data: PictureData, frame: Frame) -> SafeString:
    """The first version, dotted, from where the plan parted from it."""
    ghost = _seen(data.ghost, frame)
    if not ghost:
        return SafeString("")
    end = data.ghost[-1].start
    said = gettext("Version 1 would have ended {day}").format(day=words.short_day(end))
    anchor = min(max(frame.x(min(end, frame.last)), frame.left + 190), frame.right - 70)
    text = (
        format_html('<text class="axis end halo" x="{}" y="{}">{}</text>', anchor, frame.base - 7, said)
        if frame.holds(end)
        else ""
    )
    return format_html('<path class="ghost" d="{}"/>{}', _path(ghost, frame), text)


def _beads(data: PictureData, frame: Frame) -> list[SafeString]:
    """One mark a day reported as taken; a ring on a stem where it was more or less; a gap for no report."""
    beads, odd = [], []
    for taken in data.taken:
        dose = data.dose_on(taken.day)
        if dose is None or not frame.holds(taken.day):
            continue
        x, y = round(frame.x(taken.day) + 1.3, 1), frame.y(dose)
        if taken.how == "planned":
            beads.append(f"M{x} {round(y - 2.4, 1)}v4.8")
            continue
        rise = -18 if taken.how == "extra" else 18
        odd.append((taken_words(taken.day, taken.how), x, y, round(y + rise, 1), x, round(y + rise, 1)))
    stems = format_html_join(
        "",
        '<g><title>{}</title><path class="stem" d="M{} {}V{}"/><circle class="odd" cx="{}" cy="{}" r="3.2"/></g>',
        odd,
    )
    return [format_html('<path class="bead" d="{}"/>', "".join(beads)), stems] if beads or odd else []


def taken_words(day: date, how: str) -> str:
    """What was reported of a day's doses, for a mark's title and for the table."""
    said = {
        "extra": gettext("{day}: took more than planned"),
        "fewer": gettext("{day}: took less than planned"),
        "none": gettext("{day}: took nothing"),
    }
    return said.get(how, gettext("{day}: taken as planned")).format(day=words.long_day(day))


def _hold(tread: Tread, frame: Frame, deep: float, today: date | None) -> SafeString:
    """The hatch of a hold through every lane; its word and days above it, or under the line where today is near."""
    x = frame.x(max(tread.start, frame.first))
    end = min(frame.x(tread.end + timedelta(days=1)), frame.right)
    middle, top = round((x + end) / 2, 1), frame.y(tread.dose) - 26
    near = today is not None and -30 < middle - frame.x(today) < _TODAY_WIDTH
    word = frame.y(tread.dose) + 18 if near else top - 16
    return format_html(
        '<rect class="hold" x="{}" y="{top}" width="{}" height="{}"/>'
        '<text class="strong mid halo" x="{mid}" y="{}">{}</text><text class="mid halo" x="{mid}" y="{}">{}</text>',
        x,
        round(end - x, 1),
        round(deep - top, 1),
        word,
        gettext("Hold"),
        word + 12,
        words.days_count((tread.end - tread.start).days + 1),
        top=top,
        mid=middle,
    )


def _today(data: PictureData, frame: Frame, deep: float) -> SafeString:
    if data.today is None or not frame.holds(data.today):
        return SafeString("")
    x, dose = frame.x(data.today), data.dose_on(data.today)
    tread = next((t for t in data.treads if t.start <= data.today <= t.end), None)
    said = gettext("Today {day}").format(day=words.short_day(data.today))
    box = min(max(x - 42, 4), 1112)
    parts = [
        format_html(
            '<path class="today" d="M{x} 34V{}"/><rect class="todaybox" x="{box}" y="16" width="84" height="19" rx="3"/>'
            '<text class="todaytext mid" x="{}" y="29.5">{}</text>',
            deep, box + 42, said, x=x, box=box,
        )  # fmt: skip
    ]
    if dose is not None and tread is not None:
        y = frame.y(dose)
        near_edge = x > frame.right - 130
        at, end = (x - 9, " end") if near_edge else (x + 9, "")
        step = gettext("step {n} of {all}").format(n=tread.n, all=len(data.treads))
        now = gettext("{dose} a day").format(dose=dose)
        parts.append(
            format_html(
                '<circle class="pt over" cx="{x}" cy="{y}" r="4"/><text class="dose now halo{end}" x="{at}" y="{}">{}'
                '</text><text class="halo{end}" x="{at}" y="{}">{}</text>',
                round(y - 20, 1), now, round(y - 36, 1), step, x=x, y=y, at=at, end=end,
            )  # fmt: skip
        )
    return format_html_join("", "{}", ((part,) for part in parts))
