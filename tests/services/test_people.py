"""Patients' records through the services."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from plans.domain.errors import NotAllowed, NotFound, Refused, Stale
from plans.domain.people import ContactHow, EmergencyContact, MayBeTold
from plans.domain.taper.patient_facts import PatientFacts
from plans.models import AuditEvent, Link, Patient, Work
from plans.services import care, clock, links, patient_mail, people
from plans.services.links import LinkPurpose, LinkState
from tests.makers import confirm, make_clinic, make_patient, patient_data

pytestmark = pytest.mark.django_db


def reason_of(refused):
    return refused.value.facts["reason"], refused.value.where


def update(clinic, patient, **changes):
    card = people.patient_card(clinic.primary, patient.pk)
    people.update_patient(
        by=clinic.primary,
        patient_id=patient.pk,
        seen_version=card.version,
        data=replace(people.data_of(card), **changes),
    )
    patient.refresh_from_db()


def acts(patient):
    return list(AuditEvent.objects.filter(patient_id=patient.pk).order_by("id").values_list("act", flat=True))


def test_a_new_patient_has_the_whole_record(clinic):
    data = patient_data(
        conditions=("depression", "pregnancy"), substances=("alcohol",), medicines=("fluoxetine", "iron")
    )
    patient_id = people.create_patient(by=clinic.staff, data=data)
    card = people.patient_card(clinic.reader, patient_id)
    assert people.data_of(card) == data
    assert card.consent_by == clinic.staff.name


def test_a_new_patient_with_an_address_is_asked_to_confirm_it(clinic):
    patient = make_patient(clinic.primary, confirmed=False)
    assert patient.email_state == "unconfirmed"
    assert Work.objects.get(patient=patient).notice == "confirm_address"


def test_a_patient_without_an_address_gets_no_message(clinic):
    patient = make_patient(clinic.primary, email="", contact_how=ContactHow.PHONE)
    assert patient.email_state == "none"
    assert not Work.objects.filter(patient=patient).exists()


def test_adding_a_patient_is_in_the_history(clinic):
    assert acts(make_patient(clinic.primary, confirmed=False)) == ["patient.added"]


def test_a_reader_may_not_add_a_patient(clinic):
    with pytest.raises(NotAllowed):
        people.create_patient(by=clinic.reader, data=patient_data())
    assert not Patient.objects.exists()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"email": "", "phone": "", "contact_how": ContactHow.PHONE}, ("no_way_to_reach", "phone")),
        ({"email": ""}, ("email_missing", "email")),
        ({"phone": "", "contact_how": ContactHow.PHONE}, ("phone_missing", "phone")),
        ({"consent_version": ""}, ("consent_half", "consent_on")),
        ({"consent_on": None}, ("consent_half", "consent_on")),
        ({"consent_on": date(2999, 1, 1)}, ("consent_ahead", "consent_on")),
        (
            {"person_to_call": EmergencyContact("Bryony", "", "", MayBeTold.SAFETY)},
            ("person_half", "person_phone"),
        ),
        ({"person_to_call": EmergencyContact("", "", "555-0143")}, ("person_half", "person_name")),
        ({"born": date(1990, 1, 1), "duration_months": 900}, ("used_longer_than_life", "duration_months")),
        ({"born": date(2025, 1, 1), "duration_months": 6}, ("not_an_adult", "born")),
    ],
)
def test_a_record_that_does_not_fit_together_is_refused_at_its_field(clinic, changes, expected):
    with pytest.raises(Refused) as refused:
        people.create_patient(by=clinic.primary, data=patient_data(**changes))
    assert reason_of(refused) == expected
    assert not Patient.objects.exists()


def test_a_record_number_is_given_once_in_a_clinic_whatever_its_case(clinic):
    first = make_patient(clinic.primary, record_no="tp-1")
    with pytest.raises(Refused) as refused:
        people.create_patient(by=clinic.primary, data=patient_data(record_no="TP-1"))
    assert reason_of(refused) == ("record_no_taken", "record_no")
    assert refused.value.facts["name"] == first.name


@pytest.mark.slow
def test_two_clinics_may_use_the_same_record_number(clinic):
    make_patient(clinic.primary, record_no="TP-1")
    assert make_patient(make_clinic().primary, record_no="TP-1").pk


def test_the_same_name_and_birth_date_are_noticed_despite_accents_and_case(clinic):
    first = make_patient(clinic.primary, name="Ånna Élan")
    found = people.likenesses(clinic.primary, patient_data(name="anna ELAN"))
    assert [(one.code, one.patient_id) for one in found] == [("same_person", first.pk)]


def test_a_shared_mailbox_is_noticed(clinic):
    first = make_patient(clinic.primary, email="family@mail.example.org")
    found = people.likenesses(
        clinic.primary, patient_data(email="Family@mail.example.org", born=date(2000, 1, 1))
    )
    assert [(one.code, one.patient_id) for one in found] == [("shared_mailbox", first.pk)]


def test_a_patient_is_not_like_themselves_nor_like_one_of_another_clinic(clinic):
    patient = make_patient(clinic.primary)
    data = people.data_of(people.patient_card(clinic.primary, patient.pk))
    assert people.likenesses(clinic.primary, data, but=patient.pk) == ()
    assert people.likenesses(make_clinic().primary, data) == ()


def test_lists_sort_by_the_last_word_of_a_name():
    assert people.sort_key("Quill von Élan") == "elan quill von"
    assert people.sort_key("Prince") == "prince"


def test_a_change_is_written_with_the_fields_it_touched_and_no_private_value(clinic):
    patient = make_patient(clinic.primary)
    update(clinic, patient, phone="555-0199", zone="America/Chicago")
    event = AuditEvent.objects.filter(act="patient.changed").get()
    assert event.facts == {"fields": ["phone", "zone"], "new": {"zone": "America/Chicago"}}
    assert patient.version == 3


def test_saving_without_a_change_writes_nothing(clinic):
    patient = make_patient(clinic.primary)
    update(clinic, patient)
    assert "patient.changed" not in acts(patient)


def test_the_second_of_two_edits_is_refused_as_stale(clinic):
    patient = make_patient(clinic.primary)
    data = people.data_of(people.patient_card(clinic.primary, patient.pk))
    update(clinic, patient, phone="555-0199")
    with pytest.raises(Stale):
        people.update_patient(
            by=clinic.staff, patient_id=patient.pk, seen_version=2, data=replace(data, phone="555-0100")
        )
    assert Patient.objects.get(pk=patient.pk).phone == "555-0199"


def test_a_new_address_must_be_confirmed_and_older_links_end(clinic):
    patient = make_patient(clinic.primary)
    old = links.lasting(purpose=LinkPurpose.PLAN, patient=patient)
    update(clinic, patient, email="other@mail.example.org")
    assert patient.email_state == "unconfirmed"
    assert patient.email_confirmed_at is None
    assert links.look(links.token_of(old), LinkPurpose.PLAN).state is LinkState.REVOKED
    assert Work.objects.filter(patient=patient, notice="confirm_address", state="pending").count() == 1


def test_taking_the_address_away_ends_its_links_and_asks_nobody(clinic):
    patient = make_patient(clinic.primary)
    update(clinic, patient, email="", contact_how=ContactHow.PHONE)
    assert patient.email_state == "none"
    assert not Link.objects.filter(patient=patient, revoked_at=None).exists()


def test_following_the_message_confirms_the_address_once(clinic):
    patient = make_patient(clinic.primary, confirmed=False)
    confirm(patient.pk)
    confirm(patient.pk)
    patient.refresh_from_db()
    assert patient.email_state == "confirmed"
    assert acts(patient).count("patient.address_confirmed") == 1


def test_a_revoked_link_confirms_nothing(clinic):
    patient = make_patient(clinic.primary, confirmed=False)
    link = links.lasting(purpose=LinkPurpose.CONFIRM, patient=patient)
    links.revoke(link.pk)
    with pytest.raises(Refused) as refused:
        people.confirm_email(links.look(links.token_of(link), LinkPurpose.CONFIRM))
    assert reason_of(refused)[0] == "link_over"
    patient.refresh_from_db()
    assert patient.email_state == "unconfirmed"


def test_a_patient_of_another_clinic_is_not_there(clinic):
    patient = make_patient(clinic.primary)
    stranger = make_clinic().primary
    with pytest.raises(NotFound):
        people.patient_card(stranger, patient.pk)
    with pytest.raises(NotFound):
        people.update_patient(by=stranger, patient_id=patient.pk, seen_version=2, data=patient_data())
    with pytest.raises(NotFound):
        people.patient_card(stranger, uuid4())


def test_what_the_screen_reads_are_the_codes_alone(clinic):
    patient = make_patient(
        clinic.primary,
        conditions=("pregnancy",),
        substances=("kratom",),
        medicines=("fluoxetine", "iron tablets"),
    )
    assert people.facts_of(patient, date(2026, 3, 13)) == PatientFacts(
        born_year=1979,
        age=46,
        duration_months=36,
        indication="panic",
        conditions=frozenset({"pregnancy"}),
        substances=frozenset({"kratom"}),
        medicines=("fluoxetine",),
        pregnant=True,
    )


def test_age_goes_up_on_the_birthday():
    born = date(1979, 3, 14)
    assert people.age_on(born, date(2026, 3, 13)) == 46
    assert people.age_on(born, date(2026, 3, 14)) == 47
    assert people.age_on(date(2000, 2, 29), date(2001, 2, 28)) == 0


def test_messages_stop_and_start_with_a_line_in_the_history(clinic):
    patient = make_patient(clinic.primary)
    patient_mail.set_mail_state(patient=patient, state="suspended", by=clinic.primary)
    patient_mail.set_mail_state(patient=patient, state="suspended", by=clinic.primary)
    patient_mail.set_mail_state(patient=patient, state="on", by=clinic.primary)
    assert acts(patient)[-2:] == ["patient.mail_suspended", "patient.mail_on"]


def test_the_end_of_care_skips_unsent_messages_with_its_reason(clinic):
    patient = make_patient(clinic.primary, confirmed=False)
    care.set_care_state(
        by=clinic.primary, patient_id=patient.pk, seen_version=1, state="died", note="Told by phone."
    )
    message = Work.objects.get(patient=patient, notice="confirm_address")
    assert (message.state, message.reason) == ("skipped", "died")
    assert "patient.care_state" in acts(patient)


def test_the_end_of_care_needs_a_reason(clinic):
    patient = make_patient(clinic.primary)
    with pytest.raises(Refused) as refused:
        care.set_care_state(by=clinic.primary, patient_id=patient.pk, seen_version=2, state="died")
    assert reason_of(refused) == ("note_missing", "care_note")


@pytest.mark.slow
def test_moving_to_another_zone_moves_check_ins_not_yet_announced(clinic):
    from plans.models import Occasion
    from tests.makers_plans import issue_story_plan

    patient = make_patient(clinic.primary)
    issue_story_plan(clinic.primary, patient, start=clock.today(patient.zone) + timedelta(days=3))
    update(clinic, patient, zone="Europe/Berlin")
    zones = set(Occasion.objects.filter(patient=patient, state="planned").values_list("zone", flat=True))
    assert zones == {"Europe/Berlin"}
