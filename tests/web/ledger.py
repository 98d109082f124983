"""One digest for each table's rows, to show that a GET changes nothing."""

from __future__ import annotations

from django.db import connection

# A GET writes sessions and rate limits; pulses say that a process is alive.
_WRITTEN_BY_LOOKING = {
    "django_session",
    "plans_patientsession",
    "cache_entries",
    "plans_heartbeat",
    "plans_auditevent",
    "plans_recordlook",
}


def rows() -> dict[str, str]:
    """Table name to the digest of its rows."""
    tables = sorted(set(connection.introspection.table_names()) - _WRITTEN_BY_LOOKING)
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{table}\" AS t"
                for table in tables
            )
        )
        return dict(cursor.fetchall())
