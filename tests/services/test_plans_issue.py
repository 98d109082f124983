"""Issuing a plan: one transaction with everything that follows, and what is refused."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from plans.domain.errors import NotAllowed, NotFound, Refused, Stale, TaperError
from plans.domain.taper.history import valid_days
from plans.domain.taper.limit_rules import LimitLevel
from plans.domain.taper.published.files import schedule
from plans.models import AuditEvent, Document, Occasion, Patient, Plan, PlanStep, PlanVersion, Work
from plans.services import clock
from plans.services.care import set_care_state
from plans.services.plans import drafts, issue, preview, queries, versions
from tests.makers import make_clinic, make_patient
from tests.makers_plans import REASON, asked_for, issue_plan, issue_story_plan, story_request
from tests.present import present

pytestmark = pytest.mark.django_db


def drafted(clinic, patient):
    return drafts.save(
        by=clinic.primary, patient_id=patient.pk, form={"start": ["2026-11-30"]}, seen_lock=None
    )


@pytest.mark.slow
def test_issuing_makes_version_steps_state_dates_document_message_and_history_at_once(clinic, patient):
    plan = issue_story_plan(clinic.primary, patient)
    version = plan.active_version
    assert (plan.state, plan.drugs, present(version).number, present(version).kind) == (
        "active",
        ["clonazepam"],
        1,
        "issued",
    )
    assert PlanStep.objects.filter(version=version).count() == len(
        queries.schedule_of(present(version)).steps
    )
    assert Occasion.objects.filter(plan=plan, state="planned").exists()
    assert Document.objects.filter(version=version, state="asked").count() == 1
    assert Work.objects.filter(plan=plan, notice="plan_ready", state="pending").count() == 1
    event = AuditEvent.objects.get(plan_id=plan.pk, act="plan.issued")
    assert (event.version, event.facts["sha256"]) == (1, present(version).sha256)


def test_the_draft_is_emptied_when_it_is_issued(clinic, patient):
    assert issue_story_plan(clinic.primary, patient).draft == {}


@pytest.mark.slow
def test_the_stored_text_reads_back_to_the_schedule_that_was_shown(clinic, patient):
    request = story_request(clock.today(patient.zone))
    shown = preview.preview(clinic.primary, patient_id=patient.pk, request=request, confirmed=frozenset())
    plan = issue_plan(clinic.primary, patient, request)
    assert queries.schedule_of(present(plan.active_version)) == shown.schedule


def test_a_text_changed_in_the_database_is_not_believed(clinic, patient):
    plan = issue_story_plan(clinic.primary, patient)
    version = PlanVersion(sha256="0" * 64, canonical=present(plan.active_version).canonical)
    with pytest.raises(versions.BrokenVersion):
        versions.read(version)


@pytest.mark.slow
def test_reasons_and_signatures_are_kept_with_the_version(clinic, patient):
    plan = issue_story_plan(clinic.primary, patient)
    said = versions.read(present(plan.active_version))
    assert said.reasons
    assert {reason.text for reason in said.reasons} == {REASON}
    assert said.extra["by"] == clinic.primary.name


@pytest.mark.slow
def test_one_reason_is_kept_with_each_finding_and_the_steps_it_answers(clinic, patient):
    request = story_request(clock.today(patient.zone))
    shown = preview.preview(clinic.primary, patient_id=patient.pk, request=request, confirmed=frozenset())
    said = versions.read(present(issue_plan(clinic.primary, patient, request).active_version))
    asked = [one for one in present(shown.taper).verdicts if one.level is LimitLevel.NEEDS_REASON]
    assert {(reason.rule, reason.steps) for reason in said.reasons} == {
        (one.rule, one.steps) for one in asked
    }


def published_request(clinic, patient, **more):
    """The request of the clonazepam label's schedule, which needs a reason, and the findings that ask for it."""
    given = {"start": clock.today(patient.zone).isoformat()} | more
    request = schedule("klonopin_label_clonazepam_1").request_from(given)
    shown = preview.preview(clinic.primary, patient_id=patient.pk, request=request, confirmed=frozenset())
    rules = {one.rule for one in shown.at(LimitLevel.NEEDS_REASON)} - {"unverified_product"}
    return request, shown, dict.fromkeys(rules, "A schedule that was published, 2002")


@pytest.mark.slow
def test_that_the_plan_follows_a_published_schedule_is_a_reason_with_its_source(clinic, patient):
    request, _, sources = published_request(clinic, patient)
    plan = issue_plan(clinic.primary, patient, request, reasons={}, sources=sources)
    said = versions.read(present(plan.active_version))
    assert sources
    assert {(one.rule, one.text, one.source) for one in said.reasons} == {
        (rule, "", source) for rule, source in sources.items()
    }
    assert said.request.published == "klonopin_label_clonazepam_1"


def test_that_a_plan_of_another_drug_follows_it_is_no_reason_and_not_recorded(clinic, patient):
    regimen = [{"time": "night", "drug": "lorazepam", "dose_mg": "1"}]
    products = [{"drug": "lorazepam", "form": "tablet", "strength_mg": "0.5", "split": 2}]
    request, shown, sources = published_request(clinic, patient, regimen=regimen, products=products)
    assert (shown.follows, present(shown.taper).request.published) == (None, "")
    with pytest.raises(Refused) as refusal:
        issue_plan(clinic.primary, patient, request, reasons={}, sources=sources)
    assert refusal.value.facts["reason"] == "reasons_missing"
    assert refusal.value.where in sources
    plan = Plan.objects.get(patient=patient)
    assert plan.active_version is None


def test_rows_in_mg_of_another_drugs_schedule_cannot_be_issued(clinic, patient):
    request = schedule("clonazepam_3_twelve_weeks").request_from(
        {
            "start": clock.today(patient.zone).isoformat(),
            "regimen": [{"time": "night", "drug": "diazepam", "dose_mg": "12"}],
        }
    )
    shown = preview.preview(clinic.primary, patient_id=patient.pk, request=request, confirmed=frozenset())
    assert (shown.taper, present(shown.error).code) == (None, "schedule_of_other_drug")


@pytest.mark.slow
def test_the_day_and_hour_of_check_ins_are_kept_with_the_patient(clinic, patient):
    issue_story_plan(clinic.primary, patient, checkin_weekday=3, checkin_time=time(17, 30))
    patient = Patient.objects.get(pk=patient.pk)
    assert (patient.checkin_weekday, patient.checkin_time) == (3, time(17, 30))


def test_a_clinic_without_a_second_on_call_cannot_issue(patient):
    clinic = make_clinic(on_call=False)
    other = make_patient(clinic.primary)
    with pytest.raises(Refused) as refusal:
        issue_story_plan(clinic.primary, other)
    assert refusal.value.facts["reason"] == "no_on_call"


def test_a_patient_without_consent_gets_no_plan(clinic, patient):
    Patient.objects.filter(pk=patient.pk).update(consent_version="", consent_on=None, consent_by=None)
    with pytest.raises(Refused) as refusal:
        issue_story_plan(clinic.primary, patient)
    assert refusal.value.facts["reason"] == "no_consent"


def test_a_patient_who_left_gets_no_plan(clinic, patient):
    set_care_state(
        by=clinic.primary,
        patient_id=patient.pk,
        seen_version=patient.version,
        state="transferred",
        note="Moved away",
    )
    with pytest.raises(Refused) as refusal:
        issue_story_plan(clinic.primary, patient)
    assert refusal.value.facts["reason"] == "not_in_care"


def test_a_finding_without_its_reason_is_refused_by_name(clinic, patient):
    with pytest.raises(Refused) as refusal:
        issue_story_plan(clinic.primary, patient, reasons={})
    assert refusal.value.facts["reason"] == "reasons_missing"
    assert refusal.value.facts["rules"]


def test_a_caution_to_sign_must_be_signed(clinic):
    patient = make_patient(clinic.primary, substances=("opioids",))
    with pytest.raises(Refused) as refusal:
        issue_story_plan(clinic.primary, patient, signed=frozenset())
    assert refusal.value.facts["reason"] == "signatures_missing"
    assert "opioids" in str(refusal.value.facts["cautions"])


def test_a_strength_nobody_verified_must_be_confirmed(clinic, patient):
    odd = [{"drug": "clonazepam", "form": "tablet", "strength_mg": "0.75", "split": 1}]
    request = story_request(clock.today(patient.zone), products=odd, regimen=[
        {"time": "night", "drug": "clonazepam", "dose_mg": "1.5"}
    ])  # fmt: skip
    with pytest.raises(Refused) as refusal:
        issue_plan(clinic.primary, patient, request, confirmed=frozenset(), shown=None)
    assert refusal.value.facts["products"] == ["clonazepam tablet 0.75 mg"]


def test_what_was_not_shown_is_not_issued(clinic, patient):
    with pytest.raises(Stale) as refusal:
        issue_story_plan(clinic.primary, patient, shown="f" * 64)
    assert refusal.value.facts["what"] == "shown"


@pytest.mark.slow
def test_a_record_changed_after_the_preview_is_shown_again_first(clinic, patient):
    request = story_request(clock.today(patient.zone))
    asked = asked_for(clinic.primary, patient, request)
    draft = drafted(clinic, patient)
    Patient.objects.filter(pk=patient.pk).update(substances=["opioids"])
    with pytest.raises(Stale):
        issue.issue(by=clinic.primary, plan_id=draft.plan_id, seen_lock=draft.lock, asked=asked)


def test_a_draft_somebody_else_took_over_is_not_issued(clinic, patient):
    draft = drafted(clinic, patient)
    drafts.save(by=clinic.second, patient_id=patient.pk, form={}, seen_lock=draft.lock)
    asked = asked_for(clinic.primary, patient, story_request(clock.today(patient.zone)))
    with pytest.raises(Stale) as refusal:
        issue.issue(by=clinic.primary, plan_id=draft.plan_id, seen_lock=draft.lock, asked=asked)
    assert refusal.value.facts["who"] == clinic.second.name


def test_a_draft_somebody_else_issued_names_that_person_and_not_the_one_who_saved_it(clinic, patient):
    draft = drafted(clinic, patient)
    asked = asked_for(clinic.primary, patient, story_request(clock.today(patient.zone)))
    issue.issue(by=clinic.second, plan_id=draft.plan_id, seen_lock=draft.lock, asked=asked)
    with pytest.raises(Stale) as raised:
        issue.issue(by=clinic.primary, plan_id=draft.plan_id, seen_lock=draft.lock, asked=asked)
    assert raised.value.facts == {"what": "issued", "who": clinic.second.name}


def test_a_draft_somebody_else_discarded_is_gone_and_not_issued(clinic, patient):
    draft = drafted(clinic, patient)
    asked = asked_for(clinic.primary, patient, story_request(clock.today(patient.zone)))
    drafts.discard_draft(by=clinic.second, patient_id=patient.pk, seen_lock=draft.lock)
    with pytest.raises(Refused) as raised:
        issue.issue(by=clinic.primary, plan_id=draft.plan_id, seen_lock=draft.lock, asked=asked)
    assert raised.value.facts["reason"] == "draft_gone"


def test_a_refused_issue_leaves_the_draft_as_it_was(clinic, patient):
    with pytest.raises(Refused):
        issue_story_plan(clinic.primary, patient, reasons={})
    assert Plan.objects.get(patient=patient).state == "draft"
    assert not Work.objects.filter(notice="plan_ready").exists()


def test_a_dose_the_tablets_cannot_make_is_refused_with_its_neighbours(clinic, patient):
    draft = drafted(clinic, patient)
    request = story_request(clock.today(patient.zone))
    request["regimen"][0]["dose_mg"] = "0.3"
    asked = issue.IssueRequest(request=request, checkin_weekday=0, checkin_time=time(10))
    with pytest.raises(TaperError) as refusal:
        issue.issue(by=clinic.primary, plan_id=draft.plan_id, seen_lock=draft.lock, asked=asked)
    assert refusal.value.nearest == {"lower": "0.25", "higher": "0.375"}


@pytest.mark.parametrize(("away", "code"), [(-31, "starts_too_early"), (3 * 365 + 1, "starts_too_late")])
def test_a_first_day_nobody_plans_is_refused(clinic, patient, away, code):
    start = clock.today(patient.zone) + timedelta(days=away)
    shown = preview.preview(
        clinic.primary, patient_id=patient.pk, request=story_request(start), confirmed=frozenset()
    )
    assert shown.error is not None
    assert shown.error.code == code


@pytest.mark.parametrize("away", [-30, 3 * 365])
def test_the_first_and_last_day_that_can_be_planned_are_taken(clinic, patient, away):
    start = clock.today(patient.zone) + timedelta(days=away)
    shown = preview.preview(
        clinic.primary, patient_id=patient.pk, request=story_request(start), confirmed=frozenset()
    )
    assert shown.error is None


@pytest.mark.slow
def test_a_second_plan_is_refused_while_one_runs(clinic, patient):
    issue_story_plan(clinic.primary, patient)
    with pytest.raises(Refused) as refusal:
        issue_story_plan(clinic.primary, patient)
    assert refusal.value.facts["reason"] == "live_plan"


@pytest.mark.slow
def test_a_new_plan_takes_the_place_of_one_in_follow_up(clinic, patient):
    old = issue_story_plan(clinic.primary, patient)
    Plan.objects.filter(pk=old.pk).update(state="follow_up")
    new = issue_story_plan(clinic.primary, patient)
    old.refresh_from_db()
    assert (old.state, new.state) == ("completed", "active")


@pytest.mark.slow
def test_staff_do_not_issue_and_other_clinics_see_nothing(clinic, patient):
    draft = drafted(clinic, patient)
    asked = asked_for(clinic.primary, patient, story_request(clock.today(patient.zone)))
    with pytest.raises(NotAllowed):
        issue.issue(by=clinic.staff, plan_id=draft.plan_id, seen_lock=draft.lock, asked=asked)
    with pytest.raises(NotFound):
        issue.issue(by=make_clinic().primary, plan_id=draft.plan_id, seen_lock=draft.lock, asked=asked)


def test_the_first_version_is_the_whole_history(clinic, patient):
    plan = issue_story_plan(clinic.primary, patient)
    schedule = queries.schedule_of(present(plan.active_version))
    assert queries.full_schedule(plan) == valid_days([(schedule.start, schedule)])
