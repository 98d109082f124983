"""From due row to settled row, over a real SMTP conversation: what holds at send time, what each answer leads to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from plans.channels.email import rendering, transports
from plans.channels.email.rendering import OutgoingMessage
from plans.dispatch import messages
from plans.dispatch.connections import ConnectionPool
from plans.dispatch.counts import Counts
from plans.domain.notices import Queue
from plans.models import AuditEvent, Occasion, Patient, Plan, ReviewItem, Work
from plans.services import clock, heartbeat, message_log, outbox, people
from plans.services import messages as composing
from tests.channels.email.scripted import DROP, ScriptedServer
from tests.dispatch.reading import header, rungs, text_of, work
from tests.makers import ClinicMade, make_patient


@pytest.mark.slow
def test_a_new_address_gets_one_message_to_confirm_it_and_nothing_clinical(
    clinic: ClinicMade, server: ScriptedServer
) -> None:
    make_patient(clinic.primary, confirmed=False)
    assert messages.run(Queue.MESSAGES).sent == 1
    (kept,) = server.kept
    assert header(kept, "Subject") == "Please confirm your e-mail address"
    assert "/y/" in text_of(kept)
    assert "/m/" not in text_of(kept)
    assert "Quill" not in text_of(kept)


@pytest.mark.slow
def test_an_issued_plan_is_announced_with_a_link_a_neutral_sender_and_an_envelope_that_names_the_row(
    plan: Plan, server: ScriptedServer
) -> None:
    messages.run(Queue.MESSAGES)
    row = work("plan_ready")
    (kept,) = [one for one in server.kept if header(one, "Subject") == "Your calendar is ready"]
    assert (row.state, row.smtp_code) == ("sent", 250)
    assert kept.sender == composing.envelope_from(row.pk, clock.now())
    assert header(kept, "Message-ID") == row.message_id == f"<{row.pk}@mail.example.org>"
    assert header(kept, "From") == "Harbour Clinic <no-reply@mail.example.org>"
    assert "http://localhost:8000/p/" in text_of(kept)
    assert AuditEvent.objects.filter(act="message.sent", subject_id=row.pk).count() == 1


@pytest.mark.slow
def test_running_again_sends_nothing_again(plan: Plan, server: ScriptedServer) -> None:
    messages.run(Queue.MESSAGES)
    before = len(server.arrived)
    assert not messages.run(Queue.MESSAGES).any
    assert len(server.arrived) == before


def test_clinical_messages_wait_for_the_address_and_go_out_once_it_is_confirmed(
    plan: Plan, patient: Patient, server: ScriptedServer
) -> None:
    Patient.objects.update(email_state="unconfirmed")
    messages.run(Queue.MESSAGES)
    assert (work("plan_ready").state, work("plan_ready").reason) == ("skipped", "unconfirmed")
    Patient.objects.update(email_state="confirmed")
    with transaction.atomic():
        assert composing.resume(patient, clock.now()) == 1
    messages.run(Queue.MESSAGES)
    assert work("plan_ready").state == "sent"


SKIPPED = [
    ({"care_state": "died"}, "died"),
    ({"care_state": "transferred"}, "transferred"),
    ({"email_state": "bounced"}, "bounced"),
    ({"email": "", "email_state": "none"}, "no_address"),
]


@pytest.mark.parametrize(("change", "reason"), SKIPPED)
def test_what_is_true_when_it_is_sent_decides(
    plan: Plan, server: ScriptedServer, change: dict[str, str], reason: str
) -> None:
    Patient.objects.update(**change)
    messages.run(Queue.MESSAGES)
    assert (work("plan_ready").state, work("plan_ready").reason) == ("skipped", reason)
    assert server.arrived == []


def test_a_message_about_a_replaced_version_is_not_sent(plan: Plan, server: ScriptedServer) -> None:
    Work.objects.filter(notice="plan_ready").update(version=None)
    messages.run(Queue.MESSAGES)
    assert work("plan_ready").reason == "replaced"


def test_an_invitation_goes_out_and_its_reminder_waits_for_twenty_hours(
    asked: Occasion, server: ScriptedServer
) -> None:
    messages.run(Queue.MESSAGES)
    assert rungs()[0] == (0, "sent", "")
    assert rungs()[1] == (1, "pending", "too_soon")
    assert len(server.kept) == 1


@pytest.mark.slow
def test_reminders_carry_the_same_link_and_stand_in_the_same_thread(
    asked: Occasion, server: ScriptedServer
) -> None:
    messages.run(Queue.MESSAGES)
    Work.objects.filter(rung=0, occasion=asked).update(settled_at=clock.now() - timedelta(hours=24))
    Work.objects.filter(rung=1, occasion=asked).update(due_at=clock.now())
    messages.run(Queue.MESSAGES)
    first, second = server.kept
    link = next(line for line in text_of(first).splitlines() if "/c/" in line)
    assert link in text_of(second)
    assert header(second, "References") == header(first, "Message-ID")
    assert header(second, "Message-ID") != header(first, "Message-ID")


@pytest.mark.parametrize("state", ["answered", "cancelled", "missed"])
def test_a_closed_occasion_gets_no_reminder(asked: Occasion, server: ScriptedServer, state: str) -> None:
    Occasion.objects.filter(pk=asked.pk).update(state=state)
    messages.run(Queue.MESSAGES)
    assert {(end, why) for _, end, why in rungs()} == {("skipped", state)}
    assert server.arrived == []


@pytest.mark.parametrize("state", ["opted_out", "suspended"])
def test_a_patient_who_stopped_messages_gets_no_reminder(
    asked: Occasion, server: ScriptedServer, state: str
) -> None:
    Patient.objects.update(mail_state=state)
    messages.run(Queue.MESSAGES)
    assert {why for _, _, why in rungs()} == {state}


@pytest.mark.slow
def test_greylisting_is_tried_later_and_then_sent_once(plan: Plan, server: ScriptedServer) -> None:
    server.script.answers["rcpt"] = "451 come back"
    messages.run(Queue.MESSAGES)
    row = work("plan_ready")
    assert (row.state, row.reason, row.smtp_code) == ("pending", "later", 451)
    server.script.answers.clear()
    Work.objects.update(try_at=None)
    messages.run(Queue.MESSAGES)
    messages.run(Queue.MESSAGES)
    assert work("plan_ready").state == "sent"
    assert [header(kept, "Subject") for kept in server.kept].count("Your calendar is ready") == 1


@pytest.mark.slow
def test_a_refused_address_is_rejected_at_once_and_reported_to_the_clinic(
    plan: Plan, patient: Patient, server: ScriptedServer
) -> None:
    server.script.answers["rcpt"] = "550 no such user"
    messages.run(Queue.MESSAGES)
    patient.refresh_from_db()
    assert work("plan_ready").state == "rejected"
    assert patient.email_state == "bounced"
    assert ReviewItem.objects.filter(source="mail", patient=patient).count() == 1


@pytest.mark.slow
def test_a_message_whose_answer_never_came_is_unknown_and_not_sent_again_by_itself(
    plan: Plan, server: ScriptedServer
) -> None:
    server.script.queue = [("dot", DROP)]
    messages.run(Queue.MESSAGES)
    Work.objects.update(try_at=None)
    messages.run(Queue.MESSAGES)
    unknown = Work.objects.get(state="unknown")
    assert unknown.reason == "no_answer_after_dot"
    assert [header(one, "Message-ID") for one in server.arrived].count(unknown.message_id) == 1


@pytest.mark.slow
def test_a_message_sent_again_is_the_same_message(
    clinic: ClinicMade, plan: Plan, server: ScriptedServer
) -> None:
    server.script.queue = [("dot", DROP)]
    messages.run(Queue.MESSAGES)
    unknown = Work.objects.get(state="unknown")
    message_log.send_again(by=clinic.staff, work_id=unknown.pk)
    messages.run(Queue.MESSAGES)
    same = [one for one in server.arrived if header(one, "Message-ID") == unknown.message_id]
    assert len(same) == 2
    assert text_of(same[0]) == text_of(same[1])


@pytest.mark.slow
def test_an_unreachable_mail_server_leaves_everything_pending(plan: Plan, settings: Any) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    counts = messages.run(Queue.MESSAGES)
    assert counts.retried > 0
    assert set(Work.objects.filter(queue="messages").values_list("state", "reason")) == {
        ("pending", "unreachable")
    }


@pytest.mark.slow
def test_an_address_that_is_not_one_is_rejected_without_a_conversation(
    plan: Plan, server: ScriptedServer
) -> None:
    Patient.objects.update(email="a@x.org,b@x.org")
    messages.run(Queue.MESSAGES)
    assert work("plan_ready").state == "rejected"
    assert server.arrived == []


@pytest.mark.slow
def test_a_sender_of_ours_that_is_no_address_bounces_no_patient(
    plan: Plan, server: ScriptedServer, settings: Any
) -> None:
    settings.MAIL_FROM = "Clinic <no-reply@localhost>"
    messages.run(Queue.MESSAGES)
    row = work("plan_ready")
    assert (row.state, row.reason) == ("pending", "sender_refused")
    assert Patient.objects.get().email_state == "confirmed"
    assert not ReviewItem.objects.exists()


@pytest.mark.slow
def test_a_message_that_cannot_be_written_does_not_hold_up_the_others(
    clinic: ClinicMade, plan: Plan, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_patient(clinic.primary, confirmed=False)
    write = rendering.write

    def broken(facts: Any) -> OutgoingMessage:
        if facts.notice == "plan_ready":
            raise RuntimeError("a fault of ours")
        return write(facts)

    monkeypatch.setattr(messages, "write", broken)
    counts = messages.run(Queue.MESSAGES)
    assert (counts.crashed, counts.sent) == (1, 1)
    assert (work("plan_ready").state, work("plan_ready").reason) == ("pending", "crashed")


def test_a_pause_stops_all_claiming_and_shows(clinic: ClinicMade, plan: Plan, server: ScriptedServer) -> None:
    heartbeat.set_paused(True)
    assert not messages.run(Queue.MESSAGES).any
    assert heartbeat.status(clinic.lead).paused
    assert "paused" in heartbeat.pulse().faults
    heartbeat.set_paused(False)
    assert messages.run(Queue.MESSAGES).sent


@pytest.mark.slow
def test_what_there_was_no_time_for_is_released_untouched(plan: Plan, server: ScriptedServer) -> None:
    due = Work.objects.filter(queue="messages", state="pending", due_at__lte=clock.now()).count()
    claims = list(outbox.claim_batch("messages"))
    assert len(claims) == due
    counts = Counts()
    pool = ConnectionPool(transports.chosen)
    messages._send_batch(claims, pool, counts, ends=0.0)
    pool.close()
    assert counts.left == due
    assert set(
        Work.objects.filter(queue="messages", due_at__lte=clock.now()).values_list("state", "attempts")
    ) == {("pending", 0)}


@pytest.mark.slow
def test_confirming_by_the_link_of_the_message_makes_the_waiting_messages_go(
    clinic: ClinicMade, server: ScriptedServer
) -> None:
    from plans.services import links
    from tests.makers_plans import issue_story_plan

    patient = make_patient(clinic.primary, confirmed=False)
    issue_story_plan(clinic.primary, patient)
    messages.run(Queue.MESSAGES)
    (kept,) = server.kept
    token = next(line for line in text_of(kept).splitlines() if "/y/" in line).rpartition("/")[2]
    people.confirm_email(links.look(token, links.LinkPurpose.CONFIRM))
    messages.run(Queue.MESSAGES)
    assert work("plan_ready").state == "sent"
