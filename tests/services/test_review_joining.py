"""The same routine or high rule joins the patient's open item, and urgent ones stand alone; ends that need a call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction

from plans.domain.checkins.flagging import FlagFinding, FlagPriority
from plans.domain.errors import Refused
from plans.models import ReviewItem
from plans.services import clock, review
from plans.services.checkins import saving, sessions
from plans.services.checkins.flag_store import ask_for_review, keep
from plans.services.review import ends
from plans.services.review.queries import flags_of
from tests.makers_checkins import START, Asked, answer_all, asked, calm, checkin_of, on
from tests.services.review_help import again, kinds, raiser, refusal

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


@pytest.fixture
def story() -> Iterator[Asked]:
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        yield made


def answers(story: Asked, weeks: int, **given: str) -> None:
    """What the patient answers in the first check-in, or some weeks after it."""
    with on(story.occasion.due_at + weeks * WEEK):
        if weeks == 0:
            answer_all(sessions.for_link(story.link), **given)
        else:
            answer_all(sessions.unscheduled(story.link, nonce=f"{weeks:020}"), **given)


def items() -> list[ReviewItem]:
    return list(ReviewItem.objects.filter(source="checkin").order_by("opened_at", "id"))


@pytest.mark.slow
def test_the_same_rule_week_after_week_is_one_item(story: Asked) -> None:
    for weeks in range(3):
        answers(story, weeks, contact="week")
    (item,) = items()
    assert item.severity == "routine"
    assert [flag.rule for flag in flags_of([item])[item.pk]] == ["R9", "R9", "R9"]
    assert kinds(item).count("raised_again") == 2


@pytest.mark.slow
def test_a_worse_answer_that_joins_tightens_the_clock_and_must_be_claimed_again(story: Asked) -> None:
    answers(story, 0, contact="week")
    (item,) = items()
    due = item.first_action_due
    review.claim(by=story.clinic.primary, item_id=item.pk)
    answers(story, 1, contact="week", sx_shaking="4")
    (joined,) = items()
    assert (joined.severity, joined.acknowledged_at) == ("high", None)
    assert joined.first_action_due <= due
    assert joined.holder_id == story.clinic.primary.id


@pytest.mark.slow
def test_another_rule_opens_another_item(story: Asked) -> None:
    answers(story, 0, contact="week")
    answers(story, 1, sx_fell="yes")
    assert [item.severity for item in items()] == ["routine", "high"]


@pytest.mark.slow
def test_an_urgent_answer_never_joins_what_is_not_urgent(story: Asked) -> None:
    answers(story, 0, contact="week")
    answers(story, 1, contact="week", s_stopped="yes")
    severities = [item.severity for item in items()]
    assert severities[0] == "routine"
    assert "urgent" in severities


@pytest.mark.slow
def test_after_its_end_the_next_answer_opens_another(story: Asked) -> None:
    answers(story, 0, contact="week")
    (item,) = items()
    review.claim(by=story.clinic.primary, item_id=item.pk)
    review.resolve(
        by=story.clinic.primary, item_id=item.pk, seen_lock=again(item).lock, outcome="nothing_to_do"
    )
    answers(story, 1, contact="week")
    assert [one.state for one in items()] == ["resolved", "new"]


@pytest.mark.slow
def test_what_was_snoozed_comes_back_with_the_next_answer(story: Asked) -> None:
    answers(story, 0, contact="week")
    (item,) = items()
    review.claim(by=story.clinic.primary, item_id=item.pk)
    until = (story.occasion.due_at + timedelta(days=10)).date()
    review.snooze(
        by=story.clinic.primary,
        item_id=item.pk,
        seen_lock=again(item).lock,
        until=until,
        note="Visit next week.",
    )
    answers(story, 1, contact="week")
    assert (again(item).state, again(item).snoozed_until) == ("new", None)


@pytest.mark.slow
def test_a_fall_does_not_end_without_a_call_logged_since_it_was_reported(story: Asked) -> None:
    answers(story, 0, sx_fell="yes")
    (item,) = items()
    doctor = story.clinic.primary
    review.claim(by=doctor, item_id=item.pk)

    def end(**more: str) -> None:
        review.resolve(
            by=doctor,
            item_id=item.pk,
            seen_lock=again(item).lock,
            outcome="reached_safe",
            note="Bruises.",
            **more,
        )

    with pytest.raises(Refused) as refused:
        end()
    assert (refusal(refused), refused.value.where) == ("call_missing", "no_call")
    review.log_call(
        by=doctor, item_id=item.pk, seen_lock=again(item).lock, callee="patient", outcome="no_answer"
    )
    with pytest.raises(Refused) as refused:
        end()
    assert refusal(refused) == "nobody_reached"
    review.log_call(
        by=doctor, item_id=item.pk, seen_lock=again(item).lock, callee="patient", outcome="reached"
    )
    end()
    event = again(item).events.get(kind="resolved")
    assert (event.facts["outcome"], event.facts["calls"]) == ("reached_safe", 2)


@pytest.mark.slow
def test_a_reason_why_there_was_no_call_is_kept(story: Asked) -> None:
    answers(story, 0, sx_fell="yes")
    (item,) = items()
    review.claim(by=story.clinic.primary, item_id=item.pk)
    review.resolve(
        by=story.clinic.primary, item_id=item.pk, seen_lock=again(item).lock, outcome="reached_safe",
        note="Bruises.", no_call="She was here at ten.",
    )  # fmt: skip
    assert again(item).events.get(kind="resolved").facts["no_call"] == "She was here at ten."


@pytest.mark.slow
def test_a_call_from_before_the_fall_does_not_count(story: Asked) -> None:
    answers(story, 0, sx_fell="yes")
    (item,) = items()
    doctor = story.clinic.primary
    review.claim(by=doctor, item_id=item.pk)
    review.log_call(
        by=doctor, item_id=item.pk, seen_lock=again(item).lock, callee="patient", outcome="reached"
    )
    answers(story, 1, sx_fell="yes")
    review.claim(by=doctor, item_id=item.pk)
    with pytest.raises(Refused) as refused:
        review.resolve(
            by=doctor, item_id=item.pk, seen_lock=again(item).lock, outcome="reached_safe", note="Fine."
        )
    assert refusal(refused) == "call_missing"


def test_an_urgent_finding_of_the_same_rule_stands_alone(story: Asked) -> None:
    subject = sessions.for_link(story.link)
    saving.save_page(subject, page="safety_a", posted=calm(subject, "safety_a"))
    row = checkin_of(story.occasion)

    def words(priority: FlagPriority) -> tuple[FlagFinding, ...]:
        return (FlagFinding("W1", 3, priority),)

    with transaction.atomic():
        flags = keep(words(FlagPriority.HIGH), patient=story.patient, now=clock.now(), marks="words")
        first = raiser(story.clinic, story.patient)("high", key="words", flags=flags)
        urgent = keep(words(FlagPriority.URGENT), patient=story.patient, now=clock.now(), checkin=row)
        alone = ask_for_review(urgent, checkin=row, patient=story.patient, now=clock.now())
    assert alone is not None
    assert (alone.pk != first.pk, alone.severity, again(first).severity) == (True, "urgent", "high")


def test_only_a_call_since_the_flag_that_asks_for_it_counts(story: Asked) -> None:
    doctor = story.clinic.primary
    item = raiser(story.clinic, story.patient)("high")
    review.log_call(by=doctor, item_id=item.pk, seen_lock=1, callee="patient", outcome="reached")
    with on(story.occasion.due_at + timedelta(minutes=5)), transaction.atomic():
        finding = FlagFinding("H7", 2, FlagPriority.HIGH)
        flags = keep((finding,), patient=story.patient, now=clock.now(), marks="fell")
        raiser(story.clinic, story.patient)("high", flags=flags)
    may, attempts = ends.of_item(again(item))
    assert (may.call, attempts.calls) == (True, ())
