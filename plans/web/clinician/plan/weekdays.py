"""Days of the week in the plan form, typed as words: on which days a dose is taken, and nights off at the end."""

from __future__ import annotations

import re
from typing import Final

from plans.domain.errors import TaperplanError
from plans.domain.taper import reading
from plans.domain.taper.refusals import Duplicate, NotOneOf
from plans.domain.taper.weekdays import WEEKDAYS, Weekdays

SHORT: Final = tuple(day[:3] for day in WEEKDAYS)
_BETWEEN: Final = re.compile(r"[\s,+/]+|\band\b")


def read_weekdays(text: str) -> list[str]:
    """The days that a text names, short or whole ("mon wed fri"), as the request writes them.

    Raises NotOneOf for any other word, Duplicate for a day twice.
    """
    names = [_name(word) for word in _BETWEEN.split(text.lower()) if word]
    for name in names:
        if names.count(name) > 1:
            raise Duplicate(what=name)
    return sorted(names, key=WEEKDAYS.index)


def _name(word: str) -> str:
    for short, day in zip(SHORT, WEEKDAYS, strict=True):
        if word in (short, day):
            return day
    raise NotOneOf(raw=reading.echo(word), allowed=list(SHORT))


def weekdays_text(weekdays: Weekdays) -> str:
    """Days as `read_weekdays` reads them: "mon wed fri"."""
    return " ".join(SHORT[day] for day in weekdays.days)


def read_stages(text: str) -> list[list[str]]:
    """Lines of days of the week, one a stage. Raises TaperplanError with the line's number in `where`."""
    found = []
    for n, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found.append(read_weekdays(line))
        except TaperplanError as refusal:
            refusal.where = f"line {n}"
            raise
    return found
