"""Importing a caseload in pages: the file, its columns, the dry run, and how far it has come."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from plans.models import CaseloadImport, Patient, Plan
from plans.services.imports import making
from plans.web.addresses import LARGEST_FILE
from tests.clients import client_of
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.services.test_imports import line, text_of

pytestmark = pytest.mark.django_db

# More than Django keeps in memory unless told to.
LONG = ("x" * 1_000,) * 3_000


@pytest.fixture
def lead(clinic: ClinicMade) -> Client:
    return client_of(clinic.lead)


def send(client: Client, text: str | bytes) -> Any:
    raw = text.encode() if isinstance(text, str) else text
    return client.post("/import", {"file": SimpleUploadedFile("caseload.csv", raw, "text/csv")})


def sent(client: Client, text: str | bytes) -> str:
    answer = send(client, text)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.headers["Location"])


def words(answer: Any) -> str:
    """The text of a page, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def form_on(client: Client, address: str, **changes: str) -> dict[str, str]:
    """The form of the columns as it stands on the page."""
    page = client.get(address).content.decode()
    form = {"shown": re.findall(r'name="shown" value="(\w*)"', page)[0]}
    for name, options in re.findall(r'<select name="(column_\d+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        form[name] = (re.findall(r'value="(\w*)" selected', options) or [""])[0]
    form["day_order"] = re.findall(r'name="day_order" value="(\w+)"[^>]* checked', page)[0]
    return form | changes


@pytest.mark.slow
def test_a_clean_file_is_shown_and_then_made(lead: Client) -> None:
    address = sent(lead, text_of(line(1), line(2)))
    said = words(lead.get(address))
    assert "New patients 2" in said
    assert "Drafts of plans 2" in said
    assert "Quill Testcase1 TP-1" in said
    assert not Patient.objects.exists()
    answer = lead.post(address, form_on(lead, address, do="all"), follow=True)
    assert "2 of 2 patients are made." in words(answer)
    assert "Nothing was sent. The file was deleted." in words(answer)
    assert Patient.objects.count() == 2


@pytest.mark.slow
def test_a_draft_that_was_imported_opens_in_the_form_of_a_plan_and_can_be_read(
    lead: Client, clinic: ClinicMade
) -> None:
    head = "record number,name,born,reason,months,phone,drug,morning,dose,time,step date,days,total"
    rows = (
        "TP-1,Quill Testcase,1979-03-14,panic,36,555-0142,clonazepam,,1.125,06:30,,,",
        "TP-1,,,,,,diazepam,,5,22:00,,,",
        "TP-1,,,,,,,,,,2026-12-07,14,5.5",
        "TP-1,,,,,,clonazepam,,1,06:30,,14,",
    )
    address = sent(lead, "\n".join((head, *rows)))
    lead.post(address, form_on(lead, address, do="all"))
    draft = Plan.objects.get().draft
    assert (draft["drug_a"], draft["a_clock_1"], draft["a_dose_1"]) == (["clonazepam"], ["06:30"], ["1.125"])
    assert (draft["drug_b"], draft["b_clock_1"], draft["b_dose_1"]) == (["diazepam"], ["22:00"], ["5"])
    assert draft["method"] == ["typed"]
    assert draft["rows"] == ["14: 5.5\n14: clonazepam 06:30 1"]
    page = client_of(clinic.primary).get(reverse("plan-new", args=[Patient.objects.get().pk]))
    assert page.status_code == 200
    assert "14: clonazepam 06:30 1" in page.content.decode()
    assert "can’t be read" not in words(page)


@pytest.mark.slow
def test_every_problem_is_told_with_its_line_its_column_and_what_to_do(lead: Client) -> None:
    address = sent(lead, text_of(line(1, born="03/04/1979", months="x"), line(2, night="0.5 mg"), line(3)))
    said = words(lead.get(address))
    assert "2 date of birth 03/04/1979 can be read in two ways. Write 1979-04-03 or 1979-03-04" in said
    assert "2 months Write a whole number in digits, such as 36." in said
    assert "3 night “0.5 mg” has its unit with it. Write the number alone: 0.5." in said
    assert "Patients with problems 2" in said
    assert "Import the 1 patient without problems" in said
    lead.post(address, form_on(lead, address, do="good"))
    assert list(Patient.objects.values_list("record_no", flat=True)) == ["TP-3"]


@pytest.mark.slow
def test_the_order_of_dates_can_be_said(lead: Client) -> None:
    address = sent(lead, text_of(line(1, born="03/04/1979")))
    lead.post(address, form_on(lead, address, do="check", day_order="day_first"))
    assert "born 3 Apr 1979" in words(lead.get(address))


@pytest.mark.slow
def test_columns_that_are_not_known_are_asked_for_and_stay_as_they_were_said(lead: Client) -> None:
    text = text_of(line(1)).replace("name,date of birth", "who,when")
    address = sent(lead, text)
    said = words(lead.get(address))
    assert "No column holds yet: Name and Date of birth." in said
    assert "Quill Testcase1" in said
    half = form_on(lead, address, do="all", column_1="name")
    assert lead.post(address, half).status_code == 409
    assert "No column holds yet: Date of birth." in words(lead.get(address))
    lead.post(address, form_on(lead, address, do="check", column_2="born"))
    lead.post(address, form_on(lead, address, do="all"))
    assert Patient.objects.get().name == "Quill Testcase1"


@pytest.mark.slow
def test_a_column_said_twice_is_refused_and_both_stay(lead: Client) -> None:
    address = sent(lead, text_of(line(1)))
    lead.post(address, form_on(lead, address, do="check", column_2="name"))
    assert "More than one column is said to hold: Name." in words(lead.get(address))
    form = form_on(lead, address)
    assert (form["column_1"], form["column_2"]) == ("name", "name")


@pytest.mark.slow
def test_a_choice_that_was_never_offered_is_refused_and_the_others_stay(lead: Client) -> None:
    address = sent(lead, text_of(line(1)))
    answer = lead.post(
        address, form_on(lead, address, do="all", column_0="consent_version", column_1="notes")
    )
    assert answer.status_code == 422
    assert re.search(r'<option value="notes" selected', answer.content.decode())
    assert not Patient.objects.exists()


@pytest.mark.slow
def test_what_is_imported_is_what_the_columns_on_the_page_say(lead: Client) -> None:
    address = sent(lead, text_of(line(1)))
    answer = lead.post(address, form_on(lead, address, do="all", column_8=""))
    assert answer.status_code == 409
    assert "This is not what was shown before" in words(answer)
    assert not Patient.objects.exists()
    lead.post(address, form_on(lead, address, do="all"))
    assert Patient.objects.exists()


@pytest.mark.slow
def test_somebody_added_meanwhile_makes_the_page_show_it_again(lead: Client, clinic: ClinicMade) -> None:
    address = sent(lead, text_of(line(1), line(2)))
    form = form_on(lead, address, do="all")
    make_patient(clinic.primary, record_no="TP-2")
    answer = lead.post(address, form)
    assert answer.status_code == 409
    assert "This patient is here already, with other entries" in words(answer)
    assert not Patient.objects.filter(record_no="TP-1").exists()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "Choose a file with at least one row."),
        (b"PK\x03\x04", "This is an Excel workbook."),
        (b"name,born\n", "The file has no rows below its first line"),
        (b'name,born\n"A,1\n', "Line 2 cannot be divided into cells"),
        (b"name\n" + b"A\n" * 5_001, "more than 5000 rows"),
        (b"name\n" + b"a" * 5_000_001, "larger than 5 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_beside_its_field(lead: Client, raw: bytes, said: str) -> None:
    answer = send(lead, raw)
    assert answer.status_code == 422
    assert said in words(answer).replace(",", "") or said in words(answer)
    assert not CaseloadImport.objects.exists()


@pytest.mark.slow
def test_only_the_page_of_files_takes_more_than_a_form(lead: Client) -> None:
    assert sent(lead, text_of(line(1), *LONG))
    for address, length, status in (
        ("/import", LARGEST_FILE + 1, 413),
        ("/patients/new", 1_000_001, 413),
        (f"/import/{CaseloadImport.objects.get().pk}", 1_000_001, 413),
    ):
        answer = lead.post(address, data=b"a", content_type="text/plain", CONTENT_LENGTH=str(length))
        assert answer.status_code == status, address


def test_a_file_is_never_written_to_the_disk(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_given: Any, **_more: Any) -> Any:
        raise AssertionError("a file of its own")

    monkeypatch.setattr("django.core.files.uploadedfile.tempfile.NamedTemporaryFile", refused)
    assert sent(lead, text_of(line(1), *LONG))


@pytest.mark.slow
def test_a_long_import_goes_on_by_pressing_and_by_itself(
    lead: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "BATCH", 2)
    address = sent(lead, text_of(*(line(n) for n in range(5))))
    answer = lead.post(address, form_on(lead, address, do="good"), follow=True)
    assert "2 of 5 patients are made." in words(answer)
    assert re.search(r'<progress id="bar" max="5" value="2">', answer.content.decode())
    assert "File of" in words(lead.get("/import"))
    part = lead.post(address, {"do": "go_on"}, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "<html" not in part.content.decode()
    assert 'hx-trigger="load"' in part.content.decode()
    last = lead.post(address, {"do": "go_on"}, headers={"HX-Request": "true"})
    assert "5 of 5 patients are made." in words(last)
    assert "hx-trigger" not in last.content.decode()
    assert "5 of 5 patients are made." in words(lead.post(address, {"do": "go_on"}, follow=True))
    assert Patient.objects.count() == 5


@pytest.mark.slow
def test_an_import_can_be_discarded(lead: Client) -> None:
    address = sent(lead, text_of(line(1)))
    answer = lead.post(address, {"do": "discard"}, follow=True)
    assert "The import was discarded, and its file deleted" in words(answer)
    assert lead.get(address).status_code == 404


@pytest.mark.slow
def test_people_who_may_be_the_same_are_imported_once_somebody_has_looked(
    lead: Client, clinic: ClinicMade
) -> None:
    make_patient(clinic.primary, name="Quill Testcase1", record_no="OLD-1")
    address = sent(lead, text_of(line(1)))
    assert "Record OLD-1 here has the same name and date of birth." in words(lead.get(address))
    lead.post(address, form_on(lead, address, do="check", looked="on"))
    lead.post(address, form_on(lead, address, do="all", looked="on"))
    assert Patient.objects.filter(record_no="TP-1").exists()


@pytest.mark.slow
def test_a_lead_finds_the_page_where_patients_are_added_and_others_do_not(clinic: ClinicMade) -> None:
    for address in ("/", "/settings"):
        assert 'href="/import"' in client_of(clinic.lead).get(address).content.decode()
        assert 'href="/import"' not in client_of(clinic.primary).get(address).content.decode()
    make_patient(clinic.primary)
    assert 'href="/import"' in client_of(clinic.lead).get("/").content.decode()


@pytest.mark.slow
def test_staff_and_readers_and_other_clinics_are_refused(lead: Client, clinic: ClinicMade) -> None:
    address = sent(lead, text_of(line(1)))
    for actor in (clinic.primary, clinic.staff, clinic.reader):
        assert client_of(actor).get("/import").status_code == 403
        assert send(client_of(actor), text_of(line(1))).status_code == 403
        assert client_of(actor).post(address, {"do": "go_on"}).status_code == 403
    assert client_of(make_clinic().lead).post(address, {"do": "go_on"}).status_code == 404
    assert not Patient.objects.exists()


@pytest.mark.slow
def test_a_spanish_file_of_excel_is_read_as_it_is(lead: Client) -> None:
    text = (
        "Nº historia;Nombre;Fecha de nacimiento;Motivo;Meses;Teléfono;Idioma;Fármaco;Mañana;Noche;Días;Total diario\r\n"
        "7;José Ñandú;14/03/1979;ansiedad;36;555-0142;español;clonazepam;0,5;1;14;1,375\r\n"
    )
    address = sent(lead, text.encode("cp1252"))
    assert "José Ñandú" in words(lead.get(address))
    lead.post(address, form_on(lead, address, do="all"))
    draft = Plan.objects.get().draft
    assert (draft["a_morning"], draft["a_night"], draft["rows"]) == (["0.5"], ["1"], ["14: 1.375"])
    assert Patient.objects.get().language == "es"


@pytest.mark.slow
def test_the_owner_of_all_is_chosen_on_the_page_and_shown_before_anything_is_made(
    lead: Client, clinic: ClinicMade
) -> None:
    address = sent(lead, text_of(line(1)))
    page = lead.get(address).content.decode()
    assert clinic.staff.name not in re.findall(r'<select name="owner".*?</select>', page, re.DOTALL)[0]
    assert "nobody yet" in words(lead.get(address))
    form = form_on(lead, address, owner=str(clinic.primary.member_id))
    lead.post(address, form | {"do": "check"})
    first = re.findall(r"<tbody>.*?</tbody>", lead.get(address).content.decode(), re.DOTALL)
    assert any(f"<td>{clinic.primary.name}</td>" in rows for rows in first)
    lead.post(address, form_on(lead, address, owner=str(clinic.primary.member_id), do="all"))
    assert Patient.objects.get().owner_id == clinic.primary.member_id
    answer = lead.post(sent(lead, text_of(line(2))), form | {"do": "check", "owner": "nobody"})
    assert answer.status_code == 422
