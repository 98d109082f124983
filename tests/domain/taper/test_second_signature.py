"""What asks for a second signature, and the life of what waits for it."""

from __future__ import annotations

from datetime import date

import pytest

from plans.domain.errors import Refused
from plans.domain.taper.amendments import Hold, HoldOpen, Pace, Resume, StepBack, SwitchDrug, TakesDose
from plans.domain.taper.crossover import Crossover
from plans.domain.taper.limit_rules import RULES, LimitLevel, finding
from plans.domain.taper.patient_facts import CONDITIONS, SUBSTANCES, PatientFacts
from plans.domain.taper.schedule import TimeOfDay
from plans.domain.taper.second_signature import (
    ProposalAct,
    ProposalState,
    Trigger,
    proposal_after,
    raised,
    raised_by_change,
)

DAY = date(2026, 12, 1)
NOBODY = PatientFacts()
EVERY = tuple(Trigger)
RECORDS = {
    Trigger.PREGNANCY: PatientFacts(conditions=frozenset({"pregnancy"})),
    Trigger.SEIZURES: PatientFacts(conditions=frozenset({"withdrawal_seizure"})),
    Trigger.OPIOIDS: PatientFacts(substances=frozenset({"opioid_treatment"})),
}
SWITCH = SwitchDrug(DAY, crossover=Crossover("diazepam", 7, (TimeOfDay.NIGHT,)))


@pytest.mark.parametrize("rule", ["rise", "max_dose", "ceiling", "abrupt_stop"])
def test_a_finding_that_needs_a_reason_asks_for_it_and_a_note_does_not(rule: str) -> None:
    needs = finding(rule, 1, {}, level=LimitLevel.NEEDS_REASON)
    assert rule in RULES
    assert raised(EVERY, [needs], NOBODY, crossover=False) == (Trigger(rule),)
    assert raised(EVERY, [finding(rule, 1, {}, level=LimitLevel.NOTE)], NOBODY, crossover=False) == ()


@pytest.mark.parametrize("trigger", RECORDS)
def test_what_is_on_the_record_asks_for_it(trigger: Trigger) -> None:
    patient = RECORDS[trigger]
    assert patient.conditions | patient.substances <= {*CONDITIONS, *SUBSTANCES}
    assert raised(EVERY, [], patient, crossover=False) == (trigger,)
    assert raised(EVERY, [], NOBODY, crossover=False) == ()


def test_a_clinic_that_chose_nothing_wants_no_second_signature() -> None:
    rise = finding("rise", 1, {})
    assert raised((), [rise], RECORDS[Trigger.PREGNANCY], crossover=True) == ()
    assert raised((Trigger.RISE,), [rise], RECORDS[Trigger.PREGNANCY], crossover=True) == (Trigger.RISE,)


@pytest.mark.parametrize("never", [Hold(DAY, days=7), HoldOpen(DAY), Resume(DAY), TakesDose(DAY, regimen=())])
def test_holding_going_on_and_what_is_really_taken_never_wait(
    never: Hold | HoldOpen | Resume | TakesDose,
) -> None:
    pregnant, rise = RECORDS[Trigger.PREGNANCY], finding("rise", 1, {})
    assert raised_by_change(EVERY, [never], [rise], pregnant) == ()
    assert raised_by_change(EVERY, [never, Pace(DAY, interval_days=21)], [rise], pregnant) == (
        Trigger.RISE,
        Trigger.PREGNANCY,
    )


def test_a_switch_asks_for_it_and_a_step_back_does_not_by_itself() -> None:
    assert raised_by_change(EVERY, [SWITCH], [], NOBODY) == (Trigger.CROSSOVER,)
    assert raised_by_change(EVERY, [StepBack(DAY, hold_days=14)], [], NOBODY) == ()


def test_what_waits_is_decided_once() -> None:
    ends = {proposal_after(ProposalState.WAITING, act) for act in ProposalAct}
    assert ends == set(ProposalState) - {ProposalState.WAITING}
    for state in ends:
        for act in ProposalAct:
            with pytest.raises(Refused):
                proposal_after(state, act)
