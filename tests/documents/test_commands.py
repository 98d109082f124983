"""`manage.py draw` and `manage.py check_document`, run as a person runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import call_command, get_commands

from plans.management.commands.check_document import Command as Check
from plans.management.commands.draw import Command as Draw

REQUEST = {
    "start": "2026-11-30",
    "country": "US",
    "regimen": [{"time": "night", "drug": "clonazepam", "dose_mg": "1"}],
    "method": {"name": "percent_of_current", "percent": "10", "interval_days": 14},
}


@pytest.fixture
def request_file(tmp_path):
    path = tmp_path / "request.json"
    path.write_text(json.dumps(REQUEST))
    return path


def run(command, *argv):
    command.run_from_argv(["manage.py", command.__module__.rsplit(".", 1)[-1], *map(str, argv)])


@pytest.mark.slow
@pytest.mark.parametrize("look", [(), ("--large", "--paper", "letter", "--low-ink", "--language", "es")])
@pytest.mark.parametrize("kind", ["calendar", "pharmacy", "summary"])
def test_what_was_drawn_checks_as_sound(request_file, tmp_path, capsys, kind, look):
    out = tmp_path / "out.pdf"
    run(Draw(), request_file, "-o", out, "--kind", kind, "--name", "Ana Lopez", *look)
    run(Check(), out, request_file, "--kind", kind, "--name", "Ana Lopez", *look)
    assert "nothing wrong" in capsys.readouterr().out


@pytest.mark.slow
def test_a_document_of_another_plan_is_reported_finding_by_finding(request_file, tmp_path, capsys):
    out = tmp_path / "out.pdf"
    run(Draw(), request_file, "-o", out)
    request_file.write_text(json.dumps({**REQUEST, "start": "2026-12-07"}))
    with pytest.raises(SystemExit) as ended:
        run(Check(), out, request_file)
    assert ended.value.code == 1
    assert "date_not_in_plan" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["missing.json", "-o", "x.pdf"], "unreadable_file"),
        (["{request}", "-o", "/nonexistent/x.pdf"], "unwritable_file"),
        (["{request}", "-o", "x.pdf", "--paper", "a5"], "wrong_option"),
        (["{request}", "-o", "x.pdf", "--made-on", "soon"], "wrong_option"),
        (["{request}", "-o", "x.pdf", "--made-on", "2030-01-01"], "nothing_to_show"),
        (["{request}", "-o", "x.pdf", "--clinic", "港"], "unprintable_text"),
        (["{request}", "-o", "x.pdf", "--address", "x" * 61], "bad_document_facts"),
    ],
)
def test_a_refusal_is_json_on_standard_error_and_status_two(
    request_file, capsys, monkeypatch, tmp_path, argv, code
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        run(Draw(), *[part.replace("{request}", str(request_file)) for part in argv])
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert told.out == ""
    assert json.loads(told.err)["error"]["code"] == code
    assert not (tmp_path / "x.pdf").exists()


def test_a_bad_request_is_refused_with_its_place(request_file, capsys):
    request_file.write_text(json.dumps({**REQUEST, "start": "soon"}))
    with pytest.raises(SystemExit):
        run(Draw(), request_file, "-o", "x.pdf")
    assert json.loads(capsys.readouterr().err)["error"]["where"] == "start"


def test_a_bad_request_is_refused_in_a_sentence(request_file, capsys):
    request_file.write_text("{}")
    with pytest.raises(SystemExit):
        run(Draw(), request_file, "-o", "x.pdf")
    assert " " in json.loads(capsys.readouterr().err)["error"]["says"]


@pytest.mark.slow
def test_a_version_without_a_database_is_refused_in_one_line(request_file, tmp_path):
    root = Path(__file__).resolve().parents[2]
    out = tmp_path / "out.pdf"
    run(Draw(), request_file, "-o", out)
    asked = [sys.executable, str(root / "manage.py"), "check_document", str(out), str(uuid4())]
    # Nothing listens on port 9 of this machine.
    env = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}
    ended = subprocess.run(asked, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert json.loads(ended.stderr)["error"]["code"] == "no_database"


def test_both_are_known_to_manage_py():
    assert {"draw", "check_document"} <= get_commands().keys()


@pytest.mark.slow
def test_draw_works_from_code_too(request_file, tmp_path):
    call_command("draw", str(request_file), output=str(tmp_path / "out.pdf"))
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF")
