"""The connection to PostgreSQL."""

from __future__ import annotations

from typing import Any

import dj_database_url

from taperplan import env


# Any: a database as Django settings describe it.
def connection(url: str, *, pool: int, password: str = "") -> dict[str, Any]:
    """The connection settings for `url`; with `pool` above 0 a pool of that size, opened at first use and so after a
    fork. `password`: in place of the URL's own."""
    # Any: as above.
    found: dict[str, Any] = dict(dj_database_url.parse(url))
    found["ENGINE"] = "taperplan.postgresql"
    if password:
        found["PASSWORD"] = password
    options = found.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", 5)
    options.setdefault("application_name", "taperplan")
    if env.flag("PREPARED_STATEMENTS", default=True):
        # Statements that run thousands of times are planned once per connection.
        options.setdefault("prepare_threshold", 5)
    statement_ms = env.number("STATEMENT_TIMEOUT_MS", 0, least=0, most=3_600_000)
    if statement_ms:
        options.setdefault("options", f"-c statement_timeout={statement_ms}")
    if pool:
        options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 10}
    else:
        found["CONN_MAX_AGE"] = env.number("CONN_MAX_AGE", 300, least=0, most=86_400)
        found["CONN_HEALTH_CHECKS"] = True
    return found
