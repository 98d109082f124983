"""What waits for a second signature on a plan: looking it up, refusing what would change it, and letting it lapse."""

from __future__ import annotations

from datetime import datetime

from plans.domain.errors import Refused
from plans.domain.review.outcomes import ReviewOutcome
from plans.domain.taper.second_signature import ProposalAct, ProposalState, proposal_after
from plans.models import Plan, Proposal
from plans.services import audit
from plans.services.actors import Actor
from plans.services.review import settling


def waiting_of(plan: Plan, *, lock: bool = False) -> Proposal | None:
    """What waits for a second signature on a plan; None if nothing does."""
    rows = Proposal.objects.filter(plan=plan, state=ProposalState.WAITING.value)
    rows = rows.select_for_update(of=("self",), no_key=True) if lock else rows
    return rows.select_related("asked_by").first()


def check_none_waits(plan: Plan) -> None:
    """Raise Refused("waits_for_signature") with `who` asked, where something waits."""
    found = waiting_of(plan)
    if found is not None:
        raise Refused(reason="waits_for_signature", who=found.asked_by.name)


def end(
    proposal: Proposal,
    act: ProposalAct,
    outcome: ReviewOutcome,
    *,
    by: Actor,
    now: datetime,
    reason: str = "",
) -> None:
    """End a locked proposal and its review item, with its audit event. Raises Refused("proposal_over")."""
    proposal.state = proposal_after(ProposalState(proposal.state), act).value
    proposal.decided_by_id, proposal.decided_at, proposal.reason = by.user_id, now, reason
    proposal.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    settling.settle(
        proposal.plan, by, now, outcome, keys=settling.signature_key(proposal.plan_id), note=reason
    )
    record(proposal, _EVENTS[act], by, now, note=reason)


_EVENTS = {
    ProposalAct.SIGN: "plan.signature_given",
    ProposalAct.DECLINE: "plan.signature_declined",
    ProposalAct.WITHDRAW: "plan.signature_withdrawn",
    ProposalAct.LAPSE: "plan.signature_lapsed",
}


def record(proposal: Proposal, event: str, by: Actor, now: datetime, *, note: str = "") -> None:
    """Record what was done about a proposal, with its author."""
    audit.record(
        by=by,
        act=event,
        subject_kind="plan",
        subject_id=proposal.plan_id,
        clinic_id=proposal.clinic_id,
        patient_id=proposal.plan.patient_id,
        plan_id=proposal.plan_id,
        facts={"who": proposal.asked_by.name, "act": proposal.act, "because": proposal.because, "note": note},
        at=now,
    )


def lapse(plan: Plan, by: Actor, now: datetime) -> None:
    """End what waits on a plan that ends or is replaced, in the caller's transaction, which has the plan locked."""
    found = waiting_of(plan, lock=True)
    if found is not None:
        end(found, ProposalAct.LAPSE, ReviewOutcome.NOTHING_TO_SIGN, by=by, now=now)
