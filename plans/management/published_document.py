"""Writes `docs/published-schedules.md`: a table of every published schedule, and how many of them come out as
printed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.utils import translation

from plans.domain.taper.methods.typed import Typed
from plans.domain.taper.published.files import PublishedSchedule, schedules
from plans.wording.published import SOURCE_KINDS
from plans.wording.taper import mark_words

_DOCUMENT: Final = """# Published schedules

Written by `python manage.py diagrams` from the files in `plans/domain/taper/published`; a test compares this file with
them, and another one makes each schedule and compares it with what its source prints: totals, days, times of day, and
tablets where the source names them. The dose at the start is kept for one interval first, as in every plan.

A schedule is offered because somebody published it, not because it suits a person, and its mark says how well we know
what it prints. "Method": a method of ours makes it from a few figures. "Name": its rows are kept, because no method
makes them. Where what we make differs from what is printed, the last column says where and why.

{count}
| name | drug | what | source | made by | differs |
|---|---|---|---|---|---|
{rows}
## Not here

Of the first 24, and of the Ashton Manual's schedules:

{left_out}"""

_FIRST: Final = 24
_LEFT_OUT: Final = (
    ("lorazepam 2 mg on Monday, Wednesday and Friday (droracle.ai 208000)",
     "a dose on some days of the week: no method makes it"),
    ("lorazepam 2 mg four times a week, by 0.1 mg (droracle.ai 207807)",
     "a dose on some days of the week: no method makes it"),
    ("Ashton schedule 1, alprazolam 6 mg to diazepam", "its stages could not be read"),
    ("Ashton schedules 2, 3 and 12", "their stages could not be read"),
    ("WHO 2009, lormetazepam 0.75 mg for diazepam 5 mg",
     "an equivalent, no schedule: it stands in the table `who_2009`"),
)  # fmt: skip


def document() -> str:
    """The expected text of docs/published-schedules.md."""
    with translation.override("en"):
        found = schedules()
        return _DOCUMENT.format(
            count=_count(found),
            rows="".join(map(_row, found)),
            left_out="".join(f"- {what}: {why}\n" for what, why in _LEFT_OUT),
        )


def _count(found: tuple[PublishedSchedule, ...]) -> str:
    first, further = ([one for one in found if one.gathered == n] for n in (1, 2))
    return (
        f"Of the {_FIRST} schedules gathered first, {len(first)} have a file: {_made(first)}. "
        f"Of {len(further)} gathered after them, {_made(further)}.\n"
    )


def _made(found: Iterable[PublishedSchedule]) -> str:
    whole = [one for one in found if not one.differs]
    by_name = sum(isinstance(one.asked.method, Typed) for one in whole)
    return f"{len(whole)} are made as printed ({len(whole) - by_name} by a method, {by_name} by name)"


def _row(one: PublishedSchedule) -> str:
    by = "name" if isinstance(one.asked.method, Typed) else one.asked.method.name.replace("_", " ")
    differs = "; ".join(f"row {part.step}, {part.what.value}: {part.why}" for part in one.differs)
    source = f"{one.source}. {one.origin}, {SOURCE_KINDS[one.kind]}, {mark_words(one.mark)}."
    said = f"{one.title}. {one.chosen}" if one.chosen else f"{one.title}."
    return f"| `{one.name}` | {one.drug} | {said} | {source} | {by} | {differs} |\n"
