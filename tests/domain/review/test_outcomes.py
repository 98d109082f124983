"""How items of each kind may end, and what each end needs beside its outcome."""

from __future__ import annotations

import pytest

from plans.domain.checkins.flags import SPECS
from plans.domain.errors import Refused
from plans.domain.review.item_states import Priority
from plans.domain.review.outcomes import (
    BY_AN_ACT,
    ENDS,
    KIND_OF_FAMILY,
    KIND_OF_SOURCE,
    TOGETHER,
    Attempts,
    Ending,
    ItemKind,
    ReviewOutcome,
    check_end,
    endings,
    kinds_of,
    likely,
)
from plans.domain.review.reasons import SOURCES_OF, Reason, Source

NOBODY_CALLED = Attempts()
REACHED = Attempts((("patient", "no_answer"), ("patient", "reached")))
UNANSWERED = Attempts((("patient", "no_answer"),))


def may(priority=Priority.ROUTINE, kind=ItemKind.SAFETY, *, call=False):
    return endings(priority, [kind], call=call)


def reason(found, *args, attempts=NOBODY_CALLED, **more):
    with pytest.raises(Refused) as refused:
        check_end(found, Ending(*args, **more), attempts)
    return refused.value.facts["reason"], refused.value.where


def test_every_source_and_family_has_a_kind_and_every_kind_an_end():
    assert set(KIND_OF_SOURCE) == set(Source)
    assert set(KIND_OF_FAMILY) == {*Reason, None}
    assert set(ENDS) == set(ItemKind)


def test_every_outcome_can_be_chosen_somewhere_or_is_set_by_an_act():
    chosen = {outcome for outcomes in ENDS.values() for outcome in outcomes}
    assert chosen | BY_AN_ACT == set(ReviewOutcome)
    assert not chosen & BY_AN_ACT
    assert chosen >= TOGETHER


def test_an_item_is_of_the_kinds_of_its_flags_or_else_of_its_source():
    assert kinds_of("checkin", [Reason.DOSES, None, Reason.DOSES]) == (ItemKind.DOSES, ItemKind.ANSWERS)
    assert kinds_of("supply", []) == (ItemKind.SUPPLY,)


def test_an_end_fits_what_the_item_is_about():
    assert ReviewOutcome.SUPPLY_ARRANGED in may(kind=ItemKind.SUPPLY).outcomes
    assert ReviewOutcome.SUPPLY_ARRANGED not in may(kind=ItemKind.MAIL).outcomes
    assert reason(may(kind=ItemKind.DOCUMENT), "emergency_services") == ("outcome_not_here", "outcome")


def test_an_item_of_two_kinds_may_end_as_either():
    found = endings(Priority.HIGH, [ItemKind.MISSED, ItemKind.SUPPLY], call=False).outcomes
    assert {ReviewOutcome.ANSWERED_SINCE, ReviewOutcome.SUPPLY_ARRANGED} <= set(found)
    assert len(found) == len(set(found))


def test_an_end_without_an_outcome_is_refused():
    assert reason(may(), "", "a note") == ("outcome_missing", "outcome")


def test_what_only_an_act_sets_cannot_be_chosen():
    assert reason(may(), "signed", "a note") == ("outcome_not_here", "outcome")


def test_an_urgent_item_does_not_end_with_no_action_needed():
    assert reason(may(Priority.URGENT), "nothing_to_do", "a note") == ("outcome_not_here", "outcome")
    assert check_end(may(), Ending("nothing_to_do"), NOBODY_CALLED) is ReviewOutcome.NOTHING_TO_DO


def test_an_urgent_item_needs_a_note():
    assert reason(may(Priority.URGENT), "reached_safe") == ("note_missing", "note")
    ended = check_end(may(Priority.URGENT), Ending("reached_safe", "Spoke with her."), NOBODY_CALLED)
    assert ended is ReviewOutcome.REACHED_SAFE


@pytest.mark.parametrize("rule", ["H7", "U4", "M4", "U1", "U3", "H8"])
def test_a_fall_a_stop_four_missed_and_danger_need_a_call(rule):
    assert SPECS[rule].call


@pytest.mark.parametrize("rule", ["R5", "R3", "H9", "M2"])
def test_what_is_read_needs_no_call(rule):
    assert not SPECS[rule].call


def test_what_needs_a_call_does_not_end_without_one_or_a_reason():
    found = may(Priority.HIGH, call=True)
    assert reason(found, "nothing_to_do") == ("call_missing", "no_call")
    assert check_end(found, Ending("nothing_to_do", no_call="Was here at noon."), NOBODY_CALLED)
    assert check_end(found, Ending("reached_safe"), REACHED)


def test_a_call_that_nobody_answered_is_no_proof_that_somebody_was_reached():
    found = may(Priority.HIGH, call=True)
    assert reason(found, "reached_safe", attempts=UNANSWERED) == ("nobody_reached", "no_call")
    assert check_end(found, Ending("emergency_services"), UNANSWERED)


@pytest.mark.parametrize("outcome", ["duplicate", "data_error"])
def test_a_mistake_of_ours_needs_no_call(outcome):
    assert check_end(may(Priority.HIGH, call=True), Ending(outcome), NOBODY_CALLED)


def test_whoever_cannot_be_reached_was_called_and_somebody_else_was_told():
    found = may(Priority.HIGH)
    assert reason(found, "unable_to_reach", told="Her sister") == ("attempts_missing", "no_call")
    assert reason(found, "unable_to_reach", attempts=UNANSWERED) == ("told_missing", "told")
    assert check_end(found, Ending("unable_to_reach", told="Her GP, by letter."), UNANSWERED)
    ladder = Attempts((("patient", "no_answer"), ("person_to_call", "reached")))
    assert check_end(found, Ending("unable_to_reach"), ladder)


def test_a_referral_says_to_whom():
    found = may(Priority.HIGH)
    assert reason(found, "reached_referred") == ("referred_missing", "referred_to")
    assert check_end(found, Ending("reached_referred", referred_to="Memory clinic"), NOBODY_CALLED)


def test_the_outcome_is_preset_by_what_was_done():
    found = may(Priority.HIGH)
    assert likely(found, ["plan_changed", "called"], REACHED) is ReviewOutcome.PLAN_CHANGED
    assert likely(found, ["called"], REACHED) is ReviewOutcome.REACHED_SAFE
    assert likely(found, ["called"], UNANSWERED) is ReviewOutcome.UNABLE_TO_REACH
    assert likely(found, [], NOBODY_CALLED) is None


def test_only_a_routine_item_that_needs_no_call_is_preset_to_no_action():
    assert likely(may(), [], NOBODY_CALLED) is ReviewOutcome.NOTHING_TO_DO
    assert likely(may(call=True), [], NOBODY_CALLED) is None


def test_what_is_preset_can_be_chosen():
    assert likely(may(kind=ItemKind.MAIL), ["plan_changed"], NOBODY_CALLED) is None


def test_every_family_of_reasons_says_which_sources_belong_to_it():
    assert set(SOURCES_OF) == set(Reason)
