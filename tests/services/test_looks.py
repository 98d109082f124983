"""Who opened whose record: kept each time, read by person, patient and session."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from plans.domain.errors import NotFound
from plans.models import RecordLook
from plans.services import access, looks, people, trail
from plans.services.trail import TrailQuery
from tests.fixtures.roles import as_owner
from tests.makers import make_clinic, make_patient

pytestmark = pytest.mark.django_db


def look(actor, *patients, session="a session"):
    """Open the records of these patients on one page."""
    with access.noting() as fetched:
        for patient in patients:
            people.patient_card(actor, patient.pk)
    looks.record(by=actor, session=session, fetched=fetched)


def test_pages_of_one_session_are_one_line_with_their_number(clinic, patient):
    for _ in range(3):
        look(clinic.primary, patient)
    look(clinic.primary, patient, session="another one")
    look(clinic.staff, patient)
    found = looks.of_patient(clinic.lead, patient.pk).rows
    assert [(one.who, one.count) for one in found] == [
        (clinic.staff.name, 1),
        (clinic.primary.name, 1),
        (clinic.primary.name, 3),
    ]
    assert all(one.first <= one.last and one.kinds == ("Patient",) for one in found)


@pytest.mark.slow
def test_a_page_about_two_patients_is_a_look_at_each(clinic, patient):
    other = make_patient(clinic.primary)
    look(clinic.primary, patient, other, patient)
    assert sorted(RecordLook.objects.values_list("patient_id", flat=True)) == sorted((patient.pk, other.pk))


def test_what_is_fetched_outside_of_a_page_is_no_look(clinic, patient):
    people.patient_card(clinic.primary, patient.pk)
    assert not RecordLook.objects.exists()


def test_the_session_cannot_be_opened_with_what_is_kept(clinic, patient):
    look(clinic.primary, patient, session="the key of the session")
    assert RecordLook.objects.get().session == looks.session_mark("the key of the session")
    assert "key" not in RecordLook.objects.get().session


def test_a_look_can_be_neither_changed_nor_deleted(clinic, patient):
    look(clinic.primary, patient)
    for query in ("UPDATE plans_recordlook SET session = ''", "DELETE FROM plans_recordlook"):
        refused = pytest.raises(DatabaseError, match=r"append only: .* of plans_recordlook is refused")
        with as_owner(), refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(query)


def test_pages_of_looks_follow_each_other_without_loss(clinic, patient):
    for n in range(5):
        look(clinic.primary, patient, session=f"session {n}")
    found: list[looks.Look] = []
    before = None
    while True:
        page = looks.of_patient(clinic.lead, patient.pk, before=before, size=2)
        found += page.rows
        before = page.before
        if before is None:
            break
    assert len({one.id for one in found}) == len(found) == 5


def test_nobody_reads_who_looked_at_another_clinics_patient(clinic, patient):
    with pytest.raises(NotFound):
        looks.of_patient(make_clinic().lead, patient.pk)


@pytest.mark.slow
def test_the_trail_is_read_by_person_patient_and_clinic(clinic, patient):
    other = make_patient(clinic.primary)
    look(clinic.primary, patient)
    look(clinic.staff, other)

    def seen(actor=clinic.lead, **wanted):
        rows = trail.looked(actor, TrailQuery(**wanted)).rows
        return {(one.who, one.patient_id) for one in rows}

    assert seen(person=clinic.primary.id) == {(clinic.primary.name, patient.pk)}
    assert seen(patient=other.pk) == {(clinic.staff.name, other.pk)}
    assert len(seen()) == 2
    assert seen(make_clinic().lead) == set()
