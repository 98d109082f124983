"""Two due things in one message: news of a new calendar goes with a check-in's message, and is never lost with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from plans.dispatch import messages
from plans.domain.notices import Queue
from plans.models import AuditEvent, Occasion, Patient, Plan, Work
from plans.services import bounces, clock, message_log, moving, reminders
from plans.services.plans import revise
from tests.channels.email.scripted import DROP, ScriptedServer
from tests.dispatch.reading import header, text_of, work
from tests.makers import ClinicMade, make_clinic

pytestmark = pytest.mark.slow

CARRIER = "checkin_invitation"


@pytest.fixture
def both(plan: Plan) -> Occasion:
    """An issued plan not yet announced, and its first check-in asked: both messages are due now."""
    first = Occasion.objects.filter(plan=plan).order_by("due_at").first()
    assert first is not None
    reminders.tick(max(first.due_at, clock.now()))
    occasion = Occasion.objects.get(pk=first.pk)
    Work.objects.filter(occasion=occasion, rung=0).update(due_at=clock.now())
    Work.objects.filter(notice="confirm_address").delete()
    return occasion


def state(notice: str) -> tuple[str, str]:
    row = work(notice) if notice != "checkin_reminder" else Work.objects.get(notice=notice, rung=1)
    return row.state, row.reason


def the_wait_is_over() -> None:
    Work.objects.filter(state="pending", rung=0).update(try_at=None, due_at=clock.now())


def test_a_check_in_and_a_new_calendar_due_at_once_are_one_message_with_one_link(
    both: Occasion, server: ScriptedServer
) -> None:
    messages.run(Queue.MESSAGES)
    (kept,) = server.kept
    assert (state(CARRIER), state("plan_ready")) == (("sent", ""), ("skipped", "in_one_message"))
    assert work("plan_ready").carried_by == work(CARRIER)
    assert header(kept, "Message-ID") == work(CARRIER).message_id
    assert "Your check-in is ready." in text_of(kept)
    assert "Your calendar is ready, too." in text_of(kept)
    assert [line.count("/c/") + line.count("/p/") for line in text_of(kept).splitlines()].count(1) == 1
    assert AuditEvent.objects.filter(act="message.skipped", subject_id=work("plan_ready").pk).count() == 1


def test_whichever_row_is_claimed_first(both: Occasion, server: ScriptedServer) -> None:
    Work.objects.filter(notice="plan_ready").update(due_at=clock.now() - timedelta(hours=1))
    messages.run(Queue.MESSAGES, batch=1)
    assert state("plan_ready") == ("skipped", "in_one_message")
    assert len(server.kept) == 1


def test_news_waits_once_for_the_check_in_message_and_then_goes_alone(
    both: Occasion, server: ScriptedServer
) -> None:
    # Another worker holds the check-in's message, and never comes to it.
    Work.objects.filter(notice=CARRIER).update(
        state="claimed", lease_until=clock.real_now() + timedelta(hours=1), token="elsewhere"
    )
    messages.run(Queue.MESSAGES)
    assert state("plan_ready") == ("pending", "goes_along")
    assert work("plan_ready").due_at > clock.now()
    the_wait_is_over()
    messages.run(Queue.MESSAGES)
    assert state("plan_ready") == ("sent", "")


def test_news_to_a_patient_who_stopped_check_ins_goes_alone(both: Occasion, server: ScriptedServer) -> None:
    Patient.objects.update(mail_state="opted_out")
    messages.run(Queue.MESSAGES)
    assert (state(CARRIER)[0], state("plan_ready")) == ("skipped", ("sent", ""))


def test_a_message_that_is_put_off_keeps_what_it_carries_for_the_next_try(
    both: Occasion, server: ScriptedServer
) -> None:
    server.script.queue = [("rcpt", "451 come back")]
    messages.run(Queue.MESSAGES)
    assert (state(CARRIER), state("plan_ready")) == (("pending", "later"), ("pending", ""))
    assert work("plan_ready").try_at == work(CARRIER).try_at
    the_wait_is_over()
    messages.run(Queue.MESSAGES)
    assert (state(CARRIER)[0], state("plan_ready")) == ("sent", ("skipped", "in_one_message"))
    assert len(server.kept) == 1


def test_when_the_check_in_was_answered_before_the_next_try_the_news_goes_by_itself(
    both: Occasion, server: ScriptedServer
) -> None:
    server.script.queue = [("rcpt", "451 come back")]
    messages.run(Queue.MESSAGES)
    Occasion.objects.update(state="answered")
    the_wait_is_over()
    messages.run(Queue.MESSAGES)
    assert (state(CARRIER), state("plan_ready")) == (("skipped", "answered"), ("sent", ""))


def test_a_message_refused_for_what_it_is_takes_no_news_with_it(
    both: Occasion, server: ScriptedServer
) -> None:
    server.script.queue = [("dot", "552 too much")]
    messages.run(Queue.MESSAGES)
    messages.run(Queue.MESSAGES)
    assert (state(CARRIER)[0], state("plan_ready")) == ("rejected", ("sent", ""))


def test_of_unknown_fate_both_wait_for_the_clinic_and_sending_again_is_the_same_message(
    clinic: ClinicMade, both: Occasion, server: ScriptedServer
) -> None:
    server.script.queue = [("dot", DROP)]
    messages.run(Queue.MESSAGES)
    assert (state(CARRIER)[0], state("plan_ready")[0]) == ("unknown", "unknown")
    assert message_log.attention_count(clinic.staff) == 2
    message_log.send_again(by=clinic.staff, work_id=work(CARRIER).pk)
    messages.run(Queue.MESSAGES)
    first, again = server.arrived
    assert text_of(first) == text_of(again)
    assert header(first, "Message-ID") == header(again, "Message-ID")
    assert state("plan_ready") == ("skipped", "in_one_message")


def test_of_unknown_fate_the_news_can_be_sent_by_itself(
    clinic: ClinicMade, both: Occasion, server: ScriptedServer
) -> None:
    server.script.queue = [("dot", DROP)]
    messages.run(Queue.MESSAGES)
    message_log.leave(by=clinic.staff, work_id=work(CARRIER).pk)
    message_log.send_again(by=clinic.staff, work_id=work("plan_ready").pk)
    messages.run(Queue.MESSAGES)
    assert (state(CARRIER), state("plan_ready")) == (("unknown", "left"), ("sent", ""))
    assert "/p/" in text_of(server.arrived[-1])


@pytest.mark.parametrize("fate", ["sent", "unknown"])
def test_a_message_that_bounces_releases_its_news(both: Occasion, server: ScriptedServer, fate: str) -> None:
    server.script.queue = [("dot", DROP)] if fate == "unknown" else []
    messages.run(Queue.MESSAGES)
    assert state(CARRIER)[0] == fate
    bounces.soft(work(CARRIER).pk)
    messages.run(Queue.MESSAGES)
    assert (state(CARRIER), state("plan_ready")) == (("rejected", "message_refused"), ("sent", ""))


def test_a_newer_calendar_in_between_is_the_one_announced(both: Occasion, server: ScriptedServer) -> None:
    Work.objects.filter(notice="plan_ready").update(version=None)
    messages.run(Queue.MESSAGES)
    (kept,) = server.kept
    assert "calendar" not in text_of(kept)
    assert state("plan_ready") == ("skipped", "replaced")


def test_the_link_of_the_one_message_leads_to_both(
    both: Occasion, server: ScriptedServer, client: Client
) -> None:
    messages.run(Queue.MESSAGES)
    link = next(line for line in text_of(server.kept[0]).splitlines() if "/c/" in line)
    page = client.get(link.removeprefix("http://localhost:8000"), follow=True)
    assert "Open my calendar" in page.content.decode()
    onward = client.post("/c/plan", follow=True)
    assert onward.redirect_chain[-1][0] == "/p/"
    # As with the link of a calendar, the second fact is asked: the year of birth, until there is a code.
    assert b'name="fact"' in onward.content
    assert b"Which year were you born in?" in onward.content
    assert b" mg" not in onward.content


def test_of_two_check_ins_only_the_later_one_is_written_about(plan: Plan, server: ScriptedServer) -> None:
    Work.objects.all().delete()
    first, second = Occasion.objects.filter(plan=plan, state="planned").order_by("due_at")[:2]
    Occasion.objects.filter(pk=first.pk).update(closes_at=second.due_at)
    reminders.tick(first.due_at)
    reminders.tick(second.due_at)
    # The mail server was away: the last reminder of one and the invitation of the next are both due.
    Work.objects.update(due_at=clock.now(), not_after=clock.now() + timedelta(days=1))
    messages.run(Queue.MESSAGES)
    assert len(server.kept) == 1
    assert Work.objects.get(state="sent").occasion_id == second.pk


# A move to another clinic


def moved(clinic: ClinicMade, plan: Plan) -> None:
    """Another clinic takes the patient of the plan over."""
    there = make_clinic(name="Lakeside Clinic")
    key = moving.offer(by=clinic.primary, patient_id=plan.patient_id, to_id=there.id, note="")
    moving.accept(by=there.primary, move_id=key, record_no="LK-1", zone="America/New_York")
    Work.objects.filter(notice="confirm_address").delete()


def held(clinic: ClinicMade, plan: Plan) -> None:
    """The plan, held from tomorrow on: the patient is told within the hour."""
    lock = Plan.objects.get(pk=plan.pk).lock
    days = {"days": 14, "from": "tomorrow"}
    revise.revise(by=clinic.primary, plan_id=plan.pk, seen_lock=lock, act="hold", params=days, note="Asked.")


def test_the_message_of_a_move_tells_a_change_that_was_not_told_yet(
    clinic: ClinicMade, plan: Plan, server: ScriptedServer
) -> None:
    """It said that the calendar stays the same, an hour before the news that it does not."""
    Work.objects.filter(notice="confirm_address").delete()
    messages.run(Queue.MESSAGES)
    held(clinic, plan)
    assert work("plan_changed").due_at > clock.now()
    moved(clinic, plan)
    messages.run(Queue.MESSAGES)
    said = text_of(server.kept[-1])
    assert "From now on Lakeside Clinic looks after you." in said
    assert "Your calendar changed shortly before. From now on please use only the new one" in said
    assert "as it is" not in said
    assert state("plan_changed") == ("skipped", "in_one_message")
    the_wait_is_over()
    messages.run(Queue.MESSAGES)
    assert len(server.kept) == 2


def test_the_message_of_a_move_brings_a_calendar_that_was_never_told_of(
    clinic: ClinicMade, plan: Plan, server: ScriptedServer
) -> None:
    moved(clinic, plan)
    Work.objects.filter(notice="plan_ready").update(due_at=clock.now() + timedelta(minutes=30))
    messages.run(Queue.MESSAGES)
    (kept,) = server.kept
    assert "Your calendar is ready: the link leads to it." in text_of(kept)
    assert state("plan_ready") == ("skipped", "in_one_message")


def test_where_all_was_told_the_message_of_a_move_says_that_the_calendar_goes_on(
    clinic: ClinicMade, plan: Plan, server: ScriptedServer
) -> None:
    Work.objects.filter(notice="confirm_address").delete()
    messages.run(Queue.MESSAGES)
    moved(clinic, plan)
    messages.run(Queue.MESSAGES)
    assert "Your new clinic goes on with your calendar as it is." in text_of(server.kept[-1])


def test_the_news_goes_by_itself_where_the_message_of_the_move_cannot(
    clinic: ClinicMade, plan: Plan, server: ScriptedServer
) -> None:
    Work.objects.filter(notice="confirm_address").delete()
    messages.run(Queue.MESSAGES)
    held(clinic, plan)
    moved(clinic, plan)
    server.script.queue = [("dot", "552 too much")]
    messages.run(Queue.MESSAGES)
    the_wait_is_over()
    messages.run(Queue.MESSAGES)
    assert (state("clinic_changed")[0], state("plan_changed")) == ("rejected", ("sent", ""))
