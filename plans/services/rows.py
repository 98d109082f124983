"""Processing rows one by one, each in its own transaction, in pages, so that a failing row does not block the
others."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any, Final
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q, QuerySet

log = logging.getLogger(__name__)

PAGE: Final = 200
# A tick does ten kinds of work within its minute; the next one finds what is left.
SECONDS: Final = 4.0


class RowsFailed(Exception):
    """All rows were processed, and `count` of them failed: each is logged, and is tried again next time."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} rows failed")
        self.count = count


# Any: rows of any model.
def in_pages(rows: QuerySet[Any], by: str) -> Iterator[UUID]:
    """The keys of `rows` in the order of (`by`, key), read page after page; rows may come and go meanwhile."""
    # Any: the value of whatever field the pages are ordered by.
    last: tuple[Any, UUID] | None = None
    ordered = rows.order_by(by, "id")
    while True:
        page = (
            ordered
            if last is None
            else ordered.filter(Q(**{f"{by}__gt": last[0]}) | Q(**{by: last[0], "pk__gt": last[1]}))
        )
        found = list(page.values_list(by, "pk")[:PAGE])
        yield from (pk for _, pk in found)
        if len(found) < PAGE:
            return
        last = found[-1]


def each(
    # Any: rows of any model, and whatever the act returns for one.
    rows: QuerySet[Any],
    by: str,
    # Any: as above.
    act: Callable[[UUID], Any],
    *,
    seconds: float = SECONDS,
    together: int = 1,
    # Any: as above.
) -> tuple[list[Any], int]:
    """Call `act` with each key in its own transaction; returns the results and the number of failures.

    A failing row is logged and skipped. `together` rows share a transaction, and so the wait for the disk, until one of
    them fails: then each gets its own. Raises OperationalError or InterfaceError if the database is gone: then no row
    is at fault.
    """
    # Any: as above.
    did: list[Any] = []
    failed = 0
    ends = time.monotonic() + seconds
    keys = in_pages(rows, by)
    while chunk := list(itertools.islice(keys, together)):
        done = _try(chunk, act)
        if done is None and len(chunk) > 1:
            alone = [_try([key], act) for key in chunk]
            failed += alone.count(None)
            did += [one[0] for one in alone if one is not None]
        elif done is None:
            failed += 1
        else:
            did += done
        if time.monotonic() >= ends:
            break
    return did, failed


def _try(keys: list[UUID], act: Callable[[UUID], object]) -> list[object] | None:
    """The results of `act` for these keys in one transaction; None if it failed and nothing was done."""
    try:
        with transaction.atomic():
            return [act(key) for key in keys]
    except Exception as error:
        # A deadlock or a statement time-out is this row's fault; a lost connection is not.
        if isinstance(error, OperationalError | InterfaceError) and not connection.is_usable():
            raise
        if len(keys) == 1:
            log.exception("row passed by until the next turn", extra={"row_id": str(keys[0])})
        return None


# Any: rows of any model.
def count_each(rows: QuerySet[Any], by: str, act: Callable[[UUID], bool], *, seconds: float = SECONDS) -> int:
    """How many of `rows` were changed by `act`. Raises RowsFailed at the end if any failed."""
    did, failed = each(rows, by, act, seconds=seconds)
    if failed:
        raise RowsFailed(failed)
    return sum(map(bool, did))
