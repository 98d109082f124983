"""States have names: no template and no query compares one with a quoted word, which a renamed state leaves behind.

A template asks `{% if row.state_is.resolved %}` (`plans.domain.which`), a query names the member of the enum.
"""

from __future__ import annotations

import ast
import enum
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import plans.domain
import plans.services
from tests.architecture.test_shape import ROOT
from tests.sources import tree

TEMPLATES: Final = sorted(
    path for path in (ROOT / "templates").rglob("*") if path.suffix in (".html", ".txt")
)
# What templates compare that is no state, although a state is called the same: the kind of an input, the form that was
# sent back, a number still empty, a limit's sign, a note's look, the notice another goes with, a way to a help line,
# what a patient ticked, and the page that the menu marks.
OTHER_WORDS: Final = frozenset(
    {
        "field.field.widget.input_type",
        "bound",
        "lock",
        "row.check",
        "also",
        "field.name",
        "said.kind",
        "line.kind",
        "row.how",
        "part",
        "place",
    }
)
# Keywords of queries that hold no state: what kind of actor did it, how a dose was marked, why work was not done.
OTHER_FIELDS: Final = frozenset({"actor_kind", "how", "reason"})
ASKS: Final = frozenset(
    {"filter", "exclude", "get", "update", "create", "get_or_create", "Q", "When", "alias"}
)


@cache
def values() -> frozenset[str]:
    """The values of every enum of words there is in the domain and in services."""
    found: set[str] = set()
    for package in (plans.domain, plans.services):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for one in vars(importlib.import_module(module.name)).values():
                if isinstance(one, type) and issubclass(one, enum.StrEnum):
                    found |= {member.value for member in one if member.value}
    return frozenset(found)


def quoted_in_template(text: str) -> Iterator[str]:
    """The comparisons of a template with the quoted value of an enum."""
    for tag in re.finditer(r"\{%\s*(?:el)?if\b(.*?)%\}", text, re.DOTALL):
        for name, word in re.findall(r"""([\w.]+)\s*(?:==|!=|in|not in)\s*["']([^"']*)["']""", tag[1]):
            if word in values() and name not in OTHER_WORDS:
                yield f"{name} and {word!r}"


def quoted_in_query(tree: ast.AST) -> Iterator[str]:
    """The keywords of queries whose value is the quoted value of an enum."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for keyword in node.keywords if called in ASKS else ():
            if keyword.arg is None or keyword.arg.split("__")[0] in OTHER_FIELDS:
                continue
            given = (
                keyword.value.elts
                if isinstance(keyword.value, (ast.Tuple, ast.List, ast.Set))
                else [keyword.value]
            )
            words = {one.value for one in given if isinstance(one, ast.Constant)}
            for word in sorted(str(one) for one in words & values()):
                yield f"line {node.lineno}: {keyword.arg}={word!r}"


def test_no_template_compares_a_state_with_a_quoted_word() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {found}"
        for path in TEMPLATES
        for found in quoted_in_template(path.read_text("utf-8"))
    ]
    assert wrong == []


def test_every_state_that_a_template_asks_for_is_one() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {asked}"
        for path in TEMPLATES
        for asked in re.findall(r"\b\w+_is\.(\w+)|\bsev\.(?!html)(\w+)", path.read_text("utf-8"))
        if (asked[0] or asked[1]) not in values() | {"tablet", "film", "capsule", "liquid"}
    ]
    assert wrong == []


def test_no_query_asks_for_a_state_by_a_quoted_word() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {found}"
        for path in sorted((ROOT / "plans").rglob("*.py"))
        if "migrations" not in path.parts
        for found in quoted_in_query(tree(path))
    ]
    assert wrong == []


def test_a_quoted_state_is_seen() -> None:
    assert list(quoted_in_template('{% if row.state == "resolved" %}')) == ["row.state and 'resolved'"]
    assert list(quoted_in_template("{% if a and row.severity != 'urgent' %}")) == [
        "row.severity and 'urgent'"
    ]
    assert list(quoted_in_template("{% if row.state_is.resolved %}")) == []
    assert list(quoted_in_query(ast.parse('Item.objects.filter(state="resolved")'))) == [
        "line 1: state='resolved'"
    ]
    assert list(quoted_in_query(ast.parse('Q(state__in=("open", "missed"))'))) == [
        "line 1: state__in='missed'",
        "line 1: state__in='open'",
    ]
    assert list(quoted_in_query(ast.parse("Item.objects.filter(state=ItemState.RESOLVED)"))) == []
