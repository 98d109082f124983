"""docs/security.md: every row of ASVS 5.0 at levels 1 and 2 is there once, and what it names exists."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.architecture.test_docs import names_of_tests

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| (met|not met|not applicable) \| ([^|]+) \|$", re.MULTILINE
)
ROWS = ROW.findall(PAGE)
# How many rows of levels 1 and 2 each section has (ASVS 5.0.0).
SECTIONS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2,
    "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3,
    "5.3": 2, "5.4": 3, "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3,
    "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3,
    "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2,
    "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1,
    "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3, "15.1": 3, "15.2": 3, "15.3": 7,
    "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4, "17.3": 2,
}  # fmt: skip


def test_every_row_is_there_once() -> None:
    assert len(ROWS) == 253
    assert [row for row, times in Counter(row for row, *_ in ROWS).items() if times > 1] == []
    assert Counter(level for _, level, *_ in ROWS) == {"1": 70, "2": 183}
    found = Counter(row.rpartition(".")[0] for row, *_ in ROWS)
    assert found == SECTIONS


def test_the_page_counts_its_rows_right() -> None:
    states = Counter(state for *_, state, _ in ROWS)
    told = f"{states['met']} are met, {states['not met']} are not, {states['not applicable']} do not apply"
    assert told in PAGE


@pytest.mark.parametrize(("row", "why"), [(row, why) for row, _, _, state, why in ROWS if state == "met"])
def test_what_is_met_names_its_test_or_file(row: str, why: str) -> None:
    named = re.findall(r"`([^`]+)`", why)
    assert [name for name in named if name.startswith("test_") or "/" in name or (ROOT / name).is_file()]


def test_every_file_and_test_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`([^`\s]+)`", PAGE))
    tests = {name for name in named if re.fullmatch(r"test_\w+", name)}
    assert len(tests) > 40
    assert tests - names_of_tests() == set()
    folders = ("plans/", "taperplan/", "tests/", "docs/", "deploy/", "templates/", "requirements/")
    files = {name for name in named if name.startswith(folders)}
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_what_is_not_met_is_said_with_its_reason() -> None:
    for row, _, _, state, why in ROWS:
        assert state == "met" or len(why.strip()) >= 7, row
