"""What a test knows to be there, told to the type checker and failing by name where it is not."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def present(found: T | None) -> T:
    """The same thing, which is not None: a row's version, a step, a match of a pattern."""
    assert found is not None
    return found
