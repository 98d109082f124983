"""Drafts and changes that wait for a second signature."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from plans.domain.taper.amendments import Pace
from plans.domain.taper.second_signature import Trigger
from plans.models import Patient, Plan
from plans.services import clock, second_signature
from plans.services.actors import Actor
from plans.services.plans import drafts, proposals, revise
from tests.makers import ClinicMade
from tests.makers_plans import asked_for, plan_row, story_request


def want_two(clinic: ClinicMade, *triggers: Trigger) -> None:
    """Let these need a second signature in the clinic."""
    second_signature.set_triggers(
        by=clinic.lead, seen=second_signature.triggers(clinic.lead), chosen=triggers
    )


def slower(plan: Plan, days: int = 21) -> Pace:
    """A cut every so many days, from today on."""
    return Pace(clock.today(plan.patient.zone), interval_days=days)


def typed_slower(plan: Plan, days: int = 21) -> dict[str, list[str]]:
    """The form of the same change as typed."""
    day = clock.today(plan.patient.zone)
    return {
        "act": ["slow_down"],
        "slow_days": [str(days)],
        "begins": ["other"],
        "from_day": [day.isoformat()],
        "note": ["Agreed on the phone."],
    }


def ask_to_change(by: Actor, plan: Plan, **more: Any) -> UUID:
    """Ask for the second signature under a slower pace; Any: what a test says otherwise."""
    change = slower(plan)
    asked: dict[str, Any] = {
        "by": by,
        "plan_id": plan.pk,
        "seen_lock": plan_row(plan.pk).lock,
        "changes": [change],
        "form": typed_slower(plan),
        "note": "Agreed on the phone.",
    }
    if "shown" not in more:
        shown = revise.preview_changes(by, plan_id=plan.pk, changes=more.get("changes", [change]))
        asked["shown"] = shown.digest
    return proposals.ask_to_change(**(asked | more))


def rising(patient: Patient, *, ahead: int = 0) -> dict[str, Any]:
    """A request that goes up before it goes down, beginning in so many days."""
    return story_request(clock.today(patient.zone) + timedelta(days=ahead)) | {
        "regimen": [{"time": "night", "drug": "diazepam", "dose_mg": "10"}],
        "products": [{"drug": "diazepam", "form": "tablet", "strength_mg": "2", "split": 2}],
        "method": {
            "name": "typed",
            "rows": [
                {"days": 14, "doses": [{"time": "night", "drug": "diazepam", "dose_mg": mg}]}
                for mg in ("10", "11", "10")
            ],
        },
        "goal_mg": "10",
        "max_pieces": 12,
    }


def ask_to_issue(by: Actor, patient: Patient, *, ahead: int = 0) -> UUID:
    """Draft a plan with a rise and ask for the second signature under it."""
    draft = drafts.save(by=by, patient_id=patient.pk, form={"method": ["typed"]}, seen_lock=None)
    asked = asked_for(by, patient, rising(patient, ahead=ahead))
    return proposals.ask_to_issue(by=by, plan_id=draft.plan_id, seen_lock=draft.lock, asked=asked)


def sign(by: Actor, proposal_id: UUID, *changes: Pace) -> UUID:
    """Sign what the page shows; the version's key."""
    seen = proposals.proposal_page(by, proposal_id)
    return proposals.sign(by=by, proposal_id=proposal_id, shown=seen.digest, changes=changes)
