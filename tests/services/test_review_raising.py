"""Raising items of the review queue: who is alerted, what is added to an open one, what opens another."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction

from plans.models import Flag
from plans.services import clock, review
from plans.services.review import queries
from tests.makers import at, make_clinic
from tests.services.review_help import again, alerted, kinds

pytestmark = pytest.mark.django_db


def test_an_urgent_item_alerts_the_primary_at_once(clinic, raised):
    item = raised("urgent")
    assert alerted(item) == [clinic.primary.id]
    assert item.tier == 1


def test_high_and_routine_alert_nobody_by_themselves(raised):
    assert alerted(raised("high", "a")) == []
    assert alerted(raised("routine", "b")) == []


def test_without_anybody_on_call_everyone_who_may_review_is_alerted(clinic):
    lonely = make_clinic(on_call=False)
    with transaction.atomic():
        item = review.open_item(
            clinic_id=lonely.id, patient=None, plan=None, source="mail", source_key="x", priority="urgent",
            facts={}, now=clock.now(),
        )  # fmt: skip
    assert set(alerted(item)) == {lonely.lead.id, lonely.primary.id, lonely.second.id}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_raising_needs_the_transaction_of_its_cause(clinic):
    assert not connection.in_atomic_block
    with pytest.raises(RuntimeError):
        review.open_item(
            clinic_id=clinic.id, patient=None, plan=None, source="mail", source_key="x", priority="routine",
            facts={}, now=clock.now(),
        )  # fmt: skip


def test_the_same_thing_again_is_added_to_the_open_item_and_only_tightens(raised):
    first = raised("routine")
    loose = first.first_action_due
    second = raised("high")
    assert second.pk == first.pk
    item = again(first)
    assert item.severity == "high"
    assert item.first_action_due < loose
    raised("routine")
    assert again(first).severity == "high"
    assert kinds(first).count("raised_again") == 2


def test_urgent_news_alerts_again_although_somebody_has_the_item(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.second, item_id=item.pk)
    raised("urgent")
    item = again(item)
    # The first alert of the one on duty still waits, and covers it.
    assert set(alerted(item)) == {clinic.primary.id, clinic.second.id}
    assert item.acknowledged_at is None
    assert item.escalate_at is not None
    review.claim(by=clinic.second, item_id=item.pk)
    assert again(item).acknowledged_at is not None


@pytest.mark.slow
def test_what_happens_after_the_end_opens_another_item(clinic, raised):
    first = raised("routine")
    review.claim(by=clinic.primary, item_id=first.pk)
    review.resolve(by=clinic.primary, item_id=first.pk, seen_lock=2, outcome="nothing_to_do")
    assert raised("routine").pk != first.pk


def test_flags_are_tied_to_their_item(clinic, patient, raised):
    flag = Flag.objects.create(
        clinic_id=clinic.id, patient=patient, rule="U3", rule_version=1, severity="urgent", raised_at=clock.now(),
        key="checkin:1:U3",
    )  # fmt: skip
    item = raised("urgent", flags=[flag])
    assert [f.rule for f in queries.flags_of([item])[item.pk]] == ["U3"]


@pytest.mark.parametrize("second", ["high", "routine"])
def test_a_later_flag_never_gives_an_open_item_more_time(raised, second):
    monday = at("2026-11-23T14:00+00:00")
    item = raised("high", now=monday)
    clocks = (item.first_action_due, item.resolve_due, item.escalate_at)
    raised(second, now=monday + timedelta(days=1))
    item = again(item)
    assert (item.first_action_due, item.resolve_due, item.escalate_at) == clocks
    assert kinds(item)[-1] == "raised_again"


def test_what_somebody_claimed_as_routine_must_be_claimed_again_when_it_gets_worse(clinic, raised):
    item = raised("routine")
    review.claim(by=clinic.primary, item_id=item.pk)
    raised("high")
    worse = again(item)
    assert (worse.severity, worse.acknowledged_at, worse.holder_id) == ("high", None, clinic.primary.id)
    assert worse.escalate_at is not None
