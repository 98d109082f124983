"""A response in progress: what is asked, what was answered, and everything computed from both.

Pages, the next page, scores and findings are computed once, on first use. A response is immutable: `answer` returns the
next one.

    before = Response(spec, {"s_fit": "no", "s_seeing": "no"}, past=past, context=context)
    step = before.answer("safety_b", {"s_thoughts": ["yes"], "s_chest": ["no"]})
    step.problems                                  # {}: every question of the page was answered
    step.following.code                            # "safety_c": the answer brought up the questions behind it
    step.response.findings                         # U3, urgent: follow-up questions are still open
    step.response.renewed_since(before)            # {("U3", "thoughts")}: what this page newly reported

Somebody who asks on the phone has all questions on one sheet, in any order:

    step = before.fill({"s_thoughts": ["yes"], "s_plan": ["no"]})
    step.missing                                   # every question that still needs an answer
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from plans.domain.checkins import dangers, flags, scoring
from plans.domain.checkins.dangers import DangerFinding
from plans.domain.checkins.flagging import Evidence, FlagFinding, PatientContext, Screen
from plans.domain.checkins.instrument import PLACES, Item, Kind, Questionnaire, QuestionPage
from plans.domain.checkins.scoring import Past, Score
from plans.domain.checkins.spec import LONG_FORM, ORDER, Answers, QuestionnaireSpec
from plans.domain.checkins.states import CheckInState
from plans.domain.errors import TaperplanError
from plans.domain.json import JsonObject


@dataclass(frozen=True, slots=True)
class PageReading:
    """A posted page as read: good answers by item, and a code for each bad or missing one.

    Codes: "choose" (nothing chosen), "unknown" (not an answer of ours), "twice", "too_long", "signs".
    """

    answers: dict[str, str]
    problems: dict[str, str]


@dataclass(frozen=True, slots=True)
class Signs:
    """What an answer calls for at once: help to show, and dangers to speak of."""

    screens: tuple[Screen, ...]
    dangers: tuple[DangerFinding, ...]


FlagKind = tuple[str, str]
"""Identifies a finding within one response: (rule, kind)."""


class UnknownPage(TaperplanError):
    """A page that this check-in does not have: fact `page`."""

    code = "unknown_page"


@dataclass(frozen=True)
class Response:
    """A response. `past` are the plan's earlier ones, oldest first; `context` comes from the patient's record."""

    spec: QuestionnaireSpec
    answers: Answers = field(default_factory=dict)
    state: CheckInState = CheckInState.OPEN
    past: tuple[Past, ...] = ()
    context: PatientContext = field(default_factory=PatientContext)

    # ── pages ────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def questionnaires(self) -> tuple[Questionnaire, ...]:
        """The questionnaires in order, with long forms in place of short ones where they are due."""
        found: list[Questionnaire] = []
        own = [self.spec.questionnaire(code) for code in sorted(self.spec.own)]
        for code in ORDER:
            if code in self.spec.versions:
                long = code in LONG_FORM and self.asks_long(code)
                found.append(self.spec.questionnaire(LONG_FORM[code] if long else code))
            # The clinic's own come before the last page at the latest, which asks for contact and sends the response.
            found += [one for one in own if (one.after or PLACES[-1]) == code]
        return tuple(found)

    def asks_long(self, short: str) -> bool:
        """Whether the long form of a two-item scale is asked after the answers so far."""
        long = LONG_FORM[short]
        if long in self.spec.long:
            return True
        if long not in self.spec.step_up:
            return False
        total = scoring.total(self.spec.questionnaire(short), self.answers)
        return total is not None and total >= self.spec.step_up_at

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """Every item of the questionnaires asked, by code."""
        return {code: item for one in self.questionnaires for code, item in one.items.items()}

    @cached_property
    def pages(self) -> tuple[QuestionPage, ...]:
        """The pages in order with their items; branches come and go with the answers."""
        found = []
        for questionnaire in self.questionnaires:
            for page in questionnaire.pages:
                items = tuple(code for code in page.items if self._is_asked(questionnaire.items[code]))
                if items:
                    found.append(QuestionPage(page.code, page.questionnaire, items))
        return tuple(found)

    def _is_asked(self, item: Item) -> bool:
        if item.code in self.spec.off or (item.when == "taking" and not self.spec.taking):
            return False
        return all(self.answers.get(code) in values for code, values in item.shown_if.items())

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The free-text items in order."""
        return tuple(code for code, item in self.items.items() if item.kind is Kind.TEXT)

    def page(self, code: str) -> QuestionPage:
        """A page by code. Raises UnknownPage for one that these answers do not lead to."""
        for page in self.pages:
            if page.code == code:
                return page
        raise UnknownPage(page=code[:40])

    def is_answered(self, page: QuestionPage) -> bool:
        """Whether every required item of a page has an answer."""
        return self.has_all(page.items)

    def has_all(self, codes: Iterable[str]) -> bool:
        """Whether each of these items has an answer or needs none."""
        return all(code in self.answers or self.items[code].optional for code in codes)

    @property
    def asked(self) -> tuple[str, ...]:
        """The items that are asked after the answers so far, in order."""
        return tuple(code for page in self.pages for code in page.items)

    @cached_property
    def first_open(self) -> QuestionPage | None:
        """The first page with an unanswered question; None when all are answered.

        A page with only optional items counts as open until a later page is answered or the response is sent.
        """
        for n, page in enumerate(self.pages):
            if not self.is_answered(page):
                return page
            if not self._has_answers((page,)) and not self._has_answers(self.pages[n + 1 :]):
                return page
        return None

    def _has_answers(self, pages: Iterable[QuestionPage]) -> bool:
        return any(code in self.answers for page in pages for code in page.items)

    def after(self, page: QuestionPage) -> QuestionPage | None:
        """The next page; None after the last. The first page if `page` is no longer asked."""
        codes = [found.code for found in self.pages]
        n = codes.index(page.code) + 1 if page.code in codes else 0
        return self.pages[n] if n < len(codes) else None

    def next(self, page: QuestionPage) -> QuestionPage | None:
        """The page to go to from this one: the next; after the last, and in a response already sent, the first open
        one."""
        following = None if self.is_sent else self.after(page)
        still_open = (one for one in self.pages if one.code != page.code and not self.is_answered(one))
        return following or next(still_open, None)

    # ── results ─────────────────────────────────────────────────────────────────────────────────────

    @property
    def is_sent(self) -> bool:
        """Whether the response was sent."""
        return self.state is CheckInState.SUBMITTED

    @property
    def is_whole(self) -> bool:
        """Whether every rule runs: the response was sent, or left and closed."""
        return self.state is not CheckInState.OPEN

    @cached_property
    def _scored(self) -> tuple[Mapping[str, Score], Exception | None]:
        try:
            return scoring.score(self.spec, self.answers), None
        except Exception as broken:  # noqa: BLE001 - answers are stored and the other rules run, whatever broke
            return {}, broken

    @property
    def scores(self) -> Mapping[str, Score]:
        """The complete scales by code; empty if scoring broke."""
        return self._scored[0]

    @property
    def scoring_error(self) -> Exception | None:
        """The exception that broke scoring: it becomes a finding and a log line."""
        return self._scored[1]

    @cached_property
    def evidence(self) -> Evidence:
        """This response as the rules see it."""
        error = self.scoring_error
        return Evidence(
            answers=self.answers,
            scores=self.scores,
            unscored=type(error).__name__ if error is not None else "",
            past=self.past,
            about=self.context,
            abandoned=self.state is CheckInState.ABANDONED,
            texts=self.texts,
        )

    @cached_property
    def findings(self) -> tuple[FlagFinding, ...]:
        """What the rules find, the most urgent first."""
        return flags.evaluate(self.evidence, whole=self.is_whole)

    def screens(self, items: Iterable[str], *, sent: bool = False) -> tuple[Screen, ...]:
        """What to show at once for findings based on one of `items`; see `flags.screens`."""
        return flags.screens(self.findings, frozenset(items), sent=sent)

    def dangers(self, items: Iterable[str]) -> tuple[DangerFinding, ...]:
        """The dangers in the answers to `items`."""
        return dangers.found_on(self.answers, frozenset(items), taking=self.spec.taking)

    def signs(self) -> dict[str, Signs]:
        """What the answers call for at once, at the first item that calls for it, each once."""
        found: dict[str, Signs] = {}
        shown: set[str] = set()
        for code in self.asked:
            screens = tuple(one for one in self.screens((code,)) if one.value not in shown)
            told = tuple(one for one in self.dangers((code,)) if one.danger.code not in shown)
            shown |= {one.value for one in screens} | {one.danger.code for one in told}
            if screens or told:
                found[code] = Signs(screens, told)
        return found

    def renewed_since(self, before: Response) -> frozenset[FlagKind]:
        """What is found now but was not in `before`, judged by the same rules: an answer taken back and given again is
        raised again."""
        if not self.findings or self.answers == before.answers:
            return frozenset()
        found = _kinds(self.findings)
        if not before.answers:
            return found
        return found - _kinds(replace(before, state=self.state).findings)

    def known(self) -> JsonObject:
        """What the rules read besides answers and earlier responses, as stored with a revision so that they can be run
        again."""
        evidence = self.evidence
        known = {"whole": self.is_whole, "abandoned": evidence.abandoned, "about": self.context.to_json()}
        return {**known, "unscored": evidence.unscored} if evidence.unscored else known

    # ── answering ────────────────────────────────────────────────────────────────────────────────────────────

    def answer(
        self, page: str, posted: Mapping[str, Sequence[str]], *, unseen: frozenset[str] = frozenset()
    ) -> AnswerStep:
        """Answer one page; returns the next response and the problems on the page.

        Good answers are kept even if others on the page are missing or bad; a bad answer leaves the previous one. An
        emptied text is removed, unless it is among the `unseen`, which this person was not shown. With nothing left
        open the response is sent. Raises UnknownPage for a page that these answers do not lead to.
        """
        where = self.page(page)
        reading = read_page(self.spec, where, posted)
        emptied = frozenset(where.items) - reading.answers.keys() - reading.problems.keys() - unseen
        kept = {code: value for code, value in self.answers.items() if code not in emptied}
        after = self.with_answers({**kept, **reading.answers})
        following = after.next(where)
        if not reading.problems and following is None:
            after = after.sent()
        return AnswerStep(
            page=where,
            answered=frozenset(reading.answers),
            problems=reading.problems,
            typed={code: posted[code][0] for code in where.items if posted.get(code)},
            following=where if reading.problems else following,
            response=after,
        )

    def fill(self, posted: Mapping[str, Sequence[str]], *, keep: frozenset[str] = frozenset()) -> SheetStep:
        """Answer any of the questions at once, in any order; returns the next response and what is wrong or missing.

        A question that is not among `posted` keeps its answer, and so does one in `keep`, whatever was posted. An
        emptied field takes its answer away. Questions that an answer brings up are read too, and the answers to those
        that it removes are gone. A bad answer leaves the previous one.
        """
        after, read = self, frozenset[str]()
        problems: dict[str, str] = {}
        while page := next((one for one in after.pages if not read.issuperset(one.items)), None):
            asked = [one for one in page.items if one not in read | keep and one in posted]
            read |= frozenset(page.items)
            reading = _read_items(after.items, asked, posted)
            wrong = {code: why for code, why in reading.problems.items() if why != "choose"}
            emptied = set(asked) - reading.answers.keys() - wrong.keys()
            kept = {code: value for code, value in after.answers.items() if code not in emptied}
            after, problems = after.with_answers({**kept, **reading.answers}), problems | wrong
        return SheetStep(
            problems={code: why for code, why in problems.items() if code in after.asked},
            missing=tuple(
                code for code in after.asked if not after.has_all((code,)) and code not in problems
            ),
            changed=frozenset(
                code for code in after.asked if after.answers.get(code) != self.answers.get(code)
            ),
            response=after,
        )

    def sent(self) -> Response:
        """This response, sent."""
        return self if self.is_sent else replace(self, state=CheckInState.SUBMITTED)

    def left(self) -> Response:
        """This response, abandoned unfinished when the check-in closed."""
        return replace(self, state=CheckInState.ABANDONED)

    def with_answers(self, answers: Answers) -> Response:
        """This response with other answers, minus those to questions no longer asked (a "yes" became a "no" and its
        branch is gone)."""
        after = self if answers == self.answers else replace(self, answers=answers)
        while gone := after.answers.keys() - {code for page in after.pages for code in page.items}:
            kept = {code: value for code, value in after.answers.items() if code not in gone}
            after = self if kept == self.answers else replace(after, answers=kept)
        return after


@dataclass(frozen=True, slots=True)
class AnswerStep:
    """The result of one posted page: `response` is the next one.

    `answered` are the items with a good answer, `problems` codes by item, `typed` what was posted by item. `following`
    is the page to go to: the same one while there are problems, None once it is sent.
    """

    page: QuestionPage
    answered: frozenset[str]
    problems: Mapping[str, str]
    typed: Mapping[str, str]
    following: QuestionPage | None
    response: Response

    @property
    def sends(self) -> bool:
        """Whether this page was the last one: it sends the response, or sends it again."""
        return self.following is None


@dataclass(frozen=True, slots=True)
class SheetStep:
    """The result of a whole sheet: `response` is the next one, not sent yet.

    `problems` are codes by item, `missing` is what still needs an answer, in the order it is asked, and `changed` are
    the items whose answer is another one now.
    """

    problems: Mapping[str, str]
    missing: tuple[str, ...]
    changed: frozenset[str]
    response: Response

    @property
    def is_complete(self) -> bool:
        """Whether nothing is wrong or missing, so that the response can be sent."""
        return not self.problems and not self.missing


def _kinds(found: Iterable[FlagFinding]) -> frozenset[FlagKind]:
    return frozenset((one.rule, one.kind) for one in found)


def read_page(
    spec: QuestionnaireSpec, page: QuestionPage, posted: Mapping[str, Sequence[str]]
) -> PageReading:
    """Read a posted page strictly; good answers are kept even if others are missing, so that none is lost."""
    return _read_items(spec.questionnaire(page.questionnaire).items, page.items, posted)


def _read_items(
    items: Mapping[str, Item], codes: Iterable[str], posted: Mapping[str, Sequence[str]]
) -> PageReading:
    good: dict[str, str] = {}
    problems: dict[str, str] = {}
    for code in codes:
        value, problem = _read_values(items[code], posted.get(code, ()))
        if problem:
            problems[code] = problem
        elif value:
            good[code] = value
    return PageReading(answers=good, problems=problems)


def _read_values(item: Item, values: Sequence[str]) -> tuple[str, str]:
    """The answer in the posted values of a question ("" for none), and what is wrong with it."""
    given = [value for value in values if value != ""]
    if len(given) > 1:
        return "", "twice"
    if not given:
        return "", "" if item.optional else "choose"
    return _read(item, given[0])


def _read(item: Item, raw: str) -> tuple[str, str]:
    if item.kind is not Kind.TEXT:
        return (raw, "") if item.takes(raw) else ("", "unknown")
    text = raw.replace("\r\n", "\n").replace("\r", "\n").strip()
    if any(not _plain(sign) for sign in text):
        return "", "signs"
    return (text, "") if item.takes(text) else ("", "too_long")


def _plain(sign: str) -> bool:
    """Whether a character is neither a control, a lone surrogate nor a bidirectional control."""
    point = ord(sign)
    if sign in "\n\t":
        return True
    bidi = 0x202A <= point <= 0x202E or 0x2066 <= point <= 0x2069
    return not (point < 0x20 or 0x7F <= point < 0xA0 or 0xD800 <= point <= 0xDFFF or bidi)
