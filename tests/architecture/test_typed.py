"""`Any` stands only where untyped data comes in, and says why; so does every suppressed complaint of a checker.

Code in a string is seen by no checker: what it imports is looked for here."""

from __future__ import annotations

import importlib
import io
import re
import tokenize
from collections.abc import Iterator
from typing import Final

from tests.architecture.test_shape import ROOT

FILES: Final = sorted(
    path
    for folder in ("plans", "taperplan")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
)


def unexplained(text: str) -> Iterator[int]:
    """The lines on which `Any` is used without `# Any: <why>` on the line or the one above."""
    lines = text.splitlines()
    named = {
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.NAME and token.string == "Any"
    }
    for number in sorted(named):
        if re.match(r"\s*(from typing import|Any,$)", lines[number - 1]):
            continue
        if not any(re.search(r"# Any: \w", line) for line in lines[max(number - 2, 0) : number]):
            yield number


def test_any_stands_nowhere_without_its_reason() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in FILES
        for number in unexplained(path.read_text("utf-8"))
    ]
    assert wrong == []


def test_every_suppression_says_why() -> None:
    """`# type: ignore[code]  # why` and `# noqa: CODE - why`; that each is needed, mypy and ruff see for themselves."""
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in FILES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if re.search(r"#\s*(type: ignore|noqa)", line)
        and not re.search(
            r"# type: ignore\[[\w, -]+\]  # \w|# noqa: [A-Z]+\d+(, [A-Z]+\d+)* (- |\s*# )\S", line
        )
    ]
    assert wrong == []


def test_an_any_without_a_reason_is_seen() -> None:
    assert list(unexplained("from typing import Any\nfound: Any = 1\n")) == [2]
    assert list(unexplained("# Any: as the library hands it over.\nfound: Any = 1\n")) == []
    assert list(unexplained("found: dict[str, Any] = {}  # Any: JSON\n")) == []
    assert list(unexplained('"""Any text."""\n')) == []


IMPORTS: Final = re.compile(r"[\";] ?from (plans[\w.]*) import ([\w, ]+)(?=;)")


def test_what_code_in_a_string_imports_is_there() -> None:
    found = [
        (module, name)
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for module, names in IMPORTS.findall(path.read_text("utf-8"))
        for name in names.split(", ")
    ]
    assert found
    missing = [one for one in found if not hasattr(importlib.import_module(one[0]), one[1])]
    assert missing == []
