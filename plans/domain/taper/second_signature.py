"""A second pair of eyes: what a clinic wants signed by two people, and the life of what waits for the second signature.

A draft or a change that raises one of the clinic's triggers is not issued by its author: it waits as a proposal, with
everything that was typed, until another clinician signs exactly that, or declines. Holding a dose, going on after a
hold, and recording what is really taken never wait, since a patient may need them at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from plans.domain.errors import Refused
from plans.domain.taper.amendments import Amendment, Hold, HoldOpen, Resume, SwitchDrug, TakesDose
from plans.domain.taper.limit_rules import LimitLevel, Verdict
from plans.domain.taper.patient_facts import PatientFacts


class Trigger(StrEnum):
    """What can ask for a second signature, if the clinic chose it."""

    RISE = "rise"
    MAX_DOSE = "max_dose"
    CEILING = "ceiling"
    ABRUPT_STOP = "abrupt_stop"
    CROSSOVER = "crossover"
    PREGNANCY = "pregnancy"
    SEIZURES = "seizures"
    OPIOIDS = "opioids"


# Triggers that are a finding of the rule of the same name which needs a reason.
_FINDINGS: Final = (Trigger.RISE, Trigger.MAX_DOSE, Trigger.CEILING, Trigger.ABRUPT_STOP)
# Triggers that are on the patient's record: codes of its conditions and substances.
_ON_RECORD: Final[Mapping[Trigger, frozenset[str]]] = MappingProxyType(
    {
        Trigger.PREGNANCY: frozenset({"pregnancy"}),
        Trigger.SEIZURES: frozenset({"seizure_disorder", "withdrawal_seizure"}),
        Trigger.OPIOIDS: frozenset({"opioids", "opioid_treatment"}),
    }
)
_NEVER_WAIT: Final = (Hold, HoldOpen, Resume, TakesDose)


def raised(
    chosen: Collection[Trigger], verdicts: Iterable[Verdict], patient: PatientFacts, *, crossover: bool
) -> tuple[Trigger, ...]:
    """The triggers, of those the clinic chose, that a plan or a change raises; in the order of `Trigger`.

    `verdicts` are its findings (of a change those that only the changed plan has), `crossover` whether it switches to
    another drug.
    """
    rules = {one.rule for one in verdicts if one.level is not LimitLevel.NOTE}
    record = patient.conditions | patient.substances

    def stands(one: Trigger) -> bool:
        if one in _FINDINGS:
            return one.value in rules
        if one is Trigger.CROSSOVER:
            return crossover
        return not _ON_RECORD[one].isdisjoint(record) or (one is Trigger.PREGNANCY and patient.pregnant)

    return tuple(one for one in Trigger if one in chosen and stands(one))


def raised_by_change(
    chosen: Collection[Trigger],
    changes: Collection[Amendment],
    verdicts: Iterable[Verdict],
    patient: PatientFacts,
) -> tuple[Trigger, ...]:
    """As `raised`, for changes to a running plan; none for changes that never wait."""
    if all(isinstance(one, _NEVER_WAIT) for one in changes):
        return ()
    crossover = any(isinstance(one, SwitchDrug) for one in changes)
    return raised(chosen, verdicts, patient, crossover=crossover)


class ProposalState(StrEnum):
    """Where a proposal is in its life."""

    WAITING = "waiting"
    SIGNED = "signed"
    DECLINED = "declined"
    WITHDRAWN = "taken_back"
    LAPSED = "lapsed"


class ProposalAct(StrEnum):
    """What can happen to a proposal."""

    SIGN = "sign"  # by another clinician
    DECLINE = "decline"  # by another clinician, with a reason
    WITHDRAW = "withdraw"  # by its author
    LAPSE = "lapse"  # the plan ended or was replaced meanwhile


PROPOSAL_TRANSITIONS: Final[Mapping[tuple[ProposalState, ProposalAct], ProposalState]] = MappingProxyType(
    {
        (ProposalState.WAITING, ProposalAct.SIGN): ProposalState.SIGNED,
        (ProposalState.WAITING, ProposalAct.DECLINE): ProposalState.DECLINED,
        (ProposalState.WAITING, ProposalAct.WITHDRAW): ProposalState.WITHDRAWN,
        (ProposalState.WAITING, ProposalAct.LAPSE): ProposalState.LAPSED,
    }
)


def proposal_after(state: ProposalState, act: ProposalAct) -> ProposalState:
    """The state an act leads to. Raises Refused("proposal_over") for a proposal that no longer waits."""
    found = PROPOSAL_TRANSITIONS.get((state, act))
    if found is None:
        raise Refused(reason="proposal_over", state=state.value)
    return found
