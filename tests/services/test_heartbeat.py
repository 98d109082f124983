"""Nobody has to notice silence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from plans.models import Heartbeat, Work
from plans.services import clock, heartbeat, outbox
from tests.makers import ClinicMade, make_clinic, make_patient


@pytest.fixture
def clinic(db: Any) -> ClinicMade:
    heartbeat.beat(heartbeat.TICK)
    return make_clinic()


def put(clinic: ClinicMade, minutes_ago: int) -> None:
    with transaction.atomic():
        now = clock.now() - timedelta(minutes=minutes_ago)
        outbox.put(notice="item_alert", key=f"k{minutes_ago}", clinic_id=clinic.id, now=now)


def test_all_is_well_while_the_tick_beats_and_nothing_waits(clinic: ClinicMade, client: Client) -> None:
    answer = client.get("/heartbeat")
    assert (answer.status_code, answer.json()["faults"]) == (200, [])


def test_a_silent_tick_is_a_fault(clinic: ClinicMade, client: Client) -> None:
    Heartbeat.objects.update(at=clock.real_now() - timedelta(minutes=2))
    answer = client.get("/heartbeat")
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
