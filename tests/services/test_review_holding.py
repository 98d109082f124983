"""Holding an item: exclusive claims, leases, releasing, escalating and reassigning."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from plans.domain.errors import NotAllowed, Refused, Stale
from plans.models import ReviewItem
from plans.services import clock, review
from plans.services import item_page as items
from plans.services.review import holding
from tests.makers import make_clinic
from tests.services.review_help import again, alerted, refusal

pytestmark = pytest.mark.django_db


def test_claiming_acknowledges_and_stops_escalation(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.second, item_id=item.pk, seen_lock=item.lock)
    item = again(item)
    assert (item.state, item.holder_id) == ("claimed", clinic.second.id)
    assert item.acknowledged_by_id == clinic.second.id
    assert item.first_action_at is None


def test_nothing_but_claiming_acknowledges(clinic, raised):
    item = raised("urgent")
    items.item_page(clinic.primary, item.pk)
    review.add_note(by=clinic.primary, item_id=item.pk, seen_lock=1, note="Seen the mail.")
    review.log_call(by=clinic.staff, item_id=item.pk, seen_lock=2, callee="patient", outcome="no_answer")
    assert again(item).acknowledged_at is None
    assert again(item).escalate_at is not None


def test_the_second_to_claim_learns_who_was_first(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk, seen_lock=1)
    with pytest.raises(Stale) as stale:
        review.claim(by=clinic.second, item_id=item.pk, seen_lock=1)
    assert stale.value.facts["who"] == clinic.primary.name


@pytest.mark.slow
def test_claiming_ones_own_renews_the_lease(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    ReviewItem.objects.update(lease_until=clock.real_now() + timedelta(seconds=5))
    review.claim(by=clinic.primary, item_id=item.pk)
    assert again(item).lease_until > clock.real_now() + timedelta(minutes=9)


def test_a_lease_that_ran_out_does_not_keep_others_away(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    ReviewItem.objects.update(lease_until=clock.real_now() - timedelta(seconds=1))
    review.claim(by=clinic.second, item_id=item.pk)
    assert again(item).holder_id == clinic.second.id


def test_staff_and_readers_cannot_claim(clinic, raised):
    item = raised("urgent")
    for actor in (clinic.staff, clinic.reader):
        with pytest.raises(NotAllowed):
            review.claim(by=actor, item_id=item.pk)


@pytest.mark.slow
def test_releasing_keeps_the_clocks_running(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.release(by=clinic.primary, item_id=item.pk, seen_lock=2)
    back = again(item)
    assert (back.state, back.holder_id, back.acknowledged_at) == ("new", None, None)
    assert back.first_action_due == item.first_action_due
    assert back.escalate_at is not None


def test_escalating_by_hand_alerts_the_next_tier_and_frees_the_item(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.escalate_now(by=clinic.primary, item_id=item.pk, seen_lock=2, note="Cannot leave my room.")
    item = again(item)
    assert (item.state, item.holder_id, item.tier, item.acknowledged_at) == ("escalated", None, 2, None)
    assert alerted(item)[-1] == clinic.second.id


@pytest.mark.slow
def test_reception_may_escalate(clinic, raised):
    item = raised("high")
    review.escalate_now(by=clinic.staff, item_id=item.pk, seen_lock=1)
    assert again(item).state == "escalated"


def test_reassigning_alerts_the_colleague_who_then_has_to_claim(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.reassign(by=clinic.primary, item_id=item.pk, seen_lock=2, to_id=clinic.lead.id)
    item = again(item)
    assert (item.holder_id, item.acknowledged_at) == (clinic.lead.id, None)
    assert alerted(item)[-1] == clinic.lead.id
    assert len(alerted(item)) == 2
    assert item.escalate_at is not None


@pytest.mark.slow
def test_an_item_is_reassigned_only_to_clinicians_of_the_clinic(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    for to_id in (clinic.staff.id, make_clinic().primary.id, clinic.primary.id, None):
        with pytest.raises(Refused) as refused:
            review.reassign(by=clinic.primary, item_id=item.pk, seen_lock=2, to_id=to_id)
        assert refusal(refused) == "not_a_clinician"


@pytest.mark.slow
def test_a_lease_still_counts_for_its_holder_until_somebody_takes_over(clinic, raised):
    item = raised("routine")
    review.claim(by=clinic.primary, item_id=item.pk)
    ReviewItem.objects.update(lease_until=clock.real_now() - timedelta(minutes=1))
    assert holding.holds(again(item), clinic.primary)
    review.resolve(by=clinic.primary, item_id=item.pk, seen_lock=2, outcome="nothing_to_do")
    assert again(item).state == "resolved"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_who_claim_at_once_one_gets_the_item(clinic, raised):
    item = raised("urgent")
    start = threading.Barrier(2)

    def take(actor):
        try:
            start.wait(10)
            review.claim(by=actor, item_id=item.pk, seen_lock=1)
        except Stale as stale:
            return stale.facts["who"]
        finally:
            connection.close()
        return "mine"

    with ThreadPoolExecutor(2) as pool:
        results = sorted(pool.map(take, (clinic.primary, clinic.second)))
    assert "mine" in results
    assert set(results) - {"mine"} == {again(item).holder.name}
    assert item.events.filter(kind="claimed").count() == 1
