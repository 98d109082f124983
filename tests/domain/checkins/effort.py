"""The effort of answering a check-in: pages, taps and key presses, counted from the form itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plans.domain.checkins.instrument import SKIP, Item, Kind
from plans.domain.checkins.response import Response
from plans.domain.checkins.spec import QuestionnaireSpec

BEFORE_THE_QUESTIONS = 2
"""Tab stops at the top of every page: to the content, and "Get help now"."""


@dataclass(frozen=True)
class Effort:
    """One way through a check-in. `taps` on a phone, `keys` with a keyboard alone."""

    pages: int
    taps: int
    keys: int


def keys_for(item: Item, value: str) -> int:
    """Presses that choose an answer once its question has the focus.

    Space for the first answer, arrows down to another, a digit in a list.
    """
    if item.kind is not Kind.CHOICE:
        return 1 if item.kind is Kind.NUMBER else 0
    values = [*(option.value for option in item.options), SKIP]
    return max(1, values.index(value))


def effort_of(ask: QuestionnaireSpec, answers: Mapping[str, str]) -> Effort:
    """The effort of these answers. One tap for each answer (two in a list), one for Next; texts stay empty."""
    pages = Response(ask, answers).pages
    taps = keys = 0
    for page in pages:
        items = ask.questionnaire(page.questionnaire).items
        kinds = [items[code].kind for code in page.items]
        taps += sum({Kind.CHOICE: 1, Kind.NUMBER: 2, Kind.TEXT: 0}[kind] for kind in kinds) + 1
        keys += BEFORE_THE_QUESTIONS
        keys += sum(1 + keys_for(items[code], answers.get(code, "")) for code in page.items)
        # Enter sends from an answer; from a list or a text it takes one more Tab to the button.
        keys += 1 if kinds[-1] is Kind.CHOICE else 2
    return Effort(len(pages), taps, keys)
