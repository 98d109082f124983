"""What one, two and four missed check-ins in a row bring about, and how messages start again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from plans.domain.messages import Skip
from plans.models import AuditEvent, Occasion, Patient, Plan, ReviewItem, Work
from plans.services import care, clock, close_watch, links, mail_choices, messages, reminders
from plans.services.checkins import saving, sessions
from plans.services.links import LinkPurpose, LinkView
from plans.services.plans import revise
from tests.makers import ClinicMade, make_patient
from tests.makers_care import return_home
from tests.makers_checkins import START, answer_all, calm, on, opened
from tests.makers_plans import issue_story_plan, plan_row
from tests.services.test_reminders import pass_by

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(clinic: ClinicMade) -> Iterator[Plan]:
    with on(START):
        yield issue_story_plan(clinic.primary, make_patient(clinic.primary))


def patient(plan: Plan) -> Patient:
    return Patient.objects.get(pk=plan.patient_id)


def mail_link(plan: Plan) -> LinkView:
    link = links.lasting(purpose=LinkPurpose.MAIL, patient=plan.patient)
    return links.look(links.token_of(link), LinkPurpose.MAIL)


# (missed in a row, priority, the rule, messages afterwards)
LADDER = [
    (1, "routine", "R5", "on"),
    (2, "high", "M2", "on"),
    (3, "high", "M2", "on"),
    (4, "high", "M4", "suspended"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("count", "severity", "rule", "after"), LADDER)
def test_one_is_routine_two_are_high_and_four_end_the_messages_and_ask_for_a_call(
    plan: Plan, count: int, severity: str, rule: str, after: str
) -> None:
    pass_by(plan, count)
    item = ReviewItem.objects.get(source="missed")
    assert (item.severity, item.facts["rules"], item.facts["in_a_row"]) == (severity, [rule], count)
    assert patient(plan).mail_state == after


@pytest.mark.slow
def test_after_four_nothing_is_asked_by_message_and_queued_messages_are_cancelled(plan: Plan) -> None:
    pass_by(plan, 4)
    waiting = Work.objects.filter(occasion__isnull=False, state="pending")
    assert not waiting.filter(occasion__state="missed").exists()
    # A check-in that opens later is asked by nobody but the clinic: its messages stop where they would be sent.
    assert {messages.compose(row.pk) for row in waiting} <= {Skip("suspended"), Skip("closed")}
    assert AuditEvent.objects.filter(act="patient.mail_suspended").count() == 1


@pytest.mark.slow
def test_an_answer_brings_the_messages_back(plan: Plan, clinic: ClinicMade) -> None:
    pass_by(plan, 4)
    following = Occasion.objects.filter(plan=plan, state="planned").order_by("due_at")[0]
    with on(following.due_at):
        reminders.tick(following.due_at)
        subject = sessions.for_link(opened(clinic, following).link)
        saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a"))
    assert patient(plan).mail_state == "on"


@pytest.mark.slow
def test_a_check_in_entered_on_the_phone_brings_them_back_too(plan: Plan, clinic: ClinicMade) -> None:
    pass_by(plan, 4)
    with on(START + timedelta(days=30)):
        subject = sessions.by_phone(clinic.staff, plan.patient_id, nonce="n")
        saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a"))
    assert patient(plan).mail_state == "on"
    assert AuditEvent.objects.get(act="patient.mail_on").actor_id == clinic.staff.id


@pytest.mark.slow
def test_the_patient_brings_them_back_on_the_page_of_choices(plan: Plan) -> None:
    pass_by(plan, 4)
    assert [mail_choices.start(mail_link(plan)) for _ in range(2)] == [True, False]
    assert patient(plan).mail_state == "on"


def test_opting_out_leaves_one_item_and_can_be_undone(plan: Plan) -> None:
    assert [mail_choices.stop(mail_link(plan)) for _ in range(2)] == [True, False]
    item = ReviewItem.objects.get(source="mail")
    assert (item.facts["code"], item.severity) == ("opted_out", "routine")
    assert mail_choices.start(mail_link(plan))
    assert patient(plan).mail_state == "on"


@pytest.mark.slow
@pytest.mark.parametrize("already_out", [True, False])
def test_undone_at_once_the_messages_of_an_open_check_in_come_back(plan: Plan, already_out: bool) -> None:
    occasion = Occasion.objects.get(plan=plan, purpose="baseline")
    link = mail_link(plan)
    with on(occasion.due_at):
        reminders.tick(occasion.due_at)
        if already_out:
            Work.objects.filter(occasion=occasion, rung=0).update(state="sent", settled_at=occasion.due_at)
    with on(occasion.due_at + timedelta(minutes=5)):
        mail_choices.stop(link)
        mail_choices.start(link)
        mail_choices.start(link)
    rows = Work.objects.filter(occasion=occasion).exclude(state="cancelled").order_by("rung")
    assert [(row.rung, row.state) for row in rows] == [
        (0, "sent" if already_out else "pending"), (1, "pending"), (2, "pending"),
    ]  # fmt: skip


@pytest.mark.slow
def test_what_was_left_out_while_messages_rested_comes_back_too(plan: Plan) -> None:
    occasion = Occasion.objects.get(plan=plan, purpose="baseline")
    link = mail_link(plan)
    with on(occasion.due_at):
        mail_choices.stop(link)
        reminders.tick(occasion.due_at)
        # Each was looked at when it was due, and not sent.
        Work.objects.filter(occasion=occasion).update(state="skipped", reason="opted_out")
    with on(occasion.due_at + timedelta(hours=30)):
        mail_choices.start(link)
    rows = Work.objects.filter(occasion=occasion, state="pending").order_by("rung")
    # The invitation, since nothing went out, and the reminder whose hour is still to come.
    assert [row.rung for row in rows] == [0, 2]


@pytest.mark.slow
def test_somebody_back_from_hospital_is_asked_again(plan: Plan, clinic: ClinicMade) -> None:
    occasion = Occasion.objects.get(plan=plan, purpose="baseline")
    with on(occasion.due_at):
        reminders.tick(occasion.due_at)
        care.set_care_state(
            by=clinic.primary,
            patient_id=plan.patient_id,
            seen_version=patient(plan).version,
            state="admitted",
            note="By telephone.",
            ask_on=occasion.due_at.date() + timedelta(days=2),
        )
        assert not Occasion.objects.filter(plan=plan, state="planned").exists()
        assert not Work.objects.filter(occasion=occasion, state="pending").exists()
        return_home(clinic.primary, plan)
        assert Occasion.objects.filter(plan=plan, state="planned").exists()
        assert Work.objects.filter(occasion=occasion, state="pending").exists()


@pytest.mark.slow
def test_an_answer_does_not_undo_what_the_patient_chose(plan: Plan, clinic: ClinicMade) -> None:
    mail_choices.stop(mail_link(plan))
    with on(START + timedelta(hours=2)):
        subject = sessions.by_phone(clinic.staff, plan.patient_id, nonce="n")
        saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a"))
    assert patient(plan).mail_state == "opted_out"


@pytest.mark.slow
def test_an_edit_of_the_plan_sends_no_further_reminder(plan: Plan, clinic: ClinicMade) -> None:
    due = Occasion.objects.get(plan=plan, purpose="baseline").due_at
    with on(due):
        reminders.tick(due)
    before = sorted(Work.objects.filter(occasion__isnull=False).values_list("key", "due_at", "state"))
    with on(due + timedelta(hours=1)):
        now = plan_row(plan.pk)
        revise.revise(
            by=clinic.primary,
            plan_id=plan.pk,
            seen_lock=now.lock,
            act="hold",
            params={"days": 14},
            note="Poor sleep.",
        )
        reminders.tick(due + timedelta(hours=1))
    assert sorted(Work.objects.filter(occasion__isnull=False).values_list("key", "due_at", "state")) == before
    dates = list(Occasion.objects.exclude(state="cancelled").values_list("purpose", "local_date"))
    assert len(dates) == len(set(dates))


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "severity"), [("0", "routine"), ("1", "high")])
def test_who_stops_messages_under_close_watch_is_heard_of_sooner_whatever_the_watch_rests_on(
    plan: Plan, clinic: ClinicMade, answer: str, severity: str
) -> None:
    due = Occasion.objects.get(plan=plan, purpose="baseline").due_at
    with on(due):
        reminders.tick(due)
        subject = sessions.for_link(opened(clinic, Occasion.objects.get(plan=plan, purpose="baseline")).link)
        answer_all(subject, phq_9=answer)
    # Long after the flag, and with no plan whose cuts would count, item nine alone still watches.
    with on(due + timedelta(days=40)):
        Plan.objects.filter(pk=plan.pk).update(state="stopped")
        assert close_watch.watched(patient(plan), clock.now()) is (severity == "high")
        assert mail_choices.stop(mail_link(plan))
    assert ReviewItem.objects.get(source="mail").severity == severity
