"""How well we do: charts by week, tables by rule, person on duty, outcome and alerted person, each as CSV too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from plans.domain.review.figures import SPANS, USUAL_SPAN, ItemClock, Tally, Timing
from plans.domain.review.item_states import Priority
from plans.services import figures, figures_export
from plans.services.actors import May
from plans.services.checkins import alert_load
from plans.services.figures import ByClock, Figures, WeekFigures
from plans.services.figures_export import FiguresTable
from plans.web.clinician.review.charts import ChartSeries, WeekChart, share_bar
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page
from plans.web.untyped import Context
from plans.wording.figures import opened_for, time_words, week_words
from plans.wording.review import OUTCOMES, SEVERITIES

_COLOURS: Final = {Priority.URGENT: "f-urgent", Priority.HIGH: "f-high", Priority.ROUTINE: "f-calm"}


def _span(request: StaffRequest) -> int:
    """The weeks asked for; the usual ones for anything that is not offered."""
    raw = request.GET.get("weeks", "")
    return int(raw) if raw in {str(one) for one in SPANS} else USUAL_SPAN


@require_safe
@staff_page(May.LOOK)
def figures_page(request: StaffRequest) -> HttpResponse:
    """The page."""
    weeks = _span(request)
    found = figures.read(request.actor, weeks)
    loads = {one.rule: one for one in found.load.rules}
    context = {
        "place": "queue",
        "weeks": weeks,
        "query": f"?weeks={weeks}",
        "spans": [(one, ngettext("%(n)s week", "%(n)s weeks", one) % {"n": one}) for one in SPANS],
        "found": found,
        "priorities": [
            (str(word), _timed(found.priorities[Priority(code)]))
            for code, word in SEVERITIES.items()
            if Priority(code) in found.priorities
        ],
        "charts": _charts(found),
        "rules": _with_bars(
            [(one.code, opened_for(one.code), one.clocks, loads.get(one.code)) for one in found.rules]
        ),
        "duty": _with_bars([("", one.name or _("nobody"), one.clocks, None) for one in found.duty]),
        "outcomes": _outcomes(found),
        "alerts": [(one, _a_night(one.by_night, found.nights)) for one in found.alerts],
        "enough": alert_load.ENOUGH,
    }
    return page(request, "clinic/figures.html", context)


@require_safe
@staff_page(May.LOOK)
def figures_csv(request: StaffRequest, table: str) -> HttpResponse:
    """One of the page's tables as a file."""
    made = figures_export.export(request.actor, FiguresTable(table), _span(request))
    answer = HttpResponse(made.text, content_type=f"{made.media_type}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return answer


def _timing(timing: Timing | None) -> tuple[str, str] | None:
    return (time_words(timing.median), time_words(timing.ninety)) if timing else None


def _timed(tally: Tally) -> Context:
    return {
        "opened": tally.opened,
        "late": tally.late,
        "open": tally.open,
        "first": _timing(tally.first),
        "end": _timing(tally.end),
    }


def _with_bars(rows: list[tuple[str, str, ByClock, alert_load.RuleLoad | None]]) -> list[Context]:
    """Rows of a table that compares: each with a bar of its items beside the greatest."""
    totals = [sum(tally.opened for tally in clocks.values()) for _code, _name, clocks, _load in rows]
    most = max(totals, default=0)
    return [
        {
            "code": code if code != name else "",
            "name": name,
            "total": total,
            "bar": share_bar(total, most),
            "clocks": [_timed(clocks[one]) for one in ItemClock],
            "load": load,
        }
        for total, (code, name, clocks, load) in zip(totals, rows, strict=True)
    ]


def _outcomes(found: Figures) -> list[Context]:
    totals = {outcome: sum(counts.values()) for outcome, counts in found.outcomes.items()}
    most = max(totals.values(), default=0)
    return [
        {
            "name": OUTCOMES.get(outcome, outcome),
            "total": totals[outcome],
            "bar": share_bar(totals[outcome], most),
            "counts": [counts.get(one, 0) for one in Priority],
        }
        for outcome, counts in found.outcomes.items()
    ]


def _a_night(count: int, nights: int) -> str:
    """Alerts a night, with two decimals below one and one above."""
    hundredths = round(100 * count / max(1, nights))
    return f"{hundredths // 100}.{hundredths % 100:02}" if hundredths < 100 else f"{hundredths / 100:.1f}"


def _charts(found: Figures) -> list[WeekChart]:
    weeks = tuple(
        week_words(week.first, running=number == len(found.weeks))
        for number, week in enumerate(found.weeks, 1)
    )

    def counts(key: str, title: str, *series: ChartSeries) -> WeekChart:
        return WeekChart(key, title, weeks, series)

    def of_weeks(name: str, css: str, value: Callable[[WeekFigures], int | None]) -> ChartSeries:
        return ChartSeries(name, css, tuple(map(value, found.weeks)))

    def times(key: str, title: str, value: Callable[[WeekFigures], Timing | None]) -> WeekChart:
        timings = [value(week) for week in found.weeks]
        series = (
            ChartSeries(_("half within"), "f-plan", tuple(one.median if one else None for one in timings)),
            ChartSeries(
                _("nine in ten within"), "f-ink", tuple(one.ninety if one else None for one in timings)
            ),
        )
        return WeekChart(key, title, weeks, series, time_words, ranges=True)

    wall, opening = ItemClock.WALL, ItemClock.OPENING
    opened = [
        ChartSeries(
            str(SEVERITIES[one.value]),
            _COLOURS[one],
            tuple(week.priorities[one].opened for week in found.weeks),
        )
        for one in Priority
    ]
    late = of_weeks(_("Late"), "f-urgent", lambda week: sum(one.late for one in week.clocks.values()))
    loads = ChartSeries(_("Flags"), "f-plan", tuple(week.load.per_hundred for week in found.weeks))
    return [
        counts("opened", _("Items opened"), *opened),
        counts("ended", _("Items ended"), of_weeks(_("Ended"), "f-plan", lambda week: week.ended)),
        counts("late", _("Items that were late, by the week they were opened"), late),
        times("first-wall", _("Urgent: to the first action"), lambda week: week.clocks[wall].first),
        times("end-wall", _("Urgent: to the end"), lambda week: week.clocks[wall].end),
        counts("flags", _("Flags per hundred check-ins"), loads),
        times(
            "first-opening",
            _("High and routine: open hours to the first action"),
            lambda week: week.clocks[opening].first,
        ),
        times(
            "end-opening", _("High and routine: open hours to the end"), lambda week: week.clocks[opening].end
        ),
        counts(
            "alerts",
            _("Alerts sent to all"),
            of_weeks(_("by night"), "f-ink", lambda week: week.by_night),
            of_weeks(_("by day"), "f-calm", lambda week: week.by_day),
        ),
    ]
