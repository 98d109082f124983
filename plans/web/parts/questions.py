"""One page of a check-in for templates: questions, options, problems, progress."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils import translation

from plans.domain.checkins.instrument import SKIP, Item, Kind, QuestionPage, said
from plans.domain.checkins.response import Response
from plans.domain.which import which
from plans.wording import checkins

_PAIRED_FROM: Final = 5
_SHORT_WORDS: Final = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """One option. `meaning`: the same in the language of the staff member who reads it out, if it differs."""

    value: str
    text: str
    id: str
    chosen: bool
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `value` is the present answer, `problem` what is wrong with it, `meaning` as for Choice."""

    code: str
    kind: str
    text: str
    hint: str
    choices: tuple[Choice, ...]
    value: str
    problem: str
    max_length: int
    required: bool
    meaning: str = ""

    @property
    def kind_is(self) -> Mapping[str, bool]:
        """Whether it is a question of this kind, for templates."""
        return which(Kind, self.kind)

    @property
    def paired(self) -> bool:
        """Whether options are laid out two in a row: a scale of short words, on a page with others like it."""
        return (
            len(self.choices) > _PAIRED_FROM
            and max(len(choice.text) for choice in self.choices[:-1]) <= _SHORT_WORDS
        )

    @property
    def described_by(self) -> str:
        """The ids for `aria-describedby`: the hint and the problem."""
        parts = (("hint", self.hint), ("error", self.problem))
        return " ".join(f"{self.code}-{name}" for name, said in parts if said)

    @property
    def first_id(self) -> str:
        """The id that a link to this question goes to."""
        return self.choices[0].id if self.choices and self.kind == "choice" else self.code


@dataclass(frozen=True, slots=True)
class PageView:
    """A page of questions. `heading` is above them; a single question is its own heading."""

    code: str
    heading: str
    lead: str
    credit: str
    licence: str
    questions: tuple[Question, ...]
    number: int
    total: int
    back: str
    last: bool
    language: str = ""
    meaning: str = ""

    @property
    def problems(self) -> tuple[Question, ...]:
        """The questions with something wrong."""
        return tuple(question for question in self.questions if question.problem)


def page_view(
    response: Response,
    page: QuestionPage,
    *,
    language: str,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    asker: str = "",
    hidden: Collection[str] = (),
) -> PageView:
    """The page with its answers; `typed` (just posted) takes precedence. Answers to `hidden` items are left out.

    `language`: of the questions. `asker`: the language of the staff member who reads them out, if it differs.
    """
    gloss = asker if asker != language else ""
    questionnaire = response.spec.questionnaire(page.questionnaire)
    shown = {
        **{code: value for code, value in response.answers.items() if code not in hidden},
        **(typed or {}),
    }
    codes = [one.code for one in response.pages]
    place = codes.index(page.code)
    lead = said(questionnaire.leads, language) if questionnaire.leads else ""
    if all(questionnaire.items[code].no_lead for code in page.items):
        lead = ""
    single = len(page.items) == 1 and not lead
    return PageView(
        code=page.code,
        heading="" if single else lead or said(questionnaire.titles, language),
        lead=lead,
        credit=said(questionnaire.credits, language) if questionnaire.credits else "",
        licence=questionnaire.permission(language) if questionnaire.credits else "",
        questions=tuple(
            _question(
                questionnaire.items[code],
                shown.get(code, ""),
                (problems or {}).get(code, ""),
                language,
                gloss,
            )
            for code in page.items
        ),
        number=place + 1,
        total=len(codes),
        back=codes[place - 1] if place else "",
        last=place == len(codes) - 1,
        language=language,
        meaning=said(questionnaire.leads, gloss) if gloss and lead else "",
    )


def _question(item: Item, value: str, problem: str, language: str, gloss: str) -> Question:
    return Question(
        code=item.code,
        kind=item.kind.value,
        text=said(item.texts, language),
        hint=said(item.hints, language) if item.hints else "",
        choices=_choices(item, value, language, gloss),
        value=value,
        problem=checkins.problem_text(problem, item) if problem else "",
        max_length=item.max_length,
        required=not item.optional,
        meaning=said(item.texts, gloss) if gloss else "",
    )


def _choices(item: Item, value: str, language: str, gloss: str) -> tuple[Choice, ...]:
    if item.kind is Kind.TEXT:
        return ()
    if item.kind is Kind.NUMBER:
        found = [(str(n), str(n), "") for n in range(item.minimum, item.maximum + 1)]
    else:
        found = [
            (option.value, said(option.texts, language), said(option.texts, gloss) if gloss else "")
            for option in item.options
        ]
    with translation.override(language):
        skip = str(checkins.skip_text())
    found.append((SKIP, skip, str(checkins.skip_text()) if gloss else ""))
    return tuple(
        Choice(
            value=one,
            text=text,
            id=f"{item.code}-{n}",
            chosen=one == value,
            # "No" is "No" in both.
            meaning=meaning if meaning != text else "",
        )
        for n, (one, text, meaning) in enumerate(found)
    )
