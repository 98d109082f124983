"""Whose patient it is: said by staff, begun by whoever adds or issues, handed over before somebody leaves."""

from __future__ import annotations

from uuid import uuid4

import pytest

from plans.domain.errors import NotAllowed, NotFound, Refused
from plans.models import AuditEvent, Membership, Patient
from plans.services import members, owners
from plans.services.actors import Role
from tests.makers import ClinicMade, make_clinic, make_member, make_patient
from tests.makers_plans import issue_story_plan
from tests.present import present

pytestmark = pytest.mark.django_db


def owner_of(patient: Patient) -> object:
    return Patient.objects.values_list("owner_id", flat=True).get(pk=patient.pk)


def reason_of(refused: pytest.ExceptionInfo[Refused]) -> object:
    return refused.value.facts["reason"]


def test_whoever_plans_owns_the_patients_they_add_and_reception_does_not(clinic: ClinicMade) -> None:
    assert owner_of(make_patient(clinic.primary)) == clinic.primary.id
    assert owner_of(make_patient(clinic.staff)) is None


@pytest.mark.slow
def test_whoever_issues_owns_a_patient_without_an_owner_and_an_owner_stays(clinic: ClinicMade) -> None:
    nobodys, theirs = make_patient(clinic.staff), make_patient(clinic.primary)
    for patient in (nobodys, theirs):
        issue_story_plan(clinic.second, patient)
    assert owner_of(nobodys) == clinic.second.id
    assert owner_of(theirs) == clinic.primary.id


@pytest.mark.slow
def test_an_owner_is_set_changed_and_taken_away_with_a_line_in_the_history(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.staff)
    for owner in (clinic.primary.id, clinic.second.id, None):
        assert owners.set_owner(by=clinic.staff, patient_id=patient.pk, owner_id=owner)
        assert owner_of(patient) == owner
        assert not owners.set_owner(by=clinic.staff, patient_id=patient.pk, owner_id=owner)
    acts = AuditEvent.objects.filter(patient_id=patient.pk, act__startswith="patient.owner").order_by("id")
    assert [(one.act, one.facts.get("who", "")) for one in acts] == [
        ("patient.owner_set", clinic.primary.name),
        ("patient.owner_set", clinic.second.name),
        ("patient.owner_cleared", ""),
    ]


def test_only_somebody_who_plans_here_can_own(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    ended = make_member(clinic.id)
    members.end(by=clinic.lead, user_id=ended.member_id)
    for other in (clinic.staff.id, clinic.reader.id, make_clinic().primary.id, ended.id, uuid4()):
        with pytest.raises(Refused) as refused:
            owners.set_owner(by=clinic.primary, patient_id=patient.pk, owner_id=other)
        assert reason_of(refused) == "not_a_candidate"
    assert owner_of(patient) == clinic.primary.id


def test_a_reader_and_another_clinic_set_no_owner(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    with pytest.raises(NotAllowed):
        owners.set_owner(by=clinic.reader, patient_id=patient.pk, owner_id=clinic.second.id)
    foreign = make_clinic()
    with pytest.raises(NotFound):
        owners.set_owner(by=foreign.lead, patient_id=patient.pk, owner_id=foreign.primary.id)


@pytest.mark.slow
def test_nobody_leaves_or_stops_planning_before_their_patients_are_handed_over(clinic: ClinicMade) -> None:
    leaving = make_member(clinic.id)
    patients = [make_patient(leaving) for _ in range(3)]
    for act in (
        lambda: members.end(by=clinic.lead, user_id=leaving.member_id),
        lambda: members.change_role(by=clinic.lead, user_id=leaving.member_id, role=Role.STAFF),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert reason_of(refused) == "owns_patients"
        assert refused.value.facts["number"] == 3
    assert owners.hand_over(by=clinic.lead, from_id=leaving.member_id, to_id=clinic.second.member_id) == 3
    assert {owner_of(patient) for patient in patients} == {clinic.second.id}
    assert owners.hand_over(by=clinic.lead, from_id=leaving.member_id, to_id=clinic.second.member_id) == 0
    assert members.end(by=clinic.lead, user_id=leaving.member_id)
    told = AuditEvent.objects.filter(act="patient.owner_set", facts__who=clinic.second.name)
    assert told.count() == 3


def test_patients_are_handed_over_by_a_lead_to_somebody_else_who_plans(clinic: ClinicMade) -> None:
    make_patient(clinic.primary)
    with pytest.raises(NotAllowed):
        owners.hand_over(by=clinic.second, from_id=clinic.primary.member_id, to_id=clinic.second.member_id)
    for to in (clinic.primary.member_id, clinic.staff.member_id, make_clinic().primary.member_id):
        with pytest.raises(Refused) as refused:
            owners.hand_over(by=clinic.lead, from_id=clinic.primary.member_id, to_id=to)
        assert reason_of(refused) == "not_a_candidate"


@pytest.mark.slow
def test_patients_of_another_clinic_stay_with_a_member_of_both(clinic: ClinicMade) -> None:
    other = make_clinic()
    both = make_member(clinic.id)
    Membership.objects.create(
        user_id=both.member_id,
        clinic_id=other.id,
        role="clinician",
        created_at=present(Membership.objects.first()).created_at,
    )
    here, there = make_patient(both), make_patient(other.primary)
    owners.set_owner(by=other.lead, patient_id=there.pk, owner_id=both.id)
    assert owners.hand_over(by=clinic.lead, from_id=both.member_id, to_id=clinic.second.member_id) == 1
    assert (owner_of(here), owner_of(there)) == (clinic.second.id, both.id)
