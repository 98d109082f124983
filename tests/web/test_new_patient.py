"""A new patient: what is needed is asked first, the rest is marked as still to ask and asked where it matters."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from plans.domain.errors import NotAllowed, Refused
from plans.domain.people import BEFORE_ISSUING, StillToAsk
from plans.domain.places import clean_zone
from plans.domain.text import BadText
from plans.models import AuditEvent, Patient, Plan
from plans.services import clock, new_patients, people
from plans.services.plans import preview
from tests.clients import client_of
from tests.makers import ClinicMade, make_patient, patient_data
from tests.makers_plans import issue_plan, story_request
from tests.web.markup import tight
from tests.web.plan_form_help import form_page, typed

pytestmark = pytest.mark.django_db
EVERYTHING = [code.value for code in StillToAsk]
# What the page sends when only what it asks first was answered.
SENT: dict[str, Any] = {
    "name": "Quill Testcase", "record_no": "TP-00412", "born": "1979-03-14", "contact_how": "phone", "email": "",
    "email_again": "", "phone": "555-0142", "preferred_name": "", "contact_when": "", "zone": "America/New York",
    "country": "US", "language": "en", "checkin_weekday": "0", "checkin_time": "09:00", "person_name": "",
    "person_relation": "", "person_phone": "", "may_be_told": "nothing", "crisis_plan": "", "pharmacy": "",
    "indication": "", "duration_months": "", "medicines_other": "", "notes": "", "consent_version": "1",
    "consent_on": "2026-01-10", "to_ask": EVERYTHING, "drug": "clonazepam",
}  # fmt: skip


@pytest.fixture
def client(clinic: ClinicMade) -> Client:
    return client_of(clinic.primary)


def added(client: Client, **changes: Any) -> Patient:
    """A patient of whom only what is asked first was answered."""
    answer = client.post("/patients/new", SENT | changes)
    assert answer.status_code == 302, re.findall(r"<li>.*?</li>", answer.content.decode(), re.DOTALL)
    return Patient.objects.get(record_no=SENT["record_no"])


def edited(client: Client, patient: Patient, **changes: Any) -> Any:
    page = f"/patients/{patient.pk}/edit"
    seen = re.search(r'name="seen_version" value="(\d+)"', client.get(page).content.decode())
    assert seen is not None
    sent = {name: value for name, value in SENT.items() if name != "drug"}
    return client.post(page, sent | {"seen_version": seen[1], **changes})


@pytest.mark.slow
def test_only_what_is_needed_is_asked_first_and_the_rest_is_folded(client: Client) -> None:
    page = tight(client.get("/patients/new").content.decode())
    first, _, rest = page.partition("<details>")
    asked = set(re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', first)) - {
        "csrfmiddlewaretoken",
        "q",
    }
    assert asked == {"name", "record_no", "born", "contact_how", "email", "email_again", "phone", "drug"}
    assert len(re.findall(r'name="to_ask" value="\w+"[^>]* checked', rest)) == len(EVERYTHING)
    assert 'value="America/New_York"' in rest


@pytest.mark.slow
def test_the_rest_is_marked_as_still_to_ask_and_a_draft_begins_with_the_drug(client: Client) -> None:
    patient = added(client)
    assert patient.to_ask == EVERYTHING
    assert (patient.indication, patient.duration_months, patient.zone) == (
        "unknown",
        None,
        "America/New_York",
    )
    draft = Plan.objects.get(patient=patient).draft
    assert (draft["drug_a"], draft["percent"], draft["country"]) == (["clonazepam"], ["10"], ["US"])
    page = tight(client.get(f"/patients/{patient.pk}").content.decode())
    assert "Still to ask: reason for the medicine, how long taken, conditions, substances" in page
    assert f"/patients/{patient.pk}/edit#id_to_ask" in page
    assert "None month" not in page
    form = tight(client.get(form_page(patient)).content.decode())
    assert '<option value="clonazepam" selected>' in form


def test_without_a_drug_no_draft_is_begun(client: Client) -> None:
    assert not Plan.objects.filter(patient=added(client, drug="")).exists()


@pytest.mark.slow
def test_a_plan_is_not_issued_before_what_decides_about_it_was_asked(
    client: Client, clinic: ClinicMade
) -> None:
    patient = added(client)
    form = typed(patient, after_words="Call us on Monday.")
    page = tight(client.post(form_page(patient), form).content.decode())
    assert "Still to ask: reason for the medicine" in page
    assert "What nobody has asked is not checked below." in page
    request = story_request(clock.today(patient.zone))
    answer = client.post(form_page(patient), form | {"do": "issue"})
    said = tight(answer.content.decode())
    assert answer.status_code == 422
    assert "Something about this patient is still to ask." in said
    assert f'href="/patients/{patient.pk}/edit#id_to_ask"' in said
    assert "Call us on Monday." in said
    with pytest.raises(Refused) as refusal:
        issue_plan(clinic.primary, patient, request)
    assert refusal.value.facts["reason"] == "still_to_ask"
    edited(client, patient, indication="panic", duration_months="36", to_ask=["crisis_plan", "pharmacy"])
    plan = issue_plan(clinic.primary, Patient.objects.get(pk=patient.pk), request)
    page = tight(client.get(f"/plans/{plan.pk}").content.decode())
    assert "Still to ask: crisis plan, pharmacy" in page


@pytest.mark.parametrize("code", sorted(BEFORE_ISSUING))
def test_each_of_them_alone_keeps_a_plan_from_being_issued(clinic: ClinicMade, code: str) -> None:
    patient = make_patient(clinic.primary, to_ask=(code,))
    with pytest.raises(Refused):
        issue_plan(clinic.primary, patient, story_request(clock.today(patient.zone)))


@pytest.mark.slow
def test_none_is_an_answer_and_what_is_filled_in_counts_as_asked(client: Client) -> None:
    patient = added(client)
    edited(
        client, patient, to_ask=["substances", "medicines", "person_to_call", "duration_months", "indication"],
        substances=["alcohol"], medicines_other="iron", duration_months="0", indication="panic",
    )  # fmt: skip
    patient.refresh_from_db()
    assert patient.to_ask == ["person_to_call"]
    assert (patient.conditions, patient.substances, patient.medicines) == ([], ["alcohol"], ["iron"])
    assert (patient.duration_months, patient.indication) == (0, "panic")
    event = AuditEvent.objects.filter(act="patient.changed").latest("id")
    assert "to_ask" in event.facts["fields"]
    page = client.get(f"/patients/{patient.pk}/history").content.decode()
    assert "what is still to ask" in page


@pytest.mark.slow
@pytest.mark.parametrize("name", ["indication", "duration_months"])
def test_what_is_not_marked_must_be_answered(client: Client, name: str) -> None:
    left = [code for code in EVERYTHING if code != name]
    answer = client.post("/patients/new", SENT | {"to_ask": left})
    page = tight(answer.content.decode())
    assert answer.status_code == 422
    assert f'href="#id_{name}"' in page
    assert "<details open>" in page
    assert not Patient.objects.exists()


@pytest.mark.slow
def test_a_code_that_is_none_of_ours_is_refused(client: Client) -> None:
    assert client.post("/patients/new", SENT | {"to_ask": ["shoe_size"]}).status_code == 422
    assert client.post("/patients/new", SENT | {"drug": "aspirin"}).status_code == 422
    assert not Patient.objects.exists()


def test_months_of_use_that_nobody_asked_for_count_as_long_use(clinic: ClinicMade) -> None:
    """Ashton's and the guideline's risk of withdrawal rises with the months: unknown is never taken for short."""
    risks = {}
    for months in (0, None, 36):
        open_ = ("duration_months",) if months is None else ()
        patient = make_patient(clinic.primary, duration_months=months, to_ask=open_)
        request = story_request(clock.today(patient.zone))
        taper = preview.preview(
            clinic.primary, patient_id=patient.pk, request=request, confirmed=frozenset()
        ).taper
        assert taper is not None
        risks[months] = next(c.facts["risk"] for c in taper.cautions if c.code == "withdrawal_risk")
    assert risks[None] == risks[36] != risks[0]


@pytest.mark.slow
def test_whoever_may_not_plan_is_not_asked_for_a_drug_and_begins_no_draft(clinic: ClinicMade) -> None:
    desk = client_of(clinic.staff)
    assert 'name="drug"' not in desk.get("/patients/new").content.decode()
    patient = added(desk)
    assert not Plan.objects.filter(patient=patient).exists()
    with pytest.raises(NotAllowed):
        new_patients.add(by=clinic.staff, data=patient_data(record_no="R-77"), form={"drug_a": ["diazepam"]})
    assert not Patient.objects.filter(record_no="R-77").exists()


@pytest.mark.slow
def test_a_patient_who_cannot_be_added_leaves_no_draft_behind(client: Client, clinic: ClinicMade) -> None:
    make_patient(clinic.primary, record_no=SENT["record_no"])
    assert client.post("/patients/new", SENT).status_code == 422
    assert not Plan.objects.exists()


@pytest.mark.slow
def test_a_patient_who_was_added_before_is_asked_nothing(clinic: ClinicMade, client: Client) -> None:
    patient = make_patient(clinic.primary)
    assert people.patient_card(clinic.primary, patient.pk).to_ask == ()
    assert "Still to ask" not in client.get(f"/patients/{patient.pk}").content.decode()
    assert 'name="to_ask"' not in client.get(f"/patients/{patient.pk}/edit").content.decode()
    plan = issue_plan(clinic.primary, patient, story_request(clock.today(patient.zone)))
    assert "Still to ask" not in client.get(f"/plans/{plan.pk}").content.decode()


@pytest.mark.slow
def test_the_plan_page_never_says_none_on_record_of_what_nobody_asked(
    clinic: ClinicMade, client: Client
) -> None:
    patient = make_patient(clinic.primary)
    plan = issue_plan(clinic.primary, patient, story_request(clock.today(patient.zone)))
    assert "Conditions <b>none on record</b>" in tight(client.get(f"/plans/{plan.pk}").content.decode())
    Patient.objects.filter(pk=patient.pk).update(to_ask=["conditions"])
    assert "Conditions <b>still to ask</b>" in tight(client.get(f"/plans/{plan.pk}").content.decode())


@pytest.mark.parametrize(
    ("typed_in", "zone"),
    [
        ("America/New York", "America/New_York"),
        ("new york", "America/New_York"),
        ("  New   York ", "America/New_York"),
        ("europe/london", "Europe/London"),
        ("Asia/Calcutta", "Asia/Kolkata"),
    ],
)
def test_a_zone_is_found_by_the_name_of_its_place(typed_in: str, zone: str) -> None:
    assert clean_zone(typed_in) == zone


@pytest.mark.parametrize("typed_in", ["York", "EST", "../../etc/passwd", "Nowhere/Town", "_", "/"])
def test_a_place_that_is_no_zone_is_refused(typed_in: str) -> None:
    with pytest.raises(BadText) as refusal:
        clean_zone(typed_in)
    assert refusal.value.facts["why"] == "not_zone"
