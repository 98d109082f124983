"""Writes `docs/rules.md`: tables of every flag rule, danger, limit and caution, from their specs and words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from django.utils import translation

from plans.domain.checkins.dangers import DANGERS, Danger
from plans.domain.checkins.flagging import FlagRule, FlagSpec
from plans.domain.checkins.flags import SPECS
from plans.domain.taper import cautions, limit_rules
from plans.wording.dangers import danger_words
from plans.wording.flags import flag_title

_DOCUMENT: Final = """# Rules

Written by `python manage.py diagrams` from the code; a test compares this file with it. Change the spec or its words,
then run the command.

## Flag rules

`plans/domain/checkins/flags`. A rule marked "at once" is asked whenever a page is saved, the others when a check-in is
sent or closed.

{flags}
## Dangers

`plans/domain/checkins/dangers.py`. The patient is told before the next question.

{dangers}
## Limits of a plan

`plans/domain/taper/limit_rules.py`. A note is read, a limit that needs a reason is signed with one, a plan past a
limit that refuses cannot be issued.

{limits}
## Cautions

`plans/domain/taper/cautions.toml`. What a clinician must see before tapering this person.

{cautions}"""


def document() -> str:
    """The expected text of docs/rules.md."""
    with translation.override("en"):
        return _DOCUMENT.format(flags=_flags(), dangers=_dangers(), limits=_limits(), cautions=_cautions())


def _flags() -> str:
    head = ("rule", "version", "priority", "filter", "at once", "patient sees", "looks for")
    return _table(head, map(_flag, SPECS.values()))


def _flag(spec: FlagSpec) -> tuple[str, ...]:
    return (
        spec.code,
        str(spec.version),
        spec.priority.value,
        spec.family.value if spec.family is not None else "",
        _yes(isinstance(spec, FlagRule) and spec.immediate),
        spec.screen.value,
        flag_title(spec.code),
    )


def _dangers() -> str:
    rows = ((one.code, ", ".join(_answers(one)), str(danger_words(one.code).heading)) for one in DANGERS)
    return _table(("danger", "answers", "page"), rows)


def _answers(danger: Danger) -> Iterator[str]:
    for item, values in danger.answers.items():
        yield f"{item} {'/'.join(sorted(values))}"


def _limits() -> str:
    rows = ((one.id, _plain(one.level), _plain(one.mark), one.source) for one in limit_rules.RULES.values())
    return _table(("limit", "asks for", "mark", "source"), rows)


def _cautions() -> str:
    rows = (
        (one.code, one.severity, _yes(one.must_sign), _plain(one.mark), one.source)
        for one in cautions.entries()
    )
    return _table(("caution", "level", "signed", "mark", "source"), rows)


def _plain(code: StrEnum) -> str:
    return code.value.replace("_", " ")


def _yes(so: bool) -> str:
    return "yes" if so else ""


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = tuple(head)
    return "\n".join((_row(names), _row("---" for _ in names), *map(_row, rows), ""))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
