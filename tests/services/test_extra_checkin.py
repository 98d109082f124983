"""A check-in a clinician asks for from an item: tomorrow, beside the planned ones."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from plans.domain.errors import Refused, Stale
from plans.models import AuditEvent, Occasion, ReviewItem, Work
from plans.services import clock, reminders, review
from plans.services.checkins import occasions, sessions
from plans.services.item_page import ask_checkin
from tests.makers_checkins import START, answer_all, asked, on

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def story():
    """A patient whose first answer was urgent; the primary has claimed the item."""
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        answer_all(sessions.for_link(made.link), s_thoughts="yes")
        review.claim(by=made.clinic.primary, item_id=item_of(made).pk)
        yield made


def item_of(made):
    return ReviewItem.objects.get(patient=made.patient)


def ask(made, by=None):
    return ask_checkin(by=by or made.clinic.primary, item_id=item_of(made).pk, seen_lock=item_of(made).lock)


def extras(made):
    return Occasion.objects.filter(patient=made.patient, purpose="extra").exclude(state="cancelled")


def test_it_falls_due_tomorrow_at_the_patients_hour_and_its_message_goes_out_then(story):
    day = ask(story)
    extra = extras(story).get()
    assert extra.local_date == day == START.date() + timedelta(days=1)
    assert (extra.local_time, extra.state) == (story.patient.checkin_time, "planned")
    with on(extra.due_at):
        reminders.tick(clock.now())
        assert extras(story).get().state == "invited"
        assert Work.objects.filter(occasion=extra, notice="checkin_invitation").exists()


def test_the_item_and_the_history_say_so_and_it_does_not_count_as_a_first_action(story):
    ask(story)
    item = item_of(story)
    assert item.events.filter(kind="checkin_asked").exists()
    assert AuditEvent.objects.filter(act="item.checkin_asked", patient_id=story.patient.pk).exists()
    assert item.first_action_at is None


def test_scheduling_again_keeps_it_and_adds_nothing_right_beside_it(story):
    day = ask(story)
    for _time in range(2):
        with transaction.atomic():
            occasions.schedule_occasions(story.plan, now=clock.now())
    assert extras(story).get().state == "planned"
    planned = Occasion.objects.filter(patient=story.patient, state="planned").exclude(purpose="extra")
    assert planned.exists()
    assert not planned.filter(local_date__range=(day - timedelta(days=1), day + timedelta(days=1))).exists()


def test_asked_twice_it_stands_once(story):
    ask(story)
    with pytest.raises(Refused) as refused:
        ask(story)
    assert refused.value.facts["reason"] == "asked_anyway"
    assert extras(story).count() == 1


def test_only_the_holder_asks_and_only_of_what_they_saw(story):
    with pytest.raises(Refused) as refused:
        ask(story, by=story.clinic.second)
    assert refused.value.facts["reason"] == "not_yours"
    with pytest.raises(Stale):
        ask_checkin(by=story.clinic.primary, item_id=item_of(story).pk, seen_lock=item_of(story).lock - 1)
    assert not extras(story).exists()


def test_of_a_plan_that_was_stopped_since_nothing_is_asked(story):
    ask(story)
    extra = extras(story).get()
    type(story.plan).objects.filter(pk=story.plan.pk).update(state="stopped")
    with on(extra.due_at):
        reminders.tick(clock.now())
    extra.refresh_from_db()
    assert extra.state == "cancelled"
    assert not Work.objects.filter(occasion=extra).exists()
