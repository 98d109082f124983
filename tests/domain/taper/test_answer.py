"""The JSON answer, its schema, and the command that prints it."""

from __future__ import annotations

import functools
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, given, settings

from plans.domain.errors import TaperError
from plans.domain.taper import equivalence
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
ESTAZOLAM = [{"drug": "estazolam", "form": "tablet", "strength_mg": "1", "split": 2}]
LORMETAZEPAM = [{"drug": "lormetazepam", "form": "tablet", "strength_mg": "0.5"}]
SWITCH: dict[str, Any] = {
    "start": "2026-11-30",
    "regimen": [{"time": "night", "drug": "alprazolam", "dose_mg": "2"}],
    "method": {"name": "percent_of_current", "percent": "10", "interval_days": 14},
    "crossover": {"to": "diazepam"},
}
# By the weakest table half a milligram of alprazolam is less than the one tablet there is.
NO_LOW_END: dict[str, Any] = SWITCH | {
    "regimen": [{"time": "night", "drug": "alprazolam", "dose_mg": "0.5"}],
    "products": [
        {"drug": "alprazolam", "form": "tablet", "strength_mg": "0.5", "split": 2},
        {"drug": "diazepam", "form": "tablet", "strength_mg": "10"},
    ],
}


@pytest.mark.slow
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
    step = answer(built(spread="one_after_another"), says=says)["steps"][5]
    assert step["doses"] == [
        {
            "time": "night",
            "drug": "clonazepam",
            "dose_mg": "0.875",
            "take": [
                {"product": "clonazepam tablet 0.5 mg", "pieces": "1.5"},
                {"product": "clonazepam odt 0.125 mg", "pieces": "1"},
            ],
        }
    ]
    assert (step["total_mg"], step["change_percent"]) == ({"clonazepam": "0.875"}, "-12.50")
    assert step["diazepam_equivalent_mg"]["ashton_2002"] == "17.5"
    assert step["diazepam_equivalent_mg"]["va_dod_2021"] == "8.75"


def test_both_ends_of_the_equivalent_are_in_every_step_and_in_every_format(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps = answer(built(), says=says)["steps"]
    assert steps[0]["diazepam_equivalent_range_mg"] == {"low": "15", "high": "30"}
    assert steps[-1]["diazepam_equivalent_range_mg"] == {"low": "0", "high": "0"}
    assert "15 to 30 mg" in Ran(monkeypatch, "--format", "table", given=story()).out
    assert ",15,30" in Ran(monkeypatch, "--format", "csv", given=story()).out


def test_a_table_that_prints_a_range_shows_in_the_ends_though_it_cannot_convert() -> None:
    regimen = [{"time": "night", "drug": "estazolam", "dose_mg": "2"}]
    step = answer(built(regimen=regimen, products=ESTAZOLAM), says=says)["steps"][0]
    assert "ashton_2002" not in step["diazepam_equivalent_mg"]
    assert step["diazepam_equivalent_range_mg"] == {"low": "10", "high": "20"}


@pytest.fixture
def no_table_for_lormetazepam(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A drug may be added before any table has it."""
    known = {
        name: replace(table, rows={drug: row for drug, row in table.rows.items() if drug != "lormetazepam"})
        for name, table in equivalence.TABLES.items()
    }
    monkeypatch.setattr(equivalence, "TABLES", known)
    forget_all()
    yield
    forget_all()


def forget_all() -> None:
    """Empty every cache of the engine: some of them keep what was computed from the tables."""
    for name, module in list(sys.modules.items()):
        if name.startswith("plans.domain."):
            for one in vars(module).values():
                if isinstance(one, functools._lru_cache_wrapper):
                    one.cache_clear()


@pytest.mark.usefixtures("no_table_for_lormetazepam")
def test_a_drug_in_no_table_has_no_ends_and_says_so_in_every_format(monkeypatch: pytest.MonkeyPatch) -> None:
    given = story(regimen=[{"time": "night", "drug": "lormetazepam", "dose_mg": "1"}], products=LORMETAZEPAM)
    ran = Ran(monkeypatch, given=given)
    ANSWER.validate(json.loads(ran.out))
    assert json.loads(ran.out)["steps"][0]["diazepam_equivalent_range_mg"] is None
    assert "no table" in Ran(monkeypatch, "--format", "table", given=given).out
    assert Ran(monkeypatch, "--format", "csv", given=given).out.splitlines()[1].endswith(",0.00,,")


def test_two_small_cuts_in_a_fortnight_count_together() -> None:
    steps = answer(built(method={"name": "fixed_amount", "amount_mg": "0.2", "interval_days": 7}), says=says)[
        "steps"
    ]
    # 1.5 to 1.25 to 1: the second cut's fortnight began at 1.5
    assert (steps[2]["change_percent"], steps[2]["change_percent_14d"]) == ("-20.00", "-33.33")


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
    assert json.loads(Ran(monkeypatch, str(tmp_path / "request.json")).out)["days"] == 435


def test_the_table_has_a_line_a_step_and_the_findings_under_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Ran(monkeypatch, "--format", "table", given=story()).out.splitlines()
    assert lines[0].split() == [
        "step", "from", "until", "days", "morning", "night", "a", "day", "change",
        "diazepam", "equivalent",
    ]  # fmt: skip
    assert lines[2].startswith("2     2026-12-14  2026-12-27  14    0.375 mg clonazepam  1 mg clonazepam")
    assert any(line.startswith("needs_reason: ") for line in lines)


def test_the_table_shows_a_switch_by_both_ends_of_the_published_equivalents(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = json.dumps(SWITCH).encode()
    lines = Ran(monkeypatch, "--format", "table", given=given).out.splitlines()
    ends = json.loads(Ran(monkeypatch, given=given).out)["crossover_range"]
    at = lines.index("switch: both ends of the published equivalents, doses of diazepam")
    assert lines[at + 1].startswith("equivalent  table")
    shown = [re.split(r"  +", line) for line in lines[at + 2 : at + 5]]
    assert [row[0] for row in shown] == ["Low end", "Chosen", "High end"]
    assert [row[2:] for row in shown] == [
        [
            f"{one['equal_mg']} mg",
            f"{one['first_dose_mg']} mg",
            f"{one['whole_dose_mg']} mg",
            str(one["stages"]),
            one["last_day"],
        ]
        for one in ends
    ]
    assert shown[0][2] == "20 mg"
    assert shown[2][2] == "40 mg"
    assert lines[at + 5].startswith(f"Low end: {ends[0]['source']} (")
    assert not any(
        line.startswith("switch:")
        for line in Ran(monkeypatch, "--format", "table", given=story()).out.splitlines()
    )


def test_the_table_says_why_an_end_of_the_equivalents_gives_no_switch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = json.dumps(NO_LOW_END).encode()
    low = json.loads(Ran(monkeypatch, given=given).out)["crossover_range"][0]
    lines = Ran(monkeypatch, "--format", "table", given=given).out.splitlines()
    assert low["refused"]
    assert f"Low end: {low['refused']}" in lines
    assert any(re.split(r"  +", line)[3:] == ["none"] * 4 for line in lines if line.startswith("Low end  "))


def test_csv_has_a_line_a_dose(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Ran(monkeypatch, "--format", "csv", given=story()).out.splitlines()
    assert lines[3] == (
        "2,2026-12-14,2026-12-27,14,cut,morning,clonazepam,0.375,"
        "0.5 clonazepam tablet 0.5 mg; 1 clonazepam odt 0.125 mg,-8.33,13.75,27.5"
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


@pytest.mark.slow
def test_the_command_needs_no_environment_variable_and_gives_the_same_bytes_whatever_they_are() -> None:
    given = story(
        regimen=[*STORY["regimen"], {"time": "night", "drug": "zolpidem", "dose_mg": "10"}],
        products=[*STORY["products"], {"drug": "zolpidem", "form": "tablet", "strength_mg": "5", "split": 2}],
        patient={
            "age": 70,
            "conditions": ["sleep_apnoea", "pregnancy"],
            "substances": ["alcohol", "opioids"],
        },
    )
    another = {
        "PYTHONHASHSEED": "4242",
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "TZ": "Asia/Tokyo",
    }
    found = [
        subprocess.run(  # our own program, fixed arguments
            [sys.executable, "manage.py", "taper", "--exposure"],
            cwd=ROOT,
            input=given,
            env=environment,
            capture_output=True,
            check=False,
            timeout=60,
        )
        for environment in ({}, another)
    ]
    assert [(ran.returncode, ran.stderr) for ran in found] == [(0, b""), (0, b"")]
    assert found[0].stdout == found[1].stdout
    ANSWER.validate(json.loads(found[0].stdout))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "environment", "about"),
    [
        (["--settings=nope"], {}, "nope"),
        (["--settings", "plans.models"], {}, "Apps"),
        ([], {"DJANGO_SETTINGS_MODULE": "nope"}, "nope"),
        ([], {"SITE_URL": "no address"}, "SITE_URL"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_as_json_too(
    options: list[str], environment: dict[str, str], about: str
) -> None:
    ran = subprocess.run(  # our own program, fixed arguments
        [sys.executable, "manage.py", "taper", *options],
        cwd=ROOT,
        input=b"{}",
        env=environment,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stdout) == (2, b"")
    told = json.loads(ran.stderr)["error"]
    assert (told["code"], told["where"]) == ("unusable_settings", "")
    assert about in told["says"]


MEASURED: dict[str, tuple[dict[str, Any], str]] = {
    "drops": (
        {"products": [{"drug": "clonazepam", "form": "drops", "mg_per_drop": "0.1", "mg_per_ml": "2.5"}]},
        "dose: 0.5 mg clonazepam: 5 drops clonazepam drops 0.1 mg/drop",
    ),
    "drawn": (
        {
            "products": [{"drug": "clonazepam", "form": "solution", "mg_per_ml": "0.1"}],
            "syringes": [{"size_ml": "5", "mark_ml": "0.2"}, {"size_ml": "1", "mark_ml": "0.01"}],
        },
        "dose: 1 mg clonazepam: 10 mL (5 mL, then 5 mL) clonazepam solution 0.1 mg/mL",
    ),
    "made at home": (
        {
            "products": [
                {
                    "drug": "clonazepam",
                    "from": {"strength_mg": "0.5", "pieces": "1"},
                    "water_ml": "5",
                    "step_ml": "0.1",
                }
            ]
        },
        "times clonazepam suspension 0.5 mg in 5 mL",
    ),
    "at hand": (
        {"stock": [{"product": "clonazepam tablet 0.5 mg", "whole_units": 9}], "instalment_days": 7},
        "stock at hand: not enough from 2026-12-03",
    ),
    "to order": (
        {"products": [{"drug": "clonazepam", "form": "capsule", "strength_mg": "0.5", "to_order": True}]},
        "times clonazepam capsule 0.5 mg (together ",
    ),
}


@pytest.mark.parametrize("name", sorted(MEASURED))
def test_what_is_measured_or_at_hand_is_of_the_published_form_and_stands_in_the_table(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes, line = MEASURED[name]
    taper = built(**changes)
    REQUEST.validate(STORY | changes)
    REQUEST.validate(taper.request.to_json())
    ANSWER.validate(json.loads(json.dumps(answer(taper, says=says))))
    assert line in Ran(monkeypatch, "--format", "table", given=json.dumps(STORY | changes).encode()).out
