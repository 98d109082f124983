"""Ending several routine items of a kind at once, and undoing it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from plans.domain.checkins.flagging import FlagFinding, FlagPriority
from plans.domain.errors import NotAllowed, NotFound, Refused, Stale, TaperplanError
from plans.models import AuditEvent, ReviewItem
from plans.services import clock, review
from plans.services.checkins.flag_store import keep
from plans.services.review import together
from tests.makers import make_clinic, make_patient
from tests.makers_checkins import on
from tests.services.review_help import again, kinds, raiser, refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(raised):
    """Three routine items of one kind."""
    return [raised("routine", key=f"checkin:{n}") for n in range(3)]


def ticked(items):
    return [(item.pk, again(item).lock) for item in items]


def end(by, items, outcome="nothing_to_do", note=""):
    return review.end_together(by=by, ticked=ticked(items), outcome=outcome, note=note)


def states(items):
    return [again(item).state for item in items]


def with_flag(clinic, patient, rule, key, priority="routine"):
    with transaction.atomic():
        finding = FlagFinding(rule, 1, FlagPriority(priority))
        flags = keep((finding,), patient=patient, now=clock.now(), marks=key)
        return raiser(clinic, patient)(priority, key=key, flags=flags)


@pytest.mark.slow
def test_all_end_and_each_keeps_its_own_record(clinic, three):
    end(clinic.primary, three, note="Read in the morning round.")
    for item in map(again, three):
        assert (item.state, item.outcome, item.note) == (
            "resolved", "nothing_to_do", "Read in the morning round.",
        )  # fmt: skip
        assert (item.resolved_by_id, item.holder_id) == (clinic.primary.id, None)
        assert kinds(item) == ["opened", "resolved"]
        assert AuditEvent.objects.filter(subject_id=item.pk, act="item.resolved").count() == 1


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [("", "outcome_missing"), ("reached_safe", "outcome_not_here"), ("supply_arranged", "outcome_not_here")],
)
def test_only_an_end_that_fits_all_of_them_is_taken(clinic, three, outcome, reason):
    with pytest.raises(Refused) as refused:
        end(clinic.primary, three, outcome)
    assert refusal(refused) == reason
    assert set(states(three)) == {"new"}


@pytest.mark.parametrize("priority", ["high", "urgent"])
def test_what_is_not_routine_is_ended_alone(clinic, three, raised, priority):
    other = raised(priority, key="other")
    with pytest.raises(Refused) as refused:
        end(clinic.primary, [*three, other])
    assert (refusal(refused), refused.value.facts["item"]) == ("not_together", str(other.pk))
    assert set(states(three)) == {"new"}


def test_what_somebody_holds_is_left_to_them(clinic, three):
    review.claim(by=clinic.second, item_id=three[0].pk)
    with pytest.raises(Refused) as refused:
        end(clinic.primary, three)
    assert refusal(refused) == "not_together"


def test_what_needs_a_call_is_ended_alone(clinic, patient):
    fell = with_flag(clinic, patient, "H7", "one")
    with pytest.raises(Refused) as refused:
        end(clinic.primary, [fell])
    assert refusal(refused) == "not_together"
    assert fell.pk not in together.kinds([again(fell)])


def test_items_of_two_kinds_are_not_ended_together(clinic, patient, three):
    other = with_flag(clinic, patient, "R3", "one")
    with pytest.raises(Refused) as refused:
        end(clinic.primary, [*three, other])
    assert refusal(refused) == "several_kinds"


def test_nothing_ticked_and_too_many_are_refused(clinic, three):
    for given, reason in (([], "nothing_ticked"), ([(item.pk, 1) for item in three] * 20, "")):
        if reason:
            with pytest.raises(Refused) as refused:
                review.end_together(by=clinic.primary, ticked=given, outcome="nothing_to_do")
            assert refusal(refused) == reason
    # The same item ticked twice is one item.
    review.end_together(by=clinic.primary, ticked=ticked(three) * 20, outcome="nothing_to_do")


@pytest.mark.slow
def test_an_item_of_another_clinic_is_not_there(clinic, three):
    other = make_clinic()
    theirs = raiser(other, make_patient(other.primary))("routine", key="x")
    with pytest.raises(NotFound):
        end(clinic.primary, [*three, theirs])
    assert set(states(three)) == {"new"}


def test_reception_ends_nothing(clinic, three):
    with pytest.raises(NotAllowed):
        end(clinic.staff, three)


def test_bulk_while_somebody_claims_one_ends_none_and_says_who(clinic, three):
    seen = ticked(three)
    review.claim(by=clinic.second, item_id=three[1].pk)
    with pytest.raises(Stale) as stale:
        review.end_together(by=clinic.primary, ticked=seen, outcome="nothing_to_do")
    assert (stale.value.facts["who"], stale.value.facts["kind"]) == (clinic.second.name, "claimed")
    assert stale.value.facts["item"] == str(three[1].pk)
    assert states(three) == ["new", "claimed", "new"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_who_end_overlapping_items_at_once_one_ends_all_of_theirs(clinic, three):
    start = threading.Barrier(2)
    given = {clinic.primary: ticked(three[:2]), clinic.second: ticked(three[1:])}

    def do(actor):
        try:
            start.wait(10)
            review.end_together(by=actor, ticked=given[actor], outcome="nothing_to_do")
        except TaperplanError as refusal:
            return type(refusal).__name__
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        results = sorted(pool.map(do, given))
    assert results == ["Stale", "done"]
    assert states(three).count("resolved") == 2


@pytest.mark.slow
def test_undo_brings_them_back_as_they_were(clinic, three):
    review.add_note(by=clinic.staff, item_id=three[0].pk, seen_lock=1, note="Rang in.")
    before = [
        (item.state, item.escalate_at, item.first_action_at, item.first_action_due, item.outcome, item.note)
        for item in map(again, three)
    ]
    batch = end(clinic.primary, three, note="Read.")
    assert review.undo(by=clinic.primary, batch=batch) == together.Undone(back=3, left=0)
    after = [
        (item.state, item.escalate_at, item.first_action_at, item.first_action_due, item.outcome, item.note)
        for item in map(again, three)
    ]
    assert after == before
    assert kinds(three[1]) == ["opened", "resolved", "undone"]
    assert AuditEvent.objects.filter(subject_id=three[1].pk, act="item.undone").count() == 1
    assert again(three[1]).resolved_by_id is None


@pytest.mark.slow
def test_undoing_twice_finds_nothing(clinic, three):
    batch = end(clinic.primary, three)
    review.undo(by=clinic.primary, batch=batch)
    with pytest.raises(Refused) as refused:
        review.undo(by=clinic.primary, batch=batch)
    assert refusal(refused) == "nothing_to_undo"


def test_only_whoever_ended_them_brings_them_back(clinic, three):
    batch = end(clinic.primary, three)
    with pytest.raises(Refused) as refused:
        review.undo(by=clinic.second, batch=batch)
    assert refusal(refused) == "nothing_to_undo"


def test_after_ten_minutes_they_stay_ended(clinic, three):
    batch = end(clinic.primary, three)
    with (
        on(clock.now() + together.UNDO_WITHIN + timedelta(minutes=1)),
        pytest.raises(Refused) as refused,
    ):
        review.undo(by=clinic.primary, batch=batch)
    assert refusal(refused) == "undo_too_late"
    assert set(states(three)) == {"resolved"}


@pytest.mark.slow
def test_undo_leaves_what_was_reported_again_and_opened_meanwhile(clinic, three, raised):
    batch = end(clinic.primary, three)
    anew = raised("high", key=three[0].source_key)
    assert review.undo(by=clinic.primary, batch=batch) == together.Undone(back=2, left=1)
    assert states(three) == ["resolved", "new", "new"]
    assert again(anew).state == "new"


@pytest.mark.slow
def test_what_came_back_can_be_ended_again_and_undone_again(clinic, three):
    first = end(clinic.primary, three)
    review.undo(by=clinic.primary, batch=first)
    second = end(clinic.primary, three, "duplicate")
    with pytest.raises(Refused):
        review.undo(by=clinic.primary, batch=first)
    assert review.undo(by=clinic.primary, batch=second).back == 3


@pytest.mark.slow
def test_what_was_ended_last_can_be_seen_until_it_is_undone(clinic, three):
    assert together.latest(clinic.primary) is None
    batch = end(clinic.primary, three)
    found = together.latest(clinic.primary)
    assert found is not None
    assert (found.id, found.count) == (batch, 3)
    assert together.latest(clinic.second) is None
    review.undo(by=clinic.primary, batch=batch)
    assert together.latest(clinic.primary) is None
    assert ReviewItem.objects.filter(state="resolved").count() == 0
