"""Reads the pages before the calendar back: the table, contacts, the text after the last day, visits, syringes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from plans.documents.engine.text import clean
from plans.documents.readback.checks import PdfDefect
from plans.documents.readback.pdf import Shown, TextRun, plain
from plans.domain.documents.calendar import Slot, last_shown_day, slots
from plans.domain.documents.facts import CalendarFacts
from plans.domain.documents.words import Words
from plans.domain.taper.schedule import Step


def check_table(pages: list[Shown], facts: CalendarFacts) -> Iterator[PdfDefect]:
    """Check each step's row: its first and last day, and its doses in the order of the day."""
    words, schedule = facts.words, facts.schedule
    many = len({slot.drug for slot in slots(schedule)}) > 1
    rows: dict[tuple[int, int], list[str]] = {}
    for number, page in enumerate(pages, start=1):
        for run in sorted(page.runs, key=lambda run: run.x):
            rows.setdefault((number, round(run.y)), []).append(run.text)
    for step in schedule:
        if step.end < facts.made_on or step.start > last_shown_day(schedule):
            continue
        starts = (plain(words.weekday_day_year(step.start)), plain(words.day_year(step.start)))
        ends = (plain(words.day_year(step.end)), plain(words.day(step.end)))
        used = [slot for slot in slots(schedule) if slot in slots(schedule, step.n)]
        wanted = [plain(_dose(step, slot, words)) for slot in used]
        found = [texts for texts in rows.values() if texts[0] in starts]
        in_columns = any(
            texts[n : n + len(wanted)] == wanted
            for texts in found
            if texts[1:2] and texts[1] in ends
            for n in range(2, len(texts))
        )
        if facts.large or not in_columns:
            cells = [
                (plain(words.time(slot.time)), slot.drug if many else "", plain(dose))
                for slot, dose in zip(slots(schedule, step.n), wanted, strict=True)
            ]
            until = [plain(words.say("to_date", date=end)) for end in ends]
            dates = {f"{start} {end}" for start in starts for end in until}
            forms = [form.runs for page in pages for form in page.forms]
            good = [runs for runs in forms if _dates(runs) in dates and _cells(runs, facts) == sorted(cells)]
            if len(good) != 1:
                yield PdfDefect("step_row", facts={"step": step.n})


def _dose(step: Step, slot: Slot, words: Words) -> str:
    """What a row of the table says of a slot, some days of the week each with its dose."""
    doses = [one for one in step.doses if (one.time, one.drug) == (slot.time, slot.drug)]
    if len(doses) > 1:
        return words.listed([words.mg(one.dose) for one in doses], link="or")
    return words.of_week(words.mg(doses[0].dose), doses[0].weekdays) if doses else words.say("no_dose")


def _dates(runs: list[TextRun]) -> str:
    """The dates of a large-print row: its first column, read downwards."""
    left = min((run.x for run in runs), default=0.0)
    return " ".join(run.text for run in sorted(runs, key=lambda run: -run.y) if run.x - left < 1)


def _cells(runs: list[TextRun], facts: CalendarFacts) -> list[tuple[str, str, str]]:
    """The doses of a large-print row: (time, drug or nothing, dose), each standing over its time."""
    times, found = {plain(facts.words.time(time)) for time in facts.schedule.times}, []
    for run in runs:
        if run.text in times:
            column = [other for other in runs if abs(other.x - run.x) < 1]
            over = [other.text for other in column if 5 < other.y - run.y < 30]
            under = [o.text for o in column if 5 < run.y - o.y < 30 and o.text in facts.schedule.drugs]
            found.append((run.text, "".join(under), "".join(over[-1:])))
    return sorted(found)


def check_contacts(pages: list[Shown], facts: CalendarFacts) -> Iterator[PdfDefect]:
    """Check that whom to call is on page 1."""
    texts = " ".join(run.text for run in pages[0].all_runs())
    for name, text in (("clinic_phone", facts.clinic_phone), ("emergency_number", facts.emergency_number)):
        if clean(text) not in texts:
            yield PdfDefect("missing_on_page_one", 1, {"what": name})
    for _, number, _ in facts.help_lines:
        if clean(number) not in texts:
            yield PdfDefect("missing_on_page_one", 1, {"what": "help_lines"})
    together = _dangerous(facts)
    if not all(plain(clean(part)) in plain(texts) for part in together):
        yield PdfDefect("missing_on_page_one", 1, {"what": "dangerous"})
    yield from _advice(texts, facts)


def _dangerous(facts: CalendarFacts) -> tuple[str, ...]:
    """The text on dangerous combinations, without the drug's name, which is checked beside every dose."""
    said = facts.words.say("dangerous_text", drug="\n")
    return (facts.words.say("dangerous_head"), *said.split("\n"))


def _advice(texts: str, facts: CalendarFacts) -> Iterator[PdfDefect]:
    """Check that the advice is complete: as the lead signed it, or the project's own marked as unsigned."""
    words, said = facts.words, [facts.words.say("advice_unsigned")]
    own = ["missed_text", "worse_text", "emergency_text"]
    always = [words.say(key) for key in ("missed_strong", "missed_day", "worse_strong")]
    if facts.advice is None:
        always += [words.say(key) for key in own]
    else:
        signed = facts.advice
        date = words.day_year(signed.signed_on)
        said = [words.say("advice_signed", number=signed.number, name=clean(signed.signed_by), date=date)]
        always += [signed.texts.missed, signed.texts.worse, *signed.texts.emergency]
    for line in (line for text in [*said, *always] for line in text.split("\n")):
        if plain(clean(line)) not in plain(texts):
            yield PdfDefect("missing_on_page_one", 1, {"what": "advice"})


def check_purpose(pages: list[Shown], facts: CalendarFacts) -> Iterator[PdfDefect]:
    """Check that page 1 says what the plan is for on the day of making, and when drugs ended that are not shown."""
    first = " ".join(run.text for run in pages[0].all_runs())
    if plain(clean(facts.words.agreed(facts.schedule, facts.made_on, facts.clinician))) not in first:
        yield PdfDefect("agreed", 1)
    ended = plain(facts.words.beside(facts.schedule))
    if ended and ended not in " ".join(run.text for page in pages for run in page.all_runs()):
        yield PdfDefect("ended_drug")


def check_ending(pages: list[Shown], facts: CalendarFacts) -> Iterator[PdfDefect]:
    """Check that the text after the last day is beside it too, not only on page 1."""
    wanted = plain(clean(facts.after_last_day))
    later = " ".join(run.text for page in pages[1:] for run in page.runs)
    if wanted and wanted not in later:
        yield PdfDefect("after_last_day_missing")


def check_fillings(pages: list[Shown], facts: CalendarFacts) -> Iterator[PdfDefect]:
    """Check that exactly the measured volumes of the shown days are explained, with their milligrams.

    A dose of a day of the week that does not come in the shown days of its step is on none of them.
    """
    words, wanted = facts.words, set()
    for span in facts.schedule.spans:
        if span.end < facts.made_on or span.start > last_shown_day(facts.schedule):
            continue
        for take in (take for dose in span.doses for take in dose.take):
            if take.volume is not None:
                wanted.add(
                    (plain(words.mg(take.dose)), plain(words.say("fill_to", volume=words.filled(take))))
                )
    starts = {plain(words.say("fill_to", volume="")).strip()}
    seen = set()
    for number, page in enumerate(pages, start=1):
        for run in page.runs:
            if not any(run.text.startswith(start) and start for start in starts):
                continue
            above = [r.text for r in page.runs if abs(r.x - run.x) < 1 and 4 < r.y - run.y < 44 and r.bold]
            pairs = {
                pair for pair in wanted if pair[1] == run.text and any(pair[0] in text for text in above)
            }
            if not pairs:
                yield PdfDefect("filling", number, {"text": run.text})
            seen |= pairs
    for _, text in sorted(wanted - seen):
        yield PdfDefect("filling_missing", facts={"text": text})


def check_visits(
    pages: list[Shown], on: Mapping[int, Sequence[date]], facts: CalendarFacts
) -> Iterator[PdfDefect]:
    """Check that every future visit is listed before the calendar and named on the page of its day; `on` are the days
    of each page by its number."""
    words, coming = facts.words, {day for day in facts.follow_up if day >= facts.made_on}
    if not coming:
        return
    first = min(on, default=len(pages) + 1)
    before = " ".join(run.text for page in pages[: first - 1] for run in page.all_runs())
    if plain(words.days(coming, year=True)) not in before:
        yield PdfDefect("visit_missing", facts={"what": "list"})
    for number, days in on.items():
        here = coming & set(days)
        texts = " ".join(run.text for run in pages[number - 1].runs)
        if here and plain(words.say("visits_on", dates=words.days(here))) not in texts:
            yield PdfDefect("visit_missing", number, {"what": "page"})
