"""The wrapper around a connection: what must happen in every transaction, and what nobody has to remember.

Whatever changes what the caseload shows writes its rows in the same transaction. Triggers note which patients a
transaction changed; when it is about to be committed, and all else is written, services write the rows of those.

And each transaction tells the database which clinics are open to the request that is being answered
(`plans.services.wall`), in front of its first statement and as part of it: no round trip more, and nothing that
outlives the transaction, so that a pooler may give the connection to somebody else after it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

from django.db import transaction
from django.db.backends.postgresql import base
from psycopg import sql as composed

from plans.services import wall

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
        # What the present transaction has told the database; None: unknown.
        self._told: tuple[str, str] | None = wall.CLOSED
        self.execute_wrappers += [self._notice, self._tell_wall]

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

    # Any: as above.
    def _tell_wall(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Run a statement with the wall as it stands for this request."""
        wanted, alone = wall.setting(), not self.in_atomic_block and self.get_autocommit()
        if wanted == (wall.CLOSED if alone else self._told) or _is_savepoint(sql):
            return execute(sql, params, many, context)
        inner = context["cursor"].cursor
        if many or getattr(inner, "name", None) is not None:
            # These cannot be put together with another statement.
            with transaction.atomic(using=self.alias):
                with self.connection.cursor() as cursor:
                    cursor.execute(_telling(wanted, None))
                self._told = wanted
                return execute(sql, params, many, context)
        threshold, self.connection.prepare_threshold = self.connection.prepare_threshold, None
        telling = _telling(wanted, wall.CLOSED if alone else self._told)
        self._told = None
        try:
            result = execute(_together(telling, sql), params, many, context)
        finally:
            self.connection.prepare_threshold = threshold
        # What the telling answered comes first.
        for _one in range(telling.count(";")):
            inner.nextset()
        self._told = wanted
        return result

    def _set_autocommit(self, autocommit: bool) -> None:
        self._told = wall.CLOSED
        super()._set_autocommit(autocommit)  # type: ignore[misc]  # the stubs do not know it

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # the same
        # The database takes back what it was told since.
        self._told = None

    def commit(self) -> None:
        """Commit, with the rows of the caseload."""
        self._write_caseload()
        super().commit()
        self._told = wall.CLOSED

    def rollback(self) -> None:
        """Roll back: nothing was changed."""
        self._touched, self._told = False, wall.CLOSED
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


_SAVEPOINTS: Final = ("SAVEPOINT", "RELEASE", "ROLLBACK")


# Any: as above.
def _is_savepoint(sql: Any) -> bool:
    """What also runs in a transaction that has failed, where nothing can be told."""
    return isinstance(sql, str) and sql.startswith(_SAVEPOINTS)


@functools.lru_cache(maxsize=1_000)
def _telling(wanted: tuple[str, str], told: tuple[str, str] | None) -> str:
    """What tells the database the settings that it has not been told. Keys of rows alone: nothing needs quoting."""
    clinics, person = wanted
    said = ""
    if told is None or told[0] != clinics:
        said += f"SET LOCAL taperplan.clinics = '{clinics}'; "
    if told is None or told[1] != person:
        said += f"SET LOCAL taperplan.person = '{person}'; "
    return said


# Any: as above.
def _together(first: str, sql: Any) -> Any:
    return first + sql if isinstance(sql, str) else composed.SQL(first) + sql
