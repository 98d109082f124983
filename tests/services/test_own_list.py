"""A record outside somebody's own list asks why; the reason is kept and shown to the lead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from plans.domain.errors import NotAllowed, NotFound, Refused
from plans.models import AuditEvent, Clinic, Patient
from plans.services import calls, clock, own_list, owners, visits
from plans.services.access import actor_for
from plans.services.actors import Actor
from plans.services.own_list import WhyMissing
from plans.services.review import digest
from tests.makers import ClinicMade, make_clinic, make_member, make_patient
from tests.makers_checkins import on
from tests.makers_plans import issue_story_plan
from tests.services.review_help import raiser

pytestmark = pytest.mark.django_db


@pytest.fixture
def asking(clinic: ClinicMade) -> ClinicMade:
    """A clinic that asks why."""
    assert own_list.set_asks_why(by=clinic.lead, on=True)
    return clinic


@pytest.fixture
def patient(asking: ClinicMade) -> Patient:
    """A patient of the second clinician, added long ago."""
    made = make_patient(asking.second)
    Patient.objects.filter(pk=made.pk).update(created_at=clock.now() - timedelta(days=30))
    return Patient.objects.get(pk=made.pk)


@pytest.fixture
def outsider(asking: ClinicMade) -> Actor:
    """A clinician who has nothing to do with the patient."""
    return fresh(make_member(asking.id))


def fresh(who: Actor) -> Actor:
    """The member as a new request sees them."""
    return actor_for(who.member_id, who.home)


def asks(who: Actor, **keys: object) -> bool:
    try:
        own_list.check(fresh(who), keys)
    except WhyMissing:
        return True
    return False


def test_it_is_off_until_a_lead_switches_it_on(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.second)
    assert not asks(make_member(clinic.id), patient_id=patient.pk)
    with pytest.raises(NotAllowed):
        own_list.set_asks_why(by=clinic.primary, on=True)
    assert own_list.set_asks_why(by=clinic.lead, on=True)
    assert not own_list.set_asks_why(by=clinic.lead, on=True)
    assert asks(make_member(clinic.id), patient_id=patient.pk)
    assert own_list.set_asks_why(by=clinic.lead, on=False)


def test_whoever_has_nothing_to_do_with_a_patient_is_asked_also_a_lead(
    asking: ClinicMade, patient: Patient, outsider: Actor
) -> None:
    assert asks(outsider, patient_id=patient.pk)
    assert asks(asking.lead, patient_id=patient.pk)
    assert asks(asking.reader, patient_id=patient.pk)


def _own(asking: ClinicMade, patient: Patient, who: Actor) -> None:
    owners.set_owner(by=asking.lead, patient_id=patient.pk, owner_id=who.member_id)


def _nobodys(asking: ClinicMade, patient: Patient, who: Actor) -> None:
    owners.set_owner(by=asking.lead, patient_id=patient.pk, owner_id=None)


def _item(asking: ClinicMade, patient: Patient, who: Actor) -> None:
    raiser(asking, patient)()


def _visit(asking: ClinicMade, patient: Patient, who: Actor) -> None:
    visits.plan_visit(
        by=asking.lead, patient_id=patient.pk, on=clock.today(patient.zone), at=None, with_whom=""
    )


def _calling(asking: ClinicMade, patient: Patient, who: Actor) -> None:
    calls.claim(by=who, patient_id=patient.pk)


def _added(asking: ClinicMade, patient: Patient, who: Actor) -> None:
    Patient.objects.filter(pk=patient.pk).update(created_by_id=who.member_id, created_at=clock.now())


@pytest.mark.parametrize("makes", [_own, _nobodys, _item, _visit, _calling, _added])
def test_what_puts_a_record_on_somebodys_list(
    asking: ClinicMade, patient: Patient, outsider: Actor, makes: Callable[..., None]
) -> None:
    makes(asking, patient, outsider)
    assert not asks(outsider, patient_id=patient.pk)


def test_whoever_is_on_duty_is_not_asked(asking: ClinicMade, patient: Patient) -> None:
    assert not asks(asking.primary, patient_id=patient.pk)


def test_a_visit_tomorrow_and_a_patient_added_two_days_ago_still_ask(
    asking: ClinicMade, patient: Patient, outsider: Actor
) -> None:
    tomorrow = clock.today(patient.zone) + timedelta(days=1)
    visits.plan_visit(by=asking.lead, patient_id=patient.pk, on=tomorrow, at=None, with_whom="")
    Patient.objects.filter(pk=patient.pk).update(
        created_by_id=outsider.member_id, created_at=clock.now() - timedelta(days=2)
    )
    assert asks(outsider, patient_id=patient.pk)


def test_a_reason_opens_the_record_for_twelve_hours_and_for_that_person(
    asking: ClinicMade, patient: Patient, outsider: Actor
) -> None:
    own_list.open_record(by=outsider, patient_id=patient.pk, reason="The pharmacy called about the dose")
    assert not asks(outsider, patient_id=patient.pk)
    assert asks(make_member(asking.id), patient_id=patient.pk)
    with on(clock.now() + own_list.LASTS + timedelta(minutes=1)):
        assert asks(outsider, patient_id=patient.pk)


@pytest.mark.slow
def test_the_reason_is_in_the_trail_on_the_leads_page_and_counted_in_the_digest(
    asking: ClinicMade, patient: Patient, outsider: Actor
) -> None:
    own_list.open_record(by=outsider, patient_id=patient.pk, reason="Cover for a colleague")
    told = AuditEvent.objects.get(act="patient.opened_outside_list")
    assert (told.patient_id, told.facts["note"]) == (patient.pk, "Cover for a colleague")
    row = own_list.openings(asking.lead).rows[0]
    assert (row.who, row.patient, row.reason) == (outsider.name, patient.name, "Cover for a colleague")
    assert own_list.openings(asking.lead, q=patient.record_no).rows == (row,)
    assert own_list.openings(asking.lead, q="nobody").rows == ()
    assert digest.of_clinic(Clinic.objects.get(pk=asking.id), clock.now()).opened == 1
    with pytest.raises(NotAllowed):
        own_list.openings(outsider)
    assert own_list.openings(make_clinic().lead).rows == ()


@pytest.mark.parametrize("reason", ["", "   "])
def test_without_a_reason_nothing_is_opened(
    asking: ClinicMade, patient: Patient, outsider: Actor, reason: str
) -> None:
    with pytest.raises(Refused):
        own_list.open_record(by=outsider, patient_id=patient.pk, reason=reason)
    assert asks(outsider, patient_id=patient.pk)


def test_a_record_of_another_clinic_is_not_there_whatever_the_reason(
    asking: ClinicMade, patient: Patient
) -> None:
    other = make_clinic()
    own_list.set_asks_why(by=other.lead, on=True)
    assert not asks(other.reader, patient_id=patient.pk)
    with pytest.raises(NotFound):
        own_list.open_record(by=other.lead, patient_id=patient.pk, reason="x")


def test_a_plan_leads_to_its_patient(asking: ClinicMade, patient: Patient, outsider: Actor) -> None:
    plan: Any = issue_story_plan(asking.second, patient)
    owners.set_owner(by=asking.lead, patient_id=patient.pk, owner_id=asking.second.member_id)
    assert asks(outsider, plan_id=plan.pk)
