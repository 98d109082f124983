"""Several messages at once, one on each connection: each has its own outcome, and none waits for another."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from plans.channels.email.delivery import SendResult, SmtpTransport
from plans.channels.email.rendering import OutgoingMessage
from plans.dispatch import connections, messages
from plans.domain.notices import PLAN_CHANGED, PLAN_READY, Queue
from plans.models import Plan, Work
from plans.services import clock, delivery, links, outbox
from plans.services.links import LinkPurpose
from tests.channels.email.scripted import DROP, SILENT, ScriptedServer
from tests.makers import ClinicMade
from tests.makers_messages import make_invitations

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _a_server_of_which_nothing_is_known() -> Iterator[None]:
    connections.forget()
    yield
    connections.forget()


def states() -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for pair in Work.objects.filter(queue="messages").values_list("state", "reason"):
        found[pair] = found.get(pair, 0) + 1
    return found


@pytest.mark.parametrize(("count", "connections"), [(9, 1), (20, 2), (40, 4), (90, 4)])
def test_more_connections_are_opened_where_much_is_due(
    clinic: ClinicMade, server: ScriptedServer, settings: Any, count: int, connections: int
) -> None:
    settings.MAIL_CONNECTIONS = 4
    make_invitations(clinic, count)
    assert messages.run(Queue.MESSAGES).sent == count
    assert (len(server.kept), server.connections) == (count, connections)
    assert states() == {("sent", ""): count}


def test_each_message_of_a_group_has_its_own_fate(
    clinic: ClinicMade, server: ScriptedServer, settings: Any
) -> None:
    settings.MAIL_CONNECTIONS = 4
    make_invitations(clinic, 40)
    server.script.queue = [("rcpt", "550 nobody"), ("rcpt", "451 later"), ("dot", DROP)]
    counts = messages.run(Queue.MESSAGES)
    assert (counts.rejected, counts.retried, counts.unknown, counts.sent) == (1, 1, 1, 37)
    assert states() == {
        ("rejected", "address_refused"): 1,
        ("pending", "later"): 1,
        ("unknown", "no_answer_after_dot"): 1,
        ("sent", ""): 37,
    }
    assert len(server.kept) == 37


@pytest.mark.parametrize("most", [1, 3])
def test_a_server_that_gives_few_connections_is_asked_once_and_sent_everything_over_those(
    clinic: ClinicMade, server: ScriptedServer, settings: Any, most: int
) -> None:
    settings.MAIL_CONNECTIONS = 4
    make_invitations(clinic, 80)
    server.most_at_once = most
    assert messages.run(Queue.MESSAGES, batch=40).sent == 80
    # Asking may take the server's whole time-out, so it is not done for every batch.
    assert server.connections == most + 1
    make_invitations(clinic, 40, first=80)
    assert messages.run(Queue.MESSAGES).sent == 40
    assert server.connections == most + 1 + most
    assert states() == {("sent", ""): 120}


def test_two_messages_of_one_patient_never_go_at_once(
    clinic: ClinicMade, server: ScriptedServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAIL_CONNECTIONS = 4
    make_invitations(clinic, 40)
    plan = Plan.objects.select_related("patient").filter(patient__name__startswith="Canary")[0]
    links.lasting(purpose=LinkPurpose.PLAN, patient=plan.patient, plan=plan)
    Work.objects.filter(patient=plan.patient).delete()
    for notice in (PLAN_READY, PLAN_CHANGED):
        with transaction.atomic():
            outbox.put(
                notice=notice,
                key=notice,
                clinic_id=clinic.id,
                now=clock.now(),
                patient=plan.patient,
                plan=plan,
                version=plan.active_version,
            )
    together: list[list[str]] = []
    real = connections.ConnectionPool.send

    def watched(pool: Any, over: Any, outgoing: Any) -> Any:
        together.append([message.to_address for message in outgoing.values()])
        return real(pool, over, outgoing)

    monkeypatch.setattr(connections.ConnectionPool, "send", watched)
    assert messages.run(Queue.MESSAGES).sent == 41
    assert all(len(group) == len(set(group)) for group in together)
    assert max(map(len, together)) == 4


def test_a_slow_message_does_not_delay_settling_the_others(
    clinic: ClinicMade, server: ScriptedServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAIL_CONNECTIONS = 4
    real_wait = concurrent.futures.wait
    make_invitations(clinic, 40)
    real = SmtpTransport.send
    slow: list[str] = []
    known = threading.Event()

    def send(transport: SmtpTransport, message: OutgoingMessage) -> SendResult:
        outcome = real(transport, message)
        if not slow:
            slow.append(message.message_id)
            # it lasts until something is known of the others, however long that takes on this machine
            assert known.wait(timeout=120)
        return outcome

    def wait(futures: Any, timeout: float | None) -> Any:
        # The worker stops waiting as soon as something is known; the test waits for no clock.
        assert timeout is not None
        return real_wait(futures, return_when=concurrent.futures.FIRST_COMPLETED)

    def settled(codes: Any) -> Any:
        known.set()
        return settle(codes)

    settle = delivery.settle_sent
    monkeypatch.setattr(connections, "wait", wait)
    monkeypatch.setattr(SmtpTransport, "send", send)
    monkeypatch.setattr(delivery, "settle_sent", settled)
    assert messages.run(Queue.MESSAGES, seconds=300).sent == 40
    assert states() == {("sent", ""): 40}


def test_a_worker_at_its_time_limit_settles_what_it_is_sending_by_phase(
    clinic: ClinicMade, server: ScriptedServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAIL_CONNECTIONS = 2
    make_invitations(clinic, 20)
    server.script.queue = [("rcpt", SILENT), ("dot", SILENT)]
    real = concurrent.futures.wait
    times: list[float] = []

    def wait(futures: Any, timeout: float) -> Any:
        found = real(futures, timeout=0.2)
        if not found.done and not server.script.queue and not times:
            # As a worker is told of its time limit: by an exception wherever it is just then.
            times.append(timeout)
            raise TimeoutError("the worker's time is up")
        return found

    monkeypatch.setattr(connections, "wait", wait)
    messages.run(Queue.MESSAGES, seconds=300)
    assert states() == {("sent", ""): 18, ("unknown", "no_answer_after_dot"): 1, ("pending", "dropped"): 1}
