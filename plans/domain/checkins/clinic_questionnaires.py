"""A clinic's own questions, as written on its settings page: a text, one of a fixed set of answer kinds, and a place.

Each becomes a questionnaire with one item in the file format of `instrument_file`, versioned and never edited.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from plans.domain.checkins.instrument import FORMS, PLACES, Kind, Questionnaire
from plans.domain.errors import TaperplanError
from plans.domain.text import BadText, clean_line

WORDING_MOST: Final = 160
ASKED_MOST: Final = 10
"""The most questions of its own that a clinic may ask at once, so that check-ins stay short."""
SOURCE: Final = "Written by the clinic"


class Answer(StrEnum):
    """How a clinic's own question is answered."""

    YES_NO = "yes_no"
    AMOUNT = "amount"
    DAYS = "days"
    TIMES = "times"
    TEXT = "text"


_YES_NO: Final = (("no", "No", "No"), ("yes", "Yes", "Sí"))
_AMOUNT: Final = (
    ("0", "None", "Nada"), ("1", "Mild", "Leve"), ("2", "Moderate", "Regular"), ("3", "Severe", "Fuerte"),
    ("4", "Very severe", "Muy fuerte"),
)  # fmt: skip
_MOST: Final = {Answer.DAYS: 7, Answer.TIMES: 20}


class TooManyItems(TaperplanError):
    """More questions of its own than a clinic may ask at once: fact `most`."""

    code = "too_many_items"
    shown = frozenset({"most"})


@dataclass(frozen=True, slots=True)
class OwnItem:
    """One question. `spanish` may be empty: then it is asked in English only.

    `after`: one of PLACES. `only`: "baseline" (first check-in and last dose) or "" (each check-in). `taking`: asked
    while a dose is planned.
    """

    english: str
    spanish: str
    answer: Answer
    after: str
    only: str
    taking: bool


def check(item: OwnItem) -> OwnItem:
    """The question with its texts cleaned. Raises BadText with `where` the field."""
    if item.after not in PLACES:
        raise BadText(where="after", why="not_a_choice")
    if item.only not in ("", *FORMS):
        raise BadText(where="only", why="not_a_choice")
    return replace(
        item,
        english=clean_line(item.english, where="english", most=WORDING_MOST),
        spanish=clean_line(item.spanish, where="spanish", most=WORDING_MOST, required=False),
    )


def write(item: OwnItem, *, code: str, version: int) -> str:
    """The question as the text of a questionnaire file. The item's code is the questionnaire's with "_q" appended."""
    both = bool(item.spanish)
    lines = [
        f"code = {_quoted(code)}",
        f"version = {version}",
        'recall = "7 days"',
        'licence = "Written by the clinic for its own use"',
        f"source = {_quoted(SOURCE)}",
        f"languages = {json.dumps(['en', 'es'] if both else ['en'])}",
        *_texts("title", "One more question", "Una pregunta más", both=both),
        f"after = {_quoted(item.after)}",
        *([f"only = {_quoted(item.only)}"] if item.only else []),
        f'pages = [{{ code = "{code}_page", items = ["{code}_q"] }}]',
    ]
    scale = {Answer.YES_NO: _YES_NO, Answer.AMOUNT: _AMOUNT}.get(item.answer)
    if scale is not None:
        lines += [f"[scales.{item.answer.value}]", "options = ["]
        for value, english, spanish in scale:
            texts = ", ".join(_texts("text", english, spanish, both=both))
            lines.append(f"  {{ value = {_quoted(value)}, {texts} }},")
        lines.append("]")
    lines += ["[[items]]", f'code = "{code}_q"', *_texts("text", item.english, item.spanish, both=both)]
    if item.taking:
        lines.append('when = "taking"')
    match item.answer:
        case Answer.TEXT:
            lines += ['kind = "text"', "max_length = 2000", "optional = true"]
            lines += _texts(
                "hint",
                "We do not read this straight away. In danger now? Use the numbers below.",
                "No lo leemos enseguida. ¿Está en peligro ahora? Use los números de abajo.",
                both=both,
            )
        case Answer.DAYS | Answer.TIMES:
            lines += ['kind = "number"', "minimum = 0", f"maximum = {_MOST[item.answer]}"]
        case _:
            lines.append(f"scale = {_quoted(item.answer.value)}")
    return "\n".join(lines) + "\n"


def read(made: Questionnaire) -> OwnItem | None:
    """The question that a questionnaire was written from; None for one that was loaded from a file."""
    only = list(made.items.values())
    if made.source != SOURCE or [item.code for item in only] != [f"{made.code}_q"]:
        return None
    item = only[0]
    if item.kind is Kind.TEXT:
        answer = Answer.TEXT
    elif item.kind is Kind.NUMBER:
        answer = next((one for one, most in _MOST.items() if most == item.maximum), Answer.TIMES)
    else:
        answer = Answer.YES_NO if len(item.options) == len(_YES_NO) else Answer.AMOUNT
    texts = item.texts
    return OwnItem(
        english=texts["en"],
        spanish=texts.get("es", ""),
        answer=answer,
        after=made.after or PLACES[-1],
        only=made.only,
        taking=item.when == "taking",
    )


def _texts(key: str, english: str, spanish: str, *, both: bool) -> list[str]:
    return [f"{key}.en = {_quoted(english)}", *([f"{key}.es = {_quoted(spanish)}"] if both else [])]


def _quoted(text: str) -> str:
    # A basic string in TOML is written like a string in JSON.
    return json.dumps(text, ensure_ascii=False)
