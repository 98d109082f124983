"""Planned visits: added by staff, in order, shown on the calendar, and gone from it when taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plans.domain.documents.facts import CalendarFacts
from plans.domain.errors import NotAllowed, NotFound, Refused
from plans.models import AuditEvent, Document, Work
from plans.services import clock, drawing, visits
from tests.makers import make_clinic, make_patient
from tests.makers_plans import issue_story_plan

pytestmark = pytest.mark.django_db


def in_days(patient, days):
    return clock.today(patient.zone) + timedelta(days=days)


def add(clinic, patient, days, by=None, **more):
    said = {"at": None, "with_whom": "", **more}
    return visits.plan_visit(by=by or clinic.staff, patient_id=patient.pk, on=in_days(patient, days), **said)


def printed(plan):
    """The visits a worker would print now."""
    row = Document.objects.get(plan=plan, kind="calendar", version=plan.active_version)
    found = drawing.facts_of(row.version_id, kind=row.kind, variant=row.variant)
    assert isinstance(found, CalendarFacts)
    return found.follow_up


def test_reception_plans_visits_and_they_come_in_their_order(clinic, patient):
    add(clinic, patient, 30)
    add(clinic, patient, 10, with_whom="Dr Sampleton")
    assert [(one.on, one.with_whom) for one in visits.upcoming_visits(patient)] == [
        (in_days(patient, 10), "Dr Sampleton"),
        (in_days(patient, 30), ""),
    ]
    assert AuditEvent.objects.filter(act="visit.planned", actor_id=clinic.staff.id).count() == 2


def test_a_reader_plans_none_and_another_clinic_finds_nobody(clinic, patient):
    with pytest.raises(NotAllowed):
        add(clinic, patient, 3, by=clinic.reader)
    with pytest.raises(NotFound):
        add(clinic, patient, 3, by=make_clinic().lead)
    assert visits.upcoming_visits(patient) == ()


@pytest.mark.slow
@pytest.mark.parametrize(("days", "reason"), [(-1, "in_the_past"), (1101, "too_far"), (5, "already_planned")])
def test_a_day_that_cannot_be_is_refused_beside_one_that_can(clinic, patient, days, reason):
    add(clinic, patient, 0)
    add(clinic, patient, 5)
    with pytest.raises(Refused) as refusal:
        add(clinic, patient, days)
    assert refusal.value.facts["reason"] == reason
    assert len(visits.upcoming_visits(patient)) == 2


@pytest.mark.slow
def test_the_calendar_is_drawn_anew_with_a_visit_and_again_without_it(clinic, patient):
    plan = issue_story_plan(clinic.primary, patient)
    Work.objects.update(state="sent")
    Document.objects.update(state="ready", sha256="0" * 64, file="drawn/old.pdf")
    key = add(clinic, patient, 14)
    row = Document.objects.get(plan=plan)
    assert (row.state, row.file) == ("asked", "")
    assert Work.objects.filter(document=row, state="pending").count() == 1
    assert printed(plan) == (in_days(patient, 14),)
    assert visits.cancel_visit(by=clinic.primary, patient_id=patient.pk, visit_id=key)
    assert printed(plan) == ()
    assert Work.objects.filter(document=row, state="pending").count() == 1
    assert not visits.cancel_visit(by=clinic.primary, patient_id=patient.pk, visit_id=key)
    assert AuditEvent.objects.filter(act="visit.cancelled").count() == 1


@pytest.mark.slow
def test_a_day_taken_back_can_be_planned_again(clinic, patient):
    key = add(clinic, patient, 5)
    visits.cancel_visit(by=clinic.primary, patient_id=patient.pk, visit_id=key)
    add(clinic, patient, 5)
    assert len(visits.upcoming_visits(patient)) == 1


@pytest.mark.slow
def test_a_visit_of_another_patient_is_not_found(clinic, patient):
    key = add(clinic, patient, 5)
    with pytest.raises(NotFound):
        visits.cancel_visit(by=clinic.primary, patient_id=make_patient(clinic.primary).pk, visit_id=key)


@pytest.mark.slow
def test_a_list_that_grows_without_end_is_refused(clinic, patient):
    for days in range(visits.MOST):
        add(clinic, patient, days)
    with pytest.raises(Refused) as refusal:
        add(clinic, patient, 400)
    assert refusal.value.facts["reason"] == "too_many"
