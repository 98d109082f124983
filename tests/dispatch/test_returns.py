"""Letters that come back later: the mailbox is read, the address stops, people hear of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from plans.dispatch import letters, returns
from plans.domain.notices import Queue
from plans.models import AuditEvent, Patient, Plan, ReviewItem, Work
from tests.mail.imap import ImapServer, imap
from tests.mail.scripted import ScriptedServer
from tests.mail.test_bounces import report, status


@pytest.fixture
def box(settings: Any) -> Iterator[ImapServer]:
    with imap() as made:
        settings.BOUNCE_MAILBOX = made.url
        yield made


@pytest.fixture
def sent(plan: Plan, server: ScriptedServer) -> Work:
    letters.run(Queue.LETTERS)
    return Work.objects.get(notice="plan_ready", state="sent")


def to(work: Work) -> str:
    return f"bounce+{work.pk.hex}@mail.example.org"


@pytest.mark.slow
def test_a_hard_bounce_stops_letters_and_raises_an_item_once(sent: Work, box: ImapServer) -> None:
    box.messages = [report(status("5.1.1"), to=to(sent))] * 2
    assert returns.run() == 2
    sent.refresh_from_db()
    assert (sent.state, sent.reason) == ("rejected", "address_refused")
    assert Patient.objects.get().email_state == "bounced"
    assert ReviewItem.objects.get(source="mail").facts["code"] == "address_refused"
    assert AuditEvent.objects.filter(act="letter.rejected").count() == 1
    # All were dealt with, and the next reading finds nothing.
    assert returns.run() == 0


@pytest.mark.slow
def test_a_soft_bounce_is_told_and_letters_go_on(sent: Work, box: ImapServer) -> None:
    box.messages = [report(status("5.2.2"), to=to(sent))]
    returns.run()
    assert Patient.objects.get().email_state == "confirmed"
    assert ReviewItem.objects.get(source="mail").facts["code"] == "letter_refused"


@pytest.mark.slow
def test_a_complaint_stops_letters_and_raises_an_item(sent: Work, box: ImapServer) -> None:
    box.messages = [report("Feedback-Type: abuse\r\n", to=to(sent), kind="feedback-report")]
    returns.run()
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
    returns.run()
    assert Patient.objects.get().email_state == "confirmed"


@pytest.mark.slow
def test_a_stray_letter_is_passed_by_and_a_delay_changes_nothing(sent: Work, box: ImapServer) -> None:
    box.messages = [b"Subject: hello\r\n\r\nhello\r\n", report(status("4.4.1", "delayed"), to=to(sent))]
    assert returns.run() == 2
    assert not ReviewItem.objects.exists()


@pytest.mark.slow
def test_a_mailbox_that_is_away_or_refuses_us_disturbs_nothing(
    sent: Work, box: ImapServer, settings: Any
) -> None:
    settings.BOUNCE_MAILBOX = box.url.replace("p%40ss%20word", "wrong")
    assert returns.run() == 0
    settings.BOUNCE_MAILBOX = "imap://a:b@127.0.0.1:1/INBOX"
    assert returns.run() == 0


def test_the_command_says_what_is_missing(settings: Any) -> None:
    settings.BOUNCE_MAILBOX = ""
    assert returns.run() == 0
    with pytest.raises(CommandError, match="BOUNCE_MAILBOX"):
        call_command("read_bounces")
