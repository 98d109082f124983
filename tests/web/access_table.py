"""What the access matrix says, read from access_matrix.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from tests.web.access_world import ACTORS, Route

TABLE: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("access_matrix.toml").read_text(encoding="utf-8")
)


def expected(route: Route, method: str) -> dict[str, str]:
    """What each actor gets, from the table."""
    found = [line for methods, line in TABLE[route.name].items() if method in methods.split("_")]
    assert len(found) == 1, f"{route.name}: {method} stands in {len(found)} lines"
    said = found[0].split()
    if said[0] == "everybody":
        return dict.fromkeys(ACTORS, said[1])
    return dict(zip(ACTORS, said, strict=True))


def size() -> int:
    """How many cells the table has: routes, times methods, times actors."""
    actors = len(TABLE["columns"].split())
    rows = (row for name, row in TABLE.items() if name != "columns")
    return actors * sum(len(methods.split("_")) for row in rows for methods in row)
