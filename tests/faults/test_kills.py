"""Workers killed, stopped and told to end, in the middle of things: the story still ends right."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import transaction

from plans.models import Document, Work
from plans.services import clock, message_log
from plans.services.documents import files
from plans.services.review.review_items import open_item
from tests.faults.harness import SHORT_LEASE, Crew, Worker, wait_for
from tests.faults.ledgers import check, ended
from tests.faults.receiver import SILENT, Receiver
from tests.makers import ClinicMade, make_patient
from tests.makers_messages import make_invitations
from tests.makers_plans import issue_story_plan
from tests.present import present

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def before(place: str, number: signal.Signals = signal.SIGKILL, turn: int = 1) -> dict[str, Any]:
    """Kill the worker before its first (or `turn`th) call of `place`."""
    return {"at": place, "when": "before", "signal": number.name, "turn": turn}


def alert(clinic: ClinicMade, items: int = 1) -> None:
    with transaction.atomic():
        for number in range(items):
            open_item(
                clinic_id=clinic.id,
                patient=None,
                plan=None,
                source="checkin",
                source_key=f"checkin:{number}",
                priority="urgent",
                facts={"code": "x"},
                now=clock.now(),
            )


def finish(crew: Crew, *queues: str) -> None:
    """Let a worker work undisturbed until nothing is due."""
    crew.start("outbox")
    wait_for(lambda: all(ended(queue) for queue in queues or ("messages",)))


# Where the worker dies: the step at which the server keeps it waiting, or the place in the program; what arrives.
DEATHS_UNSENT: dict[str, str | dict[str, Any]] = {
    "claimed": before("plans.services.messages:prepare"),
    "greeting": "greeting",
}
DEATHS_UNKNOWN: dict[str, tuple[str | dict[str, Any], int]] = {
    "sending": (before("plans.channels.email.delivery:SmtpTransport.send"), 0),
    "mail": ("mail", 0),
    "rcpt": ("rcpt", 0),
    "data": ("data", 0),
    "before_dot": ({**before("plans.channels.email.conversation:as_lines"), "when": "after"}, 0),
    "dot": ("dot", 1),
    "answered": (before("plans.services.delivery:settle_sent"), 1),
}


def die(crew: Crew, where: str | dict[str, Any]) -> None:
    """Let a worker die at a step of the conversation, or at a place in the program."""
    if isinstance(where, dict):
        victim = crew.start("sender", point=where, settings=SHORT_LEASE)
        wait_for(lambda: not victim.alive)
        return
    crew.receiver.script.queue = [(where, SILENT)]
    victim = crew.start("sender", settings=SHORT_LEASE)
    wait_for(lambda: not crew.receiver.script.queue)
    victim.kill()


@pytest.mark.parametrize("where", DEATHS_UNSENT)
def test_a_message_whose_worker_died_before_sending_goes_out_once(
    clinic: ClinicMade, receiver: Receiver, crew: Crew, where: str
) -> None:
    make_invitations(clinic, 1)
    die(crew, DEATHS_UNSENT[where])
    finish(crew)
    row = Work.objects.get()
    assert (row.state, row.attempts) == ("sent", 2)
    verdict = check(receiver, 1)
    assert verdict.clean, verdict.wrong


@pytest.mark.parametrize("where", DEATHS_UNKNOWN)
def test_a_message_whose_worker_died_while_sending_is_unknown_and_goes_no_second_time(
    clinic: ClinicMade, receiver: Receiver, crew: Crew, where: str
) -> None:
    make_invitations(clinic, 1)
    place, arrived = DEATHS_UNKNOWN[where]
    die(crew, place)
    finish(crew)
    row = Work.objects.get()
    assert (row.state, row.reason) == ("unknown", "died_while_sending")
    assert len(receiver.arrived) == arrived
    verdict = check(receiver, 1)
    assert verdict.clean, verdict.wrong


def test_a_message_of_unknown_fate_is_sent_again_by_choice_with_its_message_id_and_its_link(
    clinic: ClinicMade, receiver: Receiver, crew: Crew
) -> None:
    make_invitations(clinic, 1)
    die(crew, "dot")
    finish(crew)
    message_log.send_again(by=clinic.primary, work_id=Work.objects.get().pk)
    wait_for(ended)
    first, second = receiver.arrived
    assert first.message_id == second.message_id
    assert [b"/c/" in kept.content for kept in (first, second)] == [True, True]
    row = Work.objects.get()
    assert (row.state, row.repeat) == ("sent", 1)
    assert check(receiver).clean


def test_a_worker_with_several_connections_leaves_one_message_of_unknown_fate_on_each_at_most(
    clinic: ClinicMade, receiver: Receiver, crew: Crew
) -> None:
    make_invitations(clinic, 60)
    # Four connections, and struck when the fourth group of messages is with the server.
    place = before("plans.services.delivery:settle_sent", turn=4)
    # Its own sweep must not free what it is slow to come to.
    worker = crew.start("outbox", point=place, settings={"MAIL_CONNECTIONS": 4, "LEASE_SECONDS": 6})
    wait_for(lambda: not worker.alive)
    finish(crew)
    verdict = check(receiver, 1)
    assert verdict.clean, verdict.wrong
    assert (verdict.messages, verdict.unknown) == (60, 4)
    assert len(receiver.arrived) == 60


@pytest.mark.parametrize("where", ["mail", "dot"])
def test_an_alert_whose_worker_died_while_sending_goes_again_at_once_marked(
    clinic: ClinicMade, receiver: Receiver, crew: Crew, where: str
) -> None:
    alert(clinic)
    die(crew, where)
    finish(crew, "alerts")
    row = Work.objects.get(queue="alerts")
    assert (row.state, row.repeat) == ("sent", 1)
    assert [b"(sent again)" in kept.content for kept in receiver.arrived] == (
        [True] if where == "mail" else [False, True]
    )
    assert check(receiver, queue="alerts").clean


@pytest.mark.parametrize("where", [*DEATHS_UNSENT, *DEATHS_UNKNOWN])
def test_one_alert_for_many_items_whose_worker_died_loses_none_of_them_and_goes_twice_only_marked(
    clinic: ClinicMade, receiver: Receiver, crew: Crew, where: str
) -> None:
    alert(clinic, items=5)
    die(crew, DEATHS_UNSENT[where] if where in DEATHS_UNSENT else DEATHS_UNKNOWN[where][0])
    finish(crew, "alerts")
    rows = Work.objects.filter(queue="alerts")
    told = rows.filter(state="sent")
    assert rows.filter(carried_by__in=told).count() + told.count() == 5
    marked = [b"(sent again)" in kept.content for kept in receiver.arrived]
    assert (marked.count(False) <= 1, len(marked) <= 2) == (True, True)
    assert all(b"5 review items need you" in kept.content for kept in receiver.arrived)
    verdict = check(receiver, 1, queue="alerts")
    assert verdict.clean, verdict.wrong


def test_alerts_never_wait_behind_messages(clinic: ClinicMade, receiver: Receiver, crew: Crew) -> None:
    make_invitations(clinic, 1)
    # The message's conversation hangs; the alert goes over a connection of its own.
    receiver.script.queue = [("rcpt", SILENT)]
    crew.start("outbox")
    wait_for(lambda: not receiver.script.queue)
    began = time.monotonic()
    alert(clinic)
    wait_for(lambda: Work.objects.filter(queue="alerts", state="sent").exists())
    assert time.monotonic() - began < 5


def test_a_worker_told_to_end_finishes_what_it_holds(
    clinic: ClinicMade, receiver: Receiver, crew: Crew
) -> None:
    make_invitations(clinic, 200)
    worker = crew.start("outbox")
    wait_for(lambda: len(receiver.arrived) > 20)
    worker.signal(signal.SIGTERM)
    wait_for(lambda: not worker.alive)
    assert not Work.objects.filter(state__in=("claimed", "sending", "unknown")).exists()
    finish(crew)
    verdict = check(receiver)
    assert verdict.clean, verdict.wrong
    assert verdict.unknown == 0


def stopped(crew: Crew, point: dict[str, Any]) -> Worker:
    worker = crew.start("sender", point=point, settings=SHORT_LEASE)
    wait_for(lambda: worker.stopped)
    return worker


def test_a_zombie_that_wakes_after_its_lease_before_sending_finds_its_claim_gone(
    clinic: ClinicMade, receiver: Receiver, crew: Crew
) -> None:
    make_invitations(clinic, 1)
    zombie = stopped(crew, before("plans.services.messages:prepare", signal.SIGSTOP))
    finish(crew)
    zombie.signal(signal.SIGCONT)
    make_invitations(clinic, 1, first=1)
    wait_for(ended)
    assert set(Work.objects.values_list("state", flat=True)) == {"sent"}
    verdict = check(receiver)
    assert verdict.clean, verdict.wrong


def test_a_zombie_that_wakes_after_its_lease_while_sending_cannot_settle_what_was_given_up(
    clinic: ClinicMade, receiver: Receiver, crew: Crew
) -> None:
    make_invitations(clinic, 1)
    zombie = stopped(crew, before("plans.channels.email.delivery:SmtpTransport.send", signal.SIGSTOP))
    finish(crew)
    assert Work.objects.get().state == "unknown"
    zombie.signal(signal.SIGCONT)
    wait_for(lambda: receiver.arrived)
    # Its next message tells that it is done with this one.
    make_invitations(clinic, 1, first=1)
    wait_for(ended)
    assert present(Work.objects.order_by("created_at").first()).state == "unknown"
    verdict = check(receiver)
    assert verdict.clean, verdict.wrong


def test_a_worker_killed_in_the_middle_of_drawing_leaves_the_calendar_to_the_next(
    clinic: ClinicMade, crew: Crew
) -> None:
    Document.objects.all().delete()
    issue_story_plan(clinic.primary, make_patient(clinic.primary))
    Work.objects.exclude(queue="documents").delete()
    # Drawing takes longer than a message; nobody takes the second one's time away.
    first = crew.start("outbox", settings={"LEASE_SECONDS": 4})
    wait_for(lambda: Document.objects.filter(state="drawing").exists())
    first.kill()
    crew.start("outbox")
    wait_for(lambda: Document.objects.filter(state="ready").exists())
    wait_for(lambda: ended("documents"))
    row, work = Document.objects.get(), Work.objects.get(queue="documents")
    assert (work.state, work.attempts) == ("sent", 2)
    content = files.read(row.file)
    assert content is not None
    assert files.digest(content) == row.sha256
    root = Path(default_storage.path(""))
    assert list(root.rglob(f"{row.pk.hex}*")) == [Path(default_storage.path(row.file))]
