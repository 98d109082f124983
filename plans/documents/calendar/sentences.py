"""The line under the head of a page of days: changes, holds, the last day and visits."""

from __future__ import annotations

from collections.abc import Sequence

from plans.documents.calendar.context import CalendarContext
from plans.domain.documents.calendar import Day, DayMark


def month_sentences(context: CalendarContext, days: Sequence[Day]) -> list[str]:
    """What happens on the days of a page, in shorter and shorter versions."""
    words = context.words
    changed = {
        mark: [day.date for day in days if mark in day.marks]
        for mark in (DayMark.NEW_DOSE, DayMark.RISE, DayMark.SWITCH, DayMark.SPREAD)
    }
    holds: list[list[int]] = []
    for n, day in enumerate(days):
        if DayMark.HOLD in day.marks:
            if holds and holds[-1][1] == n - 1:
                holds[-1][1] = n
            else:
                holds.append([n, n])
    visits = [day.date for day in days if day.follow_up]
    long, short = [], []
    for mark, on in changed.items():
        if on:
            listed = words.listed([words.weekday_day(day) for day in on])
            long.append((on[0], words.say(f"{mark.value}_on", dates=listed)))
            short.append((on[0], words.say(f"{mark.value}_on", dates=words.days(on))))
    if holds:
        spans = words.listed([words.span(days[a].date, days[b].date) for a, b in holds])
        held = (days[holds[0][0]].date, words.say("hold_span", span=spans))
        long.append(held)
        short.append(held)
    for parts, form in ((long, words.weekday_day), (short, words.day)):
        if days and DayMark.LAST_DAY in days[-1].marks:
            parts.append((days[-1].date, words.say("last_day_sentence", date=form(days[-1].date))))
    # Marks are in their cells too; visits are only here.
    visit_part = [(visits[0], words.say("visits_on", dates=words.days(visits)))] if visits else []
    return [
        ".  ".join(text for _, text in sorted([*parts, *visit_part], key=lambda part: part[0]))
        for parts in (long, short, [])
    ]
