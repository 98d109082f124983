"""What the documents say, executed: the example of docs/taper-json.md and the worked example of the engine's README."""

from __future__ import annotations

import io
import json
import re
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from plans.domain.amounts import Dose
from plans.domain.errors import TaperError
from plans.domain.taper.methods import METHODS
from plans.domain.taper.published_names import names
from plans.domain.taper.request import TaperRequest
from plans.domain.taper.schedule import Step, TimeOfDay
from plans.domain.taper.tablets import DEFAULT_MAX_PIECES
from plans.management.commands.taper import Command
from tests.domain.taper.asking import STORY, a_day, built

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs" / "taper-json.md").read_text(encoding="utf-8")
README = (ROOT / "plans" / "domain" / "taper" / "README.md").read_text(encoding="utf-8")


def test_the_example_of_the_guide_prints_what_the_guide_says(monkeypatch: pytest.MonkeyPatch) -> None:
    example = re.search(r"    \$ python manage\.py (.+?) <<'END'\n(.+?)\n    END\n(.+)\Z", GUIDE, re.DOTALL)
    assert example is not None
    options, request, printed = example.groups()
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(request.encode())))
    Command(stdout=out).run_from_argv(["manage.py", *options.split()])
    lines = out.getvalue().splitlines()
    for line in printed.strip("\n").splitlines():
        assert line.strip() == "…" or line.removeprefix("    ") in lines


def printed(monkeypatch: pytest.MonkeyPatch, request: str, *options: str) -> str:
    """What the command prints for a request on its standard input."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(request.encode())))
    Command(stdout=out).run_from_argv(["manage.py", "taper", *options])
    return out.getvalue()


def test_a_published_schedule_is_made_by_its_name_from_a_first_day(monkeypatch: pytest.MonkeyPatch) -> None:
    made = json.loads(
        printed(monkeypatch, '{"start": "2026-11-30"}', "--schedule", "bnf_diazepam_40_eighths")
    )
    assert made["request"]["published"] == "bnf_diazepam_40_eighths"
    assert [step["total_mg"]["diazepam"] for step in made["steps"][:3]] == ["40", "35", "30"]
    listed = printed(monkeypatch, "", "--schedules").splitlines()
    assert len(listed) == len(names())
    assert any(
        line.startswith("scotland_lorazepam_2  NHS Scotland") and "read in the source" in line
        for line in listed
    )


def test_the_refusal_in_the_guide_is_the_one_that_is_given() -> None:
    shown = re.search(r"\{\"error\": .+?\}\}\n", GUIDE, re.DOTALL)
    assert shown is not None
    code, where, nearest = re.findall(r'"code": "(\w+)"|"where": "(.+?)"|"nearest": (\{.+?\})', shown.group())
    regimen = [STORY["regimen"][0], STORY["regimen"][1] | {"dose_mg": "1.1"}]
    with pytest.raises(TaperError) as refused:
        built(regimen=regimen)
    assert (refused.value.code, refused.value.where) == (code[0], where[1])
    assert refused.value.nearest == json.loads(nearest[2])


def test_the_guide_names_every_method_and_every_key_of_a_request() -> None:
    assert all(f"| `{name}` |" in GUIDE for name in METHODS)
    keys = TaperRequest.from_json(STORY | {"goal_mg": "0", "products": STORY["products"]}).to_json()
    assert all(f"| `{key}` |" in GUIDE for key in (*keys, "crossover", "patient", "preparation", "published"))
    assert f"1 to 16 | {DEFAULT_MAX_PIECES} |" in GUIDE


def test_the_worked_example_of_the_readme_is_the_plan_that_is_made() -> None:
    schedule = built().schedule
    rows = re.findall(r"^\| (\d+) \| ([0-9.]+)(…?) \| (\S+) \| (\S+) \| (\S+) \|", README, re.MULTILINE)
    assert len(rows) >= 10
    for k, line, cut_short, nearest, morning, night in rows:
        ideal = Fraction(3, 2) * Fraction(9, 10) ** int(k)
        assert abs(ideal - Fraction(line)) < (Fraction(1, 10_000) if cut_short else Fraction(1, 10**12))
        step = on(int(k) * 14)
        assert a_day(step) == Dose.parse(nearest)
        assert step.at(TimeOfDay.MORNING, "clonazepam") == said(morning)
        assert step.at(TimeOfDay.NIGHT, "clonazepam") == said(night)
    assert "7 February 2028" in README
    assert schedule.end.isoformat() == "2028-02-07"


def on(days: int) -> Step:
    """The step of the story's plan so many days after its first."""
    schedule = built().schedule
    return next(step for step in schedule if (step.end - schedule.start).days >= days)


def said(cell: str) -> Dose:
    return Dose.parse("0" if cell == "none" else cell)
