"""Which pages a check-in has, and in which order. Pure: answers in, pages and answers out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from plans.domain.checkins import instrument_file
from plans.domain.checkins.instrument import PLACES, SKIP, Item, Kind, Page, Questionnaire
from plans.domain.errors import TaperplanError

Answers = Mapping[str, str]

# The order of every form; a two-item scale stands for the long one unless that is due or has been brought up.
ORDER: Final = ("safety", "phq2", "gad2", "symptoms", "doses", "substances", "medicines", "week")
LONG_FORM: Final = {"phq2": "phq9", "gad2": "gad7"}
STEP_UP_AT: Final = 3
"""PHQ-2 or GAD-2 of 3 or more brings the long form up on the same day (Kroenke 2003; Arroll 2010), unless the clinic
set another number."""
STEP_UP_EVERY_DAYS: Final = 14
"""At most every 14 days, so that the two-week windows of two long forms do not overlap."""
LONG_EVERY_DAYS: Final = 25
"""Every four weeks. A check-in stays open for three days: one answered late must not push the next long form to five
weeks."""


class UnknownPage(TaperplanError):
    """A page this check-in does not have: fact `page`."""

    code = "unknown_page"


@dataclass(frozen=True, slots=True)
class Ask:
    """What one check-in asks, decided when it is begun and kept with it.

    `versions` maps each questionnaire to its version; `long` are the long forms due from the start; `step_up` those
    that answers of today may bring up; `taking`: a dose is planned, so that doses are asked.
    """

    form: str
    versions: Mapping[str, int]
    long: frozenset[str]
    step_up: frozenset[str]
    taking: bool
    off: frozenset[str] = frozenset()
    own: Mapping[str, str] = field(default_factory=dict)
    step_up_at: int = STEP_UP_AT

    def to_json(self) -> dict[str, Any]:
        """As stored with the sheet."""
        return {
            "versions": dict(self.versions),
            "long": sorted(self.long),
            "step_up": sorted(self.step_up),
            "taking": self.taking,
            "off": sorted(self.off),
            "own": dict(self.own),
            "step_up_at": self.step_up_at,
        }

    @staticmethod
    def from_json(form: str, data: Mapping[str, Any]) -> Ask:
        """From what was stored with a sheet."""
        return Ask(
            form=form,
            versions=data["versions"],
            long=frozenset(data["long"]),
            step_up=frozenset(data["step_up"]),
            taking=data["taking"],
            off=frozenset(data.get("off", ())),
            own=data.get("own", {}),
            step_up_at=data.get("step_up_at", STEP_UP_AT),
        )

    def questionnaire(self, code: str) -> Questionnaire:
        """One of this check-in's questionnaires, in the version asked."""
        if code in self.own:
            return instrument_file.read_text(self.own[code])
        return instrument_file.get(code, self.versions[code])


def decide(
    *,
    form: str,
    language: str,
    today: date,
    last_long: Mapping[str, date],
    taking: bool,
    off: Iterable[str] = (),
    own: Mapping[str, str] | None = None,
    step_up_at: int = STEP_UP_AT,
) -> Ask:
    """What a check-in begun today asks. `last_long` maps "phq9" and "gad7" to the day each was last complete.

    `form`: "weekly"; "baseline", which has both long forms; or "long", a weekly one with the long forms as well, unless
    they were asked less than a fortnight ago. `step_up_at`: the total of a short form that brings up the long one.

    A published scale is left out in a language without a published translation of it; so is a file of the clinic's
    own in a language it was not written in.
    """
    versions: dict[str, int] = {}
    long: set[str] = set()
    step_up: set[str] = set()
    for code in ORDER:
        for one in (code, LONG_FORM.get(code)):
            found = instrument_file.newest(one) if one else None
            if found is not None and (not found.standard or language in found.languages):
                versions[found.code] = found.version
    for code in LONG_FORM.values():
        last = last_long.get(code)
        ago = (today - last).days if last is not None else None
        if code not in versions:
            continue
        due = LONG_EVERY_DAYS if form == "weekly" else STEP_UP_EVERY_DAYS
        if form == "baseline" or ago is None or ago >= due:
            long.add(code)
        elif ago >= STEP_UP_EVERY_DAYS:
            step_up.add(code)
    loaded = {}
    for code, text in (own or {}).items():
        mine = instrument_file.read_text(text)
        if language in mine.languages and mine.only in ("", "weekly" if form == "long" else form):
            loaded[code] = text
    return Ask(
        form=form,
        versions=versions,
        long=frozenset(long),
        step_up=frozenset(step_up),
        taking=taking,
        off=frozenset(off),
        own=loaded,
        step_up_at=step_up_at,
    )


def short_total(ask: Ask, code: str, answers: Answers) -> int | None:
    """The total of a two-item scale, or None while an answer is missing or withheld."""
    questionnaire = ask.questionnaire(code)
    scores = [questionnaire.items[item].score_of(answers.get(item)) for item in questionnaire.scored]
    return None if None in scores else sum(score or 0 for score in scores)


def asked_long(ask: Ask, short: str, answers: Answers) -> bool:
    """Whether the long form of a two-item scale is asked, given the answers so far."""
    long = LONG_FORM[short]
    if long in ask.long:
        return True
    total = short_total(ask, short, answers)
    return long in ask.step_up and total is not None and total >= ask.step_up_at


def questionnaires(ask: Ask, answers: Answers) -> tuple[Questionnaire, ...]:
    """The questionnaires of this check-in in order, long forms in place of short ones where they are asked."""
    found: list[Questionnaire] = []
    mine = [ask.questionnaire(code) for code in sorted(ask.own)]
    for code in ORDER:
        if code in ask.versions:
            long = code in LONG_FORM and asked_long(ask, code, answers)
            found.append(ask.questionnaire(LONG_FORM[code] if long else code))
        # The clinic's own come at the latest before the last page, which asks for contact and sends the sheet.
        found += [one for one in mine if (one.after or PLACES[-1]) == code]
    return tuple(found)


def texts(ask: Ask, answers: Answers) -> tuple[str, ...]:
    """The items of this check-in that are answered in the patient's own words, in order."""
    return tuple(
        code
        for questionnaire in questionnaires(ask, answers)
        for code, one in questionnaire.items.items()
        if one.kind is Kind.TEXT
    )


def shown(item: Item, answers: Answers, *, taking: bool) -> bool:
    """Whether an item is asked, given the answers so far."""
    if item.when == "taking" and not taking:
        return False
    return all(answers.get(code) in values for code, values in item.shown_if.items())


def pages(ask: Ask, answers: Answers) -> tuple[Page, ...]:
    """The pages in order, with the items that are asked; branches come and go with the answers."""
    found = []
    for questionnaire in questionnaires(ask, answers):
        for page in questionnaire.pages:
            items = tuple(
                c
                for c in page.items
                if c not in ask.off and shown(questionnaire.items[c], answers, taking=ask.taking)
            )
            if items:
                found.append(Page(page.code, page.questionnaire, items))
    return tuple(found)


def item(ask: Ask, code: str, answers: Answers) -> Item | None:
    """One of this check-in's items by code, or None."""
    for questionnaire in questionnaires(ask, answers):
        if code in questionnaire.items:
            return questionnaire.items[code]
    return None


def page_at(ask: Ask, answers: Answers, code: str) -> Page:
    """A page by code. Raises UnknownPage for one these answers do not lead to."""
    for page in pages(ask, answers):
        if page.code == code:
            return page
    raise UnknownPage(page=code[:40])


def answered(ask: Ask, page: Page, answers: Answers) -> bool:
    """Whether every item of a page that must be answered has been."""
    items = ask.questionnaire(page.questionnaire).items
    return all(code in answers or items[code].optional for code in page.items)


def place(ask: Ask, answers: Answers) -> Page | None:
    """The first page with a question still open; None when all are answered.

    A page of optional items alone counts as open until a later page was answered or the sheet was sent.
    """
    found = pages(ask, answers)
    for n, page in enumerate(found):
        if not answered(ask, page, answers):
            return page
        optional_alone = not any(code in answers for code in page.items)
        if optional_alone and not any(code in answers for later in found[n + 1 :] for code in later.items):
            return page
    return None


def after(ask: Ask, answers: Answers, page: Page) -> Page | None:
    """The page that follows, given the answers with this page's among them; None after the last."""
    codes = [found.code for found in pages(ask, answers)]
    n = codes.index(page.code) + 1 if page.code in codes else 0
    return pages(ask, answers)[n] if n < len(codes) else None


def settle(ask: Ask, answers: Answers) -> dict[str, str]:
    """The answers without those to questions no longer asked (a "yes" became a "no", so its branch is gone)."""
    kept = dict(answers)
    while True:
        asked = {code for page in pages(ask, kept) for code in page.items}
        gone = kept.keys() - asked
        if not gone:
            return kept
        for code in gone:
            del kept[code]


def withheld(value: str | None) -> bool:
    """Whether a question was met with "I would rather not say"."""
    return value == SKIP
