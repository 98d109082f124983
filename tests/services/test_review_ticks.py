"""What the clock does to items: each tick may run twice and does its work once."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from django.db import transaction

from plans.models import ReviewItem, Work
from plans.services import clock, review
from plans.services.rows import RowsFailed
from tests.makers import at, make_patient

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def urgent(clinic):
    return raised(clinic, "urgent")


def raised(clinic, severity, now=None, key=""):
    with transaction.atomic():
        return review.open_item(
            clinic_id=clinic.id,
            patient=make_patient(clinic.primary),
            plan=None,
            source="checkin",
            source_key=f"checkin:{severity}{key}",
            priority=severity,
            facts={},
            now=now or clock.now(),
        )


def again(item):
    return ReviewItem.objects.get(pk=item.pk)


def told(item):
    return set(Work.objects.filter(item=item, queue="alerts").values_list("user_id", flat=True))


def passes(item, minutes):
    """The clock comes to so many minutes after the item was opened, and what waits is sent meanwhile."""
    Work.objects.filter(state="pending").update(state="sent", settled_at=item.opened_at)
    return review.escalate_due(item.opened_at + minutes * MINUTE)


def rounds(item):
    """Each round of alerts: minutes after the item was opened, how many people, by which channel."""
    return [
        ((event.at - item.opened_at) // MINUTE, len(event.facts["to"]), event.facts["channel"])
        for event in item.events.filter(kind="alerted").order_by("at")
    ]


@pytest.mark.slow
def test_an_urgent_item_goes_up_its_ladder_until_somebody_claims_it(clinic, urgent):
    for minute in range(5, 61, 5):
        passes(urgent, minute)
    assert rounds(urgent) == [
        (0, 1, 1),
        (5, 1, 2),
        (15, 1, 1),
        (20, 1, 2),
        (30, 3, 1),
        (60, 3, 2),
    ]
    review.claim(by=clinic.lead, item_id=urgent.pk)
    assert review.escalate_due(clock.now() + 14 * MINUTE) == 0


def test_the_second_is_alerted_after_a_quarter_of_an_hour_and_not_before(clinic, urgent):
    passes(urgent, 14)
    assert told(urgent) == {clinic.primary.id}
    passes(urgent, 15)
    assert told(urgent) == {clinic.primary.id, clinic.second.id}
    assert (again(urgent).state, again(urgent).tier) == ("escalated", 2)


@pytest.mark.slow
def test_after_half_an_hour_everybody_who_may_review_is_alerted_and_no_staff(clinic, urgent):
    assert clinic.staff
    passes(urgent, 30)
    assert told(urgent) == {clinic.primary.id, clinic.second.id, clinic.lead.id}
    assert again(urgent).tier == 3


@pytest.mark.slow
def test_repeats_go_on_at_least_every_eight_hours(clinic, urgent):
    for minute in range(60, 60 * 24 * 3, 10):
        passes(urgent, minute)
    at = [minute for minute, _people, _channel in rounds(urgent)]
    assert max(later - earlier for earlier, later in itertools.pairwise(at)) == 480


def test_an_alert_that_still_waits_is_not_doubled(clinic, urgent):
    for minute in (5, 15, 20, 30, 60, 120, 240):
        review.escalate_due(urgent.opened_at + minute * MINUTE)
    alerts = Work.objects.filter(item=urgent)
    keys = list(alerts.values_list("user_id", "facts__channel"))
    assert len(keys) == len(set(keys)) == 6
    # All rounds are on the record.
    assert len(rounds(urgent)) == 8


@pytest.mark.slow
def test_all_items_of_a_clinic_are_repeated_together(clinic, urgent):
    other = raised(clinic, "urgent", now=urgent.opened_at + 37 * MINUTE, key="other")
    for minute in range(5, 60 * 30, 5):
        passes(urgent, minute)
    late = urgent.opened_at + 12 * 60 * MINUTE
    times = [
        set(item.events.filter(kind="alerted", at__gt=late).values_list("at", flat=True))
        for item in (urgent, other)
    ]
    assert times[0] == times[1]
    assert times[0]


@pytest.mark.slow
def test_an_escalation_by_the_clock_spoils_no_form_that_somebody_is_filling(clinic, urgent):
    lock = again(urgent).lock
    for minute in (15, 30, 60):
        passes(urgent, minute)
    assert again(urgent).lock == lock
    review.add_note(by=clinic.primary, item_id=urgent.pk, seen_lock=lock, note="Ringing now.")


def test_who_claims_and_does_nothing_stops_the_ladder_for_a_quarter_of_an_hour(clinic, urgent):
    review.claim(by=clinic.primary, item_id=urgent.pk)
    claimed = (clock.now() - urgent.opened_at) // MINUTE
    assert passes(urgent, claimed + 14) == 0
    assert passes(urgent, claimed + 16) == 1
    item = again(urgent)
    assert (item.state, item.holder_id) == ("claimed", clinic.primary.id)
    assert told(urgent) == {clinic.primary.id, clinic.second.id}
    said = item.events.get(kind="escalated")
    assert said.facts["who"] == clinic.primary.name
    # It is said once; alerts go on.
    assert passes(urgent, claimed + 31) == 1
    assert item.events.filter(kind="escalated").count() == 2


def test_claiming_again_puts_no_alert_off(clinic, urgent):
    review.claim(by=clinic.primary, item_id=urgent.pk)
    due = again(urgent).escalate_at
    review.claim(by=clinic.primary, item_id=urgent.pk)
    assert again(urgent).escalate_at == due


@pytest.mark.parametrize("act", ["note", "call"])
def test_a_note_or_a_call_by_the_holder_stops_the_ladder(clinic, urgent, act):
    review.claim(by=clinic.primary, item_id=urgent.pk)
    if act == "note":
        review.add_note(by=clinic.primary, item_id=urgent.pk, seen_lock=2, note="Ringing.")
    else:
        review.log_call(
            by=clinic.primary, item_id=urgent.pk, seen_lock=2, callee="patient", outcome="no_answer"
        )
    assert passes(urgent, 60) == 0


def test_a_note_by_somebody_else_does_not(clinic, urgent):
    review.claim(by=clinic.primary, item_id=urgent.pk)
    review.add_note(by=clinic.staff, item_id=urgent.pk, seen_lock=2, note="The sister rang.")
    assert passes(urgent, 60) == 1


def test_a_released_item_goes_on_with_its_ladder_after_five_minutes(clinic, urgent):
    review.claim(by=clinic.primary, item_id=urgent.pk)
    review.release(by=clinic.primary, item_id=urgent.pk, seen_lock=2)
    assert timedelta(0) < again(urgent).escalate_at - clock.now() <= 5 * MINUTE


@pytest.mark.slow
def test_escalated_by_hand_an_urgent_item_goes_on_from_there(clinic, urgent):
    review.escalate_now(by=clinic.staff, item_id=urgent.pk, seen_lock=1)
    assert told(urgent) == {clinic.primary.id, clinic.second.id}
    assert passes(urgent, 6) == 1
    passes(urgent, 16)
    assert again(urgent).tier == 3


@pytest.mark.slow
def test_escalated_by_hand_an_item_that_is_not_urgent_goes_to_everybody_and_then_rests(clinic):
    item = raised(clinic, "routine")
    review.escalate_now(by=clinic.staff, item_id=item.pk, seen_lock=1)
    assert told(item) == {clinic.second.id}
    assert [passes(item, minute) for minute in (14, 16, 32, 60 * 24)] == [0, 1, 0, 0]
    assert told(item) == {clinic.primary.id, clinic.second.id, clinic.lead.id}


@pytest.mark.slow
def test_an_item_that_cannot_be_read_holds_up_no_other_and_the_tick_does_not_look_alive(clinic, urgent):
    broken = raised(clinic, "high", now=urgent.opened_at - timedelta(days=3))
    ReviewItem.objects.filter(pk=broken.pk).update(severity="odd")
    with pytest.raises(RowsFailed):
        review.escalate_due(urgent.opened_at + 15 * MINUTE)
    assert told(urgent) == {clinic.primary.id, clinic.second.id}
    assert again(broken).state == "new"


@pytest.mark.slow
def test_the_same_tick_twice_alerts_nobody_twice(clinic, urgent):
    now = urgent.opened_at + 15 * MINUTE
    assert (review.escalate_due(now), review.escalate_due(now)) == (1, 0)
    assert len(rounds(urgent)) == 2


@pytest.mark.slow
def test_an_item_reassigned_and_not_claimed_goes_on_with_its_ladder(clinic, urgent):
    review.claim(by=clinic.primary, item_id=urgent.pk)
    review.reassign(by=clinic.primary, item_id=urgent.pk, seen_lock=2, to_id=clinic.second.id)
    assert told(urgent) == {clinic.primary.id, clinic.second.id}
    review.escalate_due(again(urgent).escalate_at)
    assert (again(urgent).tier, again(urgent).holder_id) == (2, clinic.second.id)


def test_a_high_item_alerts_the_first_on_duty_once_in_opening_hours(clinic):
    saturday = at("2026-11-28T15:00+00:00")
    item = raised(clinic, "high", now=saturday)
    monday = at("2026-11-30T13:00+00:00")
    assert review.escalate_due(monday - MINUTE) == 0
    assert review.escalate_due(monday) == 1
    assert told(item) == {clinic.primary.id}
    assert review.escalate_due(monday + timedelta(days=9)) == 0


def test_a_high_item_claimed_before_the_clinic_opens_alerts_nobody(clinic):
    item = raised(clinic, "high", now=at("2026-11-28T15:00+00:00"))
    review.claim(by=clinic.lead, item_id=item.pk)
    assert review.escalate_due(at("2026-11-30T14:00+00:00")) == 0


def test_a_routine_item_alerts_nobody(clinic):
    item = raised(clinic, "routine")
    assert review.escalate_due(item.first_action_due + timedelta(days=30)) == 0


def test_an_expired_lease_releases_the_item_and_starts_alerting(clinic, urgent):
    review.claim(by=clinic.primary, item_id=urgent.pk)
    lease = again(urgent).lease_until
    assert review.expire_leases(lease - timedelta(seconds=1)) == 0
    assert review.expire_leases(lease) == 1
    assert review.expire_leases(lease) == 0
    item = again(urgent)
    assert (item.state, item.holder_id, item.acknowledged_at) == ("new", None, None)
    assert item.first_action_due == urgent.first_action_due
    assert item.escalate_at is not None
    assert item.events.get(kind="lapsed").facts == {"who": clinic.primary.name}


def test_work_on_an_item_renews_the_lease(clinic, urgent):
    review.claim(by=clinic.primary, item_id=urgent.pk)
    ReviewItem.objects.update(lease_until=clock.real_now() + timedelta(seconds=1))
    review.add_note(by=clinic.primary, item_id=urgent.pk, seen_lock=2, note="Ringing.")
    assert review.expire_leases(clock.real_now() + timedelta(minutes=5)) == 0


def test_a_snoozed_item_comes_back_on_its_day(clinic):
    item = raised(clinic, "routine")
    review.claim(by=clinic.primary, item_id=item.pk)
    until = clock.today("America/New_York") + timedelta(days=3)
    review.snooze(by=clinic.primary, item_id=item.pk, seen_lock=2, until=until, note="Visit.")
    wakes = again(item).snoozed_until
    assert review.escalate_due(wakes - timedelta(seconds=1)) == 0
    assert review.escalate_due(wakes) == 1
    assert review.escalate_due(wakes) == 0
    assert (again(item).state, again(item).snoozed_until) == ("new", None)
