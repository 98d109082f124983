"""Putting into the outbox: one row per fact, cancelling before it goes, and notifying workers."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from plans.models import Patient, Work
from plans.services import clock, outbox
from plans.services.outbox import notifying
from plans.services.outbox.notifying import Notifier
from tests.makers import ClinicMade
from tests.services.outbox_help import HOUR, patient_without_work, put


@pytest.fixture
def patient(clinic: ClinicMade) -> Patient:
    return patient_without_work(clinic)


def test_a_key_that_stands_is_not_put_again(patient: Patient) -> None:
    assert put(patient)
    assert not put(patient)
    assert Work.objects.count() == 1


def test_a_cancelled_key_may_be_put_again(patient: Patient) -> None:
    put(patient)
    assert outbox.cancel_pending(patient=patient, why="replaced", now=clock.now()) == 1
    assert put(patient)
    assert Work.objects.count() == 2


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_putting_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError):
        outbox.put(notice="draw", key="x", clinic_id=uuid4(), now=clock.now())


def test_cancelling_without_saying_whose_is_refused(db: Any) -> None:
    with pytest.raises(ValueError, match="whose"):
        outbox.cancel_pending(why="x", now=clock.now())


def test_workers_are_notified_once_a_transaction_and_only_after_commit(
    patient: Patient, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(notifying, "_notifier", Notifier(rung.append))
    # What making the patient left behind belongs to the same transaction of the test.
    connection.run_on_commit.clear()
    with django_capture_on_commit_callbacks(execute=True):
        put(patient, "a")
        put(patient, "b")
        put(patient, "c", due_at=clock.now() + HOUR)
        assert rung == []
    assert rung == ["messages"]


def test_a_broken_notifier_is_left_alone_for_a_while_and_never_raises() -> None:
    tries: list[str] = []

    def broken(queue: str) -> None:
        tries.append(queue)
        raise OSError("no broker")

    notifier = Notifier(broken)
    assert not notifier.notify("messages")
    assert not notifier.notify("messages")
    assert tries == ["messages"]
