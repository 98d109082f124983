"""What the documents say is true: commands, settings, tests and files they name exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.sources import tree

ROOT = Path(__file__).resolve().parents[2]
HAZARDS = (ROOT / "docs" / "hazards.md").read_text(encoding="utf-8")
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(page for part in ("docs", "plans", "requirements") for page in (ROOT / part).rglob("*.md")),
    ]
)
HARMS = ("printed wrong", "lost, or sent twice", "flagged answer", "shown to another", "stale calendar")


def names_of_tests() -> set[str]:
    """The name of every test."""
    return {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def targets() -> set[str]:
    """What `make` can make."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))


def commands() -> set[str]:
    """What `manage.py` can do: commands of ours, and those of Django that the pages speak of."""
    ours = {path.stem for path in (ROOT / "plans" / "management" / "commands").glob("[a-z]*.py")}
    return ours | {"check", "migrate", "makemigrations", "collectstatic"}


def test_a_dozen_pictures_at_most_are_kept_and_each_is_shown() -> None:
    kept = {path.name for path in (ROOT / "docs" / "screens").iterdir()}
    shown = {
        name
        for page in PAGES
        for name in re.findall(r"[(\"][\w/]*screens/([\w-]+\.png)[)\"]", page.read_text(encoding="utf-8"))
    }
    assert len(kept) <= 12
    assert kept == shown


@pytest.mark.slow
def test_every_fault_of_the_page_on_reliability_has_a_test_that_exists() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    assert len(named) > 35
    assert named - names_of_tests() == set()


@pytest.mark.slow
def test_every_test_the_hazard_log_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", HAZARDS))
    assert len(named) > 40
    assert named - names_of_tests() == set()


@pytest.mark.parametrize("harm", HARMS)
def test_each_of_the_five_harms_has_its_chapter_its_causes_and_its_rest(harm: str) -> None:
    chapters = re.split(r"^### ", HAZARDS, flags=re.MULTILINE)
    chapter = next(text for text in chapters if harm in text.splitlines()[0])
    assert chapter.count("\n| ") >= 5
    assert "Rest: " in chapter


def test_every_line_of_the_hazard_log_has_a_guard_and_a_test() -> None:
    for line in HAZARDS.splitlines():
        if line.startswith("| ") and not line.startswith(("| cause", "| harm")):
            assert len(re.findall(r"`test_\w+`", line)) >= 1, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def anchors(page: Path) -> set[str]:
    """What a link into a page may name: its headings, as the usual renderers spell them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_into_a_page_names_a_heading_of_it(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#]*)#([^)]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert anchor in anchors(page.parent / target if target else page), anchor


# What a reader is told to open or to write, as it stands between backticks.
PATHS = re.compile(
    r"`((?:plans|taperplan|tests|docs|benchmarks|requirements)/[\w./-]+|[\w-]+\.(?:yml|toml|json))`"
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_a_page_names_exists(page: Path) -> None:
    for name in PATHS.findall(page.read_text(encoding="utf-8")):
        places = [base / f"{name}{end}" for base in (ROOT, page.parent) for end in ("", ".py")]
        assert any(place.exists() for place in places) or any(ROOT.glob(f"plans/**/{name}")), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets()
    assert set(re.findall(r"manage(?:\.py)? ([a-z_]+)\b", text)) <= commands()


@pytest.mark.parametrize("record", sorted((ROOT / "docs" / "adr").glob("*.md")), ids=lambda page: page.name)
def test_every_decision_has_its_day_its_status_and_what_else_was_considered(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    assert re.match(r"# (\d+)\. .+\n\n\d{4}-\d\d-\d\d · (accepted|replaced by \[ADR \d+\]\(.+\))\n\n", text)
    parts = re.findall(r"^\*\*(\w+)\.\*\*", text, flags=re.MULTILINE)
    assert parts == ["Context", "Considered", "Decision", "Consequence"]
