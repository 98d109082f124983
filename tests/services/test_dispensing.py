"""What a pharmacist sees, and confirming that a fill was handed out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from plans.domain.errors import NotAllowed, NotFound, Refused
from plans.models import AuditEvent, Dispensing, Patient
from plans.services import dispensing, installation
from plans.services.dispensing import SupplyPage
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_plans import issue_story_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(clinic: ClinicMade) -> Patient:
    """A patient with a running plan."""
    made = make_patient(clinic.primary, name="Fillable Testcase")
    issue_story_plan(clinic.primary, made)
    return made


def seen(clinic: ClinicMade, patient: Patient) -> SupplyPage:
    return dispensing.page(clinic.pharmacist, patient.pk)


def confirm(clinic: ClinicMade, patient: Patient, **changes: Any) -> Any:
    found = seen(clinic, patient)
    said: dict[str, Any] = {
        "by": clinic.pharmacist, "patient_id": patient.pk, "version": found.version,
        "first": found.fills[0].first, "on": found.today, **changes,
    }  # fmt: skip
    return dispensing.confirm(**said)


def refused(clinic: ClinicMade, patient: Patient, **changes: Any) -> str:
    with pytest.raises(Refused) as caught:
        confirm(clinic, patient, **changes)
    return str(caught.value.facts["reason"])


@pytest.mark.slow
def test_the_list_has_running_plans_and_is_searched_by_name_and_number(
    clinic: ClinicMade, patient: Patient
) -> None:
    make_patient(clinic.primary, name="Planless Testcase")
    other = make_clinic()
    issue_story_plan(other.primary, make_patient(other.primary))
    rows = dispensing.patients(clinic.pharmacist).rows
    assert [row.patient_id for row in rows] == [patient.pk]
    assert rows[0].next_fill is not None
    assert dispensing.patients(clinic.pharmacist, q="fillab").rows == rows
    assert dispensing.patients(clinic.pharmacist, q=patient.record_no).rows == rows
    assert dispensing.patients(clinic.pharmacist, q="nobody").rows == ()


@pytest.mark.slow
def test_a_confirmed_fill_is_on_the_record_and_no_longer_waits(clinic: ClinicMade, patient: Patient) -> None:
    before = seen(clinic, patient)
    assert before.fills[0].products
    assert not before.fills[0].confirmed
    confirm(clinic, patient, note="two boxes of the other maker")
    after = seen(clinic, patient)
    assert after.fills[0].confirmed
    row = after.dispensed[0]
    assert (row.on, row.by, row.note) == (
        before.today, clinic.pharmacist.name, "two boxes of the other maker",
    )  # fmt: skip
    assert row.counts
    assert dispensing.patients(clinic.pharmacist).rows[0].next_fill != before.fills[0].first
    assert AuditEvent.objects.filter(act="supply.dispensed", patient_id=patient.pk).count() == 1


def test_only_what_was_shown_can_be_confirmed_once_on_a_possible_day(
    clinic: ClinicMade, patient: Patient
) -> None:
    today = seen(clinic, patient).today
    assert refused(clinic, patient, version=7) == "not_current"
    assert refused(clinic, patient, first=today - timedelta(days=1000)) == "no_fill"
    assert refused(clinic, patient, on=today + timedelta(days=1)) == "day_ahead"
    assert refused(clinic, patient, on=today - timedelta(days=61)) == "day_too_far_back"
    assert not Dispensing.objects.exists()
    confirm(clinic, patient)
    assert refused(clinic, patient) == "already"


@pytest.mark.slow
def test_a_mistake_is_withdrawn_and_stays_visible(clinic: ClinicMade, patient: Patient) -> None:
    key = confirm(clinic, patient)
    asked = {"patient_id": patient.pk, "dispensing_id": key}
    with pytest.raises(NotAllowed):
        dispensing.withdraw(by=clinic.staff, **asked)
    assert dispensing.withdraw(by=clinic.primary, **asked)
    assert not dispensing.withdraw(by=clinic.primary, **asked)
    found = seen(clinic, patient)
    assert not found.fills[0].confirmed
    assert found.dispensed[0].withdrawn_by == clinic.primary.name
    confirm(clinic, patient)
    with pytest.raises(NotFound):
        dispensing.withdraw(by=clinic.primary, patient_id=patient.pk, dispensing_id=uuid4())


@pytest.mark.slow
def test_other_clinics_and_roles_without_supply_get_nothing(clinic: ClinicMade, patient: Patient) -> None:
    with pytest.raises(NotFound):
        dispensing.page(make_clinic().pharmacist, patient.pk)
    for look in (
        lambda: dispensing.page(clinic.operator, patient.pk),
        lambda: dispensing.patients(clinic.operator),
    ):
        with pytest.raises(NotAllowed):
            look()
    assert dispensing.page(clinic.reader, patient.pk).patient_id == patient.pk
    with pytest.raises(NotAllowed):
        confirm(clinic, patient, by=clinic.reader)


def test_an_operator_reads_the_state_of_the_installation_and_nobody_else(clinic: ClinicMade) -> None:
    found = installation.read(clinic.operator)
    assert [row.members for row in found.clinics if row.members] == [4]
    for who in (clinic.lead, clinic.pharmacist, clinic.reader):
        with pytest.raises(NotAllowed):
            installation.read(who)
