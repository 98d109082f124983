"""How outbox entries end: late, lease expired, crashed, refused, outcome unknown."""

from __future__ import annotations

import pytest

from plans.domain.errors import Refused, Stale
from plans.domain.notices import CRASHES_ALLOWED
from plans.domain.outbox import WorkState
from plans.models import Patient, ReviewItem, Work
from plans.services import clock, delivery, lease_expiry, message_log, outbox
from plans.services.outbox import Settlement
from tests.makers import ClinicMade
from tests.services.outbox_help import HOUR, only, overdue_lease, patient_without_work, put


@pytest.fixture
def patient(clinic: ClinicMade) -> Patient:
    return patient_without_work(clinic)


def test_work_past_its_time_is_not_claimed_but_lapses_into_an_item(patient: Patient) -> None:
    now = clock.now()
    put(patient, due_at=now - 2 * HOUR, not_after=now - HOUR)
    assert outbox.claim_batch("messages") == ()
    assert lease_expiry.sweep().late == 1
    assert (only().state, only().reason) == ("skipped", "late")
    assert ReviewItem.objects.get().source_key == f"messages_late:{patient.pk}"
    assert lease_expiry.sweep().late == 0


def test_a_claim_whose_lease_is_over_is_free_again_without_blame(patient: Patient) -> None:
    put(patient)
    for _ in range(CRASHES_ALLOWED + 1):
        outbox.claim_batch("messages")
        overdue_lease()
        assert lease_expiry.sweep().freed == 1
    assert only().state == "pending"


def test_a_message_that_died_while_sending_is_of_unknown_fate_and_stays(patient: Patient) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("messages")
    outbox.mark_sending({claim: ""})
    overdue_lease()
    assert lease_expiry.sweep().unknown == 1
    assert lease_expiry.sweep().unknown == 0
    assert only().state == "unknown"
    assert outbox.claim_batch("messages") == ()


def test_an_alert_that_died_while_sending_goes_again_at_once_marked(
    clinic: ClinicMade, patient: Patient
) -> None:
    put(patient, notice="item_alert")
    (claim,) = outbox.claim_batch("alerts")
    outbox.mark_sending({claim: ""})
    overdue_lease()
    assert lease_expiry.sweep().repeated == 1
    assert only().repeat == 1
    assert len(outbox.claim_batch("alerts")) == 1


@pytest.mark.slow
def test_work_that_crashes_too_often_is_set_aside_and_shown(patient: Patient) -> None:
    put(patient)
    for _ in range(CRASHES_ALLOWED):
        Work.objects.update(try_at=None)
        (claim,) = outbox.claim_batch("messages")
        assert delivery.crashed(claim)
    assert only().state == "poison"
    assert ReviewItem.objects.get().severity == "high"


def test_what_was_set_aside_can_be_tried_again(clinic: ClinicMade, patient: Patient) -> None:
    put(patient)
    Work.objects.update(state="poison", crashes=5, facts={"kept": 1})
    message_log.try_again(by=clinic.staff, work_id=only().pk)
    assert (only().state, only().crashes, only().facts) == ("pending", 0, {"kept": 1})
    with pytest.raises(Stale):
        message_log.try_again(by=clinic.staff, work_id=only().pk)


@pytest.mark.slow
def test_a_refused_address_stops_messages_and_raises_an_item(patient: Patient) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("messages")
    outbox.mark_sending({claim: ""})
    delivery.settle(claim, Settlement(WorkState.REJECTED, "address_refused", 550), to_address=patient.email)
    patient.refresh_from_db()
    assert patient.email_state == "bounced"
    assert ReviewItem.objects.get().source == "mail"


def test_an_address_changed_meanwhile_is_not_called_bounced(patient: Patient) -> None:
    put(patient)
    (claim,) = outbox.claim_batch("messages")
    delivery.settle(
        claim, Settlement(WorkState.REJECTED, "address_refused", 550), to_address="old@mail.example.org"
    )
    patient.refresh_from_db()
    assert patient.email_state == "confirmed"


@pytest.fixture
def unknown(patient: Patient) -> Work:
    put(patient)
    Work.objects.update(state="unknown", attempts=1, message_id="<a@b>")
    return only()


def test_a_message_of_unknown_fate_can_be_left(clinic: ClinicMade, unknown: Work) -> None:
    message_log.leave(by=clinic.staff, work_id=unknown.pk)
    assert (only().state, only().reason) == ("unknown", "left")
    with pytest.raises(Stale):
        message_log.leave(by=clinic.staff, work_id=unknown.pk)


def test_a_message_of_unknown_fate_can_be_sent_again_and_only_once(clinic: ClinicMade, unknown: Work) -> None:
    message_log.send_again(by=clinic.staff, work_id=unknown.pk)
    assert (only().state, only().repeat) == ("pending", 1)
    with pytest.raises(Stale):
        message_log.send_again(by=clinic.staff, work_id=unknown.pk)
    Work.objects.update(state="unknown")
    with pytest.raises(Refused):
        message_log.send_again(by=clinic.staff, work_id=unknown.pk)
