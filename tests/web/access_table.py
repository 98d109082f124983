"""What the access matrix says, read from access_matrix.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from tests.web.access_world import ACTORS, DERIVED, METHODS, Route

TABLE: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("access_matrix.toml").read_text(encoding="utf-8")
)


# What somebody in the middle of signing in gets otherwise than anybody who never began.
_HALFWAY = {
    "mfa_authenticate": {"GET": "200", "HEAD": "200", "POST": "200", "PUT": "405", "DELETE": "405"},
    # On to the step that is missing.
    **{name: dict.fromkeys(METHODS, "302") for name in ("account_login", "mfa_login_webauthn")},
}


def expected(route: Route, method: str) -> dict[str, str]:
    """What each actor gets, from the table."""
    found = [line for methods, line in TABLE[route.name].items() if method in methods.split("_")]
    assert len(found) == 1, f"{route.name}: {method} stands in {len(found)} lines"
    said = found[0].split()
    table = dict.fromkeys(ACTORS, said[1]) if said[0] == "everybody" else dict(zip(ACTORS, said, strict=True))
    gate = getattr(route.view, "gate", ("none",))[0]
    # Without a required second step: as if signed out, but sent to set one up; what is nobody's own is open as to all.
    closed = gate in ("staff", "signed_in") and table["anonymous"] == "login"
    return {
        **table,
        "unfactored": "account" if closed else table["foreign"],
        "halfway": _HALFWAY.get(route.name, {}).get(method, table["anonymous"]),
    }


def size() -> int:
    """How many cells the table has: routes, times methods, times actors, with those that have no column."""
    actors = len(ACTORS) + len(DERIVED)
    rows = (row for name, row in TABLE.items() if name != "columns")
    return actors * sum(len(methods.split("_")) for row in rows for methods in row)
