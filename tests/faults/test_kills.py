"""Workers killed in the middle of things: the story still ends right, and no letter goes twice."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import transaction

from plans.models import Document, Plan, Work
from plans.services import clock, outbox
from plans.services.documents import files
from plans.services.review.raising import raise_item
from taperplan.local.valkey import Valkey
from tests.faults import harness
from tests.faults.harness import check, kill, message_id, pauses, process, wait_for, worker
from tests.mail.scripted import SILENT, ScriptedServer, scripted
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_plans import issue_story_plan

# Drawing on a busy machine takes longer than the lease that suits letters here.
LONGER = {"LEASE_SECONDS": "5"}

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted() as made:
        yield made


@pytest.fixture
def clinic() -> ClinicMade:
    return make_clinic()


@pytest.fixture
def plan(clinic: ClinicMade) -> Plan:
    made = issue_story_plan(clinic.primary, make_patient(clinic.primary))
    # Only what issuing put there: the confirmation went out long ago.
    Work.objects.filter(notice="confirm_address").delete()
    return made


def ended(queue: str) -> bool:
    """Nothing of a queue is under way or due any more."""
    rows = Work.objects.filter(queue=queue, due_at__lte=clock.now())
    return not rows.filter(state__in=("pending", "claimed", "sending")).exists()


def test_a_worker_killed_in_the_middle_of_drawing_leaves_the_calendar_to_the_next(
    plan: Plan, server: ScriptedServer
) -> None:
    with worker(server, **LONGER) as first:
        wait_for(lambda: Document.objects.filter(state="drawing").exists())
        kill(first)
    assert Document.objects.get().state == "drawing"
    with worker(server, **LONGER):
        wait_for(lambda: Document.objects.filter(state="ready").exists())
    row = Document.objects.get()
    work = Work.objects.get(queue="documents")
    assert (work.state, work.attempts) == ("sent", 2)
    content = files.read(row.file)
    assert content is not None
    assert files.digest(content) == row.sha256
    assert list(Path(default_storage.path("")).rglob(f"{row.pk.hex}*")) == [
        Path(default_storage.path(row.file))
    ]


@pytest.mark.parametrize(("step", "arrived"), [("rcpt", 0), ("dot", 1)])
def test_a_letter_whose_worker_was_killed_while_sending_is_unknown_and_goes_no_second_time(
    plan: Plan, server: ScriptedServer, step: str, arrived: int
) -> None:
    server.script.queue = [(step, SILENT)]
    with worker(server) as first:
        # The script's entry is used up: the worker stands in the middle of the conversation.
        wait_for(lambda: not server.script.queue)
        kill(first)
    server.silence.set()
    with worker(server):
        wait_for(lambda: ended("letters"))
    (row,) = Work.objects.filter(notice="plan_ready")
    assert (row.state, row.reason) == ("unknown", "died_while_sending")
    assert Counter(map(message_id, server.arrived))[row.message_id] == arrived
    assert check(server, 1).duplicates == 0


def test_an_alert_whose_worker_was_killed_while_sending_goes_again_at_once_marked(
    clinic: ClinicMade, server: ScriptedServer
) -> None:
    with transaction.atomic():
        raise_item(
            clinic_id=clinic.id,
            patient=None,
            plan=None,
            source="checkin",
            source_key="checkin:1",
            severity="urgent",
            facts={"code": "x"},
            now=clock.now(),
        )
    server.script.queue = [("dot", SILENT)]
    with worker(server) as first:
        wait_for(lambda: not server.script.queue)
        kill(first)
    server.silence.set()
    with worker(server):
        wait_for(lambda: ended("alerts"))
    row = Work.objects.get(queue="alerts")
    assert (row.state, row.repeat) == ("sent", 1)
    assert [b"(sent again)" in kept.content for kept in server.arrived] == [False, True]


def test_a_worker_told_to_end_finishes_what_it_holds(plan: Plan, server: ScriptedServer) -> None:
    with worker(server, LEASE_SECONDS="60") as one:
        wait_for(lambda: server.kept)
        one.send_signal(signal.SIGTERM)
        assert one.wait(20) == 0
    assert not Work.objects.filter(state__in=("claimed", "sending")).exists()
    assert set(
        Work.objects.filter(queue="letters", due_at__lte=clock.now()).values_list("state", flat=True)
    ) == {"sent"}


def put_letters(clinic: ClinicMade, count: int) -> None:
    """Letters to confirm an address, one a patient: the quickest to make."""
    Work.objects.all().delete()
    now = clock.now()
    patient = make_patient(clinic.primary)
    patient_type = type(patient)
    patient_type.objects.filter(pk=patient.pk).update(mail_state="opted_out")
    Work.objects.all().delete()
    with transaction.atomic():
        for number in range(count):
            outbox.put(notice="opt_out_done", key=f"n{number}", clinic_id=clinic.id, now=now, patient=patient)


@pytest.mark.timeout(120)
def test_senders_killed_every_few_hundredths_of_a_second_lose_nothing_and_double_nothing(
    clinic: ClinicMade, server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("FAULT_SEED", "20261122"))
    put_letters(clinic, int(os.environ.get("FAULT_LETTERS", "150")))
    kills, enough = 0, time.monotonic() + 30
    command = [sys.executable, "-m", "tests.faults.victims"]
    with process(command, harness.environment(server)) as parent:
        assert parent.stdout is not None
        for pause in pauses(seed):
            victim = int(parent.stdout.readline())
            time.sleep(pause)
            if ended("letters") or time.monotonic() > enough:
                break
            os.kill(victim, signal.SIGKILL)
            kills += 1
    with worker(server):
        wait_for(lambda: ended("letters"), 60)
    verdict = check(server, kills)
    with capsys.disabled():
        sys.stdout.write(f"\n{verdict} seed {seed}\n")
    assert (verdict.lost, verdict.duplicates, verdict.unexplained) == (0, 0, 0)
    assert kills > 5
    # At most one a connection that was cut.
    assert verdict.unknown <= kills


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    from plans.jobs import wake

    made = Valkey(tmp_path / "valkey", keep=False)
    made.start()
    monkeypatch.setattr(wake, "_connection_url", lambda: made.url)
    wake._mine.producer = None
    outbox.set_wake(wake.ring)
    yield made
    made.stop()
    wake._mine.producer = None


def letters_sent(count: int) -> bool:
    return Work.objects.filter(notice="plan_ready", state="sent").count() == count


@pytest.mark.timeout(120)
def test_with_the_broker_killed_work_is_late_and_not_lost(
    clinic: ClinicMade, server: ScriptedServer, broker: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plans.services.outbox import waking

    command = [
        sys.executable, "-m", "celery", "-A", "taperplan", "worker", "-P", "prefork", "-c", "1",
        "-Q", "letters,alerts,documents,tick", "-l", "critical", "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    with process(command, harness.environment(server, REDIS_URL=broker.url, LEASE_SECONDS="300")) as celery:
        issue_story_plan(clinic.primary, make_patient(clinic.primary))
        wait_for(lambda: letters_sent(1), 60)
        port = broker.port
        broker.kill()
        issue_story_plan(clinic.primary, make_patient(clinic.primary))
        assert not letters_sent(2)
        broker.start(port=port)
        # The bell rests after a failure; in life its rest is over long before the next plan is issued.
        monkeypatch.setattr(waking._bell, "_resting_until", 0.0)
        issue_story_plan(clinic.primary, make_patient(clinic.primary))
        wait_for(lambda: letters_sent(3) and ended("documents"), 60)
        assert celery.poll() is None
    assert set(Document.objects.values_list("state", flat=True)) == {"ready"}
    assert check(server, 0).duplicates == 0


def test_with_no_broker_at_all_everything_still_goes_out(
    plan: Plan, server: ScriptedServer, settings: Any
) -> None:
    with worker(server, REDIS_URL="redis://127.0.0.1:1/0", LEASE_SECONDS="60"):
        wait_for(lambda: ended("letters") and ended("documents"))
    assert Work.objects.get(notice="plan_ready").state == "sent"
    assert Document.objects.get().state == "ready"
