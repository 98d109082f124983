"""The check-in by phone as one sheet: every question in order, with the help that an answer calls for beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from django.utils import translation

from plans.domain.checkins.instrument import Kind, QuestionPage, said
from plans.domain.checkins.response import Response, Signs
from plans.services.checkins.immediate_help import Urgency
from plans.web.parts.questions import PageView, Question, page_view
from plans.wording.checkins import answer_text
from plans.wording.dangers import danger_words


@dataclass(frozen=True, slots=True)
class HelpView:
    """What to do and say now. `shows` holds the codes of screens and dangers; `read_out` the sentences for the patient
    in their language, each with its meaning if the caller speaks another."""

    grave: bool
    shows: Mapping[str, bool]
    read_out: tuple[tuple[str, str], ...]
    urgency: Urgency | None


@dataclass(frozen=True, slots=True)
class SheetQuestion:
    """A question with the help that its answer calls for. `entered`: what was entered here, where somebody else
    answered meanwhile and their answer stands."""

    question: Question
    help: HelpView | None
    entered: str


@dataclass(frozen=True, slots=True)
class SheetPart:
    """The questions that are asked together under one lead."""

    lead: str
    meaning: str
    questions: tuple[SheetQuestion, ...]


@dataclass(frozen=True, slots=True)
class SheetSection:
    """The questions of one questionnaire."""

    code: str
    title: str
    credit: str
    licence: str
    parts: tuple[SheetPart, ...]


@dataclass(frozen=True, slots=True)
class SheetView:
    """A whole check-in. `wrong` are questions with a problem, `open` those that still need an answer."""

    language: str
    sections: tuple[SheetSection, ...]
    wrong: tuple[Question, ...]
    open: tuple[Question, ...]
    overruled: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Entered:
    """What was just posted: what is wrong by item, what others answered otherwise, and what to show again as typed."""

    problems: Mapping[str, str]
    meanwhile: Mapping[str, str]
    typed: Mapping[str, str]


NOTHING_ENTERED = Entered({}, {}, {})


def sheet_view(
    response: Response,
    *,
    language: str,
    asker: str,
    urgency: Urgency | None,
    entered: Entered = NOTHING_ENTERED,
) -> SheetView:
    """The sheet. `language`: of the patient; `asker`: of the member of staff who reads the questions out."""
    signs = response.signs()

    def question(one: Question) -> SheetQuestion:
        found, mine = signs.get(one.code), entered.meanwhile.get(one.code, "")
        return SheetQuestion(
            question=one,
            help=help_view(found, language, urgency) if found is not None else None,
            entered=answer_text(response.items[one.code], mine, asker) if mine else "",
        )

    def part(page: QuestionPage) -> tuple[PageView, SheetPart]:
        view = page_view(
            response, page, language=language, asker=asker, typed=entered.typed, problems=entered.problems
        )
        return view, SheetPart(view.lead, view.meaning, tuple(map(question, view.questions)))

    sections = []
    for code, pages in groupby(response.pages, key=lambda page: page.questionnaire):
        views, parts = zip(*map(part, pages), strict=True)
        title = said(response.spec.questionnaire(code).titles, language)
        sections.append(SheetSection(code, title, views[0].credit, views[0].licence, parts))
    every = [one.question for section in sections for part in section.parts for one in part.questions]
    return SheetView(
        language=language,
        sections=tuple(sections),
        wrong=tuple(one for one in every if one.problem),
        open=tuple(one for one in every if not response.has_all((one.code,))),
        overruled=tuple(one for one in every if one.code in entered.meanwhile),
    )


def help_view(signs: Signs, language: str, urgency: Urgency | None) -> HelpView:
    """What to do and say about these signs, for a patient of this language."""
    here = [text for one in signs.dangers for text in danger_words(one.danger.code).said(one.items)]
    with translation.override(language):
        theirs = [text for one in signs.dangers for text in danger_words(one.danger.code).said(one.items)]
    return HelpView(
        grave=bool(signs.screens) or any(one.danger.grave for one in signs.dangers),
        shows={
            **{screen.value: True for screen in signs.screens},
            **{one.danger.code: True for one in signs.dangers},
        },
        read_out=tuple(
            (text, meaning if meaning != text else "") for text, meaning in zip(theirs, here, strict=True)
        ),
        urgency=urgency,
    )


def values_of(posted: Mapping[str, list[str]], response: Response) -> dict[str, str]:
    """What a form says of the questions that are asked, to show it again when nothing could be saved."""
    return {
        code: posted[code][0]
        for code in response.asked
        if posted.get(code)
        and (response.items[code].kind is Kind.TEXT or response.items[code].takes(posted[code][0]))
    }
