"""The state diagrams in the documents say what the code does."""

from __future__ import annotations

from plans.domain import diagrams
from plans.domain.review.item_states import ItemState
from plans.domain.taper.plan_states import PlanState


def test_every_state_is_in_its_diagram():
    assert all(state.value in diagrams.items() for state in ItemState)
    assert all(state.value in diagrams.plans() for state in PlanState)
