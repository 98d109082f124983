"""Judging issued plans again: what has changed is named, what cannot be judged is too, and nothing is written."""

from __future__ import annotations

import io
import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans.domain.taper import limit_rules
from plans.management.progress import shown
from plans.models import Clinic, Plan, PlanVersion
from plans.services import clock
from plans.services.plans import rejudge, revise
from tests.fixtures.roles import as_owner
from tests.makers import make_clinic, make_patient
from tests.makers_plans import issue_story_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(clinic):
    """The story's plan, begun on a Monday two weeks ago."""
    patient = make_patient(clinic.primary)
    today = clock.today(patient.zone)
    return issue_story_plan(clinic.primary, patient, start=today - timedelta(days=14 + today.weekday()))


@pytest.fixture
def stricter_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ceiling of 5 % in 14 days, as if a guideline had changed."""
    monkeypatch.setitem(limit_rules.RULES, "ceiling", replace(limit_rules.RULES["ceiling"], threshold="5"))


def tamper(plan: Plan, sql: str) -> None:
    """Change a stored version as somebody could who owns the database."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE plans_planversion DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE plans_planversion SET {sql} WHERE plan_id = %s", [plan.pk])
        cursor.execute("ALTER TABLE plans_planversion ENABLE TRIGGER USER")


OTHER_HASH = "sha256 = repeat('0', 64)"
NEWER_SCHEMA = """canonical = '{"schema":99}', sha256 = encode(sha256('{"schema":99}'), 'hex')"""


def run(*options: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("rejudge", *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_a_plan_that_was_just_issued_is_judged_as_it_was(plan):
    (found,) = rejudge.rejudge()
    assert (found.plan_id, found.version, found.changed, found.broken) == (plan.pk, 1, False, "")
    assert ("faster_than_asked", "needs_reason", 11) in {(one.rule, one.level, one.step) for one in found.now}


def test_a_plan_judged_otherwise_names_rule_level_and_step(plan, stricter_ceiling):
    (found,) = rejudge.rejudge()
    assert [(one.rule, one.step) for one in found.new] == [
        *(("ceiling", n) for n in range(2, 12)),
        ("faster_than_asked", 12),
    ]
    assert {one.rule for one in found.gone} == {"ceiling", "pace", "faster_than_asked"}


@pytest.mark.slow
def test_a_revised_plan_is_judged_in_its_active_version_and_as_it_was_revised(clinic, plan):
    hold: dict[str, Any] = {"act": "hold", "params": {"days": 14}, "note": "Poor sleep"}
    revise.revise(by=clinic.primary, plan_id=plan.pk, seen_lock=plan.lock, **hold)
    (found,) = rejudge.rejudge()
    assert (found.version, found.changed) == (2, False)
    assert any(one.rule == "faster_than_asked" for one in found.now)


@pytest.mark.slow
def test_ended_plans_are_judged_only_when_asked_for(plan):
    Plan.objects.filter(pk=plan.pk).update(state="completed")
    assert (rejudge.count(), list(rejudge.rejudge())) == (0, [])
    assert rejudge.count(ended=True) == 1


@pytest.mark.slow
def test_one_clinic_is_chosen_by_its_name_or_its_key(plan):
    other = make_clinic()
    issue_story_plan(other.primary, make_patient(other.primary))
    Clinic.objects.filter(pk=other.id).update(name="Hill Clinic")
    Clinic.objects.exclude(pk=other.id).update(name="River Clinic")
    assert [found.clinic for found in rejudge.rejudge(clinic="Hill Clinic")] == ["Hill Clinic"]
    assert [found.plan_id for found in rejudge.rejudge(clinic=str(plan.clinic_id))] == [plan.pk]
    assert rejudge.count() == 2


@pytest.mark.slow
def test_a_text_that_was_changed_in_the_database_is_named_and_the_others_are_judged(clinic, plan):
    issue_story_plan(clinic.primary, make_patient(clinic.primary))
    tamper(plan, OTHER_HASH)
    assert sorted(found.broken for found in rejudge.rejudge()) == ["", "broken_version"]


@pytest.mark.slow
def test_a_text_of_a_newer_program_is_named(plan):
    tamper(plan, NEWER_SCHEMA)
    assert [found.broken for found in rejudge.rejudge()] == ["unknown_schema"]


# ── the command ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_the_command_sums_up_by_rule_and_level_and_lists_what_changed(plan, stricter_ceiling):
    out, err = run()
    assert out.startswith("1 plans judged, ")
    assert any(line.split() == ["ceiling", "needs_reason", "10", "1"] for line in out.splitlines())
    assert f"plan {plan.pk}, version 1" in out
    assert "  now    ceiling needs_reason, step 2" in out
    assert err.splitlines()[-1].startswith("[########################] 1 of 1 plans, done in ")


def test_the_command_says_when_nothing_changed_and_names_no_patient(plan):
    out, _ = run("--clinic", str(plan.clinic_id), "--all")
    assert "No plan is judged otherwise than when it was issued." in out
    assert plan.patient.name not in out


def test_the_command_without_a_plan_says_so(clinic):
    assert run()[0].startswith("0 plans judged, 0 findings.")


def test_an_unknown_clinic_and_a_name_of_two_are_refused(clinic):
    make_clinic()
    Clinic.objects.update(name="River Clinic")
    with pytest.raises(CommandError, match="no such clinic"):
        run("--clinic", "Elsewhere")
    with pytest.raises(CommandError, match="several clinics"):
        run("--clinic", "River Clinic")


@pytest.mark.slow
def test_a_plan_that_cannot_be_judged_makes_the_command_fail_after_it_named_it(plan, capsys):
    tamper(plan, OTHER_HASH)
    with pytest.raises(CommandError):
        call_command("rejudge")
    assert f"plan {plan.pk}, version 1: could not be judged (broken_version)" in capsys.readouterr().out


@pytest.mark.slow
def test_judging_again_writes_nothing(plan, stricter_ceiling):
    before = (list(Plan.objects.values()), list(PlanVersion.objects.values()))
    with CaptureQueriesContext(connection) as queries:
        run("--all")
    verbs = {query["sql"].split()[0].upper() for query in queries}
    assert verbs <= {"SELECT", "DECLARE", "FETCH", "CLOSE"}
    assert (list(Plan.objects.values()), list(PlanVersion.objects.values())) == before


# ── progress ──────────────────────────────────────────────────────────────────────────────────────────────


def written(*, terminal: bool, step: float) -> str:
    """What four things write where each takes so many seconds."""
    seconds = itertools.count(0, step)
    text: list[str] = []
    things = shown(
        range(4), of=4, what="plans", write=text.append, terminal=terminal, seconds=lambda: next(seconds)
    )
    assert list(things) == [0, 1, 2, 3]
    return "".join(text)


def test_progress_in_a_log_is_plain_lines_with_the_time_that_is_left():
    assert written(terminal=False, step=40).splitlines() == [
        "[######..................] 1 of 4 plans, 2 min 0 s left",
        "[############............] 2 of 4 plans, 1 min 20 s left",
        "[##################......] 3 of 4 plans, 40 s left",
        "[########################] 4 of 4 plans, done in 3 min 20 s",
    ]


def test_progress_in_a_log_is_not_a_line_a_thing():
    assert len(written(terminal=False, step=1).splitlines()) == 2


def test_progress_on_a_terminal_is_one_line_written_again():
    text = written(terminal=True, step=1)
    assert (text.count("\n"), text.count("\r")) == (1, 4)
