"""The sources of the project, each parsed once a process: a dozen tests read all of them."""

from __future__ import annotations

import ast
import functools
from pathlib import Path


def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return _tree(path.resolve())


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
