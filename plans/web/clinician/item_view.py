"""What an item's page says, made from its facts before anything is rendered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from plans.domain.checkins.help_lines import phone_href
from plans.domain.errors import TaperplanError
from plans.services.actors import Actor
from plans.services.checkins.queries import AnswersTable, answers_table
from plans.services.plans import revise
from plans.services.review.item import ItemPage
from plans.web.clinician.review_form import ActForm
from plans.wording.checkins import answer_text, change_text, question_text
from plans.wording.drugs import listed, product_words
from plans.wording.flags import flag_sentence
from plans.wording.people import MAY_BE_TOLD
from plans.wording.plans import long_day, problem, short_day, short_day_year
from plans.wording.review import event_words
from plans.wording.rules import rule_words


@dataclass(frozen=True, slots=True)
class Why:
    """One reason: its sentence, and the rule it comes from."""

    sentence: str
    rule: str
    words: str
    version: int
    severity: str


def reasons_of(item: ItemPage) -> list[Why]:
    """The flags in sentences, the most urgent first; each sentence once."""
    found: dict[str, Why] = {}
    for flag in item.row.flags:
        sentence = flag_sentence(flag.rule, flag.facts)
        found.setdefault(
            sentence, Why(sentence, flag.rule, rule_words(flag.rule), flag.rule_version, flag.severity)
        )
    return list(found.values())


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


@dataclass(frozen=True, slots=True)
class Answers:
    """The table of answers: what matters first, the rest behind a fold."""

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
    """The answers of the sheet an item speaks of; None without one."""
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
            severity=row.severity,
        )
        for row in table.rows
    ]


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to reach somebody; `last` says what came of the last try."""

    href: str
    number: str
    who: str
    sub: str
    last: str
    last_at: datetime | None


def ladder(item: ItemPage) -> list[Rung]:
    """Whom to call, in this order: the patient, the person they named, whoever is on call, emergency services."""
    rungs: list[Rung] = []
    card = item.patient
    if card is None:
        return rungs
    if card.phone:
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
    if item.clinic.primary_name:
        second = _("then %(name)s") % {"name": item.clinic.second_name} if item.clinic.second_name else ""
        who = _("%(name)s, on call") % {"name": item.clinic.primary_name}
        rungs.append(Rung("", "", who, second, "", None))
    if item.help is not None:
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
    """One thing that was done, in words."""

    at: datetime
    by: str
    what: str
    note: str


def event_lines(item: ItemPage) -> list[EventLine]:
    """What was done, newest first."""
    # Alerts are put in the same instant as what caused them; the cause stands below its effect.
    ordered = sorted(item.events, key=lambda e: (e.at, e.kind == "alerted"), reverse=True)
    return [EventLine(e.at, e.by or "Taperplan", event_words(e.kind, e.facts), e.note) for e in ordered]


@dataclass(frozen=True, slots=True)
class Moved:
    """One line of what moves: before and after."""

    what: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        """Whether it moves at all."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class ActPreview:
    """What the chosen change would do. `button` names the result; `problem` says why it cannot be done."""

    act: str
    button: str
    busy: str
    version: int
    moved: list[Moved]
    findings: int
    problem: str
    lock: int

    @property
    def next_version(self) -> int:
        """The number the change would get."""
        return self.version + 1


def _day(day: date | None, *, year: bool = False) -> str:
    if day is None:
        return _("none")
    return short_day_year(day) if year else short_day(day)


def act_preview(actor: Actor, item: ItemPage, form: ActForm) -> ActPreview:
    """The consequences of what the form says, or of its initial values; changes nothing."""
    plan = item.row.plan
    assert plan is not None  # noqa: S101  # the caller has looked
    act, params, wrong = _asked(form)
    if act == "leave":
        return ActPreview(
            "leave", _("Leave the plan as it is"), _("Saving…"), plan.version or 0, [], 0, "", plan.lock
        )
    if wrong:
        return ActPreview(act, "", "", plan.version or 0, [], 0, wrong, plan.lock)
    try:
        found = revise.preview_revision(actor, plan_id=plan.plan_id, act=act, params=params)
    except TaperplanError as refusal:
        return ActPreview(act, "", "", plan.version or 0, [], 0, problem(refusal), plan.lock)
    if act == "slow_down" and found.before == found.after:
        same = _(
            "Nothing would change: no step that is still to come is shorter. Give a larger number of days."
        )
        return ActPreview(act, "", "", found.version, [], 0, same, found.lock)
    return ActPreview(
        act=act,
        button=_button(act, found),
        busy=_("Saving…"),
        version=found.version,
        moved=_moved(found),
        findings=len(found.findings),
        problem="",
        lock=found.lock,
    )


def _asked(form: ActForm) -> tuple[str, dict[str, Any], str]:
    if not form.is_bound:
        start = form.initial
        return start["act"], {"days": int(start["days"]), "from": start["start"]}, ""
    if form.is_valid():
        return form.cleaned_data["act"], form.params(), ""
    chosen = form.data.get("act-act", "hold")
    wrong = next(
        (str(words[0]) for name, words in form.errors.items() if name in ("act", "days", "start")), ""
    )
    if wrong:
        return chosen, {}, wrong
    return form.cleaned_data["act"], form.params(), ""


def _button(act: str, found: revise.Consequences) -> str:
    if act == "hold":
        until = found.after.next_change
        return (
            _("Hold until %(day)s") % {"day": long_day(until)}
            if until
            else _("Hold %(n)s days") % {"n": found.days}
        )
    if act == "step_back":
        return _("Step back to %(dose)s a day") % {"dose": found.after.dose.mg}
    return _("Slow down to a step every %(n)s days") % {"n": found.days}


def _moved(found: revise.Consequences) -> list[Moved]:
    before, after = found.before, found.after
    lines = [
        Moved(_("Dose a day"), before.dose.mg, after.dose.mg),
        Moved(_("Next change"), _day(before.next_change), _day(after.next_change)),
        Moved(_("Last dose"), _day(before.last_dose, year=True), _day(after.last_dose, year=True)),
    ]
    letters = ngettext("%(n)s unsent", "%(n)s unsent", found.letters) % {"n": found.letters}
    fresh = _("%(n)s cancelled, 1 new") if found.told else _("%(n)s cancelled")
    lines.append(Moved(_("Letters"), letters, fresh % {"n": found.letters}))
    more = [(product, now - was) for product, was, now in found.to_dispense if now != was]
    if more:
        words = listed([f"{'+' if n > 0 else '−'}{abs(n)} × {product_words(product)}" for product, n in more])
        lines.append(Moved(_("To dispense"), "", words))
    return lines
