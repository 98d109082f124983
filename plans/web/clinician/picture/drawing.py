"""The picture: dose steps and answers on one time axis, as inline SVG.

Colours come from classes and geometry from attributes, because the content security policy forbids inline styles. The
line is a step function: horizontal and vertical strokes only. A step that cannot be made is drawn as a broken line
with a diamond.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from plans.domain.amounts import Dose
from plans.services.plans.picture_data import PictureData, Stairs
from plans.web.clinician.picture.lanes import (
    BOTTOM_ROWS,
    LANE_STEP,
    LANE_TOP,
    lanes,
    legend,
    level_lane,
    rows,
)
from plans.web.clinician.picture.lanes import STEP as LEVEL_STEP
from plans.web.clinician.picture.stairs import (
    Frame,
    broken,
    changes,
    ghost,
    grid,
    held,
    hold,
    in_window,
    labels,
    mark,
    months,
    path,
    runs,
    seen,
    starting,
    taken_line,
    taken_words,
    today_line,
    until,
)
from plans.wording import plans
from plans.wording.doses import day_dose_words, drugs_words, per_day_words, stairs_words

_SCALE_HIGH = 14
# The width of "13 Jun 2027" on the plain picture.
_DAY_WIDTH = 100
# Where the lanes of a visit summary begin.
_VISIT_LANES = 208
__all__ = ["beside", "change", "draft", "plain", "taken_words", "visit", "whole"]


def draft(data: PictureData) -> SafeString:
    """The picture of a plan not yet issued: dose only."""
    first, last = data.treads[0].start, data.treads[-1].end
    room = max(4, (last - first).days // 40)
    frame = _frame(data, first - timedelta(days=room), last + timedelta(days=room * 4), 48, 730, 26, 192)
    body = _stairs(data, frame)
    return _svg(data, frame, 740, 216, body, "draft", "")


def plain(
    stairs: Stairs, *, last: date, peak: Dose, ends: date, key: str, title: str, said: str
) -> SafeString:
    """The stairs alone, large, on the scale that several plans share: to the day `last`, up to the height `peak`.

    The first dose and the day `ends` are written, `title` and `said` are for whoever does not see it.
    """
    first = stairs.treads[0]
    frame = Frame(first.start, last + timedelta(days=1), max(1, peak.units), 4, 344, 40, 160)
    treads = seen(stairs.treads, frame)
    line = path(treads, frame)
    # Of several drugs, and of a week whose days differ, the height is no dose that anybody takes.
    height = first.dose.mg if len(stairs.drugs) == 1 and not first.day.weekly else ""
    x = frame.x(treads[-1].start)
    near = x > frame.right - _DAY_WIDTH
    return format_html(
        '<svg viewBox="0 0 350 188" role="img" aria-labelledby="{key}-t {key}-d"><title id="{key}-t">{}</title>'
        '<desc id="{key}-d">{}</desc><path class="area" d="{line}V{base}H{left}z"/><path class="line" d="{line}"/>'
        '<path class="base" d="M{left} {base}H{right}"/><text class="strong" x="{left}" y="30">{}</text>'
        '<path class="base" d="M{x} {base}v6"/><text class="strong{}" x="{}" y="182">{}</text></svg>',
        title,
        said,
        height,
        " end" if near else " mid",
        frame.right if near else max(x, frame.left + _DAY_WIDTH / 2),
        plans.short_day_year(ends),
        key=key,
        line=line,
        base=frame.base,
        left=frame.left,
        right=frame.right,
        x=x,
    )


def change(data: PictureData) -> SafeString:
    """The stairs after a change from a month before today on, those before it dotted behind them: dose only."""
    first, last = data.treads[0].start, data.treads[-1].end
    if data.today is not None:
        first = max(first, data.today - timedelta(days=28))
    last = max(last, data.ghost[-1].end if data.ghost else last, first + timedelta(days=28))
    room = max(4, (last - first).days // 40)
    # Room above the stairs for what is shown, and beneath it for today's step and dose.
    frame = _frame(data, first - timedelta(days=room), last + timedelta(days=room * 4), 48, 730, 54, 220)
    return _svg(data, frame, 740, 244, _stairs(data, frame) + today_line(data, frame, 220), "draft", "part")


def whole(
    data: PictureData,
    *,
    weeks: int | None = None,
    span: tuple[date, date] | None = None,
    key: str = "whole",
) -> SafeString:
    """Dose and answers over the whole plan, the last `weeks` weeks and the next two, or a `span` from one day to
    another. `key` prefixes ids."""
    first, last = _window(data, weeks, 14)
    if span is not None:
        first, last = max(first, span[0]), min(last, span[1])
    frame = _frame(data, first, last, 118, 1184, 54, 308)
    height = _bottom(data) + BOTTOM_ROWS
    signs, more = legend(frame, height + 8)
    return _svg(data, frame, 1200, height + more, _answers(data, frame) + signs, key, "year")


def visit(data: PictureData, span: tuple[date, date], *, clinic: bool) -> SafeString:
    """Dose and answers from one day to another, low enough for a page that says more; without flags and check-ins, and
    with the plain names of drugs, if not `clinic`. Lanes without an answer are left out."""
    data = replace(
        data, lanes=tuple(lane for lane in data.lanes if any(p.value is not None for p in lane.points))
    )
    first, last = _window(data, None, 0)
    frame = _frame(data, max(first, span[0]), min(last, span[1]), 118, 784, 54, 178)
    height = _bottom(data, _VISIT_LANES) + (BOTTOM_ROWS if clinic else 0)
    signs, more = legend(frame, height + 8, clinic=clinic)
    body = _answers(data, frame, _VISIT_LANES, clinic=clinic) + signs
    return _svg(data, frame, 800, height + more, body, "visit", "part", clinician=clinic)


def beside(data: PictureData) -> SafeString:
    """Eight weeks back and four ahead, narrow enough for a review item's page; without the legend."""
    frame = _frame(data, *_window(data, 8, 28), 118, 784, 54, 248)
    return _svg(
        data, frame, 800, _bottom(data, 282) + BOTTOM_ROWS, _answers(data, frame, 282), "beside", "part"
    )


def _window(data: PictureData, weeks: int | None, ahead: int) -> tuple[date, date]:
    first, last = data.treads[0].start - timedelta(days=7), data.treads[-1].end + timedelta(days=7)
    if weeks is not None and data.today is not None:
        first = max(first, data.today - timedelta(days=7 * weeks))
        last = min(last, max(data.today, data.treads[0].start) + timedelta(days=ahead))
        last = max(last, first + timedelta(days=28))
    return first, last


def _bottom(data: PictureData, top: int = LANE_TOP) -> int:
    return top + LANE_STEP * len(data.lanes) + (LEVEL_STEP if data.level is not None else 0)


def _answers(data: PictureData, frame: Frame, top: int = LANE_TOP, *, clinic: bool = True) -> SafeString:
    """Dose steps, lanes and, if `clinic`, the rows of check-ins and flags under them, in drawing order."""
    bottom = _bottom(data, top)
    holds = format_html_join(
        "",
        "{}",
        ((hold(t, frame, bottom - 12, data.today),) for t in data.treads if in_window(t, frame) and held(t)),
    )
    under = lanes(data, frame, top)
    if data.level is not None:
        under += level_lane(data.level, frame, top + LANE_STEP * len(data.lanes), data.today)
    return (
        under
        + holds
        + _stairs(data, frame, deep=bottom - 12)
        + (rows(data, frame, bottom) if clinic else SafeString(""))
        + today_line(data, frame, bottom + 37 if clinic else bottom - 12, clinician=clinic)
    )


def _frame(
    data: PictureData, first: date, last: date, left: float, right: float, top: float, base: float
) -> Frame:
    heights = [tread.dose.units for tread in (*data.treads, *data.ghost)]
    peak = max([*heights, *[mark.height.units for mark in data.taken if mark.height is not None]], default=1)
    return Frame(first, last, max(1, peak), left, right, top, base)


def _svg(
    data: PictureData,
    frame: Frame,
    width: int,
    height: float,
    body: SafeString,
    key: str,
    css: str,
    *,
    clinician: bool = True,
) -> SafeString:
    first, last = data.treads[0], data.treads[-1]
    title = gettext("{drug} a day, {first} to {last}").format(
        drug=drugs_words(data.stairs.drugs, clinician=clinician),
        first=plans.long_day(first.start),
        last=plans.long_day(last.end),
    )
    said = gettext("{steps} steps, from {first} to {last}. The same figures are in the table.").format(
        steps=len(data.treads),
        first=day_dose_words(first.day, clinician=clinician),
        last=per_day_words(last.day, clinician=clinician),
    )
    stairs = data.stairs
    scale = stairs_words(stairs.drugs, table=stairs.table, alone=stairs.alone, clinician=clinician)
    # The unit of the dose axis stands above everything else, so that nothing overlaps it.
    top = _SCALE_HIGH if scale else 0
    return format_html(
        '<svg class="{}" viewBox="0 {} {} {}" role="img" aria-labelledby="{key}-t {key}-d" data-first="{}" '
        'data-last="{}" data-left="{}" data-right="{}">'
        '<title id="{key}-t">{}</title><desc id="{key}-d">{}</desc>{}{}</svg>',
        css,
        -top,
        width,
        height + top,
        frame.first.isoformat(),
        frame.last.isoformat(),
        frame.left,
        frame.right,
        title,
        " ".join(filter(None, (said, _taken_words(data), scale))),
        format_html('<text class="axis" x="4" y="-4">{}</text>', scale) if scale else "",
        body,
        key=key,
    )


def _taken_words(data: PictureData) -> str:
    """How many days were reported, and how many of them otherwise than planned."""
    if not data.taken:
        return ""
    other = sum(mark.how != "planned" for mark in data.taken)
    return gettext("Taken: {n} days reported, {other} of them not as planned.").format(
        n=len(data.taken), other=other
    )


def _stairs(data: PictureData, frame: Frame, *, deep: float | None = None) -> SafeString:
    treads = seen(data.treads, frame)
    if not treads:
        return SafeString("")
    parts = [grid(frame), months(frame)]
    changed = changes(data.treads, frame)
    if deep is not None:
        parts += [
            format_html(
                '<path class="cut" d="M{} {}V{}"/>', frame.x(t.start), frame.y(max(b.dose, t.dose)), deep
            )
            for b, t in changed
        ]
    today = data.today or treads[0].start
    for css, some in (("area", until(treads, today)), ("area next", starting(treads, today))):
        if some:
            d = f"{path(some, frame)}V{frame.base}H{frame.x(some[0].start)}z"
            parts.append(format_html('<path class="{}" d="{}"/>', css, d))
    parts.append(ghost(data, frame))
    past = until(treads, today) if data.today is not None else []
    if past:
        parts.append(format_html('<path class="track" d="{}"/>', path(past, frame)))
    css = "line" if data.today is None else "line next"
    parts += [format_html('<path class="{}" d="{}"/>', css, path(run, frame)) for run in runs(treads)]
    parts += taken_line(data, frame)
    parts += [mark(before, tread, frame) for before, tread in changed]
    parts += labels(treads, frame, data.today)
    parts += [broken(tread, frame) for tread in treads if not tread.makeable]
    return format_html_join("", "{}", ((part,) for part in parts))
