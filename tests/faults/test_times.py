"""Restored backups, clocks that jump, plans that change while a message is in hand."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db.models import Count
from django.test import Client

from plans.dispatch import clock_guard, messages, upkeep
from plans.domain.notices import Queue
from plans.models import Heartbeat, Link, Occasion, Patient, Plan, Work
from plans.services import clock, heartbeat, outbox, rate_limit, restoring
from tests.clients import as_monitor
from tests.faults.harness import Crew, wait_for
from tests.faults.ledgers import check, ended
from tests.faults.receiver import Receiver
from tests.makers import ClinicMade
from tests.makers_messages import make_invitations

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def watching() -> Iterator[None]:
    clock_guard.start()
    yield
    clock_guard.stop()


def here(receiver: Receiver, settings: Any) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", receiver.port


def move_the_database() -> None:
    """What a dump that was read in looks like: the row says another place."""
    row = Heartbeat.objects.get(name="place")
    row.facts |= {"place": "1/1/1"}
    row.save()


def to_patients(receiver: Receiver) -> list[str]:
    """The Message-IDs of what came for patients: of a pause the clinic is told by alerts."""
    return [kept.message_id for kept in receiver.arrived if b"Canary" in kept.content]


def resume(*options: str) -> str:
    out = StringIO()
    call_command("resume_sending", *options, stdout=out)
    return out.getvalue()


def test_a_restored_database_sends_nothing_lists_what_may_have_gone_and_goes_on_by_command(
    clinic: ClinicMade, receiver: Receiver, crew: Crew
) -> None:
    assert restoring.is_original_database()
    # Yesterday's backup: these rows were due, and had gone out before the disk was lost.
    make_invitations(clinic, 5)
    move_the_database()
    crew.start("outbox")
    wait_for(lambda: heartbeat.paused_because() == "restored")
    # Due only after it was noticed: surely not gone.
    make_invitations(clinic, 3, first=5)
    wait_for(lambda: heartbeat.pulse().faults and heartbeat.pulse().last_tick_at is not None)
    assert {"paused", "paused_restored"} <= set(heartbeat.pulse().faults)
    assert to_patients(receiver) == []
    assert "5 checkin_invitation" in resume()
    assert heartbeat.is_paused()
    assert "5 messages may have gone out before" in resume("--yes")
    wait_for(ended)
    states = sorted(Work.objects.filter(queue="messages").values_list("state", "reason"))
    assert states == [("sent", "")] * 3 + [("unknown", "restored")] * 5
    verdict = check(receiver)
    assert verdict.clean, verdict.wrong
    assert "not paused" in resume()


def test_check_ins_that_fell_due_before_a_restored_database_was_noticed_are_not_asked_twice(
    clinic: ClinicMade, receiver: Receiver, settings: Any
) -> None:
    here(receiver, settings)
    restoring.is_original_database()
    make_invitations(clinic, 1)
    Work.objects.all().delete()
    occasion = Occasion.objects.get(state="invited")
    Link.objects.filter(occasion=occasion).delete()
    Occasion.objects.filter(pk=occasion.pk).update(state="planned", invited_at=None)
    move_the_database()
    upkeep.run()
    assert Occasion.objects.get(pk=occasion.pk).state == "planned"
    resume("--yes")
    messages.run(Queue.MESSAGES)
    assert Work.objects.get(occasion=occasion, rung=0).state == "unknown"
    # The reminders of the days to come are as right as ever.
    assert set(Work.objects.filter(occasion=occasion, rung__gt=0).values_list("state", flat=True)) == {
        "pending"
    }
    assert receiver.arrived == []


@pytest.mark.parametrize("jump", [timedelta(hours=3), timedelta(days=365), timedelta(hours=-3)])
def test_a_clock_that_jumps_stops_all_sending_until_somebody_has_looked(
    clinic: ClinicMade, receiver: Receiver, settings: Any, watching: None, jump: timedelta
) -> None:
    here(receiver, settings)
    make_invitations(clinic, 2)
    Work.objects.update(due_at=clock.now() + timedelta(minutes=30))
    with time_machine.travel(clock.real_now() + jump):
        messages.run(Queue.MESSAGES)
        assert "paused_clock_jumped" in heartbeat.pulse().faults
        assert receiver.arrived == []
    # Put right again: a second jump, and still nothing goes by itself.
    messages.run(Queue.MESSAGES)
    assert receiver.arrived == []
    assert "Sending goes on" in resume("--yes")
    assert not heartbeat.is_paused()


@pytest.mark.parametrize("jump", [timedelta(hours=3), timedelta(days=365), timedelta(days=-30)])
def test_a_clock_that_jumps_asks_nobody_closes_nothing_and_gives_no_message_up(
    clinic: ClinicMade, watching: None, jump: timedelta
) -> None:
    make_invitations(clinic, 3)
    one, two, _ = Occasion.objects.filter(state="invited").order_by("id")
    soon = clock.now() + timedelta(hours=1)
    Occasion.objects.filter(pk=one.pk).update(state="planned", invited_at=None, due_at=soon)
    Occasion.objects.filter(pk=two.pk).update(closes_at=soon)
    Work.objects.filter(occasion=two).update(state="claimed", lease_until=soon, not_after=soon)

    def as_they_were() -> tuple[object, ...]:
        return (
            *Occasion.objects.order_by("id").values_list("state", "closes_at"),
            *Plan.objects.order_by("id").values_list("state"),
            *Work.objects.filter(queue="messages").order_by("id").values_list("state", "due_at"),
        )

    before = as_they_were()
    with time_machine.travel(clock.real_now() + jump):
        assert upkeep.run() == ()
        assert as_they_were() == before
    # Put right again: a second jump, and still nothing is done until somebody has looked.
    assert upkeep.run() == ()
    assert as_they_were() == before
    resume("--yes")
    upkeep.run()
    assert Occasion.objects.get(pk=two.pk).state == "invited"
    assert Plan.objects.annotate(count=Count("occasions")).filter(count__gt=1).exists()


def test_what_a_wrong_clock_wrote_keeps_nothing_waiting_once_somebody_has_looked(
    clinic: ClinicMade, receiver: Receiver, settings: Any, watching: None
) -> None:
    here(receiver, settings)
    settings.MAIL_PER_SECOND = 100
    make_invitations(clinic, 2)
    held, put_off = Work.objects.order_by("id")
    with time_machine.travel(clock.real_now() + timedelta(days=365)):
        ahead = clock.real_now()
        Work.objects.filter(pk=held.pk).update(state="sending", lease_until=ahead)
        Work.objects.filter(pk=put_off.pk).update(try_at=ahead)
        rate_limit.reserve("mail", 1, 1.0)
        upkeep.run()
    # A sign of life from next year is none.
    Heartbeat.objects.filter(name=heartbeat.TICK).update(at=ahead)
    assert "tick_silent" in heartbeat.pulse().faults
    assert not messages.run(Queue.MESSAGES).any
    resume("--yes")
    assert messages.run(Queue.MESSAGES).sent == 1
    held.refresh_from_db()
    assert held.lease_until is not None
    assert held.lease_until < clock.real_now() + timedelta(minutes=10)


def test_a_worker_that_slept_through_a_jump_does_not_pause_anew_what_somebody_has_looked_at(
    clinic: ClinicMade, receiver: Receiver, settings: Any, watching: None
) -> None:
    here(receiver, settings)
    make_invitations(clinic, 1)
    with time_machine.travel(clock.real_now() + timedelta(days=1)):
        # Its last look was at a clock that was wrong; another worker saw that.
        clock_guard.start()
    heartbeat.set_paused(True, why=heartbeat.CLOCK_JUMPED)
    resume("--yes")
    assert messages.run(Queue.MESSAGES).sent == 1
    assert not heartbeat.is_paused()
    # A jump after that is one.
    with time_machine.travel(clock.real_now() + timedelta(hours=1)):
        assert not messages.run(Queue.MESSAGES).any
        assert heartbeat.is_paused()


def test_a_clock_that_goes_on_as_time_does_pauses_nothing(
    clinic: ClinicMade, receiver: Receiver, settings: Any, watching: None
) -> None:
    here(receiver, settings)
    make_invitations(clinic, 1)
    with time_machine.travel(clock.real_now() + timedelta(seconds=90)):
        assert messages.run(Queue.MESSAGES).sent == 1
    assert not heartbeat.is_paused()


# What may change while a message is claimed, and the reason on its row afterwards.
CHANGES = {
    "answered": lambda patient, plan: Occasion.objects.filter(patient=patient).update(state="answered"),
    "opted_out": lambda patient, plan: Patient.objects.filter(pk=patient.pk).update(mail_state="opted_out"),
    "bounced": lambda patient, plan: Patient.objects.filter(pk=patient.pk).update(email_state="bounced"),
    "died": lambda patient, plan: Patient.objects.filter(pk=patient.pk).update(care_state="died"),
    "plan_over": lambda patient, plan: Plan.objects.filter(pk=plan.pk).update(state="completed"),
}


@pytest.mark.parametrize("reason", CHANGES)
def test_what_changes_while_a_message_is_claimed_stops_it(
    clinic: ClinicMade, receiver: Receiver, crew: Crew, reason: str
) -> None:
    make_invitations(clinic, 1)
    work = Work.objects.get()
    # The worker holds the message and is about to decide whether it may go.
    point = {"at": "plans.services.messages:begin", "when": "before", "signal": "SIGSTOP"}
    worker = crew.start("sender", point=point, settings={"LEASE_SECONDS": 30})
    wait_for(lambda: worker.stopped)
    CHANGES[reason](work.patient, work.plan)
    worker.signal(signal.SIGCONT)
    wait_for(ended)
    work.refresh_from_db()
    assert (work.state, work.reason) == ("skipped", reason)
    assert receiver.arrived == []


def test_a_message_taken_back_while_it_is_claimed_is_not_sent(
    clinic: ClinicMade, receiver: Receiver, crew: Crew
) -> None:
    make_invitations(clinic, 2)
    point = {"at": "plans.services.messages:begin", "when": "before", "signal": "SIGSTOP"}
    worker = crew.start("sender", point=point, settings={"LEASE_SECONDS": 30})
    wait_for(lambda: worker.stopped)
    first = Work.objects.order_by("due_at", "id").first()
    assert first is not None
    assert first.plan is not None
    outbox.cancel_pending(plan=first.plan, why="replaced", now=clock.now())
    worker.signal(signal.SIGCONT)
    wait_for(ended)
    first.refresh_from_db()
    assert (first.state, first.reason) == ("cancelled", "replaced")
    assert len(receiver.arrived) == 1
    assert check(receiver).clean


def test_the_status_of_a_paused_installation_is_red_outside(clinic: ClinicMade, client: Client) -> None:
    for name in (heartbeat.TICK, *map(heartbeat.worker_name, heartbeat.QUEUES)):
        heartbeat.beat(name)
    assert client.get("/heartbeat", headers=as_monitor()).status_code == 200
    heartbeat.set_paused(True)
    answer = client.get("/heartbeat", headers=as_monitor())
    assert (answer.status_code, answer.json()["faults"]) == (503, ["paused", "paused_by_hand"])
