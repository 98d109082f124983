"""A worker or loop that stops is reported without anybody having to notice."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from plans.dispatch import ping
from plans.models import Heartbeat, Occasion, Plan, ReviewItem, Work
from plans.services import clock, heartbeat, outbox
from plans.services.review.review_items import open_item
from tests.clients import as_monitor
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_plans import issue_story_plan


@pytest.fixture
def plan(clinic: ClinicMade) -> Plan:
    return issue_story_plan(clinic.primary, make_patient(clinic.primary))


@pytest.fixture
def clinic(db: Any) -> ClinicMade:
    """Every loop has just run."""
    heartbeat.beat(heartbeat.TICK)
    for queue in heartbeat.QUEUES:
        heartbeat.beat(heartbeat.worker_name(queue))
    return make_clinic()


def put(clinic: ClinicMade, minutes_ago: int, notice: str = "item_alert") -> None:
    with transaction.atomic():
        now = clock.now() - timedelta(minutes=minutes_ago)
        outbox.put(notice=notice, key=f"k{minutes_ago}", clinic_id=clinic.id, now=now)


def ran(name: str, minutes_ago: int) -> None:
    Heartbeat.objects.filter(name=name).update(at=clock.real_now() - timedelta(minutes=minutes_ago))


def test_all_is_well_while_the_loops_beat_and_nothing_waits(clinic: ClinicMade, client: Client) -> None:
    answer = client.get("/heartbeat", headers=as_monitor())
    assert (answer.status_code, answer.json()["faults"]) == (200, [])


@pytest.mark.parametrize("queue", heartbeat.QUEUES)
def test_each_worker_that_falls_silent_is_a_fault(clinic: ClinicMade, queue: str) -> None:
    ran(heartbeat.worker_name(queue), 4)
    assert heartbeat.pulse().faults == (f"{queue}_silent",)
    # The clinic's pages speak of reminders alone: a silent drawer is no reason to call somebody about those.
    assert heartbeat.status(clinic.lead).behind == (queue == "messages")


def test_the_pages_of_a_clinic_say_when_both_the_tick_and_the_sender_last_ran(clinic: ClinicMade) -> None:
    ran(heartbeat.worker_name("messages"), 30)
    line = heartbeat.status(clinic.lead)
    assert line.last_run_at is not None
    assert clock.real_now() - line.last_run_at > timedelta(minutes=29)


def test_a_message_that_lies_there_although_all_loops_run_shows_on_the_pages(clinic: ClinicMade) -> None:
    put(clinic, 9, "opt_out_done")
    assert heartbeat.status(clinic.lead).behind


@pytest.mark.slow
@pytest.mark.parametrize(("state", "field"), [("planned", "due_at"), ("invited", "closes_at")])
def test_a_check_in_that_nobody_asks_or_closes_is_a_fault(
    clinic: ClinicMade, plan: Plan, state: str, field: str
) -> None:
    long_ago = {field: clock.now() - timedelta(minutes=16)}
    first = Occasion.objects.filter(plan=plan).order_by("due_at")[:1]
    Occasion.objects.filter(pk__in=first.values("pk")).update(state=state, **long_ago)
    assert "check_in_old" in heartbeat.pulse().faults


def test_a_server_that_puts_off_every_message_is_a_fault_and_one_that_puts_off_some_is_none(
    clinic: ClinicMade,
) -> None:
    put(clinic, 31)
    Work.objects.update(try_at=clock.real_now() + timedelta(minutes=5), reason="later")
    heartbeat.beat(heartbeat.ACCEPTED)
    assert heartbeat.pulse().faults == ()
    ran(heartbeat.ACCEPTED, 31)
    assert heartbeat.pulse().faults == ("mail_held_up",)
    assert heartbeat.status(clinic.lead).mail_fault == "held_up"


def test_an_old_row_is_not_hidden_by_an_older_one_that_is_tried_again_and_again(clinic: ClinicMade) -> None:
    put(clinic, 20)
    Work.objects.update(try_at=clock.real_now() - timedelta(seconds=1))
    put(clinic, 9)
    assert heartbeat.pulse().faults == ("due_row_old",)


def test_a_mailbox_of_returned_messages_that_is_not_read_is_a_fault(
    clinic: ClinicMade, settings: Any
) -> None:
    settings.BOUNCE_MAILBOX = "imap://a:b@127.0.0.1:1/INBOX"
    assert heartbeat.pulse().faults == ("returns_silent",)
    heartbeat.beat(heartbeat.RETURNS)
    assert heartbeat.pulse().faults == ()
    heartbeat.beat(heartbeat.RETURNS, {"failed": 1})
    assert heartbeat.pulse().faults == ("failing_returns",)


@pytest.mark.parametrize(("name", "longest"), [("supply", timedelta(days=1)), ("laying", timedelta(days=5))])
def test_a_round_over_all_plans_that_takes_longer_than_it_may_is_a_fault(
    clinic: ClinicMade, name: str, longest: timedelta
) -> None:
    began = (clock.real_now() - longest - timedelta(minutes=1)).isoformat()
    heartbeat.beat(name, {"after": "0", "began": began})
    assert heartbeat.pulse().faults == (f"round_late_{name}",)
    heartbeat.beat(name, {"after": "end", "began": began})
    assert heartbeat.pulse().faults == ()


def test_an_item_that_should_long_have_gone_to_the_next_person_is_a_fault(clinic: ClinicMade) -> None:
    with transaction.atomic():
        open_item(
            clinic_id=clinic.id, patient=None, plan=None, source="mail", source_key="x", priority="urgent",
            facts={}, now=clock.now(),
        )  # fmt: skip
    ReviewItem.objects.update(escalate_at=clock.now() - timedelta(minutes=6))
    assert "escalation_old" in heartbeat.pulse().faults


def test_rows_that_fail_in_every_tick_are_a_fault(clinic: ClinicMade) -> None:
    heartbeat.beat(heartbeat.TICK, {"failing": ["reminders"]})
    assert heartbeat.pulse().faults == ("failing_reminders",)


class Monitor(http.server.BaseHTTPRequestHandler):
    """The monitor outside: counts who asked."""

    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(200)
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@pytest.fixture
def monitor(settings: Any) -> Iterator[type[Monitor]]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Monitor)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    settings.PING_URL = f"http://127.0.0.1:{server.server_port}/ping"
    Monitor.asked = 0
    yield Monitor
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_a_monitor_outside_is_told_only_while_nothing_is_wrong(
    clinic: ClinicMade, monitor: type[Monitor]
) -> None:
    ping.forget()
    assert (ping.tell(), ping.tell(), monitor.asked) == (True, False, 1)
    heartbeat.set_paused(True)
    ping.forget()
    assert (ping.tell(), monitor.asked) == (False, 1)
    heartbeat.set_paused(False)
    ping.forget()
    assert (ping.tell(), monitor.asked) == (True, 2)


def test_a_monitor_that_is_down_disturbs_nothing(clinic: ClinicMade, settings: Any) -> None:
    settings.PING_URL = "http://127.0.0.1:1/ping"
    ping.forget()
    assert not ping.tell()


def test_a_silent_tick_is_a_fault(clinic: ClinicMade, client: Client) -> None:
    ran(heartbeat.TICK, 2)
    answer = client.get("/heartbeat", headers=as_monitor())
    assert (answer.status_code, answer.json()["faults"]) == (503, ["tick_silent"])
    assert heartbeat.status(clinic.lead).behind


def test_a_tick_that_never_beat_is_silent_too(db: Any) -> None:
    assert "tick_silent" in heartbeat.pulse().faults


def test_an_old_due_row_is_a_fault_and_a_young_one_is_none(clinic: ClinicMade) -> None:
    put(clinic, 1)
    assert heartbeat.pulse().faults == ()
    put(clinic, 9)
    assert heartbeat.pulse().faults == ("due_row_old",)


def test_a_row_in_back_off_has_a_reason_to_wait(clinic: ClinicMade) -> None:
    put(clinic, 9)
    Work.objects.update(try_at=clock.real_now() + timedelta(minutes=5))
    assert heartbeat.pulse().faults == ()


def test_a_row_that_sends_long_past_its_lease_is_a_fault(clinic: ClinicMade) -> None:
    put(clinic, 0)
    Work.objects.update(state="sending", lease_until=clock.real_now() - timedelta(minutes=2))
    assert heartbeat.pulse().faults == ("sending_row_old",)


def test_the_line_counts_what_went_out_today_and_what_bounced(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.lead)
    Work.objects.update(state="sent", settled_at=clock.now())
    type(patient).objects.update(email_state="bounced")
    line = heartbeat.status(clinic.lead)
    assert (line.sent_today, line.bounced, line.behind, line.paused) == (1, 1, False, False)


def test_a_worker_counts_as_alive_for_a_minute(db: Any) -> None:
    assert not heartbeat.worker_alive("documents")
    heartbeat.beat(heartbeat.worker_name("documents"))
    assert heartbeat.worker_alive("documents")
    assert not heartbeat.worker_alive("documents", clock.real_now() + timedelta(seconds=61))
