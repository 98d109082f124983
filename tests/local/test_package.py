"""The wheel: it is built without a network, brings all that the project reads, and its command works by itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "taper-json.md").read_text(encoding="utf-8")
# What is read while the project runs, and belongs to no module.
READ = {".html", ".txt", ".toml", ".po", ".css", ".js", ".svg"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def run(*command: str | Path, cwd: Path, **more: Any) -> subprocess.CompletedProcess[bytes]:
    """A program with nothing of this process's environment but where programs are found."""
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env={"PATH": os.environ["PATH"]}, capture_output=True, check=False,
        **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this folder with what is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    built = run(
        sys.executable, "-m", "pip", "wheel", ROOT, "--no-deps", "--no-build-isolation", "--no-index",
        "--disable-pip-version-check", "--wheel-dir", folder, cwd=folder,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr.decode()
    (made,) = folder.glob("taperplan-*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an empty environment with the wheel; what it depends on is that of the tests."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    put = run(
        sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index",
        "--disable-pip-version-check", wheel, cwd=home,
    )  # fmt: skip
    assert put.returncode == 0, put.stderr.decode()
    asked = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home)
    packages = Path(asked.stdout.decode().strip())
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin"


def test_the_wheel_brings_everything_that_is_read_while_the_project_runs(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        str(path.relative_to(ROOT))
        for folder in ("plans", "taperplan")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in READ or path.name == "py.typed"
    }
    wanted |= {f"taperplan/{path.relative_to(ROOT)}" for path in (ROOT / "templates").rglob("*.*")}
    wanted |= {name.removesuffix(".po") + ".mo" for name in wanted if name.endswith(".po")}
    wanted |= {f"taperplan/schemas/taper-{of}.schema.json" for of in ("request", "answer")}
    assert wanted - held == set()
    assert not [name for name in held if name.startswith(("tests/", "templates/", "benchmarks/"))]


def test_the_command_answers_the_request_of_the_guide(installed: Path, tmp_path: Path) -> None:
    block = re.search(r"<<'END'\n(.*?)\n    END\n(.*?)\n\n", GUIDE + "\n\n", re.DOTALL)
    assert block is not None
    asked = "\n".join(line.removeprefix("    ") for line in block[1].splitlines())
    said = run(installed / "taperplan", "taper", "--format", "table", cwd=tmp_path, input=asked.encode())
    assert said.returncode == 0, said.stderr.decode()
    given = [line.strip() for line in said.stdout.decode().splitlines()]
    shown = [line.strip() for line in block[2].splitlines() if line.strip() != "…"]
    assert [line for line in shown if line not in given] == []


def test_a_document_is_drawn_read_back_and_compared(installed: Path, tmp_path: Path) -> None:
    request = {
        "start": "2026-11-30",
        "regimen": [{"time": "night", "drug": "diazepam", "dose_mg": "5"}],
        "method": {"name": "percent_of_current", "percent": "10", "interval_days": 14},
    }
    (tmp_path / "request.json").write_text(json.dumps(request))
    draw = ("draw", "request.json", "-o", "plan.pdf", "--language", "es")
    drawn = run(installed / "python", "-m", "taperplan", *draw, cwd=tmp_path)
    assert drawn.returncode == 0, drawn.stderr.decode()
    check = ("check", "plan.pdf", "request.json", "--language", "es")
    checked = run(installed / "taperplan", *check, cwd=tmp_path)
    assert checked.stdout.decode().startswith("nothing wrong"), checked.stderr.decode()
    request["regimen"] = [{"time": "night", "drug": "diazepam", "dose_mg": "10"}]
    (tmp_path / "request.json").write_text(json.dumps(request))
    assert run(installed / "taperplan", *check, cwd=tmp_path).returncode == 1


def test_pages_and_translations_are_found_where_they_were_installed(installed: Path, tmp_path: Path) -> None:
    look = (
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'taperplan.settings'\n"
        "import django; django.setup()\n"
        "from django.template.loader import get_template; from django.utils import translation\n"
        "from django.contrib.staticfiles.finders import find\n"
        "print(get_template('patient/plan.html').origin.name); print(find('plans/taperplan.css'))\n"
        "translation.activate('es'); print(translation.gettext('Call the clinic, %(phone)s'))\n"
    )
    said = run(installed / "python", "-c", look, cwd=tmp_path)
    page, sheet, words = said.stdout.decode().splitlines() or [said.stderr.decode()] * 3
    assert page.startswith(str(installed.parent))
    assert sheet.startswith(str(installed.parent))
    assert words.startswith("Llamar")


def test_a_check_without_a_document_is_that_of_the_installation(installed: Path, tmp_path: Path) -> None:
    said = run(installed / "taperplan", "check", cwd=tmp_path)
    assert (said.returncode, b"no issues" in said.stdout) == (0, True), said.stderr.decode()
    assert not list(tmp_path.iterdir())


def test_a_request_that_cannot_be_done_is_one_json_object_and_status_2(
    installed: Path, tmp_path: Path
) -> None:
    said = run(installed / "taperplan", "taper", cwd=tmp_path, input=b"{}")
    assert (said.returncode, said.stdout) == (2, b"")
    assert json.loads(said.stderr)["error"]["code"] == "missing_key"
