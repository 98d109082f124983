"""A state is a member of its enum wherever code asks for it or sets it: a typo in a quoted one compiles, and its query
silently finds nothing."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from enum import Enum

import pytest

import plans.domain
from tests.architecture.test_shape import ROOT, python_files

FOLDERS = ("plans", "taperplan", "benchmarks")


def _enums() -> list[type[Enum]]:
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(plans.domain.__path__, "plans.domain.")
    ]
    classes = {
        one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Enum) and one.__name__.endswith("State")
    }
    return sorted(classes, key=lambda one: one.__name__)


ENUMS = _enums()
STATES = frozenset(str(member.value) for one in ENUMS for member in one)


def _is_state(name: str) -> bool:
    return bool(re.fullmatch(r"(\w+_)?state", name))


def _holds_a_state(node: ast.expr) -> bool:
    match node:
        case (
            ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name)))
        ):
            return _is_state(name)
    return False


def _quoted(node: ast.AST) -> Iterator[ast.expr]:
    """The literals in `node` that are states: alone, in a tuple, list or set, or on either side of a choice."""
    match node:
        case ast.Constant(value=str(text)) if text in STATES:
            yield node
        case ast.Tuple(elts=several) | ast.List(elts=several) | ast.Set(elts=several):
            for one in several:
                yield from _quoted(one)
        case ast.IfExp(body=yes, orelse=no):
            yield from _quoted(yes)
            yield from _quoted(no)


_IN_SQL = re.compile(r"\bstate\s*(=|<>|IN\b)\s*\(?\s*'", re.IGNORECASE)


def _expected(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in `node` where a state is expected: asked for, set, or compared with one."""
    match node:
        case ast.keyword(arg=str(name), value=value) if _is_state(name.removesuffix("__in")):
            yield value
        case ast.Compare(left=left, comparators=others) if any(map(_holds_a_state, (left, *others))):
            yield from (left, *others)
        case ast.Assign(targets=targets, value=value) if any(map(_holds_a_state, targets)):
            yield value
        case ast.Dict():
            yield from _values_of_states(node)
        case ast.Call(func=ast.Name(id="Settlement"), args=[first, *_]):
            yield first
        case ast.Match(subject=subject, cases=cases) if _holds_a_state(subject):
            inner = (part for case in cases for part in ast.walk(case.pattern))
            yield from (part.value for part in inner if isinstance(part, ast.MatchValue))


def _values_of_states(node: ast.Dict) -> Iterator[ast.AST]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and _is_state(key.value):
            yield value


def quoted_states(source: str) -> list[int]:
    """The lines on which a state is quoted."""
    nodes = list(ast.walk(ast.parse(source)))
    found = {quoted.lineno for node in nodes for place in _expected(node) for quoted in _quoted(place)}
    texts = (node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return sorted(found | {text.lineno for text in texts if _IN_SQL.search(str(text.value))})


def test_the_states_of_everything_with_a_life_cycle_are_known() -> None:
    assert {one.__name__ for one in ENUMS} >= {
        "CareState", "CheckInState", "DocumentState", "EmailState", "ItemState", "MailState", "OccasionState",
        "PlanState", "RawAnswerState", "WorkState",
    }  # fmt: skip


def test_no_state_is_quoted() -> None:
    """Name the enum's member instead."""
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in python_files(*FOLDERS)
        for line in quoted_states(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        'rows.filter(state="invited")',
        'rows.exclude(item__state__in=("new", "resolved"))',
        'x = row.state == "held"',
        'x = "held" != plan.state',
        'x = state in {"active", "held"}',
        'patient.mail_state = "on" if yes else "opted_out"',
        'rows.update(**{"state": "pending"})',
        'Settlement("sent")',
        'match row.state:\n    case "open" | "submitted":\n        pass',
        "x = \"UPDATE plans_work SET state = 'sent'\"",
    ],
)
def test_a_quoted_state_is_seen(line: str) -> None:
    assert quoted_states(line)


@pytest.mark.parametrize(
    "line",
    [
        'rows.filter(state=State.INVITED, reason="answered")',
        'x = row.state == "no state of ours"',
        'x = "open"',
    ],
)
def test_a_word_that_is_no_state_is_left_alone(line: str) -> None:
    assert not quoted_states(line)
