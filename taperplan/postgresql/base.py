"""The wrapper around a connection: whatever changes what the caseload shows writes its rows in the same transaction.

This is the one hook. Triggers note which patients a transaction changed; here the transaction is about to be committed,
all else is written, and services write the rows of those patients. Nobody who changes something has to remember it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.db import transaction
from django.db.backends.postgresql import base

# The tables that the caseload is made from, as far as rows of them mark patients; a migration made the triggers.
SOURCES: Final = (
    "plans_patient",
    "plans_plan",
    "plans_occasion",
    "plans_checkin",
    "plans_reviewitem",
    "plans_takendose",
    "plans_carechange",
    "plans_plannedvisit",
    "plans_call",
)
_CHANGES: Final = ("INSERT", "UPDATE", "DELETE", "WITH")


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that knows whether its transaction changed a row that the caseload is made from."""

    # Any: settings of a database as Django has them.
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._touched = self._writing = False
        self.rows_later = False
        """Whether rows of the caseload are left to whoever set it: months of made-up days that nobody reads yet."""
        self.execute_wrappers.append(self._notice)

    # Any: a statement, its parameters and its result as Django hands them to a wrapper.
    def _notice(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        if self._writing or self.rows_later or not _changes_a_source(sql):
            return execute(sql, params, many, context)
        if not self.in_atomic_block and self.get_autocommit():
            # A statement of its own would be committed with its marks and without its rows.
            with transaction.atomic(using=self.alias):
                self._touched = True
                return execute(sql, params, many, context)
        self._touched = True
        return execute(sql, params, many, context)

    def commit(self) -> None:
        """Commit, with the rows of the caseload."""
        self._write_caseload()
        super().commit()

    def rollback(self) -> None:
        """Roll back: nothing was changed."""
        self._touched = False
        super().rollback()

    def savepoint_commit(self, sid: str) -> None:
        """Release a savepoint. In a test that is rolled back the outermost one stands for the transaction."""
        around = self.atomic_blocks[-1:]
        if around and getattr(around[0], "_from_testcase", False):
            self._write_caseload()
        super().savepoint_commit(sid)

    def _write_caseload(self) -> None:
        if not self._touched or self._writing:
            return
        # Services read models, which are ready only after the first connection was made.
        from plans.services.caseload import projection  # noqa: PLC0415 - as said above

        self._touched, self._writing = False, True
        try:
            projection.write_marked()
        finally:
            self._writing = False


# Any: as Django hands it over; a statement composed by psycopg is none of ours.
def _changes_a_source(sql: Any) -> bool:
    return isinstance(sql, str) and sql.lstrip().startswith(_CHANGES) and any(one in sql for one in SOURCES)
