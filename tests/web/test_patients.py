"""The form of a patient's record, and the patient's page."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from plans.domain.taper import patient_facts as codes
from plans.models import Patient
from plans.wording import patient_facts as labels
from tests.clients import client_of
from tests.makers import make_clinic, make_patient
from tests.makers_plans import issue_story_plan

pytestmark = pytest.mark.django_db

TYPED = {
    "name": "Quill Testcase",
    "preferred_name": "Quill",
    "record_no": "TP-00412",
    "born": "1979-03-14",
    "contact_how": "email",
    "email": "quill@mail.example.org",
    "email_again": "quill@mail.example.org",
    "phone": "555-0142",
    "contact_when": "after 4 pm",
    "zone": "America/New_York",
    "country": "US",
    "language": "en",
    "checkin_weekday": "0",
    "checkin_time": "09:00",
    "person_name": "Bryony Testcase",
    "person_relation": "sister",
    "person_phone": "555-0143",
    "may_be_told": "everything",
    "crisis_plan": "Calls her sister first.",
    "pharmacy": "Harbour Pharmacy",
    "indication": "panic",
    "duration_months": "36",
    "conditions": ["depression"],
    "substances": ["alcohol", "kratom"],
    "medicines": ["fluoxetine"],
    "medicines_other": "iron\nparacetamol",
    "notes": "",
    "consent_version": "1",
    "consent_on": "2026-01-10",
}


@pytest.fixture
def client(clinic):
    return client_of(clinic.primary)


def post(client, **changes):
    return client.post("/patients/new", {**TYPED, **changes})


@pytest.mark.slow
def test_a_whole_form_makes_a_patient_with_all_of_it(client):
    response = post(client)
    patient = Patient.objects.get()
    assert response.headers["Location"] == f"/patients/{patient.pk}"
    assert patient.substances == ["alcohol", "kratom"]
    assert patient.medicines == ["fluoxetine", "iron", "paracetamol"]
    assert patient.person_to_call == {
        "name": "Bryony Testcase", "relation": "sister", "phone": "555-0143", "may_be_told": "everything",
    }  # fmt: skip
    page = client.get(response.headers["Location"]).content.decode()
    assert "Quill Testcase was added" in page
    assert "Quill Testcase was added" not in client.get(f"/patients/{patient.pk}").content.decode()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("name", "", "This is needed"),
        ("name", "Qu\u202eill", "changes the direction of writing"),
        ("name", "Qu\x00ill", "hidden control character"),
        ("name", "Qu\u200bill", "cannot be seen"),
        ("name", "x" * 201, "at most 200 fit"),
        ("record_no", "=cmd|x", "Use letters, digits"),
        ("born", "11/10/26", "year, month and day"),
        ("born", "2027-02-29", "no such day"),
        ("born", "9999-12-31", "Give a day from"),
        ("email", "a@[127.0.0.1]", "name@example.org"),
        ("email_again", "other@mail.example.org", "two addresses differ"),
        ("phone", "call me", "digits and spaces"),
        ("zone", "EST", "from the list"),
        ("zone", "../../etc/passwd", "from the list"),
        ("country", "ZZ", "one from the list"),
        ("language", "xx", "one from the list"),
        ("indication", "", "This is needed"),
        ("conditions", ["depression", "unheard of"], "one from the list"),
        ("duration_months", "1e2", "whole number"),
        ("duration_months", "700", "longer than the patient has lived"),
        ("checkin_time", "9", "two digits each"),
        ("crisis_plan", "x" * 2001, "at most 2000 fit"),
        ("consent_on", "", "or neither"),
        ("phone", ["555-0142", "555-0199"], "came twice"),
    ],
)
def test_what_is_wrong_is_shown_beside_the_field_and_what_was_typed_stays(client, field, value, says):
    response = post(client, **{field: value})
    page = response.content.decode()
    assert response.status_code == 422
    assert not Patient.objects.exists()
    assert f'id="id_{field}_error"' in page
    assert page.count(says) >= 2
    assert f'href="#id_{field}"' in page
    assert "Calls her sister first." in page or field == "crisis_plan"


@pytest.mark.slow
def test_the_summary_of_errors_asks_for_the_focus(client):
    assert re.search(r'class="errors"[^>]*autofocus', post(client, name="").content.decode())


@pytest.mark.slow
def test_fields_that_are_not_ours_to_fill_are_ignored(client, clinic):
    post(client, clinic_id=str(make_clinic().id), close_watch="", email_state="confirmed", version="9")
    patient = Patient.objects.get()
    assert (patient.clinic_id, patient.email_state, patient.version) == (clinic.id, "unconfirmed", 1)


@pytest.mark.slow
def test_markup_in_a_name_is_shown_as_text(client):
    post(client, name='<img src="/etc/x">')
    patient = Patient.objects.get()
    page = client.get(f"/patients/{patient.pk}").content.decode()
    assert '<img src="/etc/x">' not in page
    assert "&lt;img" in page


@pytest.mark.slow
def test_somebody_who_looks_like_a_patient_here_is_shown_first_and_can_be_saved_then(client, clinic):
    other = make_patient(clinic.primary, name="quill testcase", email="quill@mail.example.org")
    response = post(client)
    page = response.content.decode()
    assert response.status_code == 422
    assert page.count(f"/patients/{other.pk}") == 2
    assert "same name and date of birth" in page
    assert "same e-mail address" in page
    assert post(client, looked="1").status_code == 302
    assert Patient.objects.count() == 2


@pytest.mark.slow
def test_a_record_number_in_use_is_said_beside_its_field(client, clinic):
    make_patient(clinic.primary, record_no="tp-00412", name="Marlo Fictus")
    page = post(client).content.decode()
    assert 'id="id_record_no_error"' in page
    assert "Marlo Fictus" in page


def edit(client, patient, **changes):
    return client.post(f"/patients/{patient.pk}/edit", {**TYPED, "record_no": patient.record_no, **changes})


@pytest.mark.slow
def test_an_edit_is_saved_and_says_so(client, clinic):
    patient = make_patient(clinic.primary)
    response = edit(client, patient, seen_version="2", phone="555-0199")
    assert response.status_code == 302
    assert Patient.objects.get(pk=patient.pk).phone == "555-0199"


@pytest.mark.slow
def test_the_edit_form_shows_the_record(client, clinic):
    patient = make_patient(clinic.primary, medicines=("fluoxetine", "iron tablets"))
    page = client.get(f"/patients/{patient.pk}/edit").content.decode()
    assert patient.email in page
    assert "iron tablets</textarea>" in page
    assert re.search(r'value="fluoxetine"[^>]*checked', page)


@pytest.mark.slow
def test_a_stale_edit_is_not_saved_and_shows_what_differs(client, clinic):
    patient = make_patient(clinic.primary)
    edit(client, patient, seen_version="2", phone="555-0111")
    response = edit(client, patient, seen_version="2", phone="555-0222", notes="Typed with care.")
    page = response.content.decode()
    assert response.status_code == 409
    assert "<b>Phone</b>: 555-0111" in page
    assert "Typed with care." in page
    assert Patient.objects.get(pk=patient.pk).phone == "555-0111"


@pytest.mark.slow
def test_the_end_of_care_is_recorded_with_its_reason(client, clinic):
    patient = make_patient(clinic.primary)
    address = f"/patients/{patient.pk}/care"
    assert client.get(address).status_code == 200
    sent = {"care_state": "admitted", "seen_version": "2", "care_note": ""}
    assert client.post(address, sent).status_code == 422
    assert client.post(address, {**sent, "care_note": "Ward 3."}).status_code == 302
    assert Patient.objects.get(pk=patient.pk).care_state == "admitted"


@pytest.mark.slow
def test_the_patients_page_leads_to_plan_items_and_history(client, clinic):
    patient = make_patient(clinic.primary)
    plan = issue_story_plan(clinic.primary, patient)
    page = client.get(f"/patients/{patient.pk}").content.decode()
    assert f"/plans/{plan.pk}" in page
    assert "clonazePAM" in page
    assert f"/patients/{patient.pk}/history" in page


@pytest.mark.slow
def test_the_history_says_in_sentences_who_did_what(client, clinic):
    patient = make_patient(clinic.primary)
    issue_story_plan(clinic.primary, patient)
    page = client.get(f"/patients/{patient.pk}/history").content.decode()
    assert "issued the plan" in page
    assert "added the patient" in page
    assert clinic.primary.name in page


@pytest.mark.slow
@pytest.mark.parametrize("part", ["", "/edit", "/care", "/history"])
def test_a_patient_of_another_clinic_and_one_that_never_was_look_the_same(client, part):
    stranger = make_patient(make_clinic().primary)
    there = client.get(f"/patients/{stranger.pk}{part}")
    nowhere = client.get(f"/patients/{uuid4()}{part}")
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert there.content == nowhere.content


@pytest.mark.slow
def test_a_reader_may_look_but_not_change(clinic):
    patient = make_patient(clinic.primary)
    reader = client_of(clinic.reader)
    assert reader.get(f"/patients/{patient.pk}").status_code == 200
    assert reader.get("/patients/new").status_code == 403
    assert edit(reader, patient, seen_version="2", phone="555-0199").status_code == 403


def test_every_code_the_screen_knows_can_be_chosen():
    assert set(labels.CONDITIONS) == set(codes.CONDITIONS)
    assert set(labels.SUBSTANCES) == set(codes.SUBSTANCES)
    assert set(labels.INDICATIONS) == set(codes.INDICATIONS)
    assert set(labels.MEDICINES) == set(codes.MEDICINES)
