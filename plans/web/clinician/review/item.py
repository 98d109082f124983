"""The contents of an item's page, built from its facts before rendering."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from plans.domain.checkins.flagging import FlagPriority
from plans.domain.checkins.help_lines import phone_href
from plans.domain.people import CareState
from plans.domain.which import which
from plans.services.checkins.queries import AnswersTable, answers_table
from plans.services.item_page import ItemPage
from plans.services.review.queries import EventView, ItemFlag
from plans.wording.checkins import answer_text, change_text, question_text
from plans.wording.flags import flag_sentence, flag_title
from plans.wording.people import MAY_BE_TOLD
from plans.wording.review import event_words, said_at_end
from plans.wording.times import short_moment_words

# Flags of one response are raised within this; those of another come later.
_ANOTHER: Final = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class FlagReason:
    """One reason: its sentence, the rule it comes from, and `also`: when the same rule fired before, in answers that
    joined this item."""

    sentence: str
    rule: str
    words: str
    version: int
    severity: str
    also: tuple[datetime, ...] = ()


def reasons_of(item: ItemPage) -> list[FlagReason]:
    """The flags in sentences, the most urgent first; of answers that joined the item only the latest of each rule."""
    latest: dict[tuple[str, str], list[ItemFlag]] = {}
    # "Plan and intent are not known" was true when only the first question was answered; a later flag says more.
    known = {flag.facts.get("kind") for flag in item.row.flags if flag.rule == "U3"} & {
        "plan",
        "intent",
        "prepared",
    }
    for flag in item.row.flags:
        if known and flag.rule == "U3" and flag.facts.get("kind") == "thoughts":
            continue
        latest.setdefault((flag.rule, str(flag.facts.get("kind", ""))), []).append(flag)
    found: dict[str, FlagReason] = {}
    for flags in latest.values():
        first = flags[0]
        sentence = flag_sentence(first.rule, first.facts)
        also = tuple(one.raised_at for one in flags[1:] if first.raised_at - one.raised_at > _ANOTHER)
        title = flag_title(first.rule)
        found.setdefault(
            sentence, FlagReason(sentence, first.rule, title, first.rule_version, first.severity, also)
        )
    return list(found.values())


def rules_of(reasons: list[FlagReason]) -> list[FlagReason]:
    """One reason of each rule, to list the rules."""
    return list({(why.rule, why.version): why for why in reversed(reasons)}.values())[::-1]


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One question with today's answer, the last and the first."""

    asked: str
    now: str
    last: str
    first: str
    change: str
    changed: bool
    severity: str

    @property
    def severity_is(self) -> Mapping[str, bool]:
        """Which priority it has, for templates."""
        return which(FlagPriority, self.severity)


@dataclass(frozen=True, slots=True)
class Answers:
    """The table of answers: what matters first, the rest folded."""

    on: date
    last_on: date | None
    first_on: date | None
    saved_at: datetime
    shown: list[AnswerLine]
    rest: list[AnswerLine]

    @property
    def total(self) -> int:
        """How many answers there are."""
        return len(self.shown) + len(self.rest)


_SCALES = {"phq2": "PHQ-2", "phq9": "PHQ-9", "gad2": "GAD-2", "gad7": "GAD-7"}


def answers_of(item: ItemPage) -> Answers | None:
    """The answers of the item's response; None without one."""
    if item.checkin_id is None:
        return None
    table = answers_table(item.checkin_id)
    scales = _scale_lines(table)
    lines = _answer_lines(table)
    matter = [line for line in lines if line.severity or line.change not in ("", _("same"))]
    return Answers(
        on=table.on,
        last_on=table.last_on,
        first_on=table.first_on,
        saved_at=table.saved_at,
        shown=[
            *[line for line in matter if line.severity],
            *scales,
            *[line for line in matter if not line.severity],
        ],
        rest=[line for line in lines if line not in matter],
    )


def _scale_lines(table: AnswersTable) -> list[AnswerLine]:
    found = []
    for row in table.scales:

        def of(total: int | None, top: int = row.top) -> str:
            return "" if total is None else _("%(n)s of %(top)s") % {"n": total, "top": top}

        change = None if row.last is None else row.now - row.last
        found.append(
            AnswerLine(
                asked=_SCALES.get(row.scale, row.scale),
                now=of(row.now),
                last=of(row.last),
                first=of(row.first),
                change=change_text(change),
                changed=bool(change),
                severity=row.severity,
            )
        )
    return found


def _answer_lines(table: AnswersTable) -> list[AnswerLine]:
    language = (get_language() or "en").split("-")[0]
    asked_before, asked_first = table.last_on is not None, table.first_on is not None
    return [
        AnswerLine(
            asked=question_text(row.item, language),
            now=answer_text(row.item, row.now, language) or _("not answered"),
            last=(answer_text(row.item, row.last, language) or _("not asked")) if asked_before else "",
            first=(answer_text(row.item, row.first, language) or _("not asked")) if asked_first else "",
            change=_("new") if row.new else change_text(row.change),
            changed=row.new or row.now != row.last,
            # A rule reads the "no" beside the "yes" as well; what alarms is not the "no".
            severity="" if row.now == "no" else row.severity,
        )
        for row in table.rows
    ]


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to reach somebody; `last` is the outcome of the last attempt."""

    href: str
    number: str
    who: str
    sub: str
    last: str
    last_at: datetime | None


def ladder(item: ItemPage) -> list[Rung]:
    """Whom to call, in this order: the patient, the emergency contact, the clinician on call, emergency services."""
    rungs: list[Rung] = []
    card = item.patient
    if card is None:
        return rungs
    # After a death, the patient's number is not offered.
    if card.phone and card.care_state != CareState.DIED.value:
        when = card.contact_when
        rungs.append(
            Rung(
                phone_href(card.phone),
                card.phone,
                card.preferred_name or card.name,
                when,
                *_last(item, "patient"),
            )
        )
    if card.person.phone:
        told = _("May be told: %(what)s") % {"what": MAY_BE_TOLD[str(card.person.may_be_told)]}
        who = ", ".join(part for part in (card.person.name, card.person.relation) if part)
        rungs.append(
            Rung(phone_href(card.person.phone), card.person.phone, who, told, *_last(item, "person_to_call"))
        )
    first, second = item.on_duty.first, item.on_duty.second
    if first or second:
        then = _("then %(name)s") % {"name": second} if first and second else ""
        who = _("%(name)s, on call") % {"name": first or second}
        rungs.append(Rung("", "", who, then, "", None))
    rungs += [
        Rung(one.href, one.phone, one.name, _("patients are told to call it now"), "", None)
        for one in item.on_duty.services
    ]
    if item.help is not None and card.care_state != CareState.DIED.value:
        rungs.append(
            Rung("", item.help.emergency, _("ask for a welfare check"), "", *_last(item, "emergency"))
        )
    return rungs


def _last(item: ItemPage, callee: str) -> tuple[str, datetime | None]:
    for event in item.events:
        if event.kind == "called" and event.facts.get("callee") == callee:
            return f"{event_words('called', event.facts)}, {event.by}", event.at
    return "", None


@dataclass(frozen=True, slots=True)
class EventLine:
    """One thing that was done, in words; `folded`: the alerts in a row that it stands for."""

    at: datetime
    by: str
    what: str
    said: list[str]
    note: str
    folded: tuple[EventLine, ...] = ()


def event_lines(item: ItemPage) -> list[EventLine]:
    """What was done, newest first."""
    # Events of the same instant are ordered by cause: the cause is lowest.
    causes = ("opened", "raised_again")

    def place(event: EventView) -> tuple[datetime, int]:
        rank = causes.index(event.kind) if event.kind in causes else len(causes) + (event.kind == "alerted")
        return event.at, rank

    ordered = sorted(item.events, key=place, reverse=True)
    found: list[EventLine] = []
    for alerting, events in itertools.groupby(ordered, _is_alerting):
        lines = [
            EventLine(e.at, e.by or "Taperplan", event_words(e.kind, e.facts), said_at_end(e.facts), e.note)
            for e in events
        ]
        found += [_folded(lines, item)] if alerting and len(lines) > 1 else lines
    return found


def _is_alerting(event: EventView) -> bool:
    """Whether it is an alert, or an escalation by the clock: nobody did it."""
    return not event.by and event.kind in ("alerted", "escalated")


def _folded(lines: list[EventLine], item: ItemPage) -> EventLine:
    """Alerts in a row, the latest first, as one line."""
    last = short_moment_words(lines[0].at, item.now, item.clinic.zone)
    times = {line.at for line in lines}
    what = ngettext("Alerted once, %(last)s", "Alerted %(n)s times, last %(last)s", len(times))
    return EventLine(lines[0].at, lines[0].by, what % {"n": len(times), "last": last}, [], "", tuple(lines))
