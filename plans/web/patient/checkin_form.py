"""One page of a check-in as templates draw it: questions, answers to choose from, what is wrong, how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from plans.domain.checkins import forms
from plans.domain.checkins.forms import Ask
from plans.domain.checkins.instrument import SKIP, Item, Kind, Page, said
from plans.wording import checkins as words

_PAIRED_FROM: Final = 5
_SHORT_WORDS: Final = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to choose from."""

    value: str
    text: str
    id: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One question; `value` is what was typed or chosen before, `problem` what is wrong with it."""

    code: str
    kind: str
    text: str
    hint: str
    choices: tuple[Choice, ...]
    value: str
    problem: str
    max_length: int
    required: bool

    @property
    def paired(self) -> bool:
        """Whether the answers stand two in a row: a scale of short words, on a page with others like it."""
        return (
            len(self.choices) > _PAIRED_FROM
            and max(len(choice.text) for choice in self.choices[:-1]) <= _SHORT_WORDS
        )

    @property
    def first_id(self) -> str:
        """Where a link to this question leads."""
        return self.choices[0].id if self.choices and self.kind == "choice" else self.code


@dataclass(frozen=True, slots=True)
class PageView:
    """A page of questions. `heading` stands over them; with a single question that is the heading."""

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

    @property
    def problems(self) -> tuple[Question, ...]:
        """The questions with something wrong."""
        return tuple(question for question in self.questions if question.problem)


def page_view(
    ask: Ask,
    page: Page,
    answers: Mapping[str, str],
    *,
    language: str,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
) -> PageView:
    """The page with what was answered; `typed` (what was just posted) goes before it."""
    questionnaire = ask.questionnaire(page.questionnaire)
    shown = {**answers, **(typed or {})}
    codes = [one.code for one in forms.pages(ask, answers)]
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
        licence=questionnaire.licence if questionnaire.credits else "",
        questions=tuple(
            _question(
                questionnaire.items[code], shown.get(code, ""), (problems or {}).get(code, ""), language
            )
            for code in page.items
        ),
        number=place + 1,
        total=len(codes),
        back=codes[place - 1] if place else "",
        last=place == len(codes) - 1,
    )


def _question(item: Item, value: str, problem: str, language: str) -> Question:
    return Question(
        code=item.code,
        kind=item.kind.value,
        text=said(item.texts, language),
        hint=said(item.hints, language) if item.hints else "",
        choices=_choices(item, value, language),
        value=value,
        problem=words.problem_text(problem, item) if problem else "",
        max_length=item.max_length,
        required=not item.optional,
    )


def _choices(item: Item, value: str, language: str) -> tuple[Choice, ...]:
    if item.kind is Kind.TEXT:
        return ()
    if item.kind is Kind.NUMBER:
        found = [(str(n), str(n)) for n in range(item.minimum, item.maximum + 1)]
    else:
        found = [(option.value, said(option.texts, language)) for option in item.options]
    found.append((SKIP, words.skip_text()))
    return tuple(
        Choice(value=one, text=text, id=f"{item.code}-{n}", chosen=one == value)
        for n, (one, text) in enumerate(found)
    )
