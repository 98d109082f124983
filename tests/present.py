"""Assert that a value is not None, for the type checker, with its name in the failure."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def present(found: T | None) -> T:
    """Return the value, which must not be None: a row's version, a step, a match of a pattern."""
    assert found is not None
    return found
