"""The names of the published schedules a request may follow, kept apart from the module that reads their files."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "published"


@cache
def names() -> tuple[str, ...]:
    """The names of all published schedules, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))
