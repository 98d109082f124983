"""What is marked on the stairs: changes, doses, days taken, holds, the first version, today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.taper.schedule import StepKind
from plans.services.plans.picture_data import PictureData, Tread
from plans.web.clinician.picture.frame import Frame, path, seen
from plans.wording import plans
from plans.wording.doses import day_dose_words

# Narrower than this a label would run over its neighbour's.
_LABEL_WIDTH: Final = 34.0
# What is said beside the today line takes so much room to its right.
_TODAY_WIDTH: Final = 130.0
_LETTER: Final = 8


def _words(tread: Tread) -> str:
    """What is taken a day on a stair, of every drug."""
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
    """A sign on the axis, by what the step is: a cut points down, a rise up and filled, a step back up and hollow, a
    switch aside; the same dose at other times is two level bars."""
    sign = _SIGNS.get(tread.kind, _CUT)
    title = str(sign.said).format(day=plans.long_day(tread.start), before=_words(before), after=_words(tread))
    path = f"M{round(frame.x(tread.start) - 4, 1)} {frame.base + 1}{sign.shape}"
    return format_html('<path class="{}" d="{}"><title>{}</title></path>', sign.css, path, title)


def labels(treads: Sequence[Tread], frame: Frame, today: date | None) -> list[SafeString]:
    """The dose on each tread that has room for it; a label that would touch the one before is left to the table.

    So are the doses of a plan of several drugs: the height of a stair is then no dose of anything.
    """
    several = len({drug for tread in treads for drug in tread.day.drugs}) > 1
    found, free = [], frame.left
    for before, tread, after in zip([None, *treads], treads, [*treads[1:], None], strict=False):
        same = before is not None and before.day == tread.day
        # The dose of today is said at its own line, larger.
        same = same or (today is not None and tread.start <= today <= tread.end)
        x = frame.x(tread.start) + 3
        if same or x < free or not tread.makeable or (several and tread.day):
            continue
        text = tread.dose.mg if tread.day else gettext("Stop {day}").format(day=plans.short_day(tread.start))
        css = "dose halo"
        if not tread.day and x > frame.right - 60:
            css, x = "dose halo end", frame.right
        # A step back soon after rises through the place above the line: the words go under it.
        rises = after is not None and after.dose > tread.dose and frame.x(after.start) < x + _LABEL_WIDTH
        y = frame.y(tread.dose) + (14 if rises else -6)
        found.append(format_html('<text class="{}" x="{}" y="{}">{}</text>', css, x, y, text))
        free = x + _LABEL_WIDTH
    return found


def broken(tread: Tread, frame: Frame) -> SafeString:
    """A dose that cannot be made: broken, with a diamond."""
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
    """The first version, dotted, from where the plan parted from it."""
    ghost = seen(data.ghost, frame)
    if not ghost:
        return SafeString("")
    end = data.ghost[-1].start
    said = gettext("Version 1 would have ended {day}").format(day=plans.short_day(end))
    anchor = min(max(frame.x(min(end, frame.last)), frame.left + 190), frame.right - 70)
    text = (
        format_html('<text class="axis end halo" x="{}" y="{}">{}</text>', anchor, frame.base - 7, said)
        if frame.holds(end)
        else ""
    )
    return format_html('<path class="ghost" d="{}"/>{}', path(ghost, frame), text)


def beads(data: PictureData, frame: Frame) -> list[SafeString]:
    """One mark a day reported as taken; a ring on a stem where it was more or less; a gap for no report."""
    beads, odd = [], []
    for taken in data.taken:
        tread = data.tread_on(taken.day)
        if tread is None or not frame.holds(taken.day):
            continue
        x, y = round(frame.x(taken.day) + 1.3, 1), frame.y(tread.dose)
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


def today_line(data: PictureData, frame: Frame, deep: float) -> SafeString:
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
        y, now = frame.y(tread.dose), gettext("{dose} a day").format(dose=_words(tread))
        near_edge = x > frame.right - max(130, _LETTER * len(now))
        # At the top of the stairs the date's box stands where the words would: they go beside it.
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
