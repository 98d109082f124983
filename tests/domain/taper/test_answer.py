"""The JSON answer, its schema, and the command that prints it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, given, settings

from plans.domain.errors import TaperError
from plans.domain.taper.answer import answer
from plans.domain.taper.engine import build
from plans.domain.taper.request import TaperRequest
from plans.management.commands.taper import Command
from plans.wording.taper import says
from tests.domain.taper.asking import STORY, built, plans

ROOT = Path(__file__).resolve().parents[3]


def schema(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        json.loads((ROOT / "docs" / f"taper-{name}.schema.json").read_text())
    )


REQUEST, ANSWER = schema("request"), schema("answer")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(plans())
def test_every_request_and_every_answer_is_of_its_schema(asked: dict[str, Any]) -> None:
    try:
        taper = build(TaperRequest.from_json(asked))
    except TaperError:
        assume(False)
        raise
    REQUEST.validate(asked)
    REQUEST.validate(taper.request.to_json())
    ANSWER.validate(json.loads(json.dumps(answer(taper, says=says))))


def test_the_exposure_curve_is_added_on_request() -> None:
    found = answer(built(goal_mg="1"), says=says, exposure=True)
    ANSWER.validate(json.loads(json.dumps(found)))
    assert found["exposure"]["levels"]


def test_a_step_says_what_is_taken_and_how_far_it_goes_down() -> None:
    step = answer(built(), says=says)["steps"][5]
    assert step["doses"] == [
        {
            "time": "night",
            "drug": "clonazepam",
            "dose_mg": "0.875",
            "take": [
                {"product": "clonazepam tablet 0.5 mg", "pieces": "1.5"},
                {"product": "clonazepam wafer 0.125 mg", "pieces": "1"},
            ],
        }
    ]
    assert (step["total_mg"], step["change_percent"]) == ({"clonazepam": "0.875"}, "-12.50")
    assert step["diazepam_equivalent_mg"]["ashton_2002"] == "17.5"
    assert step["diazepam_equivalent_mg"]["va_dod_2021"] == "8.75"


def test_two_small_cuts_in_a_fortnight_count_together() -> None:
    steps = answer(built(method={"name": "fixed_amount", "amount_mg": "0.2", "interval_days": 7}), says=says)[
        "steps"
    ]
    # 1.5 to 1.25 to 1.125: the second cut's fortnight began at 1.5
    assert (steps[2]["change_percent"], steps[2]["change_percent_14d"]) == ("-10.00", "-25.00")


def test_a_first_row_under_the_present_dose_shows_its_cut() -> None:
    rows = [{"days": 14, "total_mg": "1.375"}]
    assert (
        answer(built(method={"name": "typed", "rows": rows}), says=says)["steps"][0]["change_percent"]
        == "-8.33"
    )


# ── the command ───────────────────────────────────────────────────────────────────────────────────────────


class Ran:
    """One run of the command in this process: what it printed and how it ended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *options: str, given: bytes = b"") -> None:
        out, err = io.StringIO(), io.StringIO()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        self.status = 0
        try:
            Command(stdout=out, stderr=err).run_from_argv(["manage.py", "taper", *options])
        except SystemExit as ended:
            self.status = int(str(ended.code))
        self.out, self.err = out.getvalue(), err.getvalue()


def story(**changes: Any) -> bytes:
    return json.dumps(STORY | changes).encode()


@pytest.mark.parametrize("options", [(), ("-",), ("--format", "json")])
def test_a_request_on_standard_input_is_answered_in_json(
    options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = Ran(monkeypatch, *options, given=story())
    assert (ran.status, ran.err) == (0, "")
    ANSWER.validate(json.loads(ran.out))


def test_a_request_in_a_file_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "request.json").write_bytes(story())
    assert json.loads(Ran(monkeypatch, str(tmp_path / "request.json")).out)["days"] == 337


def test_the_table_has_a_line_a_step_and_the_findings_under_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Ran(monkeypatch, "--format", "table", given=story()).out.splitlines()
    assert lines[0].split() == ["step", "from", "until", "days", "morning", "night", "a", "day", "change"]
    assert lines[2].startswith("2     2026-12-14  2026-12-27  14    0.375 mg clonazepam  1 mg clonazepam")
    assert any(line.startswith("needs_reason: ") for line in lines)


def test_csv_has_a_line_a_dose(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Ran(monkeypatch, "--format", "csv", given=story()).out.splitlines()
    assert lines[3] == (
        "2,2026-12-14,2026-12-27,14,cut,morning,clonazepam,0.375,"
        "0.5 clonazepam tablet 0.5 mg; 1 clonazepam wafer 0.125 mg,-8.33"
    )


@pytest.mark.parametrize(
    ("options", "given", "code", "where"),
    [
        (("--bogus",), b"", "wrong_option", ""),
        (("--format", "xml"), b"", "wrong_option", ""),
        (("a", "b"), b"", "wrong_option", ""),
        (("/nowhere/request.json",), b"", "unreadable_file", ""),
        (("/",), b"", "unreadable_file", ""),
        (("--rows", "/nowhere.csv"), story(), "unreadable_file", ""),
        ((), b"", "bad_json", ""),
        ((), b"{" * 100_000, "bad_json", ""),
        ((), b"\x00" * 10_000_000, "bad_json", ""),
        ((), b'{"start": 1}', "missing_key", "regimen"),
        ((), story(goal_mg=["0"]), "bad_amount", "goal_mg"),
        ((), story(goal_mg="0.3"), "not_makeable", "goal_mg"),
    ],
)
def test_what_cannot_be_done_is_one_json_object_on_standard_error(
    options: tuple[str, ...], given: bytes, code: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = Ran(monkeypatch, *options, given=given)
    assert (ran.status, ran.out) == (2, "")
    found = json.loads(ran.err)
    ANSWER.validate(found)
    assert (found["error"]["code"], found["error"]["where"]) == (code, where)


def test_typed_rows_from_a_file_take_the_place_of_the_method(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rows.csv").write_text("days,total_mg\n14,1.5\n14,1.25\n")
    ran = Ran(monkeypatch, "--rows", str(tmp_path / "rows.csv"), given=story())
    assert json.loads(ran.out)["days"] == 28


def test_the_nearest_doses_are_in_the_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = Ran(monkeypatch, given=story(goal_mg="0.3"))
    assert json.loads(ran.err)["error"]["nearest"] == {"lower": "0.25", "higher": "0.375"}


def test_the_command_needs_no_database_no_server_and_no_environment_variable() -> None:
    ran = subprocess.run(  # our own program, fixed arguments
        [sys.executable, "manage.py", "taper"],
        cwd=ROOT,
        input=story(),
        env={},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert json.loads(ran.stdout)["end"] == "2027-11-01"
