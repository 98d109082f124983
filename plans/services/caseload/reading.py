"""Pages of the caseload: a list is chosen by part and drug, sorted, searched and paged by key.

Every list and order has its index, and every list its count, so that a page costs the same in a clinic of any size.
Patients whose rows wait to be written (they are marked, or their places are those of a day gone by) are put in their
places of now. That is done for a hundred of them. When more wait, as after midnight where a whole clinic changes on
one day, the lists are those of before for the minutes until the tick has written them, and say so; what is shown of
each patient is right all the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan

from plans.domain.json import JsonObject
from plans.domain.review.calls import NO_WORRY, Stand
from plans.domain.taper import catalogue
from plans.domain.text import fold
from plans.models import CaseloadCount, CaseloadEntry, CaseloadMark, CaseloadRow, Patient
from plans.services import clock, paging
from plans.services.access import check_may
from plans.services.actors import Actor, May
from plans.services.caseload import projection, standing
from plans.services.caseload.rows import CaseRow, case_row
from plans.services.caseload.standing import (
    CALLS,
    EVERYBODY,
    CaseloadShow,
    Places,
    Sort,
    list_key,
    owner_part,
)
from plans.services.paging import Page
from plans.services.plans import taken
from plans.services.plans.taken import DoseTaken

PAGE: Final = 25
# So many patients whose rows wait are put in their places by a page.
MOST_LATE: Final = 100
# A search that finds more is one of a letter or two, and is not counted.
MOST_FOUND: Final = 1000
_FIELD: Final = {Sort.FLAG: "priority", Sort.CHANGE: "change_on", Sort.ANSWER: "answer_rank"}

_WORRY: Final = "worry"
T = TypeVar("T")
# Makes a row of a list from a patient, their facts, the time, and the dose on record as taken.
Make = Callable[[Patient, JsonObject, datetime, DoseTaken | None], T]

# Any: a place in an order, as (value of the sort, name, key): what the first is depends on the sort.
Place = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class CaseloadView:
    """A page of a list with what stands around it: how many each part holds, and the drugs to choose from.

    `behind`: more rows wait to be written than a page puts in their places, so that lists may not be whole.
    """

    page: Page[CaseRow]
    counts: Mapping[str, int]
    drugs: tuple[str, ...]
    behind: bool


@dataclass(frozen=True, slots=True)
class CallsView(Generic[T]):
    """A page of a part of the list of calls, with how many each part holds; `behind` as in `CaseloadView`."""

    page: Page[T]
    counts: Mapping[Stand, int]
    behind: bool


@dataclass(frozen=True, slots=True)
class _Late:
    """A patient whose stored places do not count: the places of now, and what the row would hold."""

    places: Places
    sort_key: str
    search: str
    facts: JsonObject


@dataclass(frozen=True, slots=True)
class _Moment:
    """What every list of a clinic is read with: the time, and the patients whose rows are late."""

    clinic: UUID
    now: datetime
    late: Mapping[UUID, _Late]
    behind: bool


def caseload(
    actor: Actor,
    *,
    q: str = "",
    show: str = "all",
    drug: str = "",
    sort: str = "flag",
    key: str | None = None,
    size: int = PAGE,
) -> Page[CaseRow]:
    """A page of the caseload: patients with the most urgent open item first, or as `sort` says, then by name."""
    return caseload_view(actor, q=q, show=show, drug=drug, sort=sort, key=key, size=size).page


def caseload_view(
    actor: Actor,
    *,
    q: str = "",
    show: str = "all",
    drug: str = "",
    sort: str = "flag",
    key: str | None = None,
    size: int = PAGE,
) -> CaseloadView:
    """The same with the counts of all parts. What is no part, order or drug means the usual one."""
    check_may(actor, May.LOOK)
    moment = _moment(actor.home, clock.now())
    part = CaseloadShow(show) if show in {one.value for one in CaseloadShow} else CaseloadShow.ALL
    by = Sort(sort) if sort in {one.value for one in Sort} else Sort.FLAG
    words = fold(q).split()[:6]
    parts = {one: _part(one, actor) for one in CaseloadShow}
    drugs = {name: list_key(moment.clinic, CaseloadShow.ALL, name) for name in catalogue.names()}
    lists = {one: list_key(moment.clinic, code) for one, code in parts.items()}
    code = EVERYBODY if words and part is CaseloadShow.ALL else parts[part]
    chosen = list_key(moment.clinic, code, drug if drug in drugs else "")
    counts = _counts(moment, {*lists.values(), *drugs.values(), chosen})
    found = _List(moment, chosen, _FIELD.get(by), words, counts[chosen], case_row)
    return CaseloadView(
        page=found.page(paging.read_key(key), size),
        counts={one.value: counts[key_] for one, key_ in lists.items()},
        drugs=tuple(name for name, key_ in drugs.items() if counts[key_]),
        behind=moment.behind,
    )


def calls_view(
    actor: Actor, make: Make[T], *, stand: Stand, q: str = "", key: str | None = None, size: int = PAGE
) -> CallsView[T]:
    """A page of those who are to be called now, later, or not at all, in the order in which they are called."""
    check_may(actor, May.LOOK)
    moment = _moment(actor.home, clock.now())
    lists = {one: list_key(moment.clinic, part) for one, part in CALLS.items()}
    counts = _counts(moment, set(lists.values()))
    found = _List(moment, lists[stand], _WORRY, fold(q).split()[:6], counts[lists[stand]], make)
    return CallsView(
        page=found.page(paging.read_key(key), size),
        counts={one: counts[key_] for one, key_ in lists.items()},
        behind=moment.behind,
    )


def calls_key(clinic_id: UUID) -> UUID:
    """The key of the list of those whom a clinic is to call now."""
    return list_key(clinic_id, CALLS[Stand.NOW])


def _part(part: CaseloadShow, actor: Actor) -> str:
    return owner_part(actor.member_id) if part is CaseloadShow.MINE else part.value


def _moment(clinic: UUID, now: datetime) -> _Moment:
    marks = CaseloadMark.objects.filter(patient__clinic=clinic).values_list("patient_id", flat=True)
    marked = set(marks.distinct()[: MOST_LATE + 1])
    gone_by = CaseloadRow.objects.filter(clinic=clinic, stale_at__lte=now).exclude(pk__in=marked)
    stale = list(gone_by[: MOST_LATE + 1])
    if len(marked) + len(stale) > MOST_LATE:
        return _Moment(clinic, now, {}, behind=True)
    known = [row for row in stale if _readable(row.facts)]
    late = {
        row.pk: _Late(standing.places(row.facts, row.owner_id, now), row.sort_key, row.search, row.facts)
        for row in known
    }
    unknown = marked | {row.pk for row in stale} - late.keys()
    return _Moment(clinic, now, late | _anew(clinic, unknown, now), behind=False)


def _readable(facts: JsonObject) -> bool:
    """Whether this release wrote them, or one like it: while one follows another, both serve."""
    return facts.get("shape") == standing.SHAPE


def _anew(clinic: UUID, marked: Collection[UUID], now: datetime) -> dict[UUID, _Late]:
    """Marked patients as their rows will be."""
    if not marked:
        return {}
    patients = list(Patient.objects.filter(clinic=clinic, pk__in=marked))
    return {
        made.key: _Late(made.places, made.row.sort_key, made.row.search, made.row.facts)
        for made in projection.make(patients, now)
    }


def _counts(moment: _Moment, keys: Collection[UUID]) -> dict[UUID, int]:
    """How many each of these lists holds, with late patients where they stand now."""
    rows = CaseloadCount.objects.filter(list_key__in=keys).values_list("list_key").annotate(n=Sum("n"))
    found = dict.fromkeys(keys, 0) | dict(rows)
    if moment.late:
        stored = CaseloadEntry.objects.filter(row__in=list(moment.late), list_key__in=keys)
        for key in stored.values_list("list_key", flat=True):
            found[key] -= 1
        for late in moment.late.values():
            for key in late.places.lists(moment.clinic) & found.keys():
                found[key] += 1
    return found


class _List(Generic[T]):
    """One list in one order, perhaps searched. `field` is what it is sorted by before the name, if anything."""

    def __init__(
        self,
        moment: _Moment,
        key: UUID,
        field: str | None,
        words: list[str],
        count: int,
        make: Make[T],
    ) -> None:
        self._moment, self._key, self._field, self._words = moment, key, field, words
        self._count, self._make = count, make
        self._order = (*((field,) if field else ()), "sort_key", "row_id")

    def page(self, place: paging.Key, size: int) -> Page[T]:
        """The page after a place."""
        after = self._place_of(place.after) if place.after is not None else None
        if after is None:
            place = paging.START
        found, total, counted = self._found(after, size)
        keys, more = [one[-1] for one in found[:size]], len(found) > size
        rows = self._rows(keys)
        return Page(
            rows=tuple(rows[key] for key in keys if key in rows),
            next_key=paging.write_key(keys[-1], place.seen + size) if more else None,
            total_capped=total,
            more=more,
            seen=place.seen,
            exact=counted,
        )

    def _found(self, after: Place | None, size: int) -> tuple[list[Place], int, bool]:
        """The places of up to `size` + 1 patients after one, how many there are, and whether all were counted."""
        if not self._words:
            return self._merged(self._stored(after)[: size + 1], self._late(after), size), self._count, True
        rows = CaseloadRow.objects.filter(clinic=self._moment.clinic)
        for word in self._words:
            rows = rows.filter(search__contains=word)
        keys = list(rows.values_list("pk", flat=True)[: MOST_FOUND + 1])
        if len(keys) > MOST_FOUND:
            stored = self._stored(after)
            for word in self._words:
                stored = stored.filter(row__search__contains=word)
            return self._merged(stored[: size + 1], self._late(after), size), paging.COUNTED + 1, False
        every = sorted([*self._stored(None).filter(row__in=keys), *self._late(None)])
        first = bisect_right(every, after) if after is not None else 0
        return every[first : first + size + 1], len(every), True

    def _stored(self, after: Place | None) -> QuerySet[CaseloadEntry, Place]:
        rows = CaseloadEntry.objects.filter(list_key=self._key)
        if self._field == _WORRY:
            # Says that the index of those who are called will do.
            rows = rows.filter(worry__lt=NO_WORRY)
        if self._moment.late:
            rows = rows.exclude(row__in=list(self._moment.late))
        if after is not None:
            rows = rows.filter(TupleGreaterThan(Tuple(*self._order), after))
        return rows.order_by(*self._order).values_list(*self._order)

    def _late(self, after: Place | None) -> list[Place]:
        """The places of late patients who belong to the list, in order."""
        found = [
            self._place(key, late)
            for key, late in self._moment.late.items()
            if self._key in late.places.lists(self._moment.clinic)
            and all(word in late.search for word in self._words)
        ]
        return sorted(one for one in found if after is None or one > after)

    def _place(self, key: UUID, late: _Late) -> Place:
        value = (getattr(late.places, self._field),) if self._field else ()
        return (*value, late.sort_key, key)

    @staticmethod
    def _merged(stored: Collection[Place], late: list[Place], size: int) -> list[Place]:
        return sorted([*stored, *late[: size + 1]])[: size + 1] if late else list(stored)

    def _place_of(self, key: UUID) -> Place | None:
        """Where a patient of this clinic stands in the order now, in the list still or not."""
        if key in self._moment.late:
            return self._place(key, self._moment.late[key])
        fields = (*self._order[:-1], "pk")
        rows = CaseloadRow.objects.filter(clinic=self._moment.clinic, pk=key)
        return rows.values_list(*fields).first()

    def _rows(self, keys: list[UUID]) -> dict[UUID, T]:
        late, now = dict(self._moment.late), self._moment.now
        rows = Patient.objects.filter(clinic=self._moment.clinic, pk__in=keys)
        patients = list(rows.select_related("owner", "caseload_row"))
        anew = {one.pk for one in patients if one.pk not in late and not _readable(one.caseload_row.facts)}
        if self._moment.behind:
            anew |= set(CaseloadMark.objects.filter(patient__in=keys).values_list("patient_id", flat=True))
        late |= _anew(self._moment.clinic, anew, now)
        rows_of = [
            (one, late[one.pk].facts if one.pk in late else one.caseload_row.facts) for one in patients
        ]
        told = _taken([facts for _patient, facts in rows_of])
        return {one.pk: self._make(one, facts, now, told.get(one.pk)) for one, facts in rows_of}


def _taken(facts: Collection[JsonObject]) -> dict[UUID, DoseTaken]:
    """What is on record as really taken, by the patient's key. Read from the truth: few patients have such a record,
    and whether it differs from the plan depends on the hours of the day too, which the facts leave out."""
    return taken.current_by_patient(one["plan"]["plan"] for one in facts if one["plan"] is not None)
