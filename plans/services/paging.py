"""Keyset pagination of long lists: the second page stays correct while rows come and go.

A key holds the UUID of the last row of the previous page and the number of rows up to it. It holds no sort value: names
must not be in addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

T = TypeVar("T")
RowT = TypeVar("RowT", bound=Model)

# Rows are counted up to this for "1 to 14 of 86"; beyond it the page says "more than".
COUNTED: Final = 1000


@dataclass(frozen=True, slots=True)
class Key:
    """Where a page starts: after the row `after`, with `seen` rows before it."""

    after: UUID | None = None
    seen: int = 0


START: Final = Key()


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list. `total_capped` counts at most COUNTED + 1 rows, or all if `exact`; `more`: another page
    follows."""

    rows: tuple[T, ...]
    next_key: str | None
    total_capped: int
    more: bool
    seen: int = 0
    exact: bool = False

    @property
    def first(self) -> int:
        """The number of the first row shown, from 1."""
        return self.seen + 1

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return self.seen + len(self.rows)

    @property
    def counted_all(self) -> bool:
        """Whether `total_capped` is the whole count."""
        return self.exact or self.total_capped <= COUNTED


@dataclass(frozen=True, slots=True)
class ListRun(Generic[RowT]):
    """A part of a list: `only` filters the rows and adds what `order` (as in `rows_after`) needs."""

    only: Callable[[QuerySet[RowT]], QuerySet[RowT]]
    order: Sequence[str]


def read_key(raw: str | None) -> Key:
    """Read the key in an address; anything invalid means the first page."""
    name, _, seen = (raw or "").partition(".")
    if len(name) != 32 or not seen.isascii() or not seen.isdigit() or len(seen) > 6:
        return START
    try:
        return Key(UUID(hex=name), int(seen))
    except ValueError:
        return START


def write_key(last: UUID, seen: int) -> str:
    """The key of the page after the row `last`, which was number `seen`."""
    return f"{last.hex}.{seen}"


def page_of(
    wanted: QuerySet[RowT],
    order: Sequence[str],
    make: Callable[[list[RowT]], Sequence[T]],
    *,
    every: QuerySet[RowT],
    key: str | None,
    size: int,
) -> Page[T]:
    """The page of `wanted` rows that begins after the row in `key`, each converted by `make`.

    The key's row is looked up among `every` row, whether still wanted or not; if it is gone, the page is the first.
    `order` as in `rows_after`.
    """
    whole: ListRun[RowT] = ListRun(lambda rows: rows, order)
    return page_of_runs(wanted, (whole,), make, every=every, key=key, size=size)


def page_of_runs(
    wanted: QuerySet[RowT],
    runs: Sequence[ListRun[RowT]],
    make: Callable[[list[RowT]], Sequence[T]],
    *,
    every: QuerySet[RowT],
    key: str | None,
    size: int,
) -> Page[T]:
    """Like `page_of`, for a list cut into consecutive runs.

    Every row must belong to exactly one run. What a run's order needs is looked up for its rows only.
    """
    place = read_key(key)
    begin, after = _where(runs, every, place)
    if after is None:
        place = START
    found: list[RowT] = []
    for run in runs[begin:]:
        rows = run.only(wanted).order_by(*run.order)
        if after is not None:
            rows, after = rows.filter(rows_after(after, run.order)), None
        found += rows[: size + 1 - len(found)]
        if len(found) > size:
            break
    # A first page that is not full contains everything.
    whole = place == START and len(found) <= size
    total = len(found) if whole else wanted[: COUNTED + 1].count()
    return cut(list(make(found)), [row.pk for row in found], key=place, size=size, total=total)


def _where(runs: Sequence[ListRun[RowT]], every: QuerySet[RowT], place: Key) -> tuple[int, RowT | None]:
    """The run that contains a key's row now, and the row as that run reads it; without a key the first run."""
    if place.after is not None:
        for n, run in enumerate(runs):
            row = run.only(every).filter(pk=place.after).first()
            if row is not None:
                return n, row
    return 0, None


def cut(rows: list[T], keys: list[UUID], *, key: Key, size: int, total: int) -> Page[T]:
    """A page from up to `size` + 1 rows and their keys."""
    shown = tuple(rows[:size])
    more = len(rows) > size
    return Page(
        rows=shown,
        next_key=write_key(keys[size - 1], key.seen + size) if more else None,
        total_capped=total,
        more=more,
        seen=key.seen,
    )


def rows_after(row: Model, order: Sequence[str]) -> Q:
    """The condition for rows after `row` in `order`; "-" before a field reverses it.

    The last field must be unique, or rows that tie would be lost between two pages.
    """
    found = Q()
    same: dict[str, object] = {}
    for name in order:
        field = name.lstrip("-")
        # Any: a field of any type, reached by its name.
        value: Any = reduce(getattr, field.split("__"), row)
        further = {f"{field}__{'lt' if name.startswith('-') else 'gt'}": value}
        found |= Q(**same, **further)
        same[field] = value
    return found
