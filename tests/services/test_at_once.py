"""Two people act on one plan, draft or clinic at the same moment: one does it, the other reads who was first."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from plans.domain.errors import NotFound, Stale, TaperplanError
from plans.domain.taper.second_signature import Trigger
from plans.models import AuditEvent, Occasion, Patient, Plan, PlanVersion, Proposal, ReviewItem
from plans.services import accounts, clock, moving, outbox, review
from plans.services import documents as document_services
from plans.services.access import get_item_for, get_patient_for, get_plan_for
from plans.services.actors import Actor, May, Role
from plans.services.clinic_facts import clinic_facts, set_clinic_facts
from plans.services.documents import redraws
from plans.services.plans import drafts, issue, proposals, revise, states
from plans.wording import plans as words
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_plans import asked_for, issue_story_plan, plan_row, story_request
from tests.makers_proposals import ask_to_change, sign, slower, want_two
from tests.services.review_help import raiser

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def at_once(act: Callable[[Actor], Any], *people: Actor) -> dict[str, TaperplanError | None]:
    """Each in a thread and a connection of their own, started together: who (by name) was refused with what."""
    start = Barrier(len(people))

    def run(who: Actor) -> TaperplanError | None:
        try:
            start.wait(timeout=20)
            act(who)
        except TaperplanError as refusal:
            return refusal
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(len(people)) as pool:
        return dict(zip([who.name for who in people], pool.map(run, people), strict=True))


def one_of_two(outcome: dict[str, TaperplanError | None]) -> tuple[str, TaperplanError]:
    """The name of the one who did it, and what the other was told."""
    done = [name for name, refusal in outcome.items() if refusal is None]
    refused = [refusal for refusal in outcome.values() if refusal is not None]
    assert (len(done), len(refused)) == (1, 1)
    return done[0], refused[0]


def test_of_two_changes_of_one_plan_one_becomes_version_2_and_the_other_reads_who_was_first(clinic):
    plan = issue_story_plan(clinic.primary, make_patient(clinic.primary))
    lock = plan.lock

    def hold(who: Actor) -> None:
        params = {"from": clock.today(plan.patient.zone).isoformat(), "days": 14}
        revise.revise(
            by=who, plan_id=plan.pk, seen_lock=lock, act="hold", params=params, note="Asked for contact"
        )

    first, refusal = one_of_two(at_once(hold, clinic.primary, clinic.second))
    assert isinstance(refusal, Stale)
    assert first in words.refusal(refusal)
    assert PlanVersion.objects.filter(plan=plan).count() == 2
    assert PlanVersion.objects.filter(plan=plan, replaced_at=None).count() == 1
    assert plan_row(plan.pk).lock == lock + 1
    assert AuditEvent.objects.filter(act="plan.held", plan_id=plan.pk).count() == 1


def test_of_two_who_issue_one_draft_one_does_and_the_other_reads_who_was_first(clinic):
    patient = make_patient(clinic.primary)
    draft = drafts.save(by=clinic.primary, patient_id=patient.pk, form={}, seen_lock=None)
    asked = asked_for(clinic.primary, patient, story_request(clock.today(patient.zone)))

    def issue_it(who: Actor) -> None:
        issue.issue(by=who, plan_id=draft.plan_id, seen_lock=draft.lock, asked=asked)

    first, refusal = one_of_two(at_once(issue_it, clinic.primary, clinic.second))
    assert words.refusal(refusal).startswith(f"{first} issued this plan")
    assert PlanVersion.objects.filter(plan_id=draft.plan_id).count() == 1
    assert AuditEvent.objects.filter(act="plan.issued", plan_id=draft.plan_id).count() == 1


def test_of_two_who_change_the_clinic_one_does_and_the_other_is_told_who(clinic):
    other = accounts.create_member(
        clinic_id=clinic.id,
        email="other.lead@clinic.example.org",
        name="Dr Other",
        role=Role.LEAD,
    )
    leads = (clinic.lead, Actor("user", other, "Dr Other", clinic.id, clinic.lead.role))
    seen = clinic_facts(clinic.lead)
    phones = dict(zip([who.name for who in leads], ["555-0101", "555-0102"], strict=True))

    def change(who: Actor) -> None:
        set_clinic_facts(by=who, seen_digest=seen.digest, facts=replace(seen, phone=phones[who.name]))

    first, refusal = one_of_two(at_once(change, *leads))
    assert refusal.facts["who"] == first
    assert clinic_facts(clinic.lead).phone == phones[first]


def test_of_two_who_accept_one_offer_one_does_and_the_other_is_told_that_it_is_over(clinic):
    there, patient = make_clinic(), make_patient(clinic.primary)
    key = moving.offer(by=clinic.primary, patient_id=patient.pk, to_id=there.id)

    def accept(who: Actor) -> None:
        moving.accept(by=who, move_id=key, record_no="LK-1", zone=patient.zone)

    first, refusal = one_of_two(at_once(accept, there.primary, there.second))
    assert refusal.facts["reason"] == "offer_over"
    owner = Patient.objects.select_related("owner").get(pk=patient.pk).owner
    assert owner is not None
    assert owner.name == first
    assert AuditEvent.objects.filter(act="patient.moved_in").count() == 1


def test_a_change_of_the_plan_at_the_moment_of_a_move_is_done_before_it_or_not_at_all(clinic):
    there, patient = make_clinic(), make_patient(clinic.primary)
    plan = issue_story_plan(clinic.primary, patient)
    key = moving.offer(by=clinic.primary, patient_id=patient.pk, to_id=there.id)

    def act(who: Actor) -> None:
        if who.clinic_id == there.id:
            moving.accept(by=who, move_id=key, record_no="LK-1", zone=patient.zone)
            return
        params = {"from": clock.today(patient.zone).isoformat(), "days": 14}
        revise.revise(by=who, plan_id=plan.pk, seen_lock=plan.lock, act="hold", params=params, note="Ill")

    outcome = at_once(act, there.primary, clinic.second)
    assert outcome[there.primary.name] is None
    refusal = outcome[clinic.second.name]
    assert refusal is None or isinstance(refusal, NotFound)
    made = list(PlanVersion.objects.filter(plan=plan).order_by("number").values_list("clinic_id", flat=True))
    assert made == [clinic.id] * (2 if refusal is None else 1)
    for rows in (Plan.objects.filter(pk=plan.pk), Occasion.objects.filter(plan=plan)):
        assert set(rows.values_list("clinic_id", flat=True)) == {there.id}


@pytest.fixture
def asked(clinic):
    """A plan and the change to it that waits for a second signature."""
    plan = issue_story_plan(clinic.primary, make_patient(clinic.primary))
    Patient.objects.filter(pk=plan.patient_id).update(substances=["opioids"])
    want_two(clinic, Trigger.OPIOIDS)
    return plan, ask_to_change(clinic.primary, plan)


def test_of_two_who_sign_one_change_one_does_and_the_other_reads_who_was_first(clinic, asked):
    plan, key = asked
    first, refusal = one_of_two(at_once(lambda who: sign(who, key, slower(plan)), clinic.second, clinic.lead))
    assert isinstance(refusal, Stale)
    assert words.refusal(refusal).startswith(f"{first} signed this before you.")
    assert PlanVersion.objects.filter(plan=plan).count() == 2
    assert AuditEvent.objects.filter(act="plan.signature_given", plan_id=plan.pk).count() == 1


@pytest.mark.parametrize("meanwhile", ["withdrawn by its author", "the plan ended"])
def test_what_is_signed_and_taken_away_at_once_is_one_or_the_other(clinic, asked, meanwhile):
    plan, key = asked

    def act(who: Actor) -> None:
        if who == clinic.second:
            sign(who, key, slower(plan))
        elif meanwhile == "the plan ended":
            states.stop(by=who, plan_id=plan.pk, seen_lock=plan.lock, note="Moved away.")
        else:
            proposals.withdraw(by=who, proposal_id=key)

    first, refusal = one_of_two(at_once(act, clinic.second, clinic.primary))
    signed = first == clinic.second.name
    assert isinstance(refusal, Stale)
    assert words.refusal(refusal)
    assert PlanVersion.objects.filter(plan=plan).count() == (2 if signed else 1)
    assert (Proposal.objects.get(pk=key).state == "signed") is signed


# Beside somebody who holds the patient


def _all_documents(clinic: ClinicMade, plan: Plan) -> None:
    assert document_services.redraw_clinic(by=clinic.lead, clinic_id=clinic.id)
    (claim,) = [one for one in outbox.claim_batch("documents", 9) if one.notice == "redraw"]
    assert redraws.ask_page(claim) == 1


def _a_call_on_an_item(clinic: ClinicMade, plan: Plan) -> None:
    key = ReviewItem.objects.get(patient=plan.patient).pk
    review.claim(by=clinic.second, item_id=key)
    lock = ReviewItem.objects.get(pk=key).lock
    review.log_call(by=clinic.second, item_id=key, seen_lock=lock, callee="patient", outcome="no_answer")


@pytest.mark.parametrize("beside", [_all_documents, _a_call_on_an_item])
def test_whoever_writes_about_a_patient_waits_for_nobody_who_changes_the_plan(
    clinic: ClinicMade, beside: Callable[[ClinicMade, Plan], None]
) -> None:
    """A change holds the patient and then wants the plan; a run of documents held the plan and, to write a row that
    names the patient, waited for the patient: PostgreSQL ended one of them. So did a call on an item."""
    plan = issue_story_plan(clinic.primary, make_patient(clinic.primary))
    item = raiser(clinic, plan.patient)("urgent")

    def act() -> None:
        try:
            beside(clinic, plan)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        get_patient_for(clinic.primary, plan.patient_id, May.PLAN, lock=True)
        pool.submit(act).result(timeout=20)
        get_plan_for(clinic.primary, plan.pk, May.PLAN, lock=True)
        get_item_for(clinic.primary, item.pk, May.REVIEW, lock=True)
