"""Checks that the database server does not log statements, which contain answers and names.

Django puts values into the statements it sends. With default settings a server logs each statement that fails, also
through deadlocks and time-outs, and the values of a duplicate key.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.db import connection

_KEEPS_QUIET: Final[dict[str, tuple[str, Callable[[str], bool]]]] = {
    "log_min_error_statement": ("panic", "panic".__eq__),
    "log_error_verbosity": ("terse", "terse".__eq__),
    "log_statement": ("none", {"none", "ddl"}.__contains__),
    "log_min_duration_statement": ("-1", "-1".__eq__),
    "log_min_duration_sample": ("-1", "-1".__eq__),
    "log_transaction_sample_rate": ("0", "0".__eq__),
    "log_parameter_max_length_on_error": ("0", "0".__eq__),
    "debug_print_parse": ("off", "off".__eq__),
    "debug_print_rewritten": ("off", "off".__eq__),
    "debug_print_plan": ("off", "off".__eq__),
    "auto_explain.log_min_duration": ("-1", "-1".__eq__),
}
"""Settings by name: the value to set, and whether a value keeps statements out of the log."""


def talkative() -> tuple[str, ...]:
    """The settings that let statements into the server's log, as "name=required value"; empty if none does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(_KEEPS_QUIET)])
        found = dict(cursor.fetchall())
    return tuple(
        f"{name}={instead}"
        for name, (instead, quiet) in _KEEPS_QUIET.items()
        if name in found and not quiet(found[name])
    )
