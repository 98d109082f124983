"""A provider's webhook, posted as its documentation shows: it does what a report in the bounce mailbox does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from plans.models import AuditEvent, Patient, ReviewItem, Work
from plans.services import clock
from plans.services.messages import message_id
from taperplan import mail_events
from taperplan.env import WrongSetting
from tests.makers import make_clinic, make_patient

pytestmark = pytest.mark.django_db

SECRET = "provider:a-long-enough-password-1234"
KEY = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0"
URL = "/mail/events"


@pytest.fixture
def sent() -> Work:
    """A message that the provider has accepted."""
    clinic = make_clinic()
    patient = make_patient(clinic.primary)
    work = Work.objects.get(notice="confirm_address", patient=patient)
    Work.objects.filter(pk=work.pk).update(
        state="sent", settled_at=clock.now(), message_id=message_id(work.pk)
    )
    work.refresh_from_db()
    return work


@pytest.fixture
def mailgun(settings: Any) -> None:
    settings.MAIL_WEBHOOK = "mailgun"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": KEY}


def post(body: object, *, secret: str = SECRET) -> int:
    # As a machine outside: with the check against forged forms on, and no cookie.
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    headers = {"authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"} if secret else {}
    return client.post(URL, json.dumps(body), content_type="application/json", headers=headers).status_code


def signed(event: dict[str, Any], *, key: str = KEY, age: timedelta = timedelta()) -> dict[str, Any]:
    """A Mailgun post: documentation.mailgun.com, "Webhooks" (payload and securing)."""
    token = "50dcec4a2d0ef27036c44ff39d5a73b7b1cdb2bbb2e87e1c2f"
    timestamp = str(int((clock.real_now() - age).timestamp()))
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": timestamp, "token": token, "signature": signature},
        "event-data": event,
    }


def failed(work: Work, **changes: Any) -> dict[str, Any]:
    """Mailgun's "permanent failure" of its documentation, about one of our messages."""
    return {
        "event": "failed",
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "timestamp": 1521233195.375624,
        "severity": "permanent",
        "reason": "bounce",
        "log-level": "error",
        "recipient": Patient.objects.get().email,
        "recipient-domain": "example.com",
        "delivery-status": {
            "attempt-no": 1,
            "message": "smtp; 550-5.1.1 The email account that you tried to reach does not exist.",
            "code": 550,
            "description": "",
            "session-seconds": 0.0,
        },
        "message": {
            "headers": {
                "to": "Alice <alice@example.com>",
                "message-id": work.message_id.strip("<>"),
                "from": "Bob <bob@example.org>",
                "subject": "Test permanent_fail webhook",
            },
            "attachments": [],
            "size": 111,
        },
        "tags": [],
        "user-variables": {},
        "flags": {"is-routed": False, "is-authenticated": True, "is-test-mode": False},
        **changes,
    }


def address() -> str:
    return Patient.objects.get().email_state


@pytest.mark.usefixtures("mailgun")
def test_a_permanent_failure_stops_messages_and_raises_an_item_once(sent: Work) -> None:
    assert [post(signed(failed(sent))) for _ in range(2)] == [200, 200]
    sent.refresh_from_db()
    assert (sent.state, sent.reason, address()) == ("rejected", "address_refused", "bounced")
    assert ReviewItem.objects.get(source="mail").facts["code"] == "address_refused"
    assert AuditEvent.objects.filter(act="message.rejected").count() == 1


@pytest.mark.usefixtures("mailgun")
def test_a_full_mailbox_is_reported_and_messages_continue(sent: Work) -> None:
    full = {"message": "552 5.2.2 mailbox full", "code": 552}
    assert post(signed(failed(sent, **{"delivery-status": full}))) == 200
    assert (Work.objects.get(pk=sent.pk).reason, address()) == ("message_refused", "confirmed")


@pytest.mark.usefixtures("mailgun")
def test_a_complaint_stops_messages(sent: Work) -> None:
    assert post(signed(failed(sent, event="complained"))) == 200
    assert address() == "complained"
    assert ReviewItem.objects.get(source="mail").facts["code"] == "complained"


@pytest.mark.usefixtures("mailgun")
@pytest.mark.parametrize(
    "changes", [{"severity": "temporary"}, {"event": "delivered"}, {"event": "opened"}, {"event": "clicked"}]
)
def test_whatever_else_happened_to_a_message_changes_nothing(sent: Work, changes: dict[str, str]) -> None:
    assert post(signed(failed(sent, **changes))) == 200
    sent.refresh_from_db()
    assert (sent.state, address()) == ("sent", "confirmed")


@pytest.mark.usefixtures("mailgun")
def test_a_report_that_names_no_message_of_ours_is_ignored(sent: Work) -> None:
    event = failed(sent, message={"headers": {"message-id": "somebody@else.example"}})
    assert post(signed(event)) == 200
    assert Work.objects.get(pk=sent.pk).state == "sent"


@pytest.mark.usefixtures("mailgun")
def test_a_report_that_arrives_before_its_message_is_settled_is_asked_for_again(sent: Work) -> None:
    Work.objects.filter(pk=sent.pk).update(state="sending", lease_until=clock.real_now(), settled_at=None)
    assert post(signed(failed(sent))) == 503
    Work.objects.filter(pk=sent.pk).update(state="sent", lease_until=None, settled_at=clock.now())
    assert post(signed(failed(sent))) == 200
    assert address() == "bounced"


@pytest.mark.usefixtures("mailgun")
@pytest.mark.parametrize("secret", ["", "provider:wrong", "wrong:a-long-enough-password-1234"])
def test_without_the_secret_a_report_is_refused_and_nothing_changes(sent: Work, secret: str) -> None:
    assert post(signed(failed(sent)), secret=secret) == 400
    assert (Work.objects.get(pk=sent.pk).state, address()) == ("sent", "confirmed")


@pytest.mark.usefixtures("mailgun")
@pytest.mark.parametrize(
    ("age", "status", "state"),
    [
        (timedelta(hours=23), 200, "bounced"),
        (timedelta(hours=25), 406, "confirmed"),
        (timedelta(minutes=-10), 406, "confirmed"),
    ],
)
def test_a_signature_is_believed_for_a_day(sent: Work, age: timedelta, status: int, state: str) -> None:
    assert post(signed(failed(sent), age=age)) == status
    assert address() == state


@pytest.mark.usefixtures("mailgun")
def test_a_failure_at_another_address_than_the_patient_s_stops_nothing(sent: Work) -> None:
    assert post(signed(failed(sent, recipient="forwarded@example.com"))) == 200
    assert (Work.objects.get(pk=sent.pk).reason, address()) == ("message_refused", "confirmed")


@pytest.mark.usefixtures("mailgun")
def test_without_the_provider_s_signature_it_is_refused(sent: Work) -> None:
    assert post(signed(failed(sent), key="another")) == 400
    assert post({"event-data": failed(sent)}) == 400
    assert address() == "confirmed"


def test_without_a_provider_there_is_no_such_page(sent: Work) -> None:
    assert post(signed(failed(sent))) == 404
    assert address() == "confirmed"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"MAIL_WEBHOOK": "pigeon"}, "MAIL_WEBHOOK"),
        ({"MAIL_WEBHOOK": "mailgun"}, "MAIL_WEBHOOK_SECRET"),
        ({"MAIL_WEBHOOK": "mailgun", "MAIL_WEBHOOK_SECRET": "a:short"}, "MAIL_WEBHOOK_SECRET"),
        ({"MAIL_WEBHOOK": "mailgun", "MAIL_WEBHOOK_SECRET": "x" * 60}, "MAIL_WEBHOOK_SECRET"),
        ({"MAIL_WEBHOOK": "mailgun", "MAIL_WEBHOOK_SECRET": SECRET}, "MAIL_WEBHOOK_SIGNING_KEY"),
    ],
)
def test_the_start_is_refused_with_half_a_webhook(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetting) as refusal:
        mail_events.anymail(mail_events.provider())
    assert refusal.value.name == named


def test_with_all_of_it_the_start_is_granted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_WEBHOOK", "mailgun")
    monkeypatch.setenv("MAIL_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("MAIL_WEBHOOK_SIGNING_KEY", KEY)
    found = mail_events.anymail(mail_events.provider())
    assert found == {"WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": KEY}
