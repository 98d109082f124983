"""The loop without Redis, and the demo's clock."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from plans.dispatch import upkeep
from plans.management.commands.demo_clock import read_amount
from plans.models import Occasion, Work
from plans.services import clock, heartbeat
from plans.services.reminders import ReminderCounts
from plans.services.rows import RowsFailed
from tests.channels.email.scripted import ScriptedServer, scripted
from tests.makers import make_clinic, make_patient
from tests.makers_plans import issue_story_plan


@pytest.fixture
def server(settings: Any) -> Any:
    with scripted() as made:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", made.port, 30
        yield made


@pytest.fixture
def started(db: Any) -> None:
    clinic = make_clinic()
    issue_story_plan(clinic.primary, make_patient(clinic.primary))


def rows() -> list[Any]:
    return list(Work.objects.order_by("id").values_list("id", "state", "attempts", "due_at"))


@pytest.mark.slow
def test_one_turn_sends_and_draws_what_is_due_and_a_second_changes_nothing(
    started: None, server: ScriptedServer
) -> None:
    call_command("run_outbox", "--once")
    assert set(Work.objects.filter(due_at__lte=clock.now()).values_list("state", flat=True)) <= {
        "sent",
        "skipped",
    }
    before = rows()
    call_command("run_outbox", "--once")
    assert rows() == before
    assert heartbeat.pulse().faults == ()


@pytest.mark.slow
def test_the_tick_run_twice_gives_the_same_rows(started: None) -> None:
    upkeep.run()
    before = (rows(), list(Occasion.objects.order_by("id").values_list("id", "state", "due_at")))
    upkeep.run()
    assert (rows(), list(Occasion.objects.order_by("id").values_list("id", "state", "due_at"))) == before


def test_a_step_that_fails_does_not_stop_the_others_and_does_not_look_alive(
    db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    did: list[str] = []

    def broken() -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(upkeep, "_STEPS", {"broken": broken, "other": lambda: did.append("other")})
    assert upkeep.run() == ("broken",)
    assert did == ["other"]
    assert "tick_silent" in heartbeat.pulse().faults


def test_a_step_in_which_some_rows_fail_looks_alive_and_is_named(
    db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def some_fail() -> None:
        raise RowsFailed(1)

    steps = {"raises": some_fail, "counts": lambda: ReminderCounts(0, 0, 0, failed=1), "well": lambda: None}
    monkeypatch.setattr(upkeep, "_STEPS", steps)
    assert upkeep.run() == ()
    faults = heartbeat.pulse().faults
    assert "tick_silent" not in faults
    assert {"failing_raises", "failing_counts"} <= set(faults)
    assert "failing_well" not in faults


def test_the_clock_is_moved_in_a_demo_alone(db: Any, settings: Any) -> None:
    settings.TAPERPLAN_DEMO = False
    with pytest.raises(CommandError, match="no demo"):
        call_command("demo_clock", "+1d")
    assert clock.offset() == timedelta(0)


@pytest.mark.parametrize("raw", ["", "7", "-1d", "+0d", "1y", "+367d", "x", "1.5d", "+99999h"])
def test_an_amount_that_cannot_be_read_is_refused(raw: str) -> None:
    with pytest.raises(CommandError):
        read_amount(raw)


@pytest.mark.parametrize(("raw", "hours"), [("+7d", 168), ("36h", 36), ("90m", 1.5), ("2w", 336)])
def test_amounts_are_read_in_minutes_hours_days_and_weeks(raw: str, hours: float) -> None:
    assert read_amount(raw) == timedelta(hours=hours)


@pytest.mark.slow
def test_two_days_of_a_demo_bring_the_first_check_in_its_reminder_and_no_double(
    started: None, server: ScriptedServer, settings: Any
) -> None:
    settings.TAPERPLAN_DEMO = True
    first = Occasion.objects.order_by("due_at").first()
    assert first is not None
    hours = int((first.due_at - clock.now()).total_seconds() // 3600) + 27
    out = StringIO()
    call_command("demo_clock", f"+{hours}h", stdout=out)
    assert "Clinic time is" in out.getvalue()
    sent = Work.objects.filter(occasion=first, state="sent").values_list("notice", flat=True)
    assert sorted(sent) == ["checkin_invitation", "checkin_reminder"]
    ids = [
        line for kept in server.kept for line in kept.content.splitlines() if line.startswith(b"Message-ID")
    ]
    assert len(ids) == len(set(ids))


def test_without_an_amount_the_command_only_says_what_time_it_is(db: Any, settings: Any) -> None:
    settings.TAPERPLAN_DEMO = True
    out = StringIO()
    call_command("demo_clock", stdout=out)
    assert "0:00:00 ahead" in out.getvalue()
