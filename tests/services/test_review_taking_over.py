"""Taking over, snoozing and waiting with a reason, and what the refusal says of who was faster."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from plans.domain.errors import NotAllowed, Refused, Stale, TaperplanError
from plans.models import AuditEvent, ReviewItem, Work
from plans.services import clock, review
from tests.makers import make_member
from tests.makers_checkins import on
from tests.services.review_help import again, kinds, refusal

pytestmark = pytest.mark.django_db

ZONE = "America/New_York"


def later(minutes=6):
    """Some minutes after the claim."""
    return on(clock.now() + timedelta(minutes=minutes))


def in_days(days):
    return clock.today(ZONE) + timedelta(days=days)


@pytest.fixture
def held(clinic, raised):
    """An urgent item that the first on duty holds."""
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    return again(item)


def test_a_lead_takes_over_with_a_reason_and_the_former_holder_is_told(clinic, held):
    review.take_over(by=clinic.lead, item_id=held.pk, seen_lock=held.lock, note="He is in theatre.")
    item = again(held)
    assert (item.holder_id, item.state, item.acknowledged_by_id) == (
        clinic.lead.id,
        "claimed",
        clinic.lead.id,
    )
    told = Work.objects.get(item=item, notice="item_taken_over")
    assert told.user_id == clinic.primary.id
    event = item.events.get(kind="taken_over")
    assert (event.by_id, event.note, event.facts["who"]) == (
        clinic.lead.id, "He is in theatre.", clinic.primary.name,
    )  # fmt: skip
    assert AuditEvent.objects.filter(subject_id=item.pk, act="item.taken_over").exists()


def test_without_a_reason_nothing_is_taken_over(clinic, held):
    with pytest.raises(Refused) as refused:
        review.take_over(by=clinic.lead, item_id=held.pk, seen_lock=held.lock, note="")
    assert refusal(refused) == "why_missing"
    assert again(held).holder_id == clinic.primary.id


def test_whoever_is_on_duty_takes_over_an_urgent_item_nobody_works_on(clinic, held):
    with later():
        review.take_over(
            by=clinic.second, item_id=held.pk, seen_lock=held.lock, note="Nothing for six minutes."
        )
    assert again(held).holder_id == clinic.second.id


def test_not_at_once(clinic, held):
    with pytest.raises(Refused) as refused:
        review.take_over(by=clinic.second, item_id=held.pk, seen_lock=held.lock, note="Me first.")
    assert refusal(refused) == "may_not_take_over"
    assert refused.value.facts["who"] == clinic.primary.name


def test_not_while_its_holder_works_on_it(clinic, held):
    review.add_note(by=clinic.primary, item_id=held.pk, seen_lock=held.lock, note="Ringing her.")
    with later(), pytest.raises(Refused) as refused:
        review.take_over(by=clinic.second, item_id=held.pk, seen_lock=again(held).lock, note="Nothing done.")
    assert refusal(refused) == "may_not_take_over"


def test_not_an_item_that_is_not_urgent(clinic, raised):
    item = raised("high")
    review.claim(by=clinic.primary, item_id=item.pk)
    with later(), pytest.raises(Refused) as refused:
        review.take_over(by=clinic.second, item_id=item.pk, seen_lock=2, note="Nothing done.")
    assert refusal(refused) == "may_not_take_over"


def test_not_by_a_clinician_who_is_not_on_duty(clinic, held):
    third = make_member(clinic.id)
    with later(), pytest.raises(Refused) as refused:
        review.take_over(by=third, item_id=held.pk, seen_lock=held.lock, note="Nothing done.")
    assert refusal(refused) == "may_not_take_over"


def test_reception_takes_nothing_over(clinic, held):
    with pytest.raises(NotAllowed):
        review.take_over(by=clinic.staff, item_id=held.pk, seen_lock=held.lock, note="x")


def test_what_nobody_holds_is_claimed_not_taken_over(clinic, raised):
    item = raised("urgent")
    with pytest.raises(Refused) as refused:
        review.take_over(by=clinic.lead, item_id=item.pk, seen_lock=1, note="x")
    assert refusal(refused) == "not_held"


def test_the_former_holder_learns_who_took_it_and_why(clinic, held):
    review.take_over(by=clinic.lead, item_id=held.pk, seen_lock=held.lock, note="He is in theatre.")
    with pytest.raises(Stale) as stale:
        review.add_note(by=clinic.primary, item_id=held.pk, seen_lock=held.lock, note="Ringing her.")
    facts = stale.value.facts
    assert (facts["kind"], facts["who"], facts["why"]) == (
        "taken_over", clinic.lead.name, "He is in theatre.",
    )  # fmt: skip
    assert facts["at"]


def test_whoever_is_second_to_claim_learns_when_the_first_did(clinic, held):
    with pytest.raises(Stale) as stale:
        review.claim(by=clinic.second, item_id=held.pk, seen_lock=1)
    assert (stale.value.facts["who"], bool(stale.value.facts["at"])) == (clinic.primary.name, True)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_taking_over_while_the_holder_acts_one_of_them_is_told(clinic, held):
    start = threading.Barrier(2)

    def do(act):
        try:
            start.wait(10)
            act()
        except TaperplanError as refusal:
            return type(refusal).__name__
        finally:
            connection.close()
        return "done"

    acts = (
        lambda: review.take_over(by=clinic.lead, item_id=held.pk, seen_lock=held.lock, note="In theatre."),
        lambda: review.resolve(
            by=clinic.primary, item_id=held.pk, seen_lock=held.lock, outcome="reached_safe", note="Spoke."
        ),
    )
    with ThreadPoolExecutor(2) as pool:
        results = sorted(pool.map(do, acts))
    assert results == ["Stale", "done"]
    assert len({"taken_over", "resolved"} & set(kinds(held))) == 1


def test_a_snooze_says_why(clinic, raised):
    item = raised("routine")
    review.claim(by=clinic.primary, item_id=item.pk)
    with pytest.raises(Refused) as refused:
        review.snooze(by=clinic.primary, item_id=item.pk, seen_lock=2, until=in_days(3), note="")
    assert refusal(refused) == "why_missing"
    assert again(item).state == "claimed"


def test_an_item_waits_for_somebody_until_a_day(clinic, raised):
    item = raised("high")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.wait(
        by=clinic.primary, item_id=item.pk, seen_lock=2, waits_for="pharmacy", until=in_days(2),
        note="Which strengths they have.",
    )  # fmt: skip
    item = again(item)
    assert (item.state, item.waits_for, item.holder_id, item.escalate_at) == (
        "waiting",
        "pharmacy",
        None,
        None,
    )
    eight = datetime.combine(in_days(2), time(8), tzinfo=ZoneInfo(ZONE))
    assert item.snoozed_until == eight.astimezone(UTC)
    row = next(row for row in review.queue(clinic.primary, tab="waiting").rows if row.id == item.pk)
    assert row.waits_for == "pharmacy"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"waits_for": "godot"}, "waits_for_missing"),
        ({"until": None}, "date_missing"),
        ({"note": ""}, "why_missing"),
    ],
)
def test_waiting_says_for_whom_until_when_and_for_what(clinic, raised, given, reason):
    item = raised("high")
    review.claim(by=clinic.primary, item_id=item.pk)
    whole = {"waits_for": "patient", "until": in_days(1), "note": "She looks for the box.", **given}
    with pytest.raises(Refused) as refused:
        review.wait(by=clinic.primary, item_id=item.pk, seen_lock=2, **whole)
    assert refusal(refused) == reason


def test_an_urgent_item_waits_for_nobody(clinic, held):
    with pytest.raises(Refused) as refused:
        review.wait(
            by=clinic.primary,
            item_id=held.pk,
            seen_lock=held.lock,
            waits_for="patient",
            until=in_days(1),
            note="x",
        )
    assert refusal(refused) == "urgent"


def test_what_waits_comes_back_on_its_day(clinic, raised):
    item = raised("routine")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.wait(
        by=clinic.primary,
        item_id=item.pk,
        seen_lock=2,
        waits_for="colleague",
        until=in_days(1),
        note="Her view.",
    )
    due = again(item).snoozed_until
    review.escalate_due(due - timedelta(seconds=1))
    assert again(item).state == "waiting"
    review.escalate_due(due)
    assert (again(item).state, again(item).snoozed_until) == ("new", None)


@pytest.mark.slow
def test_a_promised_call_that_does_not_come_brings_the_item_back_next_morning(clinic, raised):
    item = raised("routine")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.log_call(
        by=clinic.primary, item_id=item.pk, seen_lock=2, callee="patient", outcome="will_call_back"
    )
    item = again(item)
    assert (item.waits_for, item.snoozed_until.astimezone(ZoneInfo(ZONE)).date()) == ("patient", in_days(1))
    review.escalate_due(item.snoozed_until)
    assert again(item).state == "new"


def test_of_two_who_end_one_item_the_second_learns_how_it_ended(clinic, raised):
    item = raised("routine")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.resolve(
        by=clinic.primary, item_id=item.pk, seen_lock=2, outcome="nothing_to_do", note="Told at the visit."
    )
    with pytest.raises(Stale) as stale:
        review.resolve(by=clinic.primary, item_id=item.pk, seen_lock=2, outcome="duplicate")
    did = stale.value.facts["did"]
    assert isinstance(did, dict)
    assert (stale.value.facts["why"], did["outcome"]) == ("Told at the visit.", "nothing_to_do")
    assert ReviewItem.objects.get(pk=item.pk).outcome == "nothing_to_do"
