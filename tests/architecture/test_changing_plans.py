"""docs/changing-plans.md says what is true: its tests exist, and its sentences are those of the product."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.test_docs import names_of_tests
from tests.sources import tree

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "changing-plans.md").read_text(encoding="utf-8")
MEETINGS = (
    "Two clinicians", "pressed twice", "dated back", "0 or 10,000 days", "before the morning dose",
    "after the morning dose", "second plan", "rebuilt while acts go on", "today's dose impossible", "29 February",
    "clocks change", "session ends", "mail server's hands", "being drawn", "400 check-ins",
)  # fmt: skip


def rows() -> list[list[str]]:
    """The rows of the table of bad input and races, as cells."""
    part = PAGE.partition("## Bad input and races")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def said() -> str:
    """Every sentence of the product, with single spaces: what its Python says and what its templates do."""
    texts = []
    for part in ("wording", "web", "management"):
        for path in (ROOT / "plans" / part).rglob("*.py"):
            texts += [
                node.value
                for node in ast.walk(tree(path))
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            ]
    texts += [path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html")]
    return " ".join(" ".join(texts).split())


def test_everything_that_can_meet_a_change_has_its_row() -> None:
    first = "\n".join(row[0] for row in rows())
    assert [one for one in MEETINGS if one not in first] == []


@pytest.mark.slow
def test_every_row_says_what_to_do_in_the_words_of_the_product_and_names_tests_that_exist() -> None:
    tests, words = names_of_tests(), said()
    for what, becomes, sentence, shown in rows():
        assert becomes, what
        assert sentence.strip("“”") in words, (what, sentence)
        named = re.findall(r"`(test_\w+)`", shown)
        assert named, what
        assert set(named) <= tests, (what, set(named) - tests)
