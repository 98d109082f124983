"""Small charts by week as inline SVG: bars, or the half and nine tenths of some times.

Colours come from classes and geometry from attributes, because the content security policy forbids inline styles. What
a chart shows stands in a table behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

_WIDTH: Final = 400
_LEFT: Final = 4
_RIGHT: Final = 396
_TOP: Final = 22
_BASE: Final = 104
_UNDER: Final = 122
# Of a week's width a bar takes so much, and no more than so many units.
_BAR: Final = 0.7
_BAR_MOST: Final = 28


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """One kind of value in each week (None: not known), and the class of its colour."""

    name: str
    css: str
    values: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class WeekChart:
    """A chart with its table. `ranges`: the second series is a line up from the first, else they stand on each other.

    `words` says a value, `key` prefixes ids.
    """

    key: str
    title: str
    weeks: tuple[str, ...]
    series: tuple[ChartSeries, ...]
    words: Callable[[int], str] = str
    ranges: bool = False

    @property
    def rows(self) -> list[tuple[str, list[str]]]:
        """The lines of the table, the latest week first."""
        values = zip(*(one.values for one in self.series), strict=True)
        said = [["" if value is None else self.words(value) for value in line] for line in values]
        return list(zip(self.weeks, said, strict=True))[::-1]

    @property
    def picture(self) -> SafeString:
        """The chart, drawn."""
        return _draw(self)

    @property
    def key_rows(self) -> list[tuple[str, SafeString]]:
        """The name and the sign of each series, where there is more than one."""
        sign = '<svg class="swatch" viewBox="0 0 12 12" aria-hidden="true"><rect class="{}" {}/></svg>'
        thin = SafeString('x="5" width="2" height="12"')
        full = SafeString('x="1" y="1" width="10" height="10"')
        return [
            (one.name, format_html(sign, one.css, thin if self.ranges and number else full))
            for number, one in enumerate(self.series)
            if len(self.series) > 1
        ]


def _draw(chart: WeekChart) -> SafeString:
    columns = list(zip(*(one.values for one in chart.series), strict=True))
    heights = [_height(column, ranges=chart.ranges) for column in columns]
    most = max(heights, default=0)
    step = (_RIGHT - _LEFT) / max(1, len(columns))
    drawn = (
        _bar(chart, column, _LEFT + step * number, step, max(1, most))
        for number, column in enumerate(columns)
    )
    bars = format_html_join("", "{}", ((one,) for one in drawn))
    said = gettext("The most: %(most)s, in the week of %(week)s. The same figures are in the table.")
    words = said % {"most": chart.words(most), "week": chart.weeks[heights.index(most)]}
    return format_html(
        '<svg viewBox="0 0 {width} 128" role="img" aria-labelledby="{key}-t {key}-d"><title id="{key}-t">{}</title>'
        '<desc id="{key}-d">{}</desc><path class="hair" d="M{left} {top}H{right}"/>'
        '<text class="axis" x="{left}" y="14">{}</text>{}<path class="base" d="M{left} {base}H{right}"/>'
        '<text class="axis" x="{left}" y="{under}">{}</text>'
        '<text class="axis end" x="{right}" y="{under}">{}</text></svg>',
        chart.title,
        words if most else gettext("Nothing in these weeks."),
        chart.words(most) if most else gettext("none"),
        bars,
        chart.weeks[0],
        chart.weeks[-1],
        key=chart.key,
        width=_WIDTH,
        left=_LEFT,
        right=_RIGHT,
        top=_TOP,
        base=_BASE,
        under=_UNDER,
    )


def _height(column: Sequence[int | None], *, ranges: bool) -> int:
    values = [value or 0 for value in column]
    return max(values) if ranges else sum(values)


def _bar(chart: WeekChart, column: Sequence[int | None], left: float, step: float, most: int) -> SafeString:
    """One week's bar, or its bar and line."""
    values = [value or 0 for value in column]
    tops = values if chart.ranges else list(accumulate(values))
    feet = [0] * len(values) if chart.ranges else [0, *tops[:-1]]
    width = min(step * _BAR, _BAR_MOST)
    parts = []
    for number, (series, foot, top) in enumerate(zip(chart.series, feet, tops, strict=True)):
        if top > foot:
            wide = 2.0 if chart.ranges and number else width
            high = (_BASE - _TOP) * (top - foot) / most
            parts.append(
                (
                    series.css,
                    f"{left + (step - wide) / 2:.1f}",
                    f"{_BASE - (_BASE - _TOP) * top / most:.1f}",
                    f"{wide:.1f}",
                    f"{high:.1f}",
                )
            )
    # A line stands before its bar, so that it is seen inside it as well.
    return format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', parts)


def share_bar(value: int, most: int) -> SafeString:
    """A bar in a table's cell, as long as a value is of the greatest one; the number stands beside it."""
    return format_html(
        '<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{}" height="8"/></svg>',
        round(100 * value / most) if most else 0,
    )
