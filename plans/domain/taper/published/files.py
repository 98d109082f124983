"""Strict reader of published schedules; names any unknown key, float, or request that the engine refuses.

Grammar of a file (`<name>.toml`):

    title = "Lorazepam 1 mg, by 0.25 mg"    what it is, in a line
    kind = KIND                             guideline, label, manual, trial or article (a page that is none of these)
    origin = "GB"                           the country it was published in
    mark = MARK                             verified (its figures were read in the source itself), second_hand,
                                            unverified (from memory, or not accessible to us)
    source = "…"                            who published it, and the address where it was read
    gathered = 1                            1 or 2: the batch it was collected in, for the count in the docs
    chosen = "…"                            our choices where the source leaves something open, if any
    goes_on = true                          the source stops at `printed`; left out if it prints the whole taper
    any_drug = true                         the source prints shares of the dose alone, for whatever drug; the drug and
                                            dose of the request are our example

    [request]                               keys of a taper request without `start` and `published`

    [[printed]]                             the steps printed after the dose at the start, as rows of the typed method:
    days = 14                               days (the days of zero do not count), and
    total_mg = "0.75"                       the day's total, or where times of day are printed
    doses = [{time, drug, dose_mg}]         each dose

    [[taken]]                               if the source prints tablets: the step (printed rows count from 1) and
    step = 1                                what is taken, written as in an answer
    take = "0.5 lorazepam tablet 1 mg"

    [[differs]]                             where our plan differs: the printed row, in what (total, days, times
    step = 4                                or onward: nothing after it is compared), and why
    what = "times"
    why = "…"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from plans.domain.errors import TaperError
from plans.domain.taper.catalogue_file import BadCatalogue
from plans.domain.taper.drug import SourceMark
from plans.domain.taper.methods.percent_of_current import PercentOfCurrent
from plans.domain.taper.methods.percent_of_original import PercentOfOriginal
from plans.domain.taper.methods.typed import Typed, TypedRow
from plans.domain.taper.published_names import FOLDER, names
from plans.domain.taper.refusals import ScheduleOfOtherDrug
from plans.domain.taper.request import Intake, TaperRequest

E = TypeVar("E", bound=StrEnum)
V = TypeVar("V")
# Any: a table as tomllib reads it; each key is checked where it is read.
Table = dict[str, Any]

# A start date used only to check that a file's request can be read; real requests have their own.
_ANY_DAY: Final = "2026-11-30"
_COUNTRY: Final = re.compile(r"[A-Z]{2}\Z")
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")


class SourceKind(StrEnum):
    """The kind of publication a schedule appeared in."""

    GUIDELINE = "guideline"
    LABEL = "label"
    MANUAL = "manual"
    TRIAL = "trial"
    ARTICLE = "article"


class DifferenceKind(StrEnum):
    """What differs between our step and the printed one; `onward`: nothing after it is compared."""

    TOTAL = "total"
    DAYS = "days"
    TIMES = "times"
    ONWARD = "onward"


@dataclass(frozen=True, slots=True)
class PrintedTake:
    """What a source prints for a step (printed rows count from 1), written as in an answer."""

    step: int
    take: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A printed row (from 1) that our plan does not match: in what, and why."""

    step: int
    what: DifferenceKind
    why: str


@dataclass(frozen=True, slots=True)
class PublishedSchedule:
    """One published taper; see the grammar above. `asked` is its request with a placeholder start date."""

    name: str
    title: str
    kind: SourceKind
    origin: str
    mark: SourceMark
    source: str
    gathered: int
    chosen: str
    goes_on: bool
    any_drug: bool
    request: Mapping[str, object]
    asked: TaperRequest
    printed: tuple[TypedRow, ...]
    taken: tuple[PrintedTake, ...]
    differs: tuple[Difference, ...]

    @property
    def drug(self) -> str:
        """The drug taken at the start."""
        return self.asked.regimen[0].drug

    def request_from(self, given: Mapping[str, object]) -> dict[str, object]:
        """A request for it; the given keys, such as the first day, override those of the file."""
        return {**self.request, "published": self.name, **given}

    def suits(self, drugs: Collection[str]) -> bool:
        """Whether it can be followed by a plan of these drugs: it is of its own drug alone, or of any drug."""
        return self.any_drug or set(drugs) <= {self.drug}

    def check_drugs(self, drugs: Collection[str]) -> None:
        """Raise ScheduleOfOtherDrug unless it suits a plan of these drugs."""
        if not self.suits(drugs):
            raise ScheduleOfOtherDrug(where="published", drug=self.drug, drugs=sorted(drugs))

    def followed_by(self, request: TaperRequest) -> bool:
        """Whether a request is for this schedule: its drug, method, crossover and end, and nothing put in between.

        Typed rows are amounts, so they are followed from the dose they begin at alone.
        """
        asked = self.asked
        same = (request.method, request.crossover, request.goal, request.end.stages) == (
            asked.method,
            asked.crossover,
            asked.goal,
            asked.end.stages,
        )
        from_there = not isinstance(asked.method, Typed) or a_week(request.regimen) == a_week(asked.regimen)
        return same and from_there and not request.pauses and self.suits(drugs_taken(request))

    def still_in(self, written: Mapping[str, object]) -> bool:
        """Whether a written request, possibly incomplete, is still for this schedule."""
        try:
            return self.followed_by(TaperRequest.from_json(dict(written)))
        except TaperError:
            return False


def drugs_taken(request: TaperRequest) -> frozenset[str]:
    """The drugs taken now, without one to switch to."""
    return frozenset(intake.drug for intake in request.regimen)


def a_week(regimen: Iterable[Intake]) -> int:
    """What a regimen takes in a week, in units of a dose, whatever the times of day."""
    return sum(intake.dose.units * len(intake.weekdays) for intake in regimen)


def followed(request: TaperRequest) -> PublishedSchedule | None:
    """The published schedule that a request names and is for; None if the request was changed."""
    found = schedule(request.published) if request.published else None
    return found if found is not None and found.followed_by(request) else None


def check_rows(request: TaperRequest) -> None:
    """Raise ScheduleOfOtherDrug for the typed rows, in mg, of another drug's schedule."""
    found = schedule(request.published) if request.published else None
    if found is not None and isinstance(found.asked.method, Typed) and found.asked.method == request.method:
        found.check_drugs(drugs_taken(request))


@cache
def schedule(name: str) -> PublishedSchedule:
    """The published schedule of a name from `names()`. Raises BadCatalogue."""
    return read_published(FOLDER / f"{name}.toml")


def schedules() -> tuple[PublishedSchedule, ...]:
    """All published schedules, by drug, then guidelines and labels before articles, then by name."""
    kinds = list(SourceKind)
    return tuple(sorted(map(schedule, names()), key=lambda one: (one.drug, kinds.index(one.kind), one.name)))


def read_published(path: Path) -> PublishedSchedule:
    """The schedule in a file. Raises BadCatalogue, naming the key."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadCatalogue(file=path.name, why="not_toml") from wrong
    return _Reader(path.stem, data).schedule()


class _Reader:
    """Walks one parsed file; every `take` removes a key, so that any key left over is unknown."""

    def __init__(self, stem: str, data: Table) -> None:
        self.stem = stem
        self.data = data

    def schedule(self) -> PublishedSchedule:
        data = self.data
        if not _NAME.match(self.stem):
            raise self._bad("name", "")
        request: Table = self._take(data, "request", dict, "")
        rows = self._take(data, "printed", list, "")
        made = PublishedSchedule(
            name=self.stem,
            title=self._text(data, "title", ""),
            kind=self._one_of(data, "kind", SourceKind, ""),
            origin=self._text(data, "origin", ""),
            mark=self._one_of(data, "mark", SourceMark, ""),
            source=self._text(data, "source", ""),
            gathered=self._take(data, "gathered", int, ""),
            chosen=self._text(data, "chosen", "") if "chosen" in data else "",
            goes_on=self._flag(data, "goes_on"),
            any_drug=self._flag(data, "any_drug"),
            request=request,
            asked=self._asked(request),
            printed=self._printed(rows),
            taken=tuple(self._taken(one, n, len(rows)) for n, one in self._list("taken")),
            differs=tuple(self._differs(one, n, len(rows)) for n, one in self._list("differs")),
        )
        if made.gathered not in (1, 2):
            raise self._bad("unreadable", "gathered")
        if not _COUNTRY.match(made.origin):
            raise self._bad("country", "origin")
        shares = isinstance(made.asked.method, PercentOfCurrent | PercentOfOriginal)
        if made.any_drug and (not shares or made.asked.crossover is not None):
            raise self._bad("unreadable", "any_drug")
        self._empty(data, "")
        return made

    def _flag(self, data: Table, key: str) -> bool:
        return self._take(data, key, bool, "") if key in data else False

    def _asked(self, request: Table) -> TaperRequest:
        for key in ("start", "published"):
            if key in request:
                raise self._bad("unknown_key", f"request.{key}")
        try:
            return TaperRequest.from_json({"start": _ANY_DAY, **request})
        except TaperError as refusal:
            raise self._bad(refusal.code, f"request.{refusal.where}") from refusal

    def _printed(self, rows: list[object]) -> tuple[TypedRow, ...]:
        try:
            return Typed.from_json({"name": "typed", "rows": rows}, "printed").rows
        except TaperError as refusal:
            raise self._bad(refusal.code, refusal.where.replace("printed.rows", "printed")) from refusal

    def _list(self, key: str) -> list[tuple[int, Table]]:
        found: list[Table] = self._take(self.data, key, list, "") if key in self.data else []
        return list(enumerate(found))

    def _taken(self, one: Table, n: int, most: int) -> PrintedTake:
        where = f"taken[{n}]"
        found = PrintedTake(self._step(one, where, most), self._text(one, "take", where))
        self._empty(one, where)
        return found

    def _differs(self, one: Table, n: int, most: int) -> Difference:
        where = f"differs[{n}]"
        found = Difference(
            self._step(one, where, most),
            self._one_of(one, "what", DifferenceKind, where),
            self._text(one, "why", where),
        )
        self._empty(one, where)
        return found

    def _step(self, one: Table, where: str, most: int) -> int:
        step = self._take(one, "step", int, where)
        if not 1 <= step <= most:
            raise self._bad("unreadable", f"{where}.step")
        return step

    def _one_of(self, table: Table, key: str, kind: type[E], where: str) -> E:
        raw = self._text(table, key, where)
        if raw not in tuple(kind):
            raise self._bad("unreadable", _at(where, key))
        return kind(raw)

    def _text(self, table: Table, key: str, where: str) -> str:
        text = self._take(table, key, str, where)
        if not text.strip() or "\n" in text:
            raise self._bad("unreadable", _at(where, key))
        return text

    def _take(self, table: Table, key: str, kind: type[V], where: str) -> V:
        value = table.pop(key, None)
        if type(value) is not kind:
            raise self._bad("missing", _at(where, key))
        return value

    def _empty(self, table: Table, where: str) -> None:
        if table:
            raise self._bad("unknown_key", _at(where, min(table)))

    def _bad(self, why: str, where: str) -> BadCatalogue:
        return BadCatalogue(where=where, file=f"{self.stem}.toml", why=why)


def _at(where: str, key: str) -> str:
    return f"{where}.{key}".lstrip(".")
