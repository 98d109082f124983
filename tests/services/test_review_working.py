"""Working on an item: calls, snoozing, resolving, acts on what has changed meanwhile, the history."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from plans.domain.errors import Refused, Stale
from plans.models import AuditEvent
from plans.services import clock, review
from tests.makers import make_clinic, make_patient
from tests.services.review_help import again, raiser, refusal

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_the_first_call_stops_the_first_action_clock(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.log_call(
        by=clinic.primary, item_id=item.pk, seen_lock=2, callee="patient", outcome="reached", note="Safe."
    )
    item = again(item)
    assert item.state == "in_progress"
    assert item.first_action_at is not None
    event = item.events.get(kind="called")
    assert (event.by_id, event.note) == (clinic.primary.id, "Safe.")


def test_a_promised_call_sets_a_routine_item_waiting(clinic, raised):
    item = raised("routine")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.log_call(
        by=clinic.primary, item_id=item.pk, seen_lock=2, callee="patient", outcome="will_call_back"
    )
    assert (again(item).state, again(item).holder_id) == ("waiting", None)


def test_an_urgent_item_never_waits_for_a_promised_call(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.log_call(
        by=clinic.primary, item_id=item.pk, seen_lock=2, callee="patient", outcome="will_call_back"
    )
    assert again(item).state == "in_progress"


def test_a_call_needs_to_say_whom_and_what(clinic, raised):
    item = raised()
    for callee, outcome, reason in (("", "reached", "callee_missing"), ("patient", "", "outcome_missing")):
        with pytest.raises(Refused) as refused:
            review.log_call(by=clinic.primary, item_id=item.pk, seen_lock=1, callee=callee, outcome=outcome)
        assert refusal(refused) == reason


@pytest.mark.parametrize("act", ["release", "note", "call", "escalate", "pass", "snooze", "resolve"])
def test_every_act_on_what_has_changed_meanwhile_is_refused_with_who_did_what(clinic, raised, act):
    item = raised("routine")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.add_note(by=clinic.staff, item_id=item.pk, seen_lock=2, note="Called in.")
    common = {"by": clinic.primary, "item_id": item.pk, "seen_lock": 2}
    doing = {
        "release": lambda: review.release(**common),
        "note": lambda: review.add_note(**common, note="x"),
        "call": lambda: review.log_call(**common, callee="patient", outcome="reached"),
        "escalate": lambda: review.escalate_now(**common),
        "pass": lambda: review.reassign(**common, to_id=clinic.second.id),
        "snooze": lambda: review.snooze(**common, until=date(2026, 12, 1), note="x"),
        "resolve": lambda: review.resolve(**common, outcome="nothing_to_do"),
    }
    with pytest.raises(Stale) as stale:
        doing[act]()
    assert (stale.value.facts["who"], stale.value.facts["kind"]) == (clinic.staff.name, "noted")
    assert again(item).lock == 3


def test_only_the_holder_can_end_an_item(clinic, raised):
    item = raised("routine")
    with pytest.raises(Refused) as refused:
        review.resolve(by=clinic.primary, item_id=item.pk, seen_lock=1, outcome="nothing_to_do")
    assert refusal(refused) == "not_yours"


@pytest.mark.slow
def test_an_urgent_item_ends_with_an_outcome_and_a_note(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    for outcome, note, reason in (("", "x", "outcome_missing"), ("reached_safe", "", "note_missing")):
        with pytest.raises(Refused) as refused:
            review.resolve(by=clinic.primary, item_id=item.pk, seen_lock=2, outcome=outcome, note=note)
        assert refusal(refused) == reason
    review.resolve(
        by=clinic.primary, item_id=item.pk, seen_lock=2, outcome="reached_safe", note="Spoke with her."
    )
    ended = again(item)
    assert (ended.state, ended.outcome, ended.resolved_by_id) == (
        "resolved",
        "reached_safe",
        clinic.primary.id,
    )
    assert ended.holder_id is None
    assert review.counts(clinic.primary).open == 0


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Honolulu"])
def test_the_first_and_the_last_day_of_all_are_refused_in_every_zone(zone):
    there = make_clinic(zone=zone)
    item = raiser(there, make_patient(there.primary))("high")
    review.claim(by=there.primary, item_id=item.pk)
    for until, reason in ((date.min, "date_past"), (date.max, "date_too_far")):
        with pytest.raises(Refused) as refused:
            review.snooze(by=there.primary, item_id=item.pk, seen_lock=2, until=until, note="Visit.")
        assert refusal(refused) == reason


def test_an_urgent_item_cannot_be_snoozed(clinic, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    with pytest.raises(Refused) as refused:
        review.snooze(by=clinic.primary, item_id=item.pk, seen_lock=2, until=date(2030, 1, 1), note="Visit.")
    assert refusal(refused) == "urgent"


def test_an_item_is_snoozed_for_a_fortnight_at_most(clinic, raised):
    item = raised("routine")
    review.claim(by=clinic.primary, item_id=item.pk)
    today = clock.today("America/New_York")
    for until, reason in (
        (None, "date_missing"),
        (today - timedelta(days=1), "date_past"),
        (today + timedelta(days=16), "date_too_far"),
    ):
        with pytest.raises(Refused) as refused:
            review.snooze(by=clinic.primary, item_id=item.pk, seen_lock=2, until=until, note="Visit.")
        assert refusal(refused) == reason
    until = today + timedelta(days=7)
    review.snooze(by=clinic.primary, item_id=item.pk, seen_lock=2, until=until, note="Visit.")
    assert (again(item).state, again(item).holder_id) == ("snoozed", None)


@pytest.mark.slow
def test_every_act_is_in_the_history_of_the_patient(clinic, patient, raised):
    item = raised("urgent")
    review.claim(by=clinic.primary, item_id=item.pk)
    review.resolve(by=clinic.primary, item_id=item.pk, seen_lock=2, outcome="reached_safe", note="Safe.")
    found = AuditEvent.objects.filter(patient_id=patient.pk, subject_id=item.pk).order_by("id")
    assert [(e.act, e.actor_id) for e in found] == [
        ("item.opened", None),
        ("item.claimed", clinic.primary.id),
        ("item.resolved", clinic.primary.id),
    ]
