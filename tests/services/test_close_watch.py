"""Close watch in a clinic: what its rules look at, which of them hold, and what each of them makes."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from plans.domain.checkins.close_watch import CHECKS, OFF_BY_DEFAULT, WatchRule
from plans.domain.errors import NotAllowed, Stale
from plans.models import AuditEvent, CheckIn, Flag, Patient, Plan, PlanStep, ReviewItem
from plans.services import clock, close_watch
from plans.services.plans import revise
from tests.makers import ClinicMade, make_patient
from tests.makers_checkins import START, on
from tests.makers_plans import issue_story_plan, plan_row

pytestmark = pytest.mark.django_db

USUAL = set(WatchRule) - OFF_BY_DEFAULT


@pytest.fixture
def plan(clinic: ClinicMade) -> Plan:
    with on(START):
        return issue_story_plan(clinic.primary, make_patient(clinic.primary))


def watched(plan: Plan, days: int) -> bool:
    day = START.date() + timedelta(days=days)
    return close_watch.watched(Patient.objects.get(pk=plan.patient_id), START, on=day)


def cuts(plan: Plan) -> list[int]:
    """On which days after its beginning the plan goes down."""
    row = plan_row(plan.pk)
    found = PlanStep.objects.filter(version=row.active_version, kind="cut").order_by("n")
    return [(step.days.lower - START.date()).days for step in found]


@pytest.mark.slow
def test_only_the_first_cut_of_a_plan_puts_under_close_watch(plan: Plan) -> None:
    first, second, *_later = cuts(plan)
    assert [watched(plan, first + day) for day in (-1, 0, 14, 15)] == [False, True, True, False]
    assert not watched(plan, max(second, first + 15))


@pytest.mark.slow
def test_a_step_back_puts_under_close_watch_for_four_weeks(plan: Plan, clinic: ClinicMade) -> None:
    later = cuts(plan)[0] + 20
    with on(START + timedelta(days=later)):
        assert not watched(plan, later + 1)
        revise.revise(
            by=clinic.primary, plan_id=plan.pk, seen_lock=plan_row(plan.pk).lock, act="step_back",
            params={"days": 14}, note="Poor sleep.",
        )  # fmt: skip
    assert watched(plan, later + 2)
    assert not watched(plan, later + 60)


def test_a_mark_ends_by_itself(plan: Plan) -> None:
    until = START.date() + timedelta(days=300)
    Patient.objects.filter(pk=plan.patient_id).update(close_watch=True, close_watch_until=until)
    assert [watched(plan, day) for day in (300, 301)] == [True, False]


def test_the_lead_switches_rules_and_nobody_else_does(plan: Plan, clinic: ClinicMade) -> None:
    first = cuts(plan)[0]
    chosen = USUAL - {WatchRule.FIRST_CUT}
    with pytest.raises(NotAllowed):
        close_watch.switch(by=clinic.primary, seen=USUAL, chosen=chosen)
    assert close_watch.switch(by=clinic.lead, seen=USUAL, chosen=chosen)
    assert not close_watch.switch(by=clinic.lead, seen=chosen, chosen=chosen)
    assert not watched(plan, first + 1)
    with pytest.raises(Stale):
        close_watch.switch(by=clinic.lead, seen=USUAL, chosen=USUAL)
    assert AuditEvent.objects.get(act="clinic.close_watch_set").facts["before"] == sorted(USUAL)


@pytest.mark.slow
def test_the_lead_sees_what_each_rule_makes(plan: Plan, clinic: ClinicMade) -> None:
    first = cuts(plan)[0]
    marked = make_patient(clinic.primary)
    Patient.objects.filter(pk=marked.pk).update(close_watch=True)
    now = START + timedelta(days=first + 3)
    for number in range(13):
        Flag.objects.create(
            clinic_id=clinic.id, patient_id=plan.patient_id, rule="R5", rule_version=2, severity="routine",
            raised_at=now - timedelta(hours=number), key=f"occasion:{number}:R5",
        )  # fmt: skip
    with on(now):
        ReviewItem.objects.create(
            clinic_id=clinic.id, patient=marked, source="mail", source_key="x", severity="urgent", priority=0,
            opened_at=clock.now(), first_action_due=now, resolve_due=now,
        )  # fmt: skip
        found = {one.rule.value: (one.on, one.patients, one.a_week) for one in close_watch.loads(clinic.lead)}
    assert found["first_cut"] == (True, 1, 1.0)
    assert found["marked"] == (True, 1, 0.0)
    assert found["urgent_item"] == (True, 1, 0.0)
    assert found["step_back"] == found["item_nine"] == (True, 0, 0.0)
    assert found["risk_grid"][0] is False


def test_what_is_counted_over_sets_is_what_the_rules_say_of_each_patient(
    plan: Plan, clinic: ClinicMade
) -> None:
    now = START + timedelta(days=cuts(plan)[0] + 3)
    others = [make_patient(clinic.primary, zone=zone) for zone in ("Pacific/Auckland", "America/Los_Angeles")]
    people = [plan.patient_id, *(one.pk for one in others)]
    Patient.objects.filter(pk=others[0].pk).update(close_watch=True, close_watch_until=now.date())
    days = [0, 1, 13, 14, 15, 27, 28, 29, 60, 90]
    for number, who in enumerate(people):
        for ago in days:
            # Close to midnight somewhere.
            at = now - timedelta(days=ago, hours=(7 * number + ago) % 24)
            Flag.objects.create(
                clinic_id=clinic.id, patient_id=who, rule="R5", rule_version=2, severity="routine", raised_at=at,
                key=f"{number}:{ago}",
            )  # fmt: skip
            if ago % (number + 2) == 0:
                ReviewItem.objects.create(
                    clinic_id=clinic.id, patient_id=who, source="mail", source_key=f"{number}:{ago}",
                    severity="urgent", priority=0, opened_at=at, first_action_due=at, resolve_due=at,
                )  # fmt: skip
            CheckIn.objects.create(
                clinic_id=clinic.id, patient_id=who, plan=plan, form="week", form_version={}, started_at=at,
                saved_at=at, local_date=at.date(), answers={"phq_9": str((ago + number) % 2)},
            )  # fmt: skip
    with on(now):
        today = now.astimezone(ZoneInfo("America/New_York")).date()
        facts = close_watch.facts_of(Patient.objects.filter(clinic_id=clinic.id), today)
        events = [
            (flag.patient_id, flag.raised_at.astimezone(ZoneInfo("America/New_York")).date())
            for flag in Flag.objects.filter(rule="R5")
        ]
        for one in close_watch.loads(clinic.lead):
            holds = CHECKS[one.rule]
            assert one.patients == sum(holds(found, today) for found in facts.values()), one.rule
            missed = sum(holds(facts[who], day) for who, day in events if who is not None)
            assert one.a_week == round(missed / 13, 1), one.rule


def test_what_rules_make_is_for_the_lead(clinic: ClinicMade) -> None:
    with pytest.raises(NotAllowed):
        close_watch.loads(clinic.primary)
