"""The names of the published schedules, apart from what reads their files: a request may name only one of these."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "published"


@cache
def names() -> tuple[str, ...]:
    """The names of all published schedules, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))
