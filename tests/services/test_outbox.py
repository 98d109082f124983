"""The outbox: one row a fact, claims that exclude each other, leases, fences, back-off, and what an end brings."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from plans.domain.errors import Refused, Stale
from plans.domain.notices import CRASHES_ALLOWED, backoff
from plans.models import AuditEvent, Patient, ReviewItem, Work
from plans.services import clock, delivery, letter_book, outbox, sweeping
from plans.services.outbox import Settlement, waking
from plans.services.outbox.waking import Bell
from tests.makers import ClinicMade, make_clinic, make_patient

HOUR = timedelta(hours=1)


@pytest.fixture
def clinic(db: Any) -> ClinicMade:
    return make_clinic()


@pytest.fixture
def patient(clinic: ClinicMade) -> Patient:
    made = make_patient(clinic.lead)
    Work.objects.all().delete()
    return made


def put(patient: Patient, key: str = "k", notice: str = "opt_out_done", **more: Any) -> bool:
    with transaction.atomic():
        return outbox.put(
            notice=notice,
            key=key,
            clinic_id=patient.clinic_id,
            now=more.pop("now", clock.now()),
            patient=patient,
            **more,
        )


def only() -> Work:
    return Work.objects.get()


def overdue_lease() -> None:
    Work.objects.update(lease_until=clock.real_now() - HOUR)


def test_a_key_that_stands_is_not_put_again(patient: Patient) -> None:
    assert put(patient)
    assert not put(patient)
    assert Work.objects.count() == 1


def test_a_cancelled_key_may_be_put_again(patient: Patient) -> None:
    put(patient)
    assert outbox.cancel_pending(patient=patient, why="replaced", now=clock.now()) == 1
    assert put(patient)
    assert Work.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_putting_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError):
        outbox.put(notice="draw", key="x", clinic_id=uuid4(), now=clock.now())


def test_cancelling_without_saying_whose_is_refused(db: Any) -> None:
    with pytest.raises(ValueError, match="whose"):
        outbox.cancel_pending(why="x", now=clock.now())


def test_work_is_claimed_when_due_and_only_once(patient: Patient) -> None:
    now = clock.now()
    put(patient, "later", due_at=now + HOUR)
    put(patient, "now")
    claims = outbox.claim_batch("letters")
    assert [Work.objects.get(pk=claim.id).key for claim in claims] == ["now"]
    assert outbox.claim_batch("letters") == ()


def test_each_queue_has_its_own_work(patient: Patient) -> None:
    put(patient)
    assert outbox.claim_batch("alerts") == ()
    assert outbox.claim_batch("documents") == ()
    assert len(outbox.claim_batch("letters")) == 1


def test_a_batch_is_the_oldest_first_and_no_larger_than_asked(patient: Patient) -> None:
    now = clock.now()
    for minutes in (1, 3, 2):
        put(patient, str(minutes), due_at=now - timedelta(minutes=minutes))
    keys = [Work.objects.get(pk=claim.id).key for claim in outbox.claim_batch("letters", 2)]
    assert keys == ["3", "2"]


def test_work_past_its_time_is_not_claimed_but_lapses_into_an_item(patient: Patient) -> None:
    now = clock.now()
    put(patient, due_at=now - 2 * HOUR, not_after=now - HOUR)
    assert outbox.claim_batch("letters") == ()
    assert sweeping.sweep().late == 1
    assert (only().state, only().reason) == ("skipped", "late")
    assert ReviewItem.objects.get().source_key == f"letters_late:{patient.pk}"
    assert sweeping.sweep().late == 0


def test_only_the_holder_of_the_token_may_begin_and_settle(patient: Patient) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("letters")
    Work.objects.update(token="another")
    assert not outbox.mark_sending(claim)
    assert not outbox.extend(claim)
    assert not delivery.settle(claim, Settlement("sent"))
    assert not delivery.crashed(claim)
    assert only().state == "claimed"
    assert not AuditEvent.objects.filter(act__startswith="letter.").exists()


def test_a_claim_cancelled_meanwhile_cannot_begin(patient: Patient) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("letters")
    assert outbox.cancel_pending(patient=patient, why="replaced", now=clock.now()) == 1
    assert not outbox.mark_sending(claim)
    assert only().state == "cancelled"


def test_what_is_being_sent_cannot_be_cancelled(patient: Patient) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("letters")
    assert outbox.mark_sending(claim)
    assert outbox.cancel_pending(patient=patient, why="replaced", now=clock.now()) == 0


def test_a_released_claim_does_not_count_as_a_try(patient: Patient) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("letters")
    assert outbox.release(claim)
    assert (only().state, only().attempts) == ("pending", 0)


def test_a_try_later_waits_on_real_time(patient: Patient) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("letters")
    assert delivery.later(claim, "later", 451)
    assert outbox.claim_batch("letters") == ()
    assert only().try_at is not None
    assert only().try_at - clock.real_now() > timedelta(minutes=4)
    Work.objects.update(try_at=clock.real_now())
    assert len(outbox.claim_batch("letters")) == 1


def test_a_claim_whose_lease_is_over_is_free_again_without_blame(patient: Patient) -> None:
    put(patient)
    for _ in range(CRASHES_ALLOWED + 1):
        outbox.claim_batch("letters")
        overdue_lease()
        assert sweeping.sweep().freed == 1
    assert only().state == "pending"


def test_a_letter_that_died_while_sending_is_of_unknown_fate_and_stays(patient: Patient) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("letters")
    outbox.mark_sending(claim)
    overdue_lease()
    assert sweeping.sweep().unknown == 1
    assert sweeping.sweep().unknown == 0
    assert only().state == "unknown"
    assert outbox.claim_batch("letters") == ()


def test_an_alert_that_died_while_sending_goes_again_at_once_marked(
    clinic: ClinicMade, patient: Patient
) -> None:
    put(patient, notice="item_alert")
    (claim,) = outbox.claim_batch("alerts")
    outbox.mark_sending(claim)
    overdue_lease()
    assert sweeping.sweep().repeated == 1
    assert only().repeat == 1
    assert len(outbox.claim_batch("alerts")) == 1


def test_work_that_crashes_too_often_is_set_aside_and_shown(patient: Patient) -> None:
    put(patient)
    for _ in range(CRASHES_ALLOWED):
        Work.objects.update(try_at=None)
        (claim,) = outbox.claim_batch("letters")
        assert delivery.crashed(claim)
    assert only().state == "poison"
    assert ReviewItem.objects.get().severity == "high"


def test_what_was_set_aside_can_be_tried_again(clinic: ClinicMade, patient: Patient) -> None:
    put(patient)
    Work.objects.update(state="poison", facts={"crashes": 5, "kept": 1})
    letter_book.try_again(by=clinic.staff, work_id=only().pk)
    assert (only().state, only().facts) == ("pending", {"kept": 1})
    with pytest.raises(Stale):
        letter_book.try_again(by=clinic.staff, work_id=only().pk)


def test_a_refused_address_stops_letters_and_raises_an_item(patient: Patient) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("letters")
    outbox.mark_sending(claim)
    delivery.settle(claim, Settlement("rejected", "address_refused", 550), to_address=patient.email)
    patient.refresh_from_db()
    assert patient.email_state == "bounced"
    assert ReviewItem.objects.get().source == "mail"


def test_an_address_changed_meanwhile_is_not_called_bounced(patient: Patient) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("letters")
    delivery.settle(claim, Settlement("rejected", "address_refused", 550), to_address="old@mail.example.org")
    patient.refresh_from_db()
    assert patient.email_state == "confirmed"


@pytest.fixture
def unknown(patient: Patient) -> Work:
    put(patient)
    Work.objects.update(state="unknown", attempts=1, message_id="<a@b>")
    return only()


def test_a_letter_of_unknown_fate_can_be_left(clinic: ClinicMade, unknown: Work) -> None:
    letter_book.leave(by=clinic.staff, work_id=unknown.pk)
    assert (only().state, only().reason) == ("unknown", "left")
    with pytest.raises(Stale):
        letter_book.leave(by=clinic.staff, work_id=unknown.pk)


def test_a_letter_of_unknown_fate_can_be_sent_once_more_and_only_once(
    clinic: ClinicMade, unknown: Work
) -> None:
    letter_book.send_once_more(by=clinic.staff, work_id=unknown.pk)
    assert (only().state, only().repeat) == ("pending", 1)
    with pytest.raises(Stale):
        letter_book.send_once_more(by=clinic.staff, work_id=unknown.pk)
    Work.objects.update(state="unknown")
    with pytest.raises(Refused):
        letter_book.send_once_more(by=clinic.staff, work_id=unknown.pk)


def test_moving_the_clinic_clock_robs_nobody_of_a_claim(patient: Patient, settings: Any) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("letters")
    settings.TAPERPLAN_DEMO = True
    clock.set_offset(timedelta(days=7))
    assert sweeping.sweep().freed == 0
    assert outbox.mark_sending(claim)


def test_backoff_grows_and_refuses_a_count_below_one() -> None:
    waits = [backoff("later", n) for n in range(1, 6)]
    assert waits == sorted(waits)
    with pytest.raises(ValueError, match="from 1"):
        backoff("later", 0)


def test_the_bell_rings_once_a_transaction_and_only_after_commit(
    patient: Patient, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(waking, "_bell", Bell(rung.append))
    # What making the patient left behind belongs to the same transaction of the test.
    connection.run_on_commit.clear()
    with django_capture_on_commit_callbacks(execute=True):
        put(patient, "a")
        put(patient, "b")
        put(patient, "c", due_at=clock.now() + HOUR)
        assert rung == []
    assert rung == ["letters"]


def test_a_broken_bell_is_left_alone_for_a_while_and_never_raises() -> None:
    tries: list[str] = []

    def broken(queue: str) -> None:
        tries.append(queue)
        raise OSError("no broker")

    bell = Bell(broken)
    assert not bell.ring("letters")
    assert not bell.ring("letters")
    assert tries == ["letters"]


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
        while claims := outbox.claim_batch("letters", 7):
            taken.extend(claim.id for claim in claims)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(taken) == len(set(taken)) == 60
