"""How an item may end."""

from __future__ import annotations

import pytest

from plans.domain.errors import Refused
from plans.domain.review.item_states import Priority
from plans.domain.review.outcomes import OUTCOMES, ReviewOutcome, check_end
from plans.domain.review.reasons import SOURCES_OF, Reason


def reason(*args):
    with pytest.raises(Refused) as refused:
        check_end(*args)
    return refused.value.facts["reason"], refused.value.where


def test_every_priority_says_how_it_may_end():
    assert set(OUTCOMES) == set(Priority)


def test_an_end_without_an_outcome_is_refused():
    assert reason(Priority.ROUTINE, "", "a note") == ("outcome_missing", "outcome")


def test_an_urgent_item_does_not_end_with_no_action_needed():
    assert reason(Priority.URGENT, "nothing_to_do", "a note") == ("outcome_not_here", "outcome")
    assert check_end(Priority.ROUTINE, "nothing_to_do", "") is ReviewOutcome.NOTHING_TO_DO


def test_an_urgent_item_needs_a_note():
    assert reason(Priority.URGENT, "reached_safe", "") == ("note_missing", "note")
    assert check_end(Priority.URGENT, "reached_safe", "Spoke with her.") is ReviewOutcome.REACHED_SAFE


def test_every_family_of_reasons_says_which_sources_belong_to_it():
    assert set(SOURCES_OF) == set(Reason)
