"""The parts of a questionnaire. The texts are in versioned files (`questionnaires/`), by language."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

SKIP: Final = "skip"
"""The answer "I would rather not say", offered with every required question. It has no score."""


PLACES: Final = ("gad2", "symptoms", "doses", "substances", "medicines")
"""Our questionnaires after which a clinic's own may be asked; by default the last of them."""
FORMS: Final = ("weekly", "baseline")


class Kind(StrEnum):
    """How an item is answered."""

    CHOICE = "choice"
    NUMBER = "number"
    TEXT = "text"


Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a scale. `score` is None if it is not scored."""

    value: str
    score: int | None
    loinc: str
    texts: Texts


@dataclass(frozen=True, slots=True)
class Item:
    """One question.

    `when` is "taking" for a question asked only while a dose is planned. `shown_if` maps an earlier item to the answers
    that bring this one up. `optional` items may be left empty.
    """

    code: str
    kind: Kind
    texts: Texts
    hints: Texts
    options: tuple[Option, ...]
    minimum: int
    maximum: int
    max_length: int
    optional: bool
    no_lead: bool
    when: str
    shown_if: Mapping[str, frozenset[str]]
    loinc: str

    def score_of(self, value: str | None) -> int | None:
        """The score of an answer; None for one without a score, "rather not say" or a missing one."""
        return next((option.score for option in self.options if option.value == value), None)

    def takes(self, value: str) -> bool:
        """Whether `value` is an answer to this item."""
        if value == SKIP:
            return self.kind is not Kind.TEXT
        if self.kind is Kind.CHOICE:
            return any(option.value == value for option in self.options)
        if self.kind is Kind.NUMBER:
            plain = value.isascii() and value.isdigit() and len(value) <= 3 and value == str(int(value))
            return plain and self.minimum <= int(value) <= self.maximum
        return len(value) <= self.max_length


@dataclass(frozen=True, slots=True)
class QuestionPage:
    """Items asked together: always from one questionnaire, and so with one recall window."""

    code: str
    questionnaire: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Translation:
    """The source of a published instrument's wording in another language, and how far it was checked.

    `checked`: when it was compared with public copies of the published form. `read_back`: whether a native reader has
    compared it with the form itself.
    """

    name: str
    source: str
    permission: str
    checked: date
    read_back: bool


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """One published version of an instrument, never edited afterwards.

    A clinic's own may say after which of ours it is asked (`after`) and that only one form asks it (`only`).
    """

    code: str
    version: int
    titles: Texts
    leads: Texts
    credits: Texts
    licence: str
    source: str
    recall: str
    languages: tuple[str, ...]
    loinc_panel: str
    loinc_total: str
    scored: tuple[str, ...]
    items: Mapping[str, Item]
    pages: tuple[QuestionPage, ...]
    after: str = ""
    only: str = ""
    translations: Mapping[str, Translation] = field(default_factory=dict)

    @property
    def top(self) -> int:
        """The highest possible total."""
        return sum(max(o.score or 0 for o in self.items[code].options) for code in self.scored)

    @property
    def standard(self) -> bool:
        """Whether it is a published instrument: asked only in languages with a published translation."""
        return bool(self.credits)

    def permission(self, language: str) -> str:
        """The publishers' permission as printed in a language; else the text of the licence."""
        found = self.translations.get(language)
        return found.permission if found else self.licence

    def item_set(self) -> str:
        """SHA-256 over every code, text, answer and score, in order: what "the same questionnaire" means."""
        parts = [
            [
                item.code, item.kind.value, dict(sorted(item.texts.items())), item.minimum, item.maximum,
                [[o.value, o.score, dict(sorted(o.texts.items()))] for o in item.options],
            ]
            for item in self.items.values()
        ]  # fmt: skip
        whole = [self.code, self.version, dict(sorted(self.leads.items())), list(self.scored), parts]
        text = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def said(texts: Texts, language: str) -> str:
    """A text in a language; in English where it was not written in that one."""
    return texts.get(language) or texts["en"]
