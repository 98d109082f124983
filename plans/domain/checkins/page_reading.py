"""What a posted page of a check-in says, read strictly. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plans.domain.checkins.instrument import Item, Kind, Page
from plans.domain.checkins.spec import QuestionnaireSpec


@dataclass(frozen=True, slots=True)
class PageReading:
    """What a posted page says: good answers by item, and for each bad or missing one a code.

    Codes: "choose" (nothing chosen), "unknown" (not an answer of ours), "twice", "too_long", "signs".
    """

    answers: dict[str, str]
    problems: dict[str, str]


def read_page(spec: QuestionnaireSpec, page: Page, posted: Mapping[str, Sequence[str]]) -> PageReading:
    """Read a posted page strictly: good answers are kept even when others are missing, so that none is lost."""
    items = spec.questionnaire(page.questionnaire).items
    good: dict[str, str] = {}
    problems: dict[str, str] = {}
    for code in page.items:
        values = [value for value in posted.get(code, ()) if value != ""]
        if len(values) > 1:
            problems[code] = "twice"
        elif not values:
            if not items[code].optional:
                problems[code] = "choose"
        else:
            value, problem = _read(items[code], values[0])
            if problem:
                problems[code] = problem
            elif value:
                good[code] = value
    return PageReading(answers=good, problems=problems)


def _read(item: Item, raw: str) -> tuple[str, str]:
    if item.kind is not Kind.TEXT:
        return (raw, "") if item.takes(raw) else ("", "unknown")
    text = raw.replace("\r\n", "\n").replace("\r", "\n").strip()
    if any(not _plain(sign) for sign in text):
        return "", "signs"
    return (text, "") if item.takes(text) else ("", "too_long")


def _plain(sign: str) -> bool:
    """No control characters, lone surrogates or signs that turn the direction of text around."""
    point = ord(sign)
    if sign in "\n\t":
        return True
    bidi = 0x202A <= point <= 0x202E or 0x2066 <= point <= 0x2069
    return not (point < 0x20 or 0x7F <= point < 0xA0 or 0xD800 <= point <= 0xDFFF or bidi)
