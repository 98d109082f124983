"""The tables of a visit summary: steps, doses reported, scores, flags, decisions, what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from django.utils import translation
from django.utils.translation import gettext

from plans.domain.checkins import instrument_file
from plans.domain.documents.calendar import DayMark, entries, last_shown_day, mark_of
from plans.domain.documents.visit import SummaryTable, VisitFacts
from plans.domain.documents.words import Words
from plans.domain.taper.request import PlannedPause
from plans.domain.taper.schedule import Schedule, Step
from plans.wording.checkins import answer_text, change_text
from plans.wording.flags import flag_sentence
from plans.wording.lanes import severity_name
from plans.wording.plans import short_day, short_day_year
from plans.wording.review import OUTCOMES

_SCALES = {"phq2": "PHQ-2", "gad2": "GAD-2", "phq9": "PHQ-9", "gad7": "GAD-7"}


def sections(
    schedule: Schedule, visit: VisitFacts, words: Words, *, pauses: Sequence[PlannedPause] = ()
) -> tuple[SummaryTable, ...]:
    """All tables, in the order of a visit; `pauses` are those built into the plan."""
    with translation.override(words.language):
        return (
            _steps(schedule, visit, words, pauses),
            _answered(visit, words),
            _scores(visit, words),
            _raised(visit, words),
            _decided(visit, words),
            _next(schedule, visit, words),
        )


def _steps(
    schedule: Schedule, visit: VisitFacts, words: Words, pauses: Sequence[PlannedPause]
) -> SummaryTable:
    rows = tuple(
        (
            str(step.n),
            words.span(step.start, step.end, year=True),
            _doses(schedule, step, words),
            _where(step, visit, [_mark(schedule, step, words), *_paused(step, pauses, words)]),
        )
        for step in schedule
        if step.start <= last_shown_day(schedule)
    )
    heads = (
        (gettext("Step"), 0.07),
        (gettext("From, until"), 0.33),
        (gettext("Doses"), 0.36),
        (gettext("On the day of the visit"), 0.24),
    )
    return SummaryTable(gettext("Steps taken and to come"), heads, rows, gettext("No steps."))


def _doses(schedule: Schedule, step: Step, words: Words) -> str:
    said = []
    for entry in entries(schedule, step):
        dose = words.mg(entry.dose) if entry.dose else words.say("no_dose")
        named = words.say("drug_named", drug=entry.slot.drug, product=dose)
        said.append(words.say("take_at", pieces=named, time=words.when(entry.slot.time, entry.weekdays)))
    return words.listed(said)


def _mark(schedule: Schedule, step: Step, words: Words) -> str:
    return words.say("hold") if mark_of(schedule, step) is DayMark.HOLD else ""


def _paused(step: Step, pauses: Sequence[PlannedPause], words: Words) -> Iterator[str]:
    """The pauses built into the plan over which a step keeps its dose."""
    for pause in pauses:
        if pause.lies_in(step):
            yield gettext("planned pause {span}").format(span=words.span(pause.start, pause.last))


def _where(step: Step, visit: VisitFacts, marks: Sequence[str]) -> str:
    if step.end < visit.day:
        place = gettext("over")
    elif step.start <= visit.day:
        place = gettext("now")
    else:
        place = gettext("to come")
    return ", ".join((place, *filter(None, marks)))


def _answered(visit: VisitFacts, words: Words) -> SummaryTable:
    item = instrument_file.newest("doses").items["dose_taken"]
    rows = []
    for one in visit.answered:
        said = answer_text(item, one.doses or None, words.language)
        if one.missed:
            said = gettext("check-in not answered")
        rows.append((words.day_year(one.on), said or gettext("nothing said about doses")))
    heads = ((gettext("Check-in"), 0.33), (gettext("Doses reported"), 0.67))
    return SummaryTable(gettext("Doses reported"), heads, tuple(rows), gettext("No check-in was answered."))


def _scores(visit: VisitFacts, words: Words) -> SummaryTable:
    heads = (
        (gettext("Scale"), 0.22),
        (gettext("Last answered"), 0.28),
        (gettext("Total"), 0.16),
        (gettext("Since the check-in before"), 0.19),
        (gettext("Since the first"), 0.15),
    )
    rows = tuple(
        (
            _SCALES.get(one.scale, one.scale),
            words.day_year(one.on),
            gettext("{value} of {top}").format(value=one.now, top=one.top),
            change_text(one.since_last) or gettext("first"),
            change_text(one.since_first) or gettext("first"),
        )
        for one in visit.scores
    )
    return SummaryTable(gettext("Scores"), heads, rows, gettext("No scale was answered whole."))


def _since(visit: VisitFacts, words: Words, whole: str, since: str) -> str:
    return since.format(date=words.day_year(visit.since)) if visit.since is not None else whole


def _raised(visit: VisitFacts, words: Words) -> SummaryTable:
    title = _since(visit, words, gettext("Flags"), gettext("Flags since {date}"))
    heads = ((gettext("Day"), 0.24), (gettext("Priority"), 0.14), (gettext("What was answered"), 0.62))
    rows = tuple(
        (words.day_year(one.on), severity_name(one.severity), flag_sentence(one.rule, one.facts))
        for one in visit.raised
    )
    return SummaryTable(title, heads, rows, gettext("No flags."))


def _decided(visit: VisitFacts, words: Words) -> SummaryTable:
    title = _since(visit, words, gettext("What was decided"), gettext("What was decided since {date}"))
    heads = ((gettext("Day"), 0.24), (gettext("Outcome"), 0.30), (gettext("Note"), 0.46))
    rows = tuple(
        (words.day_year(one.on), str(OUTCOMES.get(one.outcome, one.outcome)), one.note)
        for one in visit.decided
    )
    return SummaryTable(title, heads, rows, gettext("No review was ended."))


def _next(schedule: Schedule, visit: VisitFacts, words: Words) -> SummaryTable:
    heads = ((gettext("Day"), 0.33), (gettext("What"), 0.67))
    rows = tuple((words.weekday_day_year(day), text) for day, text in sorted(_coming(schedule, visit, words)))
    return SummaryTable(gettext("What comes next"), heads, rows, gettext("Nothing is planned."))


def _coming(schedule: Schedule, visit: VisitFacts, words: Words) -> Iterator[tuple[date, str]]:
    change = schedule.next_change(visit.day)
    if change is not None and change.doses:
        yield change.start, gettext("New dose: {doses}").format(doses=_doses(schedule, change, words))
    last = last_shown_day(schedule)
    if last >= visit.day and not schedule.maintenance:
        yield last, gettext("Last day of this plan")
    for day in visit.next_checkins:
        yield day, gettext("Check-in")


def since_words(why: str, day: date) -> str:
    """What the page of a visit compares with (`plans.services.visit_summary.Since`)."""
    said = {
        "visit": gettext("Since the visit on {day}"),
        "summary": gettext("Since the summary of {day}"),
        "weeks": gettext("Since {day}, four weeks ago"),
    }.get(why, gettext("Since {day}"))
    return said.format(day=short_day_year(day))


def then_words(day: date) -> str:
    """The heading of the answers given by then."""
    return gettext("Until {day}").format(day=short_day(day))
