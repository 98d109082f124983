"""The review queue: its order, pages and tabs, whose items it shows, claiming the next."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plans.domain.errors import NotFound
from plans.models import Flag
from plans.services import clock, review
from plans.services import item_page as items
from plans.services.review import queries
from tests.makers import make_clinic

pytestmark = pytest.mark.django_db


def test_an_item_of_another_clinic_is_not_there(raised):
    item = raised("urgent")
    stranger = make_clinic().primary
    with pytest.raises(NotFound):
        review.claim(by=stranger, item_id=item.pk)
    with pytest.raises(NotFound):
        items.item_page(stranger, item.pk)
    assert review.queue(stranger).rows == ()


@pytest.mark.slow
def test_claiming_the_next_claims_the_most_urgent_unassigned_item(clinic, raised):
    raised("routine", "a")
    urgent = raised("urgent", "b")
    high = raised("high", "c")
    assert review.claim_next(clinic.primary) == urgent.pk
    assert review.claim_next(clinic.second) == high.pk
    review.claim_next(clinic.second)
    assert review.claim_next(clinic.second) is None


@pytest.mark.slow
def test_the_queue_is_ordered_by_urgency_then_by_the_clock_and_paged(clinic, raised):
    now = clock.now()
    made = [
        raised(severity, f"{severity}{n}", now - timedelta(hours=n))
        for severity in ("routine", "urgent", "high")
        for n in (1, 2)
    ]
    wanted = sorted(made, key=lambda item: (item.priority, item.first_action_due, item.pk))
    first = review.queue(clinic.primary, size=4)
    second = review.queue(clinic.primary, size=4, key=first.next_key)
    assert [row.id for row in (*first.rows, *second.rows)] == [item.pk for item in wanted]
    assert (first.first, first.last, first.total_capped, first.more) == (1, 4, 6, True)
    assert (second.first, second.last, second.more, second.next_key) == (5, 6, False, None)


def test_a_key_that_is_none_shows_the_first_page(clinic, raised):
    raised("urgent")
    for key in ("rubbish", "' OR 1=1", "0" * 32 + ".5", None):
        assert len(review.queue(clinic.primary, key=key).rows) == 1


def test_tabs_hold_what_they_say(clinic, raised):
    mine, free = raised("high", "a"), raised("routine", "b")
    review.claim(by=clinic.primary, item_id=mine.pk)
    assert [row.id for row in review.queue(clinic.primary, tab="mine").rows] == [mine.pk]
    assert [row.id for row in review.queue(clinic.primary, tab="nobody").rows] == [free.pk]
    review.resolve(by=clinic.primary, item_id=mine.pk, seen_lock=2, outcome="reached_safe")
    assert [row.id for row in review.queue(clinic.primary, tab="closed").rows] == [mine.pk]
    assert queries.tab_counts(clinic.primary) == {
        "open": 1, "mine": 0, "nobody": 1, "waiting": 0, "snoozed": 0, "closed": 1,
    }  # fmt: skip


def test_a_reason_shows_its_rules_and_sources_alone(clinic, patient, raised):
    flag = Flag.objects.create(
        clinic_id=clinic.id, patient=patient, rule="U3", rule_version=1, severity="urgent", raised_at=clock.now(),
        key="checkin:1:U3",
    )  # fmt: skip
    safety = raised("urgent", flags=[flag])
    raised("routine", "other")
    assert [row.id for row in review.queue(clinic.primary, reason="safety").rows] == [safety.pk]
