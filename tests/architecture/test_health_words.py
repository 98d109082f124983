"""No health words where others may read them: addresses, log lines, messages to workers.

Addresses end up in browser histories and proxies, logs in search engines, messages in Redis.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from plans.domain.taper import catalogue
from plans.jobs.schedule import BEAT
from taperplan.celery import app
from tests.sources import tree
from tests.web.access_world import routes

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("plans", "taperplan")
WORDS = re.compile(
    r"taper(?!plan)|dos(e|ing|age)s?\b|drug|benzo|withdraw|diagnos|indicat|symptom|suicid|harm|phq|gad|mood|anxi"
    r"|depress|sleep|crisis|opioid|alcohol|medic(?!al)|tablet|\bmg\b|score|"
    + "|".join(sorted(catalogue.names())),
    re.IGNORECASE,
)
METHODS = {"debug", "info", "warning", "error", "exception", "critical", "log"}


def logged() -> Iterator[tuple[str, str]]:
    """Every text written into a call of a logger, and the names handed to it: (file and line, text)."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(tree(path)):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                    continue
                whose = ast.unparse(node.func.value)
                if node.func.attr in METHODS and re.search(r"(^|\.|_)(log|logger)s?$|getLogger", whose):
                    handed = [*node.args, *(keyword.value for keyword in node.keywords)]
                    yield (
                        f"{path.relative_to(ROOT)}:{node.lineno}",
                        " ".join(ast.unparse(one) for one in handed),
                    )


def test_no_address_says_anything_of_health() -> None:
    said = [route.pattern for route in routes() if WORDS.search(re.sub(r"<[^>]*>", "", route.pattern))]
    assert said == []


@pytest.mark.slow
def test_no_line_of_a_log_is_written_with_anything_of_health() -> None:
    lines = list(logged())
    assert len(lines) > 10
    assert [(where, text) for where, text in lines if WORDS.search(text)] == []


@pytest.mark.parametrize("name", sorted({line["task"] for line in BEAT.values()}))
def test_no_task_takes_anything(name: str) -> None:
    """Rows are found by the worker; a message only wakes it."""
    app.loader.import_default_modules()
    assert inspect.signature(app.tasks[name].run).parameters.keys() == set()
