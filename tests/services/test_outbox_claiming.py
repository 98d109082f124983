"""Claiming from the outbox: claims that exclude each other, fences, cancelling and back-off."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from plans.domain.notices import backoff
from plans.domain.outbox import WorkState
from plans.models import AuditEvent, Patient, Work
from plans.services import clock, delivery, lease_expiry, outbox
from plans.services.outbox import Settlement
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.present import present
from tests.services.outbox_help import HOUR, only, patient_without_work, put


@pytest.fixture
def patient(clinic: ClinicMade) -> Patient:
    return patient_without_work(clinic)


def test_work_is_claimed_when_due_and_only_once(patient: Patient) -> None:
    now = clock.now()
    put(patient, "later", due_at=now + HOUR)
    put(patient, "now")
    claims = outbox.claim_batch("messages")
    assert [Work.objects.get(pk=claim.id).key for claim in claims] == ["now"]
    assert outbox.claim_batch("messages") == ()


def test_each_queue_has_its_own_work(patient: Patient) -> None:
    put(patient)
    assert outbox.claim_batch("alerts") == ()
    assert outbox.claim_batch("documents") == ()
    assert len(outbox.claim_batch("messages")) == 1


def test_a_batch_is_the_oldest_first_and_no_larger_than_asked(patient: Patient) -> None:
    now = clock.now()
    for minutes in (1, 3, 2):
        put(patient, str(minutes), due_at=now - timedelta(minutes=minutes))
    keys = [Work.objects.get(pk=claim.id).key for claim in outbox.claim_batch("messages", 2)]
    assert keys == ["3", "2"]


def test_only_the_holder_of_the_token_may_begin_and_settle(patient: Patient) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("messages")
    Work.objects.update(token="another")
    assert not outbox.mark_sending({claim: ""})
    assert not outbox.extend(claim)
    assert not delivery.settle(claim, Settlement(WorkState.SENT))
    assert not delivery.crashed(claim)
    assert only().state == "claimed"
    assert not AuditEvent.objects.filter(act__startswith="message.").exists()


def test_only_the_holder_of_the_token_may_say_of_many_that_they_were_sent(patient: Patient) -> None:
    for key in ("a", "b", "c"):
        put(patient, key)
    taken, mine, waiting = outbox.claim_batch("messages")
    outbox.mark_sending({taken: "<a@x>", mine: "<b@x>"})
    Work.objects.filter(pk=taken.id).update(token="another")
    # Only what is being sent can have been sent.
    assert delivery.settle_sent({taken: 250, mine: 251, waiting: 250}) == {mine.id}
    assert set(Work.objects.values_list("state", "smtp_code", "message_id")) == {
        ("sending", None, "<a@x>"), ("sent", 251, "<b@x>"), ("claimed", None, ""),
    }  # fmt: skip
    (event,) = AuditEvent.objects.filter(act="message.sent")
    assert (event.subject_id, event.patient_id, event.facts) == (
        mine.id, patient.pk, {"notice": Work.objects.get(pk=mine.id).notice, "reason": ""},
    )  # fmt: skip


def test_a_claim_cancelled_meanwhile_cannot_begin(patient: Patient) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("messages")
    assert outbox.cancel_pending(patient=patient, why="replaced", now=clock.now()) == 1
    assert not outbox.mark_sending({claim: ""})
    assert only().state == "cancelled"


def test_what_is_being_sent_cannot_be_cancelled(patient: Patient) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("messages")
    assert outbox.mark_sending({claim: ""})
    assert outbox.cancel_pending(patient=patient, why="replaced", now=clock.now()) == 0


def test_a_released_claim_does_not_count_as_a_try(patient: Patient) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("messages")
    assert outbox.release(claim)
    assert (only().state, only().attempts) == ("pending", 0)


def test_a_try_later_waits_on_real_time(patient: Patient) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("messages")
    assert delivery.later(claim, "later", 451)
    assert outbox.claim_batch("messages") == ()
    assert present(only().try_at) - clock.real_now() > timedelta(minutes=4)
    Work.objects.update(try_at=clock.real_now())
    assert len(outbox.claim_batch("messages")) == 1


def test_moving_the_clinic_clock_robs_nobody_of_a_claim(patient: Patient, settings: Any) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("messages")
    settings.TAPERPLAN_DEMO = True
    clock.set_offset(timedelta(days=7))
    assert lease_expiry.sweep().freed == 0
    assert outbox.mark_sending({claim: ""})


def test_backoff_grows_and_refuses_a_count_below_one() -> None:
    waits = [backoff("later", n) for n in range(1, 6)]
    assert waits == sorted(waits)
    with pytest.raises(ValueError, match="from 1"):
        backoff("later", 0)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_share_the_rows_without_a_double() -> None:
    clinic = make_clinic()
    patient = make_patient(clinic.lead)
    Work.objects.all().delete()
    for n in range(60):
        put(patient, str(n))
    taken: list[Any] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        while claims := outbox.claim_batch("messages", 7):
            taken.extend(claim.id for claim in claims)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(taken) == len(set(taken)) == 60
