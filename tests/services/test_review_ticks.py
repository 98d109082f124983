"""What the clock does to items: each tick may run twice and does its work once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from plans.models import ReviewItem, Work
from plans.services import clock, review
from plans.services.rows import RowsFailed
from tests.makers import make_patient

pytestmark = pytest.mark.django_db

HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def urgent(clinic):
    return raised(clinic, "urgent")


def raised(clinic, severity, now=None):
    with transaction.atomic():
        return review.open_item(
            clinic_id=clinic.id,
            patient=make_patient(clinic.primary),
            plan=None,
            source="checkin",
            source_key=f"checkin:{severity}",
            priority=severity,
            facts={},
            now=now or clock.now(),
        )


def again(item):
    return ReviewItem.objects.get(pk=item.pk)


def told(item):
    return set(Work.objects.filter(item=item, queue="alerts").values_list("user_id", flat=True))


def test_before_half_an_hour_nobody_else_is_alerted(clinic, urgent):
    assert review.escalate_due(urgent.opened_at + HALF_HOUR - timedelta(seconds=1)) == 0
    assert told(urgent) == {clinic.primary.id}


def test_after_half_an_hour_the_second_is_alerted(clinic, urgent):
    assert review.escalate_due(urgent.opened_at + HALF_HOUR) == 1
    assert told(urgent) == {clinic.primary.id, clinic.second.id}
    assert (again(urgent).state, again(urgent).tier) == ("escalated", 2)


def test_after_an_hour_every_clinician_is_alerted_and_no_staff(clinic, urgent):
    review.escalate_due(urgent.opened_at + HALF_HOUR)
    review.escalate_due(urgent.opened_at + 2 * HALF_HOUR)
    assert told(urgent) == {clinic.primary.id, clinic.second.id, clinic.lead.id}
    assert again(urgent).tier == 3


def test_everyone_is_alerted_again_until_somebody_claims(clinic, urgent):
    for n in range(1, 5):
        review.escalate_due(urgent.opened_at + n * HALF_HOUR)
    assert Work.objects.filter(item=urgent, user_id=clinic.lead.id).count() == 3
    review.claim(by=clinic.lead, item_id=urgent.pk)
    assert review.escalate_due(urgent.opened_at + 9 * HALF_HOUR) == 0


def test_an_item_that_cannot_be_read_holds_up_no_other_and_the_tick_does_not_look_alive(clinic, urgent):
    broken = raised(clinic, "high", now=urgent.opened_at - timedelta(days=3))
    ReviewItem.objects.filter(pk=broken.pk).update(severity="odd")
    with pytest.raises(RowsFailed):
        review.escalate_due(urgent.opened_at + HALF_HOUR)
    assert told(urgent) == {clinic.primary.id, clinic.second.id}
    assert again(broken).state == "new"


def test_the_same_tick_twice_alerts_nobody_twice(clinic, urgent):
    now = urgent.opened_at + HALF_HOUR
    assert (review.escalate_due(now), review.escalate_due(now)) == (1, 0)
    assert Work.objects.filter(item=urgent).count() == 2


def test_a_claimed_item_is_not_escalated(clinic, urgent):
    review.claim(by=clinic.primary, item_id=urgent.pk)
    assert review.escalate_due(urgent.opened_at + 3 * HALF_HOUR) == 0
    assert told(urgent) == {clinic.primary.id}


def test_an_item_reassigned_and_not_claimed_is_escalated(clinic, urgent):
    review.claim(by=clinic.primary, item_id=urgent.pk)
    review.reassign(by=clinic.primary, item_id=urgent.pk, seen_lock=2, to_id=clinic.second.id)
    review.escalate_due(again(urgent).escalate_at)
    assert (again(urgent).state, again(urgent).holder_id) == ("escalated", None)


def test_a_high_item_alerts_the_primary_when_it_is_late(clinic):
    item = raised(clinic, "high")
    review.escalate_due(item.first_action_due)
    assert told(item) == {clinic.primary.id}


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
