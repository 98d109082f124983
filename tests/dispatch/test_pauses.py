"""No pause silences alerts: they go on, one message for many, marked; and the pause itself is reported."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import transaction

from plans.dispatch import bounces, messages, upkeep
from plans.domain.notices import Queue
from plans.models import Heartbeat, Patient, Plan, ReviewItem, Work
from plans.services import clock, heartbeat, restoring
from plans.services.review.review_items import open_item
from plans.wording.review import source_words
from tests.channels.email.scripted import DROP, ScriptedServer
from tests.dispatch.reading import header, text_of
from tests.makers import ClinicMade

AUTOMATIC = ["restored", "clock_jumped"]


def danger(clinic: ClinicMade, patient: Patient, number: int = 1) -> ReviewItem:
    with transaction.atomic():
        return open_item(
            clinic_id=clinic.id, patient=patient, plan=None, source="checkin", source_key=f"checkin:{number}",
            priority="urgent", facts={"code": "x"}, now=clock.now(),
        )  # fmt: skip


def paused(why: str) -> None:
    """An automatic pause that the clinics were already told about."""
    heartbeat.set_paused(True, why=why)
    upkeep.run()
    told = Work.objects.filter(item__facts__code=f"paused_{why}")
    told.update(state="sent", settled_at=clock.now() - timedelta(hours=1))


def subject(kept: Any) -> str:
    """The subject of a message, without the hour by which to act."""
    return re.sub(r", due [^(]+?(?= \(|$)", "", header(kept, "Subject"))


def subjects(server: ScriptedServer, clinic: ClinicMade) -> list[str]:
    """What the one on call got."""
    address = Work.objects.filter(queue="alerts", user_id=clinic.primary.member_id).first()
    assert address is not None
    assert address.user is not None
    return [subject(kept) for kept in server.kept if kept.recipients == (address.user.email,)]


@pytest.mark.parametrize("why", AUTOMATIC)
def test_a_dangerous_answer_alerts_in_every_automatic_pause(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer, why: str
) -> None:
    paused(why)
    danger(clinic, patient)
    messages.run(Queue.ALERTS)
    assert subjects(server, clinic) == ["Urgent: A review item needs you"]


@pytest.mark.slow
@pytest.mark.parametrize("why", AUTOMATIC)
def test_what_waited_before_the_pause_goes_as_one_message_marked_as_a_possible_repeat(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer, why: str
) -> None:
    for number in range(3):
        danger(clinic, patient, number)
    paused(why)
    messages.run(Queue.ALERTS)
    assert subjects(server, clinic) == ["Urgent: 3 review items need you (sent again)"]
    assert "/queue" in text_of(server.kept[0])
    states = Work.objects.filter(queue="alerts", item__patient=patient).values_list("state", "reason")
    assert sorted(states) == [("sent", ""), ("skipped", "in_one_message"), ("skipped", "in_one_message")]


@pytest.mark.slow
def test_closed_items_are_no_longer_mentioned(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    for number in range(3):
        danger(clinic, patient, number)
    closed = ReviewItem.objects.filter(source_key="checkin:0")
    closed.update(state="resolved", resolved_at=clock.now(), resolved_by=clinic.primary.id)
    paused("restored")
    messages.run(Queue.ALERTS)
    assert subjects(server, clinic) == ["Urgent: 2 review items need you (sent again)"]


@pytest.mark.slow
def test_a_combined_alert_that_fails_covers_them_all_at_its_next_try(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    for number in range(2):
        danger(clinic, patient, number)
    paused("restored")
    server.script.queue = [("rcpt", "451 4.3.0 later")]
    messages.run(Queue.ALERTS)
    assert subjects(server, clinic) == []
    with time_machine.travel(clock.real_now() + timedelta(minutes=10)):
        messages.run(Queue.ALERTS)
    assert subjects(server, clinic) == ["Urgent: 2 review items need you (sent again)"]


@pytest.mark.slow
def test_an_alert_whose_fate_is_unknown_goes_again_in_a_pause(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    paused("restored")
    danger(clinic, patient)
    server.script.queue = [("dot", DROP)]
    messages.run(Queue.ALERTS)
    assert [subject(one) for one in server.arrived] == [
        "Urgent: A review item needs you", "Urgent: A review item needs you (sent again)",
    ]  # fmt: skip


@pytest.mark.slow
def test_an_alert_is_not_kept_back_by_what_a_wrong_clock_wrote(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    with time_machine.travel(clock.real_now() + timedelta(days=30)):
        danger(clinic, patient)
        Work.objects.filter(queue="alerts").update(try_at=clock.real_now())
    paused("clock_jumped")
    messages.run(Queue.ALERTS)
    assert len(subjects(server, clinic)) == 1


@pytest.mark.slow
def test_an_alert_whose_worker_died_is_swept_while_the_clock_is_not_trusted(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    danger(clinic, patient)
    paused("clock_jumped")
    real = clock.real_now()
    Work.objects.filter(queue="alerts", item__patient=patient).update(
        state="sending", lease_until=real - timedelta(minutes=9)
    )
    upkeep.run()
    messages.run(Queue.ALERTS)
    assert subjects(server, clinic) == ["Urgent: A review item needs you (sent again)"]


@pytest.mark.slow
def test_escalation_goes_on_and_alerts_in_a_pause(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    paused("restored")
    danger(clinic, patient)
    messages.run(Queue.ALERTS)
    ReviewItem.objects.filter(patient=patient).update(escalate_at=clock.now())
    Work.objects.filter(queue="alerts", state="sent").update(settled_at=clock.now() - timedelta(hours=1))
    upkeep.run()
    messages.run(Queue.ALERTS)
    assert "Urgent: A review item still needs you" in [subject(kept) for kept in server.kept]


@pytest.mark.slow
def test_patients_get_nothing_in_a_pause(
    clinic: ClinicMade, plan: Plan, patient: Patient, server: ScriptedServer
) -> None:
    paused("restored")
    messages.run(Queue.MESSAGES)
    assert server.kept == []


def moved() -> None:
    restoring.is_original_database()
    known = Heartbeat.objects.get(name="place")
    known.facts |= {"place": "1/1/1"}
    known.save()


@pytest.mark.slow
def test_the_pause_itself_is_an_urgent_item_and_alerts_those_on_call_and_the_lead(
    clinic: ClinicMade, server: ScriptedServer
) -> None:
    moved()
    for _turn in range(2):
        upkeep.run()
        messages.run(Queue.ALERTS)
    item = ReviewItem.objects.get(facts__code="paused_restored")
    assert (item.severity, item.state) == ("urgent", "new")
    assert source_words(item.source, item.facts).startswith("Messages to patients are paused")
    told = {work.user_id for work in Work.objects.filter(queue="alerts", state="sent")}
    assert {clinic.primary.id, clinic.lead.id} <= told
    assert len(server.kept) == len(told)


@pytest.mark.slow
def test_the_first_sender_to_notice_reports_it_at_once(clinic: ClinicMade, server: ScriptedServer) -> None:
    moved()
    messages.run(Queue.ALERTS)
    assert server.kept


def hand(*options: str) -> str:
    out = StringIO()
    call_command("resume_sending", *options, stdout=out)
    return out.getvalue()


@pytest.mark.slow
def test_a_pause_by_hand_lets_alerts_go_on(
    clinic: ClinicMade, patient: Patient, server: ScriptedServer
) -> None:
    assert "Alerts to clinicians go on" in hand("--pause")
    danger(clinic, patient)
    messages.run(Queue.ALERTS)
    assert len(subjects(server, clinic)) == 1


@pytest.mark.slow
def test_a_pause_by_hand_may_hold_alerts_says_so_and_that_ends_by_itself_after_an_hour(
    clinic: ClinicMade, patient: Patient, plan: Plan, server: ScriptedServer
) -> None:
    assert "WARNING: alerts to clinicians are held as well" in hand("--pause", "--hold-alerts")
    danger(clinic, patient)
    messages.run(Queue.ALERTS)
    assert server.kept == []
    assert "alerts_held" in heartbeat.pulse().faults
    with time_machine.travel(clock.real_now() + timedelta(minutes=61)):
        messages.run(Queue.ALERTS)
        messages.run(Queue.MESSAGES)
        assert len(server.kept) == 1
        # Messages to patients wait for a person.
        assert heartbeat.is_paused()
        assert "alerts_held" not in heartbeat.pulse().faults


@pytest.mark.slow
def test_holding_alerts_is_refused_without_a_pause(clinic: ClinicMade) -> None:
    with pytest.raises(CommandError, match="belong to --pause"):
        hand("--hold-alerts")


def elsewhere(settings: Any, folder: Any) -> None:
    """Another host: its Redis and its documents have never heard of this database."""
    settings.VAR_DIR = folder
    known = Heartbeat.objects.get(name="place")
    known.facts |= {"id": uuid.uuid4().hex, "marked": True}
    known.save()


@pytest.fixture
def sent_before(clinic: ClinicMade, patient: Patient, server: ScriptedServer) -> None:
    danger(clinic, patient)
    messages.run(Queue.ALERTS)
    Work.objects.filter(queue="alerts").update(settled_at=clock.now() - timedelta(hours=1))
    server.kept.clear()


@pytest.mark.slow
def test_a_copy_on_another_host_writes_all_it_sends_into_files_until_told_otherwise(
    clinic: ClinicMade, patient: Patient, plan: Plan, sent_before: None, server: ScriptedServer, settings: Any,
    tmp_path: Any,
) -> None:  # fmt: skip
    elsewhere(settings, tmp_path)
    danger(clinic, patient, 2)
    for queue in (Queue.ALERTS, Queue.MESSAGES, Queue.ALERTS, Queue.MESSAGES):
        messages.run(queue)
    assert server.kept == []
    assert heartbeat.paused_because() == "copied"
    assert len(list((tmp_path / "messages").glob("*.eml"))) >= 2
    assert "--this-is-the-service" in hand("--yes")
    assert heartbeat.paused_because() == "copied"
    assert "Sending goes on" in hand("--this-is-the-service")
    messages.run(Queue.ALERTS)
    assert "(sent again)" in "".join(subjects(server, clinic))
    assert heartbeat.paused_because() == ""
    # What was due to patients may have gone from where the copy was taken: the clinic's choice.
    assert Work.objects.filter(queue="messages", state="unknown", reason="restored").exists()
    assert not Work.objects.filter(queue="messages", state__in=("sent", "pending")).exists()


@pytest.mark.slow
def test_a_copy_leaves_the_reports_on_messages_to_the_service(clinic: ClinicMade, settings: Any) -> None:
    settings.BOUNCE_MAILBOX = "imap://a:b@127.0.0.1:1/INBOX"
    hand("--pause", "--into-files")
    assert bounces.run() == 0
    assert not Heartbeat.objects.filter(name=heartbeat.RETURNS).exists()


@pytest.mark.slow
def test_a_lost_count_outside_is_no_copy_while_the_documents_know_the_service(
    clinic: ClinicMade, patient: Patient, sent_before: None, server: ScriptedServer, settings: Any
) -> None:
    settings.REDIS_CLIENT_URL = "redis://127.0.0.1:1/0"
    danger(clinic, patient, 2)
    messages.run(Queue.ALERTS)
    assert heartbeat.paused_because() == ""
    assert len(server.kept) == 1


@pytest.mark.slow
def test_a_count_that_runs_ahead_outside_is_a_database_that_was_put_back(
    clinic: ClinicMade, sent_before: None
) -> None:
    before = Heartbeat.objects.get(name="sendings").facts["count"]
    Heartbeat.objects.filter(name="sendings").update(facts={"count": before - 1})
    assert not restoring.is_original_database()
    assert heartbeat.paused_because() == "restored"
    hand("--yes")
    assert restoring.is_original_database()


@pytest.mark.slow
def test_the_count_outside_names_nobody(clinic: ClinicMade, sent_before: None) -> None:
    known = Heartbeat.objects.get(name="place").facts["id"]
    count = Heartbeat.objects.get(name="sendings").facts["count"]
    with default_storage.open(f".sendings-{known}") as kept:
        assert kept.read() == str(count).encode()
