"""The dose steps and their marks: changes, doses, days reported, holds, the first version, today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from django.utils.dates import MONTHS_3
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.amounts import Dose
from plans.domain.taper.schedule import StepKind
from plans.services.plans.picture_data import PictureData, Tread
from plans.wording import plans
from plans.wording.doses import day_dose_words, per_day_words

# Grid steps that give three to six lines, as units of 0.00001 mg: 1, 2 or 5 times a power of ten, and 0.25 likewise.
_GRID: Final = (*sorted(m * 10**e for e in range(1, 8) for m in (1, 2, 5)), 250_000, 25_000, 2_500_000)
_MOST_MONTHS: Final = 14
# A window of so many days names its Mondays instead of its months.
_DAYS_NAMED: Final = 70


@dataclass(frozen=True, slots=True)
class Frame:
    """Where days and doses fall on the drawing, in pixels at 1:1."""

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
    """The treads cut to the window; the dose of a tread with no days left is kept."""
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
    """Whether a tread is a hold of the dose before it, or a stay in hospital."""
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
    """Runs of treads that can be made: no line is drawn through one that cannot."""
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
    """A tick and a name at the first day of each month, or of every third where there is no room; at each Monday where
    the window is short."""
    if (frame.last - frame.first).days <= _DAYS_NAMED:
        return _mondays(frame)
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


def _mondays(frame: Frame) -> SafeString:
    day = frame.first + timedelta(days=-frame.first.weekday() % 7)
    named = []
    while day <= frame.last:
        name = plans.short_day(day) if frame.x(day) <= frame.right - 40 else ""
        named.append((frame.x(day), frame.base, frame.x(day) + 3, frame.base + 17, name))
        day += timedelta(days=7)
    return format_html_join(
        "", '<path class="base" d="M{} {}v5"/><text class="axis" x="{}" y="{}">{}</text>', named
    )


def changes(treads: Sequence[Tread], frame: Frame) -> list[tuple[Tread, Tread]]:
    """Pairs of treads around each change in the window: of the day's doses, or of their times."""
    shared = (StepKind.SPREAD, StepKind.RISE)
    return [
        (before, tread)
        for before, tread in pairwise(treads)
        if (before.day != tread.day or tread.kind in shared) and frame.holds(tread.start)
    ]


# Below this width a label would overlap its neighbour.
_LABEL_WIDTH: Final = 34.0
# The words beside the today line need this much room to its right.
_TODAY_WIDTH: Final = 130.0
_LETTER: Final = 8


def _words(tread: Tread) -> str:
    """What is taken a day on a tread, of every drug."""
    return day_dose_words(tread.day, clinician=True)


class _Sign(NamedTuple):
    """What a change is called, and its sign on the axis: a class and a path from its left edge at the line."""

    said: Promise
    css: str
    shape: str


_DOWN: Final = "h8l-4 6z"
_UP: Final = "m0 6.5h8l-4 -6z"
_ASIDE: Final = "m1 0v6.5l6 -3.25z"
_LEVEL: Final = "h8v2h-8zm0 4h8v2h-8z"
_CUT: Final = _Sign(_("{day}: cut from {before} to {after}"), "cutmark", _DOWN)
_SIGNS: Final = {
    StepKind.STEP_BACK: _Sign(_("{day}: step back from {before} to {after}"), "backmark", _UP),
    StepKind.RISE: _Sign(_("{day}: rise from {before} to {after}"), "risemark", _UP),
    StepKind.SWAP: _Sign(_("{day}: switch from {before} to {after}"), "cutmark", _ASIDE),
    StepKind.CROSSOVER: _Sign(_("{day}: switch from {before} to {after}"), "cutmark", _ASIDE),
    StepKind.SPREAD: _Sign(_("{day}: same dose at other times of day, {after}"), "cutmark", _LEVEL),
}


def mark(before: Tread, tread: Tread, frame: Frame) -> SafeString:
    """A sign on the axis: a cut down, a rise up, a step back hollow, a switch aside, other times two level bars."""
    sign = _SIGNS.get(tread.kind, _CUT)
    title = str(sign.said).format(day=plans.long_day(tread.start), before=_words(before), after=_words(tread))
    path = f"M{round(frame.x(tread.start) - 4, 1)} {frame.base + 1}{sign.shape}"
    return format_html('<path class="{}" d="{}"><title>{}</title></path>', sign.css, path, title)


def _tread_words(tread: Tread) -> str:
    """The dose on a tread of one drug: "5 mg", "15 mg a week", "Stop 7 Dec"."""
    if not tread.day:
        return gettext("Stop {day}").format(day=plans.short_day(tread.start))
    if not tread.day.weekly:
        return tread.dose.mg
    ((_, dose),) = tread.day
    return gettext("{dose} a week").format(dose=dose.mg)


def labels(treads: Sequence[Tread], frame: Frame, today: date | None) -> list[SafeString]:
    """The dose on each tread that has room for it; a label that would touch the one before is left out.

    A plan of several drugs has no labels: the height of a tread is then not the dose of any one drug.
    """
    several = len({drug for tread in treads for drug in tread.day.drugs}) > 1
    found, free = [], frame.left
    for before, tread, after in zip([None, *treads], treads, [*treads[1:], None], strict=False):
        same = before is not None and before.day == tread.day
        # Today's dose is written at the today line, larger.
        same = same or (today is not None and tread.start <= today <= tread.end)
        x = frame.x(tread.start) + 3
        if same or x < free or not tread.makeable or (several and tread.day):
            continue
        text = _tread_words(tread)
        css = "dose halo"
        if not tread.day and x > frame.right - 60:
            css, x = "dose halo end", frame.right
        # A step back soon after rises through the space above the line: the words go below it.
        rises = after is not None and after.dose > tread.dose and frame.x(after.start) < x + _LABEL_WIDTH
        y = frame.y(tread.dose) + (14 if rises else -6)
        found.append(format_html('<text class="{}" x="{}" y="{}">{}</text>', css, x, y, text))
        free = x + _LABEL_WIDTH
    return found


def broken(tread: Tread, frame: Frame) -> SafeString:
    """A dose that cannot be made: a broken line with a diamond."""
    end = frame.x(tread.end + timedelta(days=1))
    x, y = round((frame.x(tread.start) + end) / 2, 1), frame.y(tread.dose)
    return format_html(
        '<path class="ghost" d="M{} {y}H{}"/><path class="bad" d="M{x} {}l7 7-7 7-7-7z"/>'
        '<text class="badtext mid halo" x="{x}" y="{}">{}</text>',
        frame.x(tread.start),
        end,
        round(y - 7, 1),
        round(y - 14, 1),
        _words(tread),
        x=x,
        y=y,
    )


def ghost(data: PictureData, frame: Frame) -> SafeString:
    """Another version, dotted, from the day on which the plan differs from it."""
    ghost = seen(data.ghost, frame)
    if not ghost:
        return SafeString("")
    end = data.ghost[-1].start
    said = gettext("Version {n} would have ended {day}").format(
        n=data.ghost_version, day=plans.short_day(end)
    )
    anchor = min(max(frame.x(min(end, frame.last)), frame.left + 190), frame.right - 70)
    text = (
        format_html('<text class="axis end halo" x="{}" y="{}">{}</text>', anchor, frame.base - 7, said)
        if frame.holds(end)
        else ""
    )
    return format_html('<path class="ghost" d="{}"/>{}', path(ghost, frame), text)


def taken_line(data: PictureData, frame: Frame) -> list[SafeString]:
    """What was taken, as a line of its own: a mark a day at the dose reported, joined where days follow each other; a
    ring on a stem where it was more or less but nobody said how much; a gap for no report."""
    beads, odd = [], []
    known: list[Tread] = []
    for taken in data.taken:
        tread = data.tread_on(taken.day)
        if tread is None or not frame.holds(taken.day):
            continue
        x, dose = round(frame.x(taken.day) + 1.3, 1), taken.height
        if dose is None and taken.how == "planned":
            dose = tread.dose
        y = frame.y(tread.dose if dose is None else dose)
        if dose is not None:
            beads.append(f"M{x} {round(y - 2.4, 1)}v4.8")
            known.append(replace(tread, start=taken.day, end=taken.day, dose=dose))
            continue
        rise = -18 if taken.how == "extra" else 18
        odd.append((taken_words(taken.day, taken.how), x, y, round(y + rise, 1), x, round(y + rise, 1)))
    stems = format_html_join(
        "",
        '<g><title>{}</title><path class="stem" d="M{} {}V{}"/><circle class="odd" cx="{}" cy="{}" r="3.2"/></g>',
        odd,
    )
    if not beads and not odd:
        return []
    line = "".join(path(run, frame) for run in _in_a_row(known))
    return [
        format_html('<path class="took" d="{}"/>', line),
        format_html('<path class="bead" d="{}"/>', "".join(beads)),
        stems,
    ]


def _in_a_row(days: Sequence[Tread]) -> list[list[Tread]]:
    """Runs of days that follow each other, neighbours of one dose merged."""
    found: list[list[Tread]] = []
    for day in days:
        last = found[-1][-1] if found else None
        if last is None or last.end + timedelta(days=1) != day.start:
            found.append([day])
        elif last.dose == day.dose:
            found[-1][-1] = replace(last, end=day.end)
        else:
            found[-1].append(day)
    return found


def taken_words(day: date, how: str) -> str:
    """What was reported about a day's doses, for a mark's title and for the table."""
    said = {
        "extra": gettext("{day}: took more than planned"),
        "fewer": gettext("{day}: took less than planned"),
        "none": gettext("{day}: took nothing"),
        "other": gettext("{day}: took something else than planned"),
    }
    return said.get(how, gettext("{day}: taken as planned")).format(day=plans.long_day(day))


def hold(tread: Tread, frame: Frame, deep: float, today: date | None) -> SafeString:
    """The hatch of a hold, or of a stay in hospital, through every lane; its word and days above it, or under the line
    where today is near."""
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
        gettext("In hospital") if tread.kind is StepKind.PAUSE else gettext("Hold"),
        word + 12,
        plans.days_count((tread.end - tread.start).days + 1),
        top=top,
        mid=middle,
    )


def today_line(data: PictureData, frame: Frame, deep: float, *, clinician: bool = True) -> SafeString:
    """The line of today with its date, and the dose and step of the day."""
    if data.today is None or not frame.holds(data.today):
        return SafeString("")
    x, tread = frame.x(data.today), data.tread_on(data.today)
    said = gettext("Today {day}").format(day=plans.short_day(data.today))
    wide = max(84, 7 * len(said) + 8)
    box = min(max(round(x - wide / 2, 1), 4), frame.right + 12 - wide)
    parts = [
        format_html(
            '<path class="today" d="M{x} 34V{}"/>'
            '<rect class="todaybox" x="{box}" y="16" width="{wide}" height="19" rx="3"/>'
            '<text class="todaytext mid" x="{}" y="29.5">{}</text>',
            deep,
            round(box + wide / 2, 1),
            said,
            x=x,
            box=box,
            wide=wide,
        )
    ]
    if tread is not None:
        y, now = frame.y(tread.dose), per_day_words(tread.day, clinician=clinician)
        near_edge = x > frame.right - max(130, _LETTER * len(now))
        # Near the top, the box with the date is where the words would be: they go beside it.
        aside = wide / 2 + 9 if y - 46 < 35 else 9
        middle = box + wide / 2
        at, end = (middle - aside, " end") if near_edge else (max(x + 9, middle + aside), "")
        step = gettext("step {n} of {all}").format(n=tread.n, all=len(data.treads))
        parts.append(
            format_html(
                '<circle class="pt over" cx="{x}" cy="{y}" r="4"/><text class="dose now halo{end}" x="{at}" y="{}">{}'
                '</text><text class="halo{end}" x="{at}" y="{}">{}</text>',
                round(y - 20, 1),
                now,
                round(y - 36, 1),
                step,
                x=x,
                y=y,
                at=at,
                end=end,
            )
        )
    return format_html_join("", "{}", ((part,) for part in parts))
