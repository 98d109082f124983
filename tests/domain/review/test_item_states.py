"""The state table of a review item."""

from __future__ import annotations

import pytest

from plans.domain.errors import Refused
from plans.domain.review.item_states import (
    HELD,
    LEASE,
    OPEN,
    OWNER,
    RANK,
    TRANSITIONS,
    Act,
    ItemState,
    Owner,
    Priority,
    after,
    higher,
)


def test_every_state_stands_in_the_table_and_has_an_owner():
    assert set(TRANSITIONS) == set(OWNER) == set(ItemState)


def test_every_priority_has_a_place_in_the_queue_and_a_lease():
    assert set(RANK) == set(LEASE) == set(Priority)


def test_every_act_can_happen_somewhere():
    assert {act for acts in TRANSITIONS.values() for act in acts} == set(Act)


def test_every_state_can_be_reached_from_new():
    reached, edge = {ItemState.NEW}, [ItemState.NEW]
    while edge:
        for state in TRANSITIONS[edge.pop()].values():
            if state not in reached:
                reached.add(state)
                edge.append(state)
    assert reached == set(ItemState)


def test_nothing_leads_out_of_resolved_but_undoing():
    assert TRANSITIONS[ItemState.RESOLVED] == {Act.UNDO: ItemState.NEW}


def test_only_what_somebody_holds_can_be_taken_over():
    assert {state for state, acts in TRANSITIONS.items() if Act.TAKE_OVER in acts} == set(HELD)


def test_what_waits_or_is_snoozed_comes_back():
    woken = {state for state, acts in TRANSITIONS.items() if Act.WAKE in acts}
    assert woken == {ItemState.SNOOZED, ItemState.WAITING}


@pytest.mark.parametrize("state", sorted(OPEN))
def test_an_open_item_can_be_claimed_and_raised_again(state):
    assert {Act.CLAIM, Act.RAISE, Act.ESCALATE} <= set(TRANSITIONS[state])


def test_only_a_holder_can_resolve():
    can = {state for state, acts in TRANSITIONS.items() if Act.RESOLVE in acts}
    assert can == set(HELD) == {state for state, owner in OWNER.items() if owner is Owner.HOLDER}


def test_an_expired_lease_releases_the_item():
    for state in HELD:
        assert after(state, Act.LAPSE, Priority.URGENT) is ItemState.NEW


@pytest.mark.parametrize("act", [Act.SNOOZE, Act.WAIT])
def test_an_urgent_item_cannot_be_snoozed(act):
    with pytest.raises(Refused) as refused:
        after(ItemState.CLAIMED, act, Priority.URGENT)
    assert refused.value.facts["reason"] == "urgent"
    assert after(ItemState.CLAIMED, act, Priority.HIGH) in OPEN


def test_an_act_outside_the_table_is_refused_with_state_and_act():
    with pytest.raises(Refused) as refused:
        after(ItemState.RESOLVED, Act.CLAIM, Priority.ROUTINE)
    assert refused.value.facts == {"reason": "not_now", "state": "resolved", "act": "claim"}


def test_the_higher_priority_wins_in_either_order():
    assert higher(Priority.ROUTINE, Priority.URGENT) is Priority.URGENT
    assert higher(Priority.URGENT, Priority.ROUTINE) is Priority.URGENT
