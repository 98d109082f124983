"""Bounces that arrive later: the mailbox is read, the address gets no more messages, and the clinic is told."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from plans.channels.email import bounce_reports
from plans.dispatch import bounces, messages
from plans.domain.notices import Queue
from plans.models import AuditEvent, Patient, Plan, ReviewItem, Work
from plans.services import bounces as services
from plans.services import clock, heartbeat, message_log, people
from plans.services.messages import envelope_from
from tests.channels.email.imap import ImapServer, imap
from tests.channels.email.scripted import ScriptedServer
from tests.channels.email.test_bounce_reports import report
from tests.channels.email.test_bounce_reports import status as status_at
from tests.makers import ClinicMade


@pytest.fixture
def box(settings: Any) -> Iterator[ImapServer]:
    with imap() as made:
        settings.BOUNCE_MAILBOX = made.url
        yield made


@pytest.fixture
def sent(plan: Plan, server: ScriptedServer) -> Work:
    messages.run(Queue.MESSAGES)
    return Work.objects.get(notice="plan_ready", state="sent")


def status(code: str, action: str = "failed") -> str:
    """A report about the patient's address."""
    return status_at(code, action, Patient.objects.get().email)


def to(work: Work, *, days_ago: int = 0) -> str:
    return envelope_from(work.pk, clock.now() - timedelta(days=days_ago))


@pytest.mark.slow
def test_a_hard_bounce_stops_messages_and_raises_an_item_once(sent: Work, box: ImapServer) -> None:
    box.messages = [report(status("5.1.1"), to=to(sent))] * 2
    assert bounces.run() == 2
    sent.refresh_from_db()
    assert (sent.state, sent.reason) == ("rejected", "address_refused")
    assert Patient.objects.get().email_state == "bounced"
    assert ReviewItem.objects.get(source="mail").facts["code"] == "address_refused"
    assert AuditEvent.objects.filter(act="message.rejected").count() == 1
    # All were dealt with, and the next reading finds nothing.
    assert bounces.run() == 0


@pytest.mark.slow
def test_a_soft_bounce_is_reported_and_messages_continue(sent: Work, box: ImapServer) -> None:
    box.messages = [report(status("5.2.2"), to=to(sent))]
    bounces.run()
    assert Patient.objects.get().email_state == "confirmed"
    assert ReviewItem.objects.get(source="mail").facts["code"] == "message_refused"


@pytest.mark.slow
def test_a_complaint_stops_messages_and_raises_an_item(sent: Work, box: ImapServer) -> None:
    box.messages = [report("Feedback-Type: abuse\r\n", to=to(sent), kind="feedback-report")]
    bounces.run()
    sent.refresh_from_db()
    assert sent.state == "sent"
    assert Patient.objects.get().email_state == "complained"
    assert ReviewItem.objects.get(source="mail").facts["code"] == "complained"


@pytest.mark.slow
def test_an_address_that_was_changed_meanwhile_is_not_called_bounced(sent: Work, box: ImapServer) -> None:
    assert sent.settled_at is not None
    Patient.objects.update(
        email="new@mail.example.org", email_confirmed_at=sent.settled_at.replace(year=2099)
    )
    box.messages = [report(status("5.1.1"), to=to(sent))]
    bounces.run()
    assert Patient.objects.get().email_state == "confirmed"


@pytest.mark.slow
def test_a_new_address_that_is_not_confirmed_yet_is_not_called_bounced_either(
    clinic: ClinicMade, sent: Work, box: ImapServer
) -> None:
    patient = Patient.objects.get()
    people.update_patient(
        by=clinic.staff,
        patient_id=patient.pk,
        seen_version=patient.version,
        data=dataclasses.replace(people.data_of(people.card_of(patient)), email="new@mail.example.org"),
    )
    box.messages = [report(status("5.1.1"), to=to(sent))]
    bounces.run()
    patient.refresh_from_db()
    assert (patient.email, patient.email_state) == ("new@mail.example.org", "unconfirmed")


@pytest.mark.slow
def test_a_report_that_arrives_before_its_message_is_settled_waits(sent: Work, box: ImapServer) -> None:
    lease = clock.real_now() + timedelta(minutes=5)
    Work.objects.filter(pk=sent.pk).update(state="sending", lease_until=lease)
    box.messages = [report(status("5.1.1"), to=to(sent))]
    assert bounces.run() == 0
    Work.objects.filter(pk=sent.pk).update(state="sent", lease_until=None)
    assert bounces.run() == 1
    assert Patient.objects.get().email_state == "bounced"


@pytest.mark.slow
def test_a_bounced_message_is_not_sent_again(clinic: ClinicMade, sent: Work, box: ImapServer) -> None:
    Work.objects.filter(pk=sent.pk).update(state="unknown")
    message_log.send_again(by=clinic.staff, work_id=sent.pk)
    box.messages = [report(status("5.1.1"), to=to(sent))]
    bounces.run()
    sent.refresh_from_db()
    assert (sent.state, Patient.objects.get().email_state) == ("rejected", "bounced")


@pytest.mark.slow
def test_a_report_that_cannot_be_processed_hides_no_later_one_and_is_reported(
    sent: Work, box: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = services.hard
    broken = uuid.uuid4()

    def hard(work_id: uuid.UUID) -> bool:
        if work_id == broken:
            raise RuntimeError
        return real(work_id)

    monkeypatch.setattr(services, "hard", hard)
    box.messages = [
        report(status("5.1.1"), to=envelope_from(broken, clock.now())),
        report(status("5.1.1"), to=to(sent)),
    ]
    assert (bounces.run(), box.seen) == (1, {1})
    assert "failing_returns" in heartbeat.pulse().faults
    monkeypatch.setattr(services, "hard", real)
    assert (bounces.run(), box.seen) == (1, {0, 1})
    assert "failing_returns" not in heartbeat.pulse().faults


@pytest.mark.slow
def test_a_message_that_no_reader_understands_is_set_aside_with_a_flag(
    sent: Work, box: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = bounce_reports.read

    def read(raw: bytes, key: bytes) -> object:
        if raw == b"nonsense":
            # As the library does with some addresses.
            raise IndexError
        return real(raw, key)

    monkeypatch.setattr(bounce_reports, "read", read)
    box.messages = [b"nonsense", report(status("5.1.1"), to=to(sent))]
    assert bounces.run() == 2
    assert (box.seen, box.flagged) == ({0, 1}, {0})


@pytest.mark.slow
def test_a_mailbox_without_the_folder_counts_as_unavailable(
    sent: Work, box: ImapServer, settings: Any
) -> None:
    settings.BOUNCE_MAILBOX = box.url.replace("INBOX", "elsewhere")
    bounces.run()
    assert "returns_silent" in heartbeat.pulse().faults


@pytest.mark.slow
def test_a_report_that_anybody_could_have_written_is_flagged_and_changes_nothing(
    sent: Work, box: ImapServer
) -> None:
    # The key stands in the Message-ID, which every reply and forward shows.
    box.messages = [
        report(status("5.1.1"), to=f"bounce+{sent.pk.hex}@mail.example.org"),
        report("Feedback-Type: abuse\r\n", to=to(sent).replace("@", "a@"), kind="feedback-report"),
    ]
    assert bounces.run() == 2
    assert (box.seen, box.flagged) == ({0, 1}, {0, 1})
    sent.refresh_from_db()
    assert (sent.state, Patient.objects.get().email_state) == ("sent", "confirmed")
    assert not ReviewItem.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize(("days", "state"), [(10, "bounced"), (11, "confirmed")])
def test_a_report_is_believed_for_ten_days(sent: Work, box: ImapServer, days: int, state: str) -> None:
    box.messages = [report(status("5.1.1"), to=to(sent, days_ago=days))]
    assert bounces.run() == 1
    assert Patient.objects.get().email_state == state


@pytest.mark.slow
def test_a_bounce_from_an_address_that_the_message_was_forwarded_to_stops_nothing(
    sent: Work, box: ImapServer
) -> None:
    box.messages = [report(status_at("5.1.1", "failed", "elsewhere@example.net"), to=to(sent))]
    bounces.run()
    assert Patient.objects.get().email_state == "confirmed"
    # It did not arrive all the same, which the clinic sees.
    assert ReviewItem.objects.get(source="mail").facts["code"] == "message_refused"


@pytest.mark.slow
def test_a_stray_message_is_ignored_and_a_delay_changes_nothing(sent: Work, box: ImapServer) -> None:
    box.messages = [b"Subject: hello\r\n\r\nhello\r\n", report(status("4.4.1", "delayed"), to=to(sent))]
    assert bounces.run() == 2
    assert not ReviewItem.objects.exists()


@pytest.mark.slow
def test_a_mailbox_that_is_unavailable_or_refuses_us_disturbs_nothing(
    sent: Work, box: ImapServer, settings: Any
) -> None:
    settings.BOUNCE_MAILBOX = box.url.replace("p%40ss%20word", "wrong")
    assert bounces.run() == 0
    settings.BOUNCE_MAILBOX = "imap://a:b@127.0.0.1:1/INBOX"
    assert bounces.run() == 0


def test_the_command_says_what_is_missing(settings: Any) -> None:
    settings.BOUNCE_MAILBOX = ""
    assert bounces.run() == 0
    with pytest.raises(CommandError, match="BOUNCE_MAILBOX"):
        call_command("read_bounces")
