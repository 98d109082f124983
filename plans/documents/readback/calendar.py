"""Reads a finished calendar back and says what is wrong with it: nothing is offered to a patient before that.

Checked: every day of the plan once and no other, on the right weekday; each day's pieces times strength make its
milligrams, and so do the tablets drawn beside them; milligrams and marks are the schedule's; the table of page 1; page
numbers, version and code on every page; on every text the rules of writing, and that it has its place for itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from plans.documents.engine import qr
from plans.documents.engine.fonts import covered
from plans.documents.engine.text import clean, unprintable
from plans.documents.readback.days import Phrases, ReadDay, ReadEntry, find_days, find_table
from plans.documents.readback.defects import Facts, PdfDefect
from plans.documents.readback.front import (
    check_contacts,
    check_ending,
    check_fillings,
    check_purpose,
    check_table,
    check_visits,
)
from plans.documents.readback.overlap_check import check_room
from plans.documents.readback.pdf_runs import UNKNOWN, Box, Shown, Unreadable, plain, read_pages
from plans.documents.readback.signs import wanted_signs
from plans.domain.documents.calendar import last_shown_day, mark_of, slots
from plans.domain.documents.facts import CalendarFacts
from plans.domain.taper.schedule import StepKind, TimeOfDay

# "5.0 mg", ".5 mg", "5mg", a number without unit before a line end is caught by the phrases.
_RULES: Final = (
    ("trailing_zero", re.compile(r"\d[.,]\d*0(?!\d)\s*m[gL]")),
    ("no_leading_zero", re.compile(r"(?<!\d)[.,]\d+\s*m[gL]")),
    ("no_space_before_unit", re.compile(r"\dm[gL]")),
    # The number stands at the end of the line before.
    ("unit_parted", re.compile(r"\Am[gL]\b")),
    ("fraction", re.compile(r"(?<![\d/])\d/\d(?![\d/])")),
    ("error_prone", re.compile(r"\b(?:q\.?d|QD|QOD|HS|OD|BID|TID|QID|PRN|qhs|mcg|cc|IU|ug)\b|µg|\+|&")),
)
_HOLD_ALONE: Final = re.compile(r"HOLD(?![ ,:])")


def read_back(pdf: bytes, facts: CalendarFacts) -> tuple[PdfDefect, ...]:
    """Everything wrong with a finished calendar; empty means that it may be offered. Never raises on a damaged file."""
    try:
        pages = read_pages(pdf)
    except Unreadable as damage:
        return (PdfDefect("unreadable", facts={"why": str(damage)}),)
    found = [*check_pages(pages, facts), *check_writing(pages, facts)]
    if not pages:
        return (*found, PdfDefect("no_pages"))
    found += _days(pages, facts)
    found += check_table(pages, facts)
    found += check_contacts(pages[0], facts)
    found += check_purpose(pages, facts)
    found += check_ending(pages, facts)
    found += check_fillings(pages, facts)
    return tuple(found)


# Every page


def check_pages(pages: list[Shown], facts: CalendarFacts) -> Iterator[PdfDefect]:
    """Page x of y, version, what it replaces, and the code, on every page."""
    words, count = facts.words, len(pages)
    version = plain(words.say("version_made", version=facts.version, date=words.day_year(facts.made_on)))
    replaces = plain(words.say("replaces", version=facts.replaces)) if facts.replaces is not None else ""
    expected = _code_cells(facts.status_url)
    names = _names(facts)
    for number, page in enumerate(pages, start=1):
        texts = [run.text for run in page.all_runs()]
        joined = " ".join(texts)
        if texts.count(plain(words.say("page_of", page=number, pages=count))) != 1:
            yield PdfDefect("page_number", number, {"pages": count})
        if version not in joined:
            yield PdfDefect("version", number)
        if replaces and replaces not in joined:
            yield PdfDefect("replaces", number)
        if not any(name in joined for name in names):
            yield PdfDefect("patient_name", number)
        if _seen_cells(page.rects, len(qr.modules(facts.status_url))) != expected:
            yield PdfDefect("status_code", number)


def _names(facts: CalendarFacts) -> list[str]:
    """The patient's name if it can be shown, and the words that stand for it where it cannot or has no room."""
    words, name, record = facts.words, clean(facts.patient_name), clean(facts.record_no)
    instead = words.say("name_unprintable", number=record) if record else words.say("name_unknown")
    return [plain(instead), *([plain(name)] if name and not unprintable(name) else [])]


def _code_cells(address: str) -> frozenset[tuple[int, int]]:
    rows = qr.modules(address)
    return frozenset((r, c) for r, row in enumerate(rows) for c, dark in enumerate(row) if dark)


def _seen_cells(rects: list[Box], count: int) -> frozenset[tuple[int, int]]:
    """The dark modules of the code on a page: the lowest filled rectangles are its rows."""
    lows = [rect for rect in rects if 0 < rect.high < 2.6 and rect.wide >= rect.high - 0.01]
    if not lows:
        return frozenset()
    unit = Counter(round(rect.high, 3) for rect in lows).most_common(1)[0][0]
    lows = [rect for rect in lows if abs(rect.high - unit) < 0.002]
    left, top = min(rect.x for rect in lows), max(rect.y for rect in lows)
    seen: set[tuple[int, int]] = set()
    for rect in lows:
        row, column = round((top - rect.y) / unit), round((rect.x - left) / unit)
        seen.update((row, column + n) for n in range(round(rect.wide / unit)))
    return frozenset(cell for cell in seen if cell[0] < count and cell[1] < count)


def check_writing(pages: list[Shown], facts: CalendarFacts) -> Iterator[PdfDefect]:
    """The rules of writing on every text of ours; a person's own words are exempt from all but the glyphs."""
    yield from check_room(pages)
    own = {plain(clean(text)) for text in _people_words(facts)}
    glyphs = covered()
    for number, page in enumerate(pages, start=1):
        for run in page.all_runs():
            if UNKNOWN in run.text or any(ord(char) not in glyphs for char in run.text):
                yield PdfDefect("glyph", number, {"text": run.text})
            if run.size < 7.4:
                yield PdfDefect("too_small", number, {"text": run.text})
            if any(run.text in text for text in own):
                continue
            for rule, pattern in _RULES:
                if pattern.search(run.text):
                    yield PdfDefect(rule, number, {"text": run.text})
            if facts.language == "en" and _HOLD_ALONE.search(run.text):
                yield PdfDefect("hold_alone", number, {"text": run.text})


def _people_words(facts: CalendarFacts) -> Iterator[str]:
    yield from (
        facts.patient_name,
        facts.clinic_name,
        facts.clinic_phone,
        facts.clinic_hours,
        facts.clinician,
    )
    yield from (facts.clinic_address, facts.pharmacist_phone, facts.record_no, facts.after_last_day)
    for line in facts.help_lines:
        yield from line
    for section in facts.sections:
        for row in section.rows:
            yield from row
    yield facts.words.agreed(facts.schedule, facts.made_on, facts.clinician)
    yield facts.words.say("name_unprintable", number=facts.record_no)


# The days


def _days(pages: list[Shown], facts: CalendarFacts) -> Iterator[PdfDefect]:
    phrases = Phrases(facts)
    last = last_shown_day(facts.schedule)
    first = max(facts.schedule.start, facts.made_on)
    expected = {first + timedelta(days=n) for n in range((last - first).days + 1)}
    seen: Counter[date] = Counter()
    spans = {plain(facts.words.span(step.start, step.end, year=True)): step.n for step in facts.schedule}
    tables = [find_table(page, phrases, spans) for page in pages]
    table = {key: entry for rows in tables for key, entry in rows.items()}
    starts = [number for number, rows in enumerate(tables, start=1) if rows]
    headings = _headings(facts)
    on: dict[int, list[date]] = {}
    for number, page in enumerate(pages, start=1):
        days = find_days(page, phrases)
        anchor = _anchor(page, headings) if days else None
        for day in days:
            when = _date(day, anchor, facts)
            if when is None:
                yield PdfDefect("unreadable_date", number, {"day": day.number})
                continue
            seen[when] += 1
            on.setdefault(number, []).append(when)
            if day.table_page and day.table_page not in starts[:1]:
                yield PdfDefect("pointer", number, {"date": when.isoformat(), "page": day.table_page})
            if when in expected:
                yield from _day(day, when, number, facts, table)
            else:
                yield PdfDefect("date_not_in_plan", number, {"date": when.isoformat()})
    yield from check_visits(pages, on, facts)
    for when in sorted(expected):
        if seen[when] != 1:
            yield PdfDefect(
                "date_missing" if not seen[when] else "date_twice", facts={"date": when.isoformat()}
            )


def _headings(facts: CalendarFacts) -> dict[str, date]:
    """Every month and span that a page may be headed with, and a day of it."""
    words, schedule = facts.words, facts.schedule
    found: dict[str, date] = {}
    for n in range(schedule.days):
        first = schedule.start + timedelta(days=n)
        for k in range(7):
            found.setdefault(plain(words.span(first, first + timedelta(days=k), year=True)), first)
    day = schedule.start.replace(day=1) - timedelta(days=31)
    while day <= schedule.end + timedelta(days=62):
        found[plain(words.month(day.year, day.month))] = day.replace(day=15)
        day += timedelta(days=27)
    return found


def _anchor(page: Shown, headings: Mapping[str, date]) -> date | None:
    """A day of the month or span that a page is headed with."""
    heads = [headings[run.text] for run in page.runs if run.size >= 12 and run.bold and run.text in headings]
    return heads[0] if heads else None


def _date(day: ReadDay, anchor: date | None, facts: CalendarFacts) -> date | None:
    """The date a cell shows: its number, its own month or the page's, in the year nearest to the heading."""
    if anchor is None:
        return None
    month = facts.words.months.index(day.month) + 1 if day.month else anchor.month
    found = []
    for year in (anchor.year - 1, anchor.year, anchor.year + 1):
        try:
            found.append(date(year, month, day.number))
        except ValueError:
            continue
    return min(found, key=lambda when: abs((when - anchor).days)) if found else None


def _day(
    day: ReadDay,
    when: date,
    page: int,
    facts: CalendarFacts,
    table: Mapping[tuple[int, TimeOfDay], ReadEntry],
) -> Iterator[PdfDefect]:
    where: Facts = {"date": when.isoformat()}
    schedule, step = facts.schedule, facts.schedule.step_on(when)
    if day.weekday != facts.words.weekdays[when.weekday()]:
        yield PdfDefect("weekday", page, where)
    if day.unknown:
        yield PdfDefect("unknown_text", page, {**where, "text": " / ".join(day.unknown)})
    if step is None:
        return
    used = slots(schedule, step.n)
    only = used[0].drug if len({slot.drug for slot in slots(schedule)}) == 1 else ""
    read = Counter((entry.time, entry.drug or only) for entry in day.entries)
    if read != Counter((slot.time, slot.drug) for slot in used):
        yield PdfDefect("times_of_day", page, where)
    for entry in day.entries:
        planned = step.at(entry.time, entry.drug or only)
        if entry.dose != planned:
            yield PdfDefect("dose", page, {**where, "time": entry.time.value, "planned": planned.text})
        # In table form a cell has no pieces; the table's row says the milligrams again.
        row = entry if entry.pieces else table.get((step.n, entry.time), entry)
        if row.made != planned or row.dose != entry.dose:
            yield PdfDefect("pieces", page, {**where, "time": entry.time.value, "made": row.made.text})
    pieces = [piece for entry in day.entries for piece in entry.pieces]
    if Counter(day.signs) != wanted_signs(facts, pieces):
        yield PdfDefect(
            "signs",
            page,
            {**where, "drawn": " ".join(f"{outline}:{quarters}" for outline, quarters in day.signs)},
        )
    yield from _markers(day, when, page, facts)


# The words of a step's first day, where it is no new dose like any other; written down apart from what draws them.
_MARKERS: Final = {
    StepKind.RISE: ("rise",),
    StepKind.STEP_BACK: ("rise",),
    StepKind.SWAP: ("switch",),
    StepKind.CROSSOVER: ("switch",),
    StepKind.SPREAD: ("spread_same", "spread_times"),
}


def _markers(day: ReadDay, when: date, page: int, facts: CalendarFacts) -> Iterator[PdfDefect]:
    schedule, step = facts.schedule, facts.schedule.step_on(when)
    if step is None:
        return
    wanted: list[str] = []
    if step.n > 1 and step.kind is StepKind.HOLD:
        wanted = ["hold"]
    elif step.start == when and mark_of(schedule, step) is not None:
        first = step.n == 1 and step.kind is not StepKind.RISE
        wanted = ["start"] if first else list(_MARKERS.get(step.kind, ("new_dose",)))
    if when == last_shown_day(schedule) and not schedule.maintenance:
        # a cell has two markers at most, and the last day is always one
        wanted = [*wanted[:1], "last_day"]
    if sorted(day.markers) != sorted(wanted):
        yield PdfDefect("mark", page, {"date": when.isoformat(), "wanted": " ".join(wanted)})


__all__ = ["PdfDefect", "check_pages", "check_writing", "read_back"]
