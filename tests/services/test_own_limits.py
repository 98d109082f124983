"""Limits within which a clinic asks for no reason: who signs them, and what a version keeps of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from plans.domain.amounts import Dose
from plans.domain.errors import NotAllowed, Refused, Stale
from plans.domain.taper.amendments import Pace
from plans.domain.taper.clinic_limits import NONE, agreed
from plans.domain.taper.limit_rules import LimitLevel
from plans.models import AuditEvent, Patient, Plan
from plans.services import clock, own_limits
from plans.services.actors import Actor
from plans.services.plans import queries, rejudge, revise
from plans.wording.taper import reason_words
from tests.makers import ClinicMade, make_clinic
from tests.makers_plans import issue_plan, plan_row, story_request

pytestmark = pytest.mark.django_db
STEEP = ("20", "18", "15.5")  # 22.5 % in 28 days
EVEN = ("20", "18", "15.5", "13.5")  # within the pace if 28 days apart, up to 25 % in 28 days if 14


def sign(by: Actor, pace: int | None = 25, tail: str | None = None) -> bool:
    seen = own_limits.own_limits(by).digest
    return own_limits.sign(by=by, seen_digest=seen, pace=pace, tail=Dose.parse(tail) if tail else None)


def plan_of(by: Actor, patient: Patient, doses: Sequence[str], days: int = 14, **answers: Any) -> Plan:
    """Diazepam at night as in these rows, staying on the last of them."""
    request = story_request(clock.today(patient.zone)) | {
        "regimen": [{"time": "night", "drug": "diazepam", "dose_mg": doses[0]}],
        "products": [
            {"drug": "diazepam", "form": "tablet", "strength_mg": mg, "split": 4} for mg in ("5", "2")
        ],
        "method": {"name": "typed", "rows": [{"days": days, "total_mg": dose} for dose in doses]},
        "goal_mg": doses[-1],
        "max_pieces": 12,
    }
    return issue_plan(by, patient, request, **answers)


def told(by: Actor, plan: Plan) -> list[list[str]]:
    """The reasons of every version, the newest first, in words."""
    rows = queries.plan_page(by, plan.pk).versions
    return [[reason_words(one).replace("\u00a0", " ") for one in row.reasons] for row in rows]


@pytest.mark.slow
def test_within_the_limits_a_plan_is_issued_without_a_reason_and_its_record_says_why(
    clinic: ClinicMade, patient: Patient
) -> None:
    with pytest.raises(Refused) as refused:
        plan_of(clinic.primary, patient, STEEP, reasons={}, shown=None)
    assert refused.value.facts["rules"] == ["pace"]
    assert sign(clinic.lead)
    plan = plan_of(clinic.primary, patient, STEEP, reasons={})
    day = clock.today("America/New_York")
    ((said,),) = told(clinic.primary, plan)
    assert said == (
        "Pace of the guideline, step 3: Within the limits of your clinic (25 % in 28 days), signed by "
        f"{clinic.lead.name} on {day.day} {day:%B %Y}."
    )


def test_past_the_limits_a_reason_is_asked_as_before(clinic: ClinicMade, patient: Patient) -> None:
    sign(clinic.lead, pace=22)
    with pytest.raises(Refused) as refused:
        plan_of(clinic.primary, patient, STEEP, reasons={})
    assert refused.value.facts["rules"] == ["pace"]


@pytest.mark.slow
def test_a_change_within_the_limits_shows_its_finding_and_the_version_keeps_the_limit(
    clinic: ClinicMade, patient: Patient
) -> None:
    plan = plan_of(clinic.primary, patient, EVEN, days=28)
    faster = Pace(clock.today(patient.zone), interval_days=14, faster=True)
    (before,) = revise.preview_changes(clinic.primary, plan_id=plan.pk, changes=[faster]).findings
    assert (before.rule, before.level, before.agreed) == ("pace", LimitLevel.NEEDS_REASON, False)
    sign(clinic.lead)
    (after,) = revise.preview_changes(clinic.primary, plan_id=plan.pk, changes=[faster]).findings
    assert (after.rule, after.level, after.agreed) == ("pace", LimitLevel.NOTE, True)
    assert agreed(after.verdicts[0].facts)["agreed_by"] == clinic.lead.name
    revise.change(by=clinic.primary, plan_id=plan.pk, seen_lock=plan.lock, changes=[faster], note="Agreed.")
    changed, first = told(clinic.primary, plan)
    assert (len(changed), first) == (1, [])
    assert changed[0].startswith(
        "Pace of the guideline, steps 3 to 4: Within the limits of your clinic (25 %"
    )


@pytest.mark.slow
def test_what_a_version_rested_on_stays_with_it_when_the_limits_are_withdrawn(
    clinic: ClinicMade, patient: Patient
) -> None:
    sign(clinic.lead)
    plan = plan_of(clinic.primary, patient, STEEP, reasons={})
    assert [found.changed for found in rejudge.rejudge()] == [False]
    before = told(clinic.primary, plan)
    assert sign(clinic.lead, pace=None)
    assert told(clinic.primary, plan) == before
    revise.revise(
        by=clinic.primary,
        plan_id=plan.pk,
        seen_lock=plan.lock,
        act="hold",
        params={"days": 14, "from": "tomorrow"},
        note="Asked for.",
    )
    assert told(clinic.primary, plan_row(plan.pk)) == [[], *before]


def test_only_a_lead_signs_and_only_for_the_own_clinic(clinic: ClinicMade) -> None:
    for other in (clinic.primary, clinic.staff, clinic.reader):
        with pytest.raises(NotAllowed):
            sign(other)
    sign(clinic.lead)
    assert own_limits.own_limits(make_clinic().lead) == NONE


def test_signing_is_audited_and_the_same_figures_are_signed_once(clinic: ClinicMade) -> None:
    assert sign(clinic.lead, 22, "1.5")
    assert not sign(clinic.lead, 22, "1.5")
    assert sign(clinic.lead, None)
    signed, withdrawn = AuditEvent.objects.filter(act="clinic.limits_signed").order_by("id")
    assert (signed.facts["set"], signed.facts["after"]["pace"], signed.facts["after"]["tail"]) == (
        True,
        22,
        "1.5",
    )
    assert (withdrawn.facts["set"], withdrawn.facts["before"]["pace"]) == (False, 22)


def test_of_two_leads_the_second_is_told_that_other_limits_were_signed(clinic: ClinicMade) -> None:
    seen = own_limits.own_limits(clinic.lead).digest
    sign(clinic.lead, 22)
    with pytest.raises(Stale) as stale:
        own_limits.sign(by=clinic.lead, seen_digest=seen, pace=25, tail=None)
    assert stale.value.facts["who"] == clinic.lead.name
