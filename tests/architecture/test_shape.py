"""The shape of the code: floors (layers), line lengths, and what every file must have."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from tests.sources import tree

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = ("plans", "taperplan", "tests", "benchmarks")


def python_files(*folders: str) -> list[Path]:
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if "migrations" not in path.parts and "__pycache__" not in path.parts
    )


@pytest.mark.slow
def test_no_floor_imports_a_floor_above_it() -> None:
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout


@pytest.mark.slow
def test_every_module_of_the_application_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in python_files("plans", "taperplan", "benchmarks")
        if path.stat().st_size and ast.get_docstring(tree(path)) is None
    ]
    assert not silent


def test_a_class_name_means_one_thing_in_the_whole_product() -> None:
    found: dict[str, list[str]] = {}
    for path in python_files("plans", "taperplan"):
        for node in tree(path).body:
            # Django asks for the name `Command`; what begins with _ belongs to its module.
            if isinstance(node, ast.ClassDef) and node.name != "Command" and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert {name: places for name, places in found.items() if len(places) > 1} == {}


def test_nothing_is_left_unfinished() -> None:
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|raise NotImplemented" + r"Error)\b")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in python_files(*OURS)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if marks.search(line)
    ]
    assert not found


def test_every_suppressed_complaint_has_its_reason_beside_it() -> None:
    mark = re.compile(r"#\s*(noqa|type:\s*ignore)(:\s*[A-Z0-9, ]+|\[[a-z0-9, -]+\])?\s*(?P<rest>.*)$")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in python_files("plans", "taperplan", "benchmarks")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (hit := mark.search(line)) and len(hit["rest"].strip(" #-—")) < 8
    ]
    assert not found


def test_no_row_stamps_itself_with_the_machine_clock() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in python_files("plans", "taperplan")
        if re.search(r"\bauto_now(_add)?\s*=", path.read_text())
    ]
    assert not found


def test_the_clock_of_one_machine_is_read_only_to_compare_it() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in python_files("plans", "taperplan")
        if re.search(r"\bmachine_now\b", path.read_text())
    }
    assert found == {
        "plans/services/clock.py", "plans/services/machine_clocks.py", "plans/dispatch/clock_guard.py",
    }  # fmt: skip


def test_templates_and_our_styles_carry_no_inline_style_and_no_inline_script() -> None:
    bad = re.compile(r"<style|\sstyle=|\son[a-z]+=[\"']|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        # A message has no style sheet to link to, and no policy that forbids inline style.
        if "messages" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if bad.search(line)
    ]
    assert not found


def test_compiled_translations_are_made_and_not_kept() -> None:
    if (ROOT / ".git").exists():
        kept = subprocess.run(
            ["git", "ls-files", "*.mo"], check=True, cwd=ROOT, capture_output=True, text=True
        )
        assert kept.stdout == ""


TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.*") if path.suffix in (".html", ".txt"))


def test_no_line_of_a_template_is_longer_than_a_screen_is_wide() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in TEMPLATES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > 120
    ]
    assert not long


def test_a_line_of_a_template_opens_one_block_at_most() -> None:
    """Paragraphs, cells, lists and the like stand on lines of their own, so that a change shows what it changed."""
    opens = re.compile(r"<(?:p|div|section|ul|ol|li|dl|table|tr|td|th|form|fieldset|details|h[1-6])\b")
    crowded = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in TEMPLATES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(opens.findall(line)) > 1
    ]
    assert not crowded


def test_every_dependency_says_on_the_line_above_why_it_is_there() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    section = lines[lines.index("dependencies = [") : lines.index("[project.scripts]")]
    unexplained = [
        line.strip()
        for before, line in pairwise(section)
        if line.strip().startswith('"') and not before.strip().startswith("#")
    ]
    assert not unexplained


def test_every_pinned_requirement_has_hashes_and_names_no_package_host() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text()
        pins = re.findall(r"^[a-z0-9][^\s=]*==", text, re.MULTILINE | re.IGNORECASE)
        blocks = re.split(r"^(?=[a-z0-9][^\s=]*==)", text, flags=re.MULTILINE | re.IGNORECASE)[1:]
        assert len(pins) == len(blocks)
        assert all("--hash=sha256:" in block for block in blocks)
        assert "://" not in text
        assert "index-url" not in text


@pytest.mark.parametrize(
    "path", ["pyproject.toml", "Makefile", ".ci/run", "Dockerfile", "docker-compose.yml"]
)
def test_no_build_file_names_a_package_host(path: str) -> None:
    text = (ROOT / path).read_text()
    hosts = re.findall(r"https?://(?!localhost|127\.0\.0\.1)[^\s\"']+", text)
    assert not hosts
    assert "index-url" not in text


def test_requirements_cover_what_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = {
        "base": project["dependencies"],
        "local": project["optional-dependencies"]["local"],
        "dev": project["optional-dependencies"]["dev"],
    }
    for name, wanted in asked.items():
        pinned = set(
            re.findall(r"^([a-zA-Z0-9_.-]+)==", (ROOT / f"requirements/{name}.txt").read_text(), re.M)
        )
        plain = {re.sub(r"[-_.]+", "-", pin).lower() for pin in pinned}
        missing = [
            line
            for line in wanted
            if re.sub(r"[-_.]+", "-", re.split(r"[\[~=<>! ]", line)[0]).lower() not in plain
        ]
        assert not missing, name
