"""Rows that the clock works through, each in its own transaction: a broken one must not hold up those behind it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from uuid import UUID

from django.db import InterfaceError, OperationalError

log = logging.getLogger(__name__)


class RowsSetAside(RuntimeError):
    """Some rows could not be done and wait for the next tick; the others are done."""


def one_by_one(keys: Iterable[UUID], act: Callable[[UUID], bool], *, what: str) -> int:
    """Do `act` with every key; returns how often it did something. `act` makes its own transaction.

    A row that fails is logged and passed by; RowsSetAside is raised once all were tried, so that the step does not look
    alive. A database that is away raises at once.
    """
    done = failed = 0
    for key in keys:
        try:
            done += act(key)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            failed += 1
            log.exception("row set aside until the next tick", extra={"kind": what, "row_id": str(key)})
    if failed:
        raise RowsSetAside(f"{what}: {failed}")
    return done
