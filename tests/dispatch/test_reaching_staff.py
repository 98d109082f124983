"""Alerts by push and text message beside e-mail: no provider holds another's, and no alert is lost in doubt."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plans.channels.sms.http import HttpProvider, TextServer
from plans.dispatch import bounces, messages, providers
from plans.domain.notices import Queue
from plans.domain.reaching import ChannelKind
from plans.models import Patient, ReplyCode, ReviewEvent, ReviewItem, StaffChannel, Work
from plans.services import bounces as bounce_services
from plans.services import clock, heartbeat, staff_channels
from plans.services.messages import envelope_from
from plans.services.review import acknowledging, acts
from taperplan.local.children import free_port
from tests.channels.email.imap import imap
from tests.channels.email.scripted import ScriptedServer
from tests.channels.provider import DROP, SILENT, Provider, serving
from tests.dispatch.reading import header, text_of
from tests.makers import ClinicMade
from tests.reaching_help import NUMBER, alert_of, confirmed, raised, user_of

EMAIL, PUSH, TEXT = ChannelKind.EMAIL, ChannelKind.PUSH, ChannelKind.TEXT
HOME = "me@home.example.org"


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    with serving() as made:
        settings.TEXT_PROVIDER, settings.TEXT_URL = "http", made.url
        yield made


@pytest.fixture
def doctor(clinic: ClinicMade, provider: Provider, server: ScriptedServer) -> ClinicMade:
    """The one on duty is reached by text message, then by e-mail. What confirmed them is sent and forgotten."""
    confirmed(clinic.primary)
    confirmed(clinic.primary, EMAIL, HOME)
    Work.objects.filter(queue="alerts").delete()
    return clinic


def run(seconds: float = 0.4) -> Any:
    """A run whose texts may take so long."""

    def make() -> HttpProvider:
        from django.conf import settings

        return HttpProvider(TextServer(settings.TEXT_URL, seconds=seconds))

    return messages.run(Queue.ALERTS, providers={**providers.USUAL, TEXT: make})


def texts(provider: Provider) -> list[str]:
    return [str(taken.json["text"]) for taken in provider.taken]


def the_alert(item: ReviewItem, clinic: ClinicMade) -> Work:
    return alert_of(item, clinic.primary)


@pytest.mark.slow
def test_an_urgent_alert_goes_to_the_first_channel_with_a_code_and_no_name(
    doctor: ClinicMade, patient: Patient, provider: Provider, server: ScriptedServer, settings: Any
) -> None:
    settings.TEXT_EVENTS_SECRET = "s" * 40
    item = raised(doctor.id, patient)
    assert run().sent == 1
    work, code = the_alert(item, doctor), ReplyCode.objects.get()
    (taken,) = provider.taken
    assert taken.json["to"] == NUMBER
    assert taken.json["id"] == work.message_id.strip("<>")
    assert taken.json["text"].startswith("Taperplan: an urgent review item. Open the queue or reply ")
    assert "http://localhost:8000/k/" in taken.json["text"]
    assert patient.name not in taken.json["text"]
    assert (work.state, work.smtp_code) == ("sent", 200)
    assert code.channel is not None
    assert code.channel.kind == "text"
    assert server.arrived == []


@pytest.mark.slow
def test_the_second_channel_is_an_e_mail_that_can_be_replied_to(
    doctor: ClinicMade, patient: Patient, provider: Provider, server: ScriptedServer, settings: Any
) -> None:
    settings.BOUNCE_MAILBOX = "imaps://user:password@mail.example.org/INBOX"
    item = raised(doctor.id, patient)
    work = the_alert(item, doctor)
    Work.objects.filter(pk=work.pk).update(facts={**work.facts, "channel": 2})
    run()
    (kept,) = server.kept
    assert kept.recipients == (HOME,)
    assert header(kept, "Reply-To") == envelope_from(work.pk, clock.now())
    assert "/k/" in text_of(kept)
    assert provider.taken == []


@pytest.mark.slow
def test_a_silent_provider_holds_nobody_s_e_mail(
    doctor: ClinicMade, patient: Patient, provider: Provider, server: ScriptedServer
) -> None:
    provider.script = [SILENT] * 50
    item = raised(doctor.id, patient)
    acts.reassign(by=doctor.lead, item_id=item.pk, seen_lock=item.lock, to_id=doctor.second.id)
    silence = 4.0
    began, mailed = time.monotonic(), silence

    def watch() -> None:
        nonlocal mailed
        while not server.kept and time.monotonic() - began < silence:
            time.sleep(0.01)
        mailed = time.monotonic() - began

    thread = threading.Thread(target=watch)
    thread.start()
    run(seconds=silence)
    thread.join()
    # Before the silent provider was given up.
    assert mailed < silence
    assert {one.recipients for one in server.kept} == {(user_of(doctor.second).email,)}
    assert the_alert(item, doctor).reason == "provider_silent"


@pytest.mark.slow
def test_an_alert_of_unknown_fate_goes_again_at_once_and_says_so(
    doctor: ClinicMade, patient: Patient, provider: Provider
) -> None:
    provider.script = [DROP]
    item = raised(doctor.id, patient)
    counts = run()
    first, second = provider.taken
    assert (counts.unknown, counts.sent) == (1, 1)
    assert "(sent again)" not in first.json["text"]
    assert "(sent again)" in second.json["text"]
    assert first.json["id"] != second.json["id"]
    work = the_alert(item, doctor)
    assert (work.state, work.repeat) == ("sent", 1)
    # It is the same code: whichever arrived can be answered.
    assert ReplyCode.objects.count() == 1


def test_a_number_that_is_refused_for_good_lets_the_next_channel_go_at_once(
    doctor: ClinicMade, patient: Patient, provider: Provider, server: ScriptedServer
) -> None:
    provider.script = [400]
    item = raised(doctor.id, patient)
    run()
    (kept,) = server.kept
    assert kept.recipients == (HOME,)
    states = sorted(Work.objects.filter(item=item).values_list("state", "reason"))
    assert states == [("rejected", "channel_refused"), ("sent", "")]
    assert StaffChannel.objects.get(kind="text").failing_since is not None
    # Nobody need look: somebody was reached.
    assert not ReviewItem.objects.filter(source="mail").exists()


@pytest.mark.slow
def test_when_the_last_channel_is_refused_somebody_must_look(
    doctor: ClinicMade, patient: Patient, provider: Provider, server: ScriptedServer
) -> None:
    provider.script = [400]
    server.script.answers = {"rcpt": "550 5.1.1 no such user"}
    raised(doctor.id, patient)
    run()
    assert ReviewItem.objects.get(source="mail").facts["code"] == "alert_refused"


@pytest.mark.slow
def test_a_provider_that_is_down_is_tried_once_and_the_rest_wait(
    doctor: ClinicMade, patient: Patient, settings: Any, server: ScriptedServer
) -> None:
    settings.TEXT_URL = f"http://127.0.0.1:{free_port()}/"
    for number in range(20):
        raised(doctor.id, patient, key=f"checkin:{number}")
    counts = run()
    # One message for all of them.
    assert (counts.retried, counts.sent) == (1, 0)
    rows = Work.objects.filter(queue="alerts")
    assert set(rows.values_list("state", "reason")) == {("pending", "provider_unreachable"), ("pending", "")}
    assert rows.filter(try_at__gt=clock.real_now()).count() == 20


@pytest.mark.slow
def test_a_mail_server_that_is_down_holds_no_text_message(
    doctor: ClinicMade, patient: Patient, provider: Provider, settings: Any
) -> None:
    settings.EMAIL_PORT = free_port()
    item = raised(doctor.id, patient)
    acts.reassign(by=doctor.lead, item_id=item.pk, seen_lock=item.lock, to_id=doctor.second.id)
    run()
    assert len(provider.taken) == 1
    assert alert_of(item, doctor.second).reason == "unreachable"


@pytest.mark.slow
def test_an_answer_that_says_later_waits_and_goes_then(
    doctor: ClinicMade, patient: Patient, provider: Provider
) -> None:
    provider.script = [429]
    item = raised(doctor.id, patient)
    run()
    work = the_alert(item, doctor)
    assert (work.state, work.reason, work.smtp_code, work.repeat) == ("pending", "provider_later", 429, 0)
    Work.objects.update(try_at=None)
    run()
    assert the_alert(item, doctor).state == "sent"


@pytest.mark.slow
def test_a_channel_removed_while_it_waits_is_passed_over(
    doctor: ClinicMade, patient: Patient, provider: Provider, server: ScriptedServer
) -> None:
    raised(doctor.id, patient)
    staff_channels.remove(by=doctor.primary, channel_id=StaffChannel.objects.get(kind="text").pk)
    run()
    assert provider.taken == []
    assert [one.recipients for one in server.kept] == [(HOME,)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_a_channel_removed_while_it_is_being_tried_ends_its_code(
    doctor: ClinicMade, patient: Patient, provider: Provider, settings: Any
) -> None:
    """Removed between the claim and the provider's answer: the message is settled, and answering it does nothing."""
    item = raised(doctor.id, patient)

    class Removing(HttpProvider):
        def send(self, message: Any) -> Any:
            result = super().send(message)
            removed.set()
            return result

    removed = threading.Event()
    provider.script = [SILENT]
    sender = threading.Thread(target=lambda: _run_with(Removing(TextServer(settings.TEXT_URL, seconds=1.0))))
    sender.start()
    while not provider.taken:
        time.sleep(0.01)
    staff_channels.remove(by=doctor.primary, channel_id=StaffChannel.objects.get(kind="text").pk)
    code = ReplyCode.objects.get()
    provider.release.set()
    sender.join(20)
    assert removed.is_set()
    assert code.ended_at is not None
    assert not ReviewEvent.objects.filter(item=item, kind="acknowledged").exists()
    # Of unknown fate, it went again at once: by the channel that is left.
    work = the_alert(item, doctor)
    assert (work.state, work.repeat) == ("sent", 1)


def _run_with(provider: HttpProvider) -> None:
    from django.db import connection

    try:
        messages.run(Queue.ALERTS, providers={**providers.USUAL, TEXT: lambda: provider})
    finally:
        connection.close()


@pytest.mark.slow
def test_a_report_that_it_was_not_delivered_lets_the_next_channel_go(
    doctor: ClinicMade, patient: Patient, provider: Provider, server: ScriptedServer
) -> None:
    item = raised(doctor.id, patient)
    run()
    work = the_alert(item, doctor)
    assert bounce_services.hard_to_staff(work.pk)
    assert not bounce_services.hard_to_staff(work.pk)
    run()
    assert [one.recipients for one in server.kept] == [(HOME,)]


@pytest.mark.slow
def test_an_item_resolved_while_its_alert_waits_alerts_nobody(
    doctor: ClinicMade, patient: Patient, provider: Provider
) -> None:
    item = raised(doctor.id, patient)
    ReviewItem.objects.filter(pk=item.pk).update(
        state="resolved", resolved_at=clock.now(), resolved_by_id=doctor.primary.id
    )
    run()
    assert provider.taken == []


@pytest.mark.slow
def test_a_push_message_goes_through_apprise(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer, settings: Any
) -> None:
    with serving() as service:
        settings.PUSH_SCHEMES, settings.PUSH_HOSTS = ["ntfy"], [f"127.0.0.1:{service.port}"]
        confirmed(clinic.primary, PUSH, f"ntfy://127.0.0.1:{service.port}/a-topic")
        Work.objects.filter(queue="alerts").delete()
        raised(clinic.id, patient)
        assert messages.run(Queue.ALERTS).sent == 1
        (taken,) = service.taken
    assert taken.json["message"].startswith(
        "Taperplan: an urgent review item. Open the queue. http://localhost"
    )
    assert taken.headers["X-Priority"] == "high"


@pytest.mark.slow
def test_a_copy_on_another_host_writes_text_messages_into_files(
    doctor: ClinicMade, patient: Patient, provider: Provider, settings: Any, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path
    item = raised(doctor.id, patient)
    heartbeat.set_paused(True, why=heartbeat.COPIED)
    run()
    assert provider.taken == []
    (file,) = (tmp_path / "texts").glob("*.json")
    assert json.loads(file.read_text())["to"] == NUMBER
    assert the_alert(item, doctor).reason == "to_file"


@pytest.mark.slow
def test_a_reply_in_the_bounce_mailbox_acknowledges_and_an_automatic_one_does_not(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer, settings: Any
) -> None:
    with imap() as box:
        settings.BOUNCE_MAILBOX = box.url
        item = raised(clinic.id, patient)
        messages.run(Queue.ALERTS)
        work, (kept,) = alert_of(item, clinic.primary), server.kept
        code = next(word for word in text_of(kept).split() if word.isdigit() and len(word) == 4)
        reply = (
            f"From: Dr <{user_of(clinic.primary).email}>\r\nTo: <{header(kept, 'Reply-To')}>\r\n"
            "Subject: Re\r\n%sContent-Type: text/plain; charset=utf-8\r\n\r\n"
            f"{code}\r\n\r\n> Reply with {code}\r\n"
        )
        box.messages = [(reply % "Auto-Submitted: auto-replied\r\n").encode()]
        bounces.run()
        assert acknowledging.quiet_until(clinic.primary.member_id, clinic.id) is None
        box.messages.append((reply % "").encode())
        assert bounces.run() == 1
    assert ReplyCode.objects.get(work=work).answered_by == "email"
    # Who replied is told what became of it, at the address it came from.
    messages.run(Queue.ALERTS)
    assert "Noted: no repeats to you for ten minutes" in text_of(server.kept[-1])
