"""The broker killed, frozen, emptied, absent; beat doubled and frozen: work is late, never lost, never doubled."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.db import transaction

from plans.jobs import notifier
from plans.models import Heartbeat
from plans.services import clock, heartbeat, outbox
from plans.services.outbox import notifying
from taperplan.local.valkey import Valkey
from tests.faults.harness import Crew, wait_for
from tests.faults.ledgers import check, ended
from tests.faults.receiver import Receiver
from tests.makers import ClinicMade, make_patient
from tests.makers_messages import make_invitations

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]

SEED = int(os.environ.get("FAULT_SEED", "20261122"))
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "2"))
# How long a worker may take to find a broker that is back.
BACK_SECONDS = 15.0


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    """A broker of this test's own, to which our messages go."""
    made = Valkey(tmp_path / "valkey", keep=False)
    made.start()
    monkeypatch.setattr(notifier, "_connection_url", lambda: made.url)
    monkeypatch.setattr(notifying._notifier, "_resting_until", 0.0)
    notifier._mine.producer = None
    outbox.set_notifier(notifier.notify_workers)
    yield made
    made.stop()
    notifier._mine.producer = None


def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    """The notifier waits half a minute after a failure; let that time have passed."""
    monkeypatch.setattr(notifying._notifier, "_resting_until", 0.0)


def worked_off(broker: Valkey) -> bool:
    """Whether nothing waits in the broker, nor is in a worker's hands."""
    with redis.Redis.from_url(broker.url) as client:
        waiting = sum(client.llen(queue) for queue in ("messages", "alerts", "documents", "tick"))
        return not waiting and not client.hlen("unacked")


def test_a_broker_killed_and_started_again_is_found_again(
    clinic: ClinicMade, receiver: Receiver, crew: Crew, broker: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(SEED)
    worker = crew.start("celery", settings={"REDIS_URL": broker.url})
    crew.start("beat", settings={"REDIS_URL": broker.url})
    make_invitations(clinic, 2)
    wait_for(ended)
    for number in range(1, ROUNDS + 1):
        port = broker.port
        broker.kill()
        make_invitations(clinic, 2, first=10 * number)
        outbox.notify_workers("messages")
        time.sleep(chance.uniform(0, 1 if ROUNDS < 10 else 10))
        broker.start(port=port)
        rested(monkeypatch)
        wait_for(ended, BACK_SECONDS)
    assert worker.alive
    verdict = check(receiver)
    assert verdict.clean, verdict.wrong


def test_what_was_in_an_emptied_broker_is_done_at_the_next_tick(
    clinic: ClinicMade, receiver: Receiver, crew: Crew, broker: Valkey
) -> None:
    make_invitations(clinic, 5)
    outbox.notify_workers("messages")
    client = redis.Redis.from_url(broker.url)
    assert client.llen("messages") > 0
    client.flushall()
    client.close()
    crew.start("celery", settings={"REDIS_URL": broker.url})
    crew.start("beat", settings={"REDIS_URL": broker.url})
    wait_for(ended)
    assert check(receiver).clean


def test_a_frozen_broker_holds_no_page_and_no_message(
    clinic: ClinicMade, receiver: Receiver, crew: Crew, broker: Valkey
) -> None:
    assert broker.process is not None
    broker.process.send_signal(signal.SIGSTOP)
    try:
        for _ in range(3):
            # Each adds a patient, whose first message notifies workers on commit.
            began = time.monotonic()
            make_patient(clinic.primary, confirmed=False)
            assert time.monotonic() - began < 3
        crew.start("outbox")
        wait_for(ended)
    finally:
        broker.process.send_signal(signal.SIGCONT)
    verdict = check(receiver)
    assert verdict.clean, verdict.wrong
    assert verdict.messages == 3


def test_with_no_broker_at_all_everything_goes_out(
    clinic: ClinicMade, receiver: Receiver, crew: Crew
) -> None:
    make_invitations(clinic, 20)
    crew.start("outbox", settings={"REDIS_URL": "redis://127.0.0.1:1/0"})
    wait_for(ended)
    verdict = check(receiver)
    assert (verdict.clean, verdict.messages, verdict.unknown) == (True, 20, 0)


def test_two_beats_two_loops_and_three_workers_send_each_message_once(
    clinic: ClinicMade, receiver: Receiver, crew: Crew, broker: Valkey
) -> None:
    for role in ("beat", "beat", "celery", "outbox", "outbox", "sender", "sender"):
        crew.start(role, settings={"REDIS_URL": broker.url})
    for number in range(4):
        make_invitations(clinic, 25, first=25 * number)
        outbox.notify_workers("messages")
    wait_for(ended)
    verdict = check(receiver)
    assert verdict.clean, verdict.wrong
    assert (verdict.messages, verdict.unknown) == (100, 0)


def test_when_beat_is_frozen_the_loop_sends_and_the_silence_is_reported(
    clinic: ClinicMade, receiver: Receiver, crew: Crew, broker: Valkey
) -> None:
    crew.start("celery", settings={"REDIS_URL": broker.url})
    beat = crew.start("beat", settings={"REDIS_URL": broker.url})
    wait_for(lambda: Heartbeat.objects.filter(name="tick").exists())
    beat.signal(signal.SIGSTOP)
    wait_for(lambda: worked_off(broker))
    last = Heartbeat.objects.get(name="tick").at
    make_invitations(clinic, 1)
    time.sleep(1)
    assert not ended()
    assert Heartbeat.objects.get(name="tick").at == last
    # A minute later a monitor hears of it.
    Heartbeat.objects.filter(name="tick").update(at=clock.real_now() - timedelta(seconds=61))
    assert "tick_silent" in heartbeat.pulse().faults
    crew.start("outbox")
    wait_for(ended)
    wait_for(lambda: "tick_silent" not in heartbeat.pulse().faults)
    assert check(receiver).clean


def test_workers_are_notified_once_a_transaction_however_much_is_put(
    clinic: ClinicMade, broker: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = make_patient(clinic.primary)
    rested(monkeypatch)
    client = redis.Redis.from_url(broker.url)
    client.flushall()
    with transaction.atomic():
        for number in range(5):
            outbox.put(
                notice="opt_out_done",
                key=f"n{number}",
                clinic_id=clinic.id,
                now=clock.now(),
                patient=patient,
            )
    assert client.llen("messages") == 1
    client.close()
