"""The states of a plan: every table covers every state, and nothing follows a final state."""

from __future__ import annotations

import pytest

from plans.domain.errors import Refused
from plans.domain.notices import NOTICES, Audience
from plans.domain.taper.plan_states import (
    ACTS,
    ENDED,
    LIVE,
    REVISIONS,
    TRANSITIONS,
    PlanAct,
    PlanActor,
    PlanState,
    after,
    allowed,
)


def test_every_act_has_an_owner_an_audit_act_and_a_word_on_messages():
    assert set(ACTS) == set(PlanAct)


def test_every_act_can_happen_somewhere():
    assert {act for _, act in TRANSITIONS} == set(PlanAct)


def test_only_a_correction_leads_out_of_a_plan_that_has_ended():
    assert {act for state in ENDED for act in allowed(state)} == {PlanAct.CORRECT}


def test_every_state_is_reached_from_a_draft():
    reached = {PlanState.DRAFT}
    before: set[PlanState] = set()
    while reached != before:
        before = set(reached)
        reached |= {to for (state, _), to in TRANSITIONS.items() if state in before}
    assert reached == set(PlanState)


def test_every_live_plan_can_be_stopped():
    assert all(PlanAct.STOP in allowed(state) for state in LIVE)


def test_audit_acts_differ_so_that_the_history_tells_them_apart():
    assert len({spec.audit for spec in ACTS.values()}) == len(ACTS)


def test_messages_to_the_patient_exist():
    told = {spec.message for spec in ACTS.values() if spec.message}
    assert all(NOTICES[message].audience is Audience.PATIENT for message in told)


def test_every_revision_is_a_clinicians_and_notifies_the_patient():
    assert all(
        ACTS[act].owner is PlanActor.CLINICIAN and ACTS[act].message == "plan_changed" for act in REVISIONS
    )


def test_a_held_plan_can_be_held_longer():
    assert after(PlanState.HELD, PlanAct.HOLD) is PlanState.HELD


def test_what_the_table_does_not_know_is_refused_with_state_and_act():
    with pytest.raises(Refused) as refusal:
        after(PlanState.COMPLETED, PlanAct.HOLD)
    assert refusal.value.facts == {"reason": "not_in_this_state", "state": "completed", "act": "hold"}
