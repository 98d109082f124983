"""Working through rows one by one: each in its own transaction, in pages, and none hidden behind one that breaks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any, Final
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q, QuerySet

log = logging.getLogger(__name__)

PAGE: Final = 200
# A tick does ten kinds of work within its minute; what is left is found by the next one.
SECONDS: Final = 4.0


class RowsFailed(Exception):
    """All rows were worked through, and `count` of them failed: each is logged, and is tried again next time."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} rows failed")
        self.count = count


def in_pages(rows: QuerySet[Any], by: str) -> Iterator[UUID]:
    """The keys of `rows` in the order of (`by`, key), read page after page; rows may come and go meanwhile."""
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
    rows: QuerySet[Any], by: str, act: Callable[[UUID], Any], *, seconds: float = SECONDS
) -> tuple[list[Any], int]:
    """Call `act` with each key, in a transaction of its own; what each gave, and how many failed.

    A row that fails is logged and passed by. Raises OperationalError or InterfaceError when the database is gone:
    then no row is at fault.
    """
    did: list[Any] = []
    failed = 0
    ends = time.monotonic() + seconds
    for key in in_pages(rows, by):
        try:
            with transaction.atomic():
                did.append(act(key))
        except (OperationalError, InterfaceError):
            # A deadlock or a statement that took too long is this row's; a lost connection is nobody's.
            if not connection.is_usable():
                raise
            failed += 1
            log.exception("row passed by until the next turn", extra={"row_id": str(key)})
        except Exception:
            failed += 1
            log.exception("row passed by until the next turn", extra={"row_id": str(key)})
        if time.monotonic() >= ends:
            break
    return did, failed


def count_each(rows: QuerySet[Any], by: str, act: Callable[[UUID], bool], *, seconds: float = SECONDS) -> int:
    """How many of `rows` were changed by `act`. Raises RowsFailed at the end, if any failed."""
    did, failed = each(rows, by, act, seconds=seconds)
    if failed:
        raise RowsFailed(failed)
    return sum(map(bool, did))
