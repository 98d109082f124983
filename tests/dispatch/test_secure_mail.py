"""STARTTLS and the sign-in, with a real server: a fault in either loses no message and is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from plans.dispatch import messages
from plans.domain.notices import Queue
from plans.models import Patient, Work
from plans.services import clock, heartbeat
from tests.channels.email.secure import PASSWORD, USER, Keeper, certificate, secure
from tests.clients import as_monitor
from tests.makers import ClinicMade, make_patient

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def due(clinic: ClinicMade) -> Patient:
    """A patient with one message that is due."""
    return make_patient(clinic.primary, confirmed=False)


@pytest.fixture
def keeper(pem: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeper]:
    # What an operator does whose relay has a certificate of their own.
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with secure(pem) as (made, port):
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 30
        settings.EMAIL_USE_TLS = True
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = USER, PASSWORD
        yield made


def only() -> Work:
    return Work.objects.get(queue="messages")


def the_wait_is_over() -> None:
    Work.objects.filter(state="pending").update(try_at=None)


def test_a_message_goes_through_tls_after_a_sign_in(due: Patient, keeper: Keeper) -> None:
    messages.run(Queue.MESSAGES)
    (kept,) = keeper.kept
    assert (kept.encrypted, kept.user) == (True, USER)
    assert only().state == "sent"
    assert only().message_id.encode() in kept.content


def test_a_wrong_password_loses_nothing_and_is_reported_outside_and_on_the_clinic_s_pages(
    clinic: ClinicMade, due: Patient, keeper: Keeper, settings: Any, client: Client
) -> None:
    settings.EMAIL_HOST_PASSWORD = "mistyped"
    for name in (heartbeat.TICK, *map(heartbeat.worker_name, heartbeat.QUEUES)):
        heartbeat.beat(name)
    messages.run(Queue.MESSAGES)
    assert (only().state, only().reason, keeper.kept) == ("pending", "sign_in_refused", [])
    assert only().try_at is not None
    told = client.get("/heartbeat", headers=as_monitor())
    assert (told.status_code, told.json()["faults"]) == (503, ["mail_sign_in_refused"])
    client.force_login(get_user_model().objects.get(pk=clinic.reader.member_id))
    assert b"The mail server refuses our sign-in" in client.get("/messages").content
    # Mended: it goes, once, and all is quiet again.
    settings.EMAIL_HOST_PASSWORD = PASSWORD
    the_wait_is_over()
    messages.run(Queue.MESSAGES)
    messages.run(Queue.MESSAGES)
    assert (only().state, len(keeper.kept)) == ("sent", 1)
    assert client.get("/heartbeat", headers=as_monitor()).status_code == 200
    assert b"refuses our sign-in" not in client.get("/messages").content


def test_a_certificate_nobody_vouches_for_gets_no_password_and_no_message(
    due: Patient, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    messages.run(Queue.MESSAGES)
    assert (only().state, only().reason) == ("pending", "unreachable")
    assert (keeper.kept, keeper.offered) == ([], [])


def test_a_server_without_tls_gets_no_password_and_no_message(due: Patient, pem: Path, settings: Any) -> None:
    with secure(pem, tls=False) as (keeper, port):
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 30
        settings.EMAIL_USE_TLS = True
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = USER, PASSWORD
        messages.run(Queue.MESSAGES)
        assert (only().state, only().reason) == ("pending", "unreachable")
        assert (keeper.kept, keeper.offered) == ([], [])


def test_a_server_down_for_a_moment_is_no_alarm_and_one_down_for_long_is(due: Patient, settings: Any) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    messages.run(Queue.MESSAGES)
    assert heartbeat.mail_fault(clock.real_now()) == ""
    assert heartbeat.mail_fault(clock.real_now() + heartbeat.OLD_DUE * 2) == "unreachable"
    assert heartbeat.mail_fault(clock.real_now() + heartbeat.OLD_DUE * 20) == ""
