"""Saving a page: what is kept, what acts at once, what happens twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plans.domain.checkins.flagging import Screen
from plans.domain.outbox import WorkState
from plans.models import AuditEvent, CheckIn, CheckInRevision, Flag, Occasion, ReviewItem, Work
from plans.services import reminders
from plans.services.checkins import saving, sessions
from plans.services.review.queries import flags_of
from tests.makers_checkins import START, Asked, answer_all, asked, calm, checkin_of, on, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Iterator[Asked]:
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        yield made


@pytest.mark.slow
def test_a_calm_first_check_in_is_stored_scored_and_flags_nothing(story: Asked) -> None:
    outcome = answer_all(sessions.for_link(story.link))
    checkin = checkin_of(story.occasion)
    assert outcome.sent
    assert checkin.state == "submitted"
    assert checkin.scores["phq9"] == {"total": 0, "affective": 0, "change_first": None, "change_last": None}
    assert checkin.scores["gad7"]["total"] == 0
    assert not Flag.objects.exists()
    assert Occasion.objects.get(pk=story.occasion.pk).state == "answered"


def test_reminders_not_yet_sent_are_skipped_when_the_response_is_sent(story: Asked) -> None:
    waiting = Work.objects.filter(occasion=story.occasion, notice="checkin_reminder")
    assert [row.state for row in waiting] == ["pending", "pending"]
    answer_all(sessions.for_link(story.link))
    assert {(row.state, row.reason) for row in waiting.all()} == {("skipped", "answered")}


def test_yes_to_thoughts_has_an_urgent_item_and_an_alert_before_the_answer_returns(story: Asked) -> None:
    subject = sessions.for_link(story.link)
    saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a"))
    outcome = saving.save_page(subject, page="safety_b", posted={"s_thoughts": ["yes"]})
    item = ReviewItem.objects.get()
    assert outcome.screens == (Screen.CRISIS,)
    assert outcome.urgency is not None
    assert (item.severity, item.source) == ("urgent", "checkin")
    assert (
        Work.objects.filter(notice="item_alert", item=item, user_id=story.clinic.primary.member_id).count()
        == 1
    )
    assert Flag.objects.get().item_id == item.pk


@pytest.mark.slow
def test_a_suicide_plan_reported_later_alerts_again(story: Asked) -> None:
    subject = sessions.for_link(story.link)
    saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a"))
    saving.save_page(subject, page="safety_b", posted={"s_thoughts": ["yes"]})
    # What is sent is not taken back; what still waits is about this as well.
    Work.objects.filter(queue="alerts").update(state=WorkState.SENT)
    told = {"s_plan": ["yes"], "s_intent": ["no"], "s_prepared": ["no"]}
    outcome = saving.save_page(subject, page="safety_c", posted=told)
    assert outcome.screens == (Screen.CRISIS,)
    assert {flag.facts["kind"] for flag in Flag.objects.filter(rule="U3")} == {"thoughts", "plan"}
    item = ReviewItem.objects.get()
    shown = flags_of([item])[item.pk]
    assert [flag.facts["kind"] for flag in shown] == ["plan"]
    assert Work.objects.filter(queue="alerts", user_id=story.clinic.primary.member_id).count() == 2


@pytest.mark.slow
def test_a_flag_once_raised_stays_when_the_answer_is_taken_back(story: Asked) -> None:
    subject = sessions.for_link(story.link)
    saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a", s_fit="yes"))
    saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a"))
    assert checkin_of(story.occasion).answers["s_fit"] == "no"
    assert Flag.objects.filter(rule="U1").count() == 1


@pytest.mark.slow
def test_every_save_keeps_the_state_before_it(story: Asked) -> None:
    subject = sessions.for_link(story.link)
    saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a", s_fit="yes"))
    saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a"))
    kept = list(CheckInRevision.objects.order_by("number").values_list("number", "answers__s_fit"))
    assert kept == [(1, "yes"), (2, "no")]


@pytest.mark.slow
def test_the_same_page_twice_is_one_save(story: Asked) -> None:
    subject = sessions.for_link(story.link)
    for _time in range(2):
        saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a"))
    assert CheckInRevision.objects.count() == 1


@pytest.mark.slow
def test_sending_twice_is_one_response_and_the_same_result(story: Asked) -> None:
    subject = sessions.for_link(story.link)
    first = answer_all(subject)
    again = saving.save_page(subject, page="week", posted=calm(subject, "week"))
    assert (first.sent, again.sent) == (True, True)
    assert CheckIn.objects.count() == 1
    assert AuditEvent.objects.filter(act="checkin.sent").count() == 1


@pytest.mark.slow
def test_an_unscheduled_check_in_sent_twice_is_one_response(story: Asked) -> None:
    subject = sessions.unscheduled(story.link, nonce="form-1")
    answer_all(subject)
    again = saving.save_page(subject, page="week", posted=calm(subject, "week"))
    assert again.sent
    assert CheckIn.objects.filter(occasion=None).count() == 1


@pytest.mark.slow
def test_an_empty_form_as_a_scanner_sends_it_stores_nothing(story: Asked) -> None:
    outcome = saving.save_page(sessions.for_link(story.link), page="safety_a", posted={"page": ["safety_a"]})
    assert set(outcome.problems.values()) == {"choose"}
    assert not CheckIn.objects.exists()


@pytest.mark.slow
def test_good_answers_of_a_page_with_a_gap_are_kept(story: Asked) -> None:
    outcome = saving.save_page(sessions.for_link(story.link), page="safety_a", posted={"s_fit": ["yes"]})
    assert outcome.problems == {"s_seeing": "choose"}
    assert checkin_of(story.occasion).answers == {"s_fit": "yes"}
    assert ReviewItem.objects.get().severity == "urgent"


@pytest.mark.slow
def test_an_answer_we_do_not_know_is_refused_and_two_for_one_question_too(story: Asked) -> None:
    subject = sessions.for_link(story.link)
    outcome = saving.save_page(
        subject, page="safety_a", posted={"s_fit": ["perhaps"], "s_seeing": ["no", "yes"]}
    )
    assert outcome.problems == {"s_fit": "unknown", "s_seeing": "twice"}


@pytest.mark.slow
def test_an_answer_after_the_closing_is_saved_marked_late_and_flagged(story: Asked) -> None:
    with on(story.occasion.closes_at):
        subject = sessions.for_link(story.link)
        assert subject.late
        outcome = saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a", s_fit="yes"))
    assert outcome.late
    assert checkin_of(story.occasion).late
    assert ReviewItem.objects.filter(source="checkin", severity="urgent").exists()


@pytest.mark.slow
def test_amending_a_response_that_was_sent_is_a_new_revision_and_is_looked_at_again(story: Asked) -> None:
    subject = sessions.for_link(story.link)
    answer_all(subject)
    before = checkin_of(story.occasion).revision
    outcome = saving.save_page(subject, page="body_a", posted=calm(subject, "body_a", sx_shaking="4"))
    assert outcome.sent
    assert checkin_of(story.occasion).revision == before + 1
    assert Flag.objects.filter(rule="H3").exists()


@pytest.mark.slow
def test_staff_who_enter_by_phone_stand_on_the_response_and_on_each_revision(story: Asked) -> None:
    answer_all(sessions.by_phone(story.clinic.staff, story.patient.pk))
    checkin = checkin_of(story.occasion)
    assert checkin.entered_by_id == story.clinic.staff.id
    assert set(checkin.revisions.values_list("entered_by_id", flat=True)) == {story.clinic.staff.id}
    assert AuditEvent.objects.get(act="checkin.sent").actor_id == story.clinic.staff.id


@pytest.mark.slow
def test_a_rule_that_breaks_is_an_item_not_silence(story: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    from plans.domain.checkins import flags
    from plans.domain.checkins.flagging import Evidence, FlagFinding, FlagPriority, FlagRule

    def broken(rule: FlagRule, checkin: Evidence) -> tuple[FlagFinding, ...]:
        raise ZeroDivisionError

    rules = (FlagRule("U1", 1, FlagPriority.URGENT, None, broken, immediate=True),)
    original = flags.evaluate
    monkeypatch.setattr(
        flags, "evaluate", lambda evidence, whole: original(evidence, whole=whole, rules=rules)
    )
    subject = sessions.for_link(story.link)
    saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a"))
    assert (ReviewItem.objects.get().source, Flag.objects.get().rule) == ("scoring", "X0")
    assert checkin_of(story.occasion).answers["s_fit"] == "no"


@pytest.mark.slow
def test_a_high_short_form_brings_the_long_one_up_the_same_day_with_its_answers_carried_in(
    story: Asked,
) -> None:
    answer_all(sessions.for_link(story.link))
    weekly = Occasion.objects.filter(plan=story.plan, purpose="weekly").order_by("due_at")[1]
    with on(weekly.due_at):
        reminders.tick(weekly.due_at)
        made = opened(story.clinic, weekly)
        subject = sessions.for_link(made.link)
        answer_all(subject, phq_1="2", phq_2="1")
    checkin = checkin_of(weekly)
    assert checkin.scores["phq9"]["total"] == 3
    assert checkin.scores["phq9"]["change_first"] == 3
    assert "gad7" not in checkin.scores
    assert checkin.revisions.filter(page="phq_a").count() == 1
