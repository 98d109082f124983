"""Every package has a front page (the docstring of its `__init__.py`), and the examples on it are true."""

from __future__ import annotations

import ast
import doctest
import importlib
from pathlib import Path

import pytest

from tests.architecture.test_shape import ROOT
from tests.sources import tree

# Where the whole package is a list of what Django or the tools look for by name.
_NO_STORY = {"plans", "plans/migrations", "plans/management", "plans/management/commands"}
PACKAGES = sorted(
    path.parent.relative_to(ROOT).as_posix()
    for folder in ("plans", "taperplan")
    for path in (ROOT / folder).rglob("__init__.py")
)
WITH_EXAMPLES = ["plans.domain", "plans.domain.taper", "plans.domain.checkins", "plans.domain.review"]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_front_page_are_true(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted
    assert found.failed == 0


def test_every_package_says_what_it_is_for() -> None:
    silent = [
        name
        for name in PACKAGES
        if name not in _NO_STORY and ast.get_docstring(tree(Path(ROOT, name, "__init__.py"))) is None
    ]
    assert silent == []
