"""Whether the connection to the database is encrypted."""

from __future__ import annotations

from django.db import connection


def is_encrypted() -> bool:
    """Whether this connection to PostgreSQL runs in TLS, as the server sees it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        found = cursor.fetchone()
    return bool(found and found[0])
