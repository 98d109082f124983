"""The sources of the project, each parsed once a process: a dozen tests read all of them."""

from __future__ import annotations

import ast
import functools
import gc
from pathlib import Path


def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return _tree(path.resolve())


@functools.cache
def _tree(path: Path) -> ast.Module:
    # Trees are millions of objects that stay: collecting garbage would look through all of them again and again.
    gc.disable()
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    finally:
        gc.freeze()
        gc.enable()
