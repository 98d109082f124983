"""The life of an offer of a patient to another clinic."""

from __future__ import annotations

import pytest

from plans.domain.audit import EVENTS
from plans.domain.errors import Refused
from plans.domain.moving import ACTS, OFFER_AUDIT, TRANSITIONS, MoveAct, MoveSide, MoveState, after


def test_every_act_has_its_side_its_end_and_its_events() -> None:
    assert set(ACTS) == set(MoveAct)
    assert {spec.side for spec in ACTS.values()} == set(MoveSide)
    written = {OFFER_AUDIT, *(spec.audit for spec in ACTS.values())}
    written |= {spec.received for spec in ACTS.values() if spec.received}
    assert written <= set(EVENTS)


def test_every_state_is_reached_and_nothing_leads_out_of_an_end() -> None:
    assert {MoveState.OFFERED, *TRANSITIONS.values()} == set(MoveState)
    assert {before for before, _act in TRANSITIONS} == {MoveState.OFFERED}


@pytest.mark.parametrize("act", MoveAct)
def test_an_offer_that_has_ended_stays_ended(act: MoveAct) -> None:
    assert after(MoveState.OFFERED, act) is ACTS[act].after
    for state in set(MoveState) - {MoveState.OFFERED}:
        with pytest.raises(Refused) as refused:
            after(state, act)
        assert refused.value.facts == {"reason": "offer_over", "state": state.value}
