"""The state diagrams in the documents say what the code does."""

from __future__ import annotations

from pathlib import Path

from plans.domain import diagrams
from plans.domain.review.item_states import ItemState
from plans.domain.taper.plan_states import PlanState

STATES = Path(__file__).resolve().parents[2] / "docs" / "states.md"


def test_the_document_is_what_the_tables_say():
    assert STATES.read_text(encoding="utf-8") == diagrams.document(), "run: python manage.py diagrams"


def test_every_state_is_in_its_diagram():
    assert all(state.value in diagrams.items() for state in ItemState)
    assert all(state.value in diagrams.plans() for state in PlanState)
