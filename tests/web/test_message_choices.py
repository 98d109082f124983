"""Pages about the messages themselves: confirming the address, when to write, stopping, what a document says."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from plans.models import AuditEvent, Occasion, Patient, ReviewItem, Work
from plans.services import links, reminders
from plans.services.links import LinkPurpose
from plans.services.people import create_patient
from tests.makers import make_clinic, patient_data
from tests.web.ledger import rows
from tests.web.patient_story import Story, hold, shows_doses, words

pytestmark = pytest.mark.django_db


def token(patient: Patient, purpose: LinkPurpose, **of: Any) -> str:
    return links.token_of(links.lasting(purpose=purpose, patient=patient, **of))


def again(patient: Patient) -> Patient:
    return Patient.objects.get(pk=patient.pk)


@pytest.fixture
def newcomer(standing_clock: Any) -> Patient:
    """A patient who was just added; the address is not confirmed."""
    clinic = make_clinic(name="Harbour Clinic")
    return Patient.objects.get(pk=create_patient(by=clinic.primary, data=patient_data()))


@pytest.fixture
def asked(newcomer: Patient, client: Client) -> Client:
    """The page that asks whether the address is right."""
    assert client.get(f"/y/{token(newcomer, LinkPurpose.CONFIRM)}").headers["Location"] == "/y/"
    return client


@pytest.fixture
def choosing(begun: Story, client: Client) -> Client:
    """The page of mail choices, opened from the foot of a message."""
    assert client.get(f"/m/{token(begun.patient, LinkPurpose.MAIL)}").headers["Location"] == "/m/"
    return client


def choices(**changes: str) -> dict[str, str]:
    return {
        "act": "change",
        "weekday": "3",
        "at": "18:30",
        "zone": "America/Denver",
        "language": "en",
        "reminders": "2",
        **changes,
    }


# --- is this your address -------------------------------------------------------------------------------------------


def test_opening_the_message_confirms_nothing(asked: Client, newcomer: Patient) -> None:
    asked.get("/y/")
    asked.head("/y/")
    asked.post("/y/")
    assert again(newcomer).email_state == "unconfirmed"


@pytest.mark.slow
def test_a_press_confirms_the_address_and_a_second_changes_nothing(asked: Client, newcomer: Patient) -> None:
    assert "Your address is confirmed" in words(asked.post("/y/", {"mine": "yes"}))
    assert "Your address is confirmed" in words(asked.post("/y/", {"mine": "yes"}))
    assert again(newcomer).email_state == "confirmed"
    assert AuditEvent.objects.filter(act="patient.address_confirmed").count() == 1


def test_a_press_without_an_answer_asks_again(asked: Client) -> None:
    response = asked.post("/y/", {"mine": "perhaps"})
    assert response.status_code == 422
    assert "Choose one answer" in words(response)


def test_the_page_names_neither_patient_nor_health(asked: Client, newcomer: Patient) -> None:
    said = asked.get("/y/").content.decode()
    assert newcomer.name not in said
    assert newcomer.preferred_name not in said


@pytest.mark.slow
def test_the_wrong_reader_ends_every_link_and_the_clinic_is_told(asked: Client, newcomer: Patient) -> None:
    confirm, mail = (token(newcomer, purpose) for purpose in (LinkPurpose.CONFIRM, LinkPurpose.MAIL))
    assert "We will not write to this address again" in words(asked.post("/y/", {"mine": "no"}))
    assert again(newcomer).email_state == "refused"
    assert ReviewItem.objects.get().severity == "high"
    for path in (f"/y/{confirm}", f"/m/{mail}"):
        assert Client().get(path).status_code == 410
    assert asked.get("/y/").status_code == 403


def test_who_said_no_cannot_be_made_to_say_yes_by_an_open_page(asked: Client, newcomer: Patient) -> None:
    other = Client()
    other.get(f"/y/{token(newcomer, LinkPurpose.CONFIRM)}")
    asked.post("/y/", {"mine": "no"})
    assert other.post("/y/", {"mine": "yes"}).status_code == 403
    assert again(newcomer).email_state == "refused"


# --- one click ------------------------------------------------------------------------------------------------------


def one_click(patient: Patient, body: str = "List-Unsubscribe=One-Click") -> Any:
    mail_program = Client(enforce_csrf_checks=True)
    return mail_program.post(
        f"/m/{token(patient, LinkPurpose.MAIL)}", body, content_type="application/x-www-form-urlencoded"
    )


@pytest.mark.slow
def test_reminders_that_wait_are_skipped_because_the_patient_stopped_them(begun: Story) -> None:
    first = Occasion.objects.filter(patient=begun.patient).order_by("due_at")[0]
    reminders.tick(first.due_at)
    waiting = Work.objects.filter(patient=begun.patient, notice="checkin_reminder", state="pending")
    keys = [row.pk for row in waiting]
    assert keys
    one_click(begun.patient)
    rows = Work.objects.filter(pk__in=keys)
    assert set(rows.values_list("state", "reason")) == {("skipped", "opted_out")}


@pytest.mark.slow
def test_one_click_in_a_mail_program_stops_the_messages_once_and_tells_the_clinic(begun: Story) -> None:
    for _n in range(3):
        response = one_click(begun.patient)
        assert (response.status_code, response.content) == (200, b"")
    assert again(begun.patient).mail_state == "opted_out"
    assert ReviewItem.objects.filter(source="mail").count() == 1
    assert Work.objects.filter(notice="opt_out_done").count() == 1


@pytest.mark.slow
@pytest.mark.parametrize("body", ["", "List-Unsubscribe=no", "stop=1"])
def test_another_post_to_that_address_stops_nothing(begun: Story, body: str) -> None:
    assert one_click(begun.patient, body).status_code == 400
    assert again(begun.patient).mail_state == "on"


@pytest.mark.slow
def test_a_mail_scanner_stops_nothing(begun: Story, client: Client) -> None:
    path = f"/m/{token(begun.patient, LinkPurpose.MAIL)}"
    before = rows()
    for _n in range(3):
        client.get(path)
        client.head(path)
        client.get("/m/")
        client.get("/m/?stop")
    assert rows() == before


@pytest.mark.slow
def test_a_link_that_was_ended_stops_nothing_and_says_so(begun: Story) -> None:
    path = f"/m/{token(begun.patient, LinkPurpose.MAIL)}"
    links.revoke_all(begun.patient)
    assert Client().post(path, {"List-Unsubscribe": "One-Click"}).status_code == 410
    assert again(begun.patient).mail_state == "on"


# --- choices --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_check_ins_not_yet_announced_move_to_the_new_day_and_hour(choosing: Client, begun: Story) -> None:
    response = choosing.post("/m/", choices(), follow=True)
    assert "Saved" in words(response)
    weekly = Occasion.objects.filter(plan=begun.plan, state="planned", purpose="weekly").order_by("due_at")
    assert weekly
    for occasion in weekly:
        assert occasion.local_date.weekday() == 3
        assert (occasion.zone, occasion.local_time.isoformat("minutes")) == ("America/Denver", "18:30")


@pytest.mark.slow
def test_a_check_in_already_announced_stays_where_it_is(choosing: Client, begun: Story) -> None:
    first = Occasion.objects.filter(plan=begun.plan).order_by("due_at").first()
    assert first is not None
    Occasion.objects.filter(pk=first.pk).update(state="invited", invited_at=first.due_at)
    choosing.post("/m/", choices())
    stays = Occasion.objects.get(pk=first.pk)
    assert (stays.due_at, stays.state) == (first.due_at, "invited")


@pytest.mark.slow
@pytest.mark.parametrize("at", ["07:59", "20:01", "03:00", "25:00", "noon", ""])
def test_nobody_is_woken_at_night_and_what_was_typed_stays(choosing: Client, begun: Story, at: str) -> None:
    response = choosing.post("/m/", choices(at=at))
    assert response.status_code == 422
    html = response.content.decode()
    assert 'role="alert"' in html
    assert 'aria-invalid="true"' in html
    assert f'value="{at}"' in html or not at
    assert again(begun.patient).checkin_weekday == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("zone", "Mars/Olympus"),
        ("zone", "../../etc/passwd"),
        ("weekday", "7"),
        ("language", "xx"),
        ("weekday", ""),
    ],
)
def test_a_choice_that_is_none_is_refused(choosing: Client, begun: Story, field: str, value: str) -> None:
    assert choosing.post("/m/", choices(**{field: value})).status_code == 422
    assert again(begun.patient).zone == "America/New_York"


@pytest.mark.slow
def test_fields_nobody_offered_are_left_alone(choosing: Client, begun: Story) -> None:
    choosing.post("/m/", choices(email="thief@mail.example.org", close_watch="1", name="X"))
    after = again(begun.patient)
    assert (after.email, after.name) == (begun.patient.email, begun.patient.name)


@pytest.mark.slow
def test_stopping_and_starting_again_on_the_page(choosing: Client, begun: Story) -> None:
    assert "are stopped" in words(choosing.post("/m/", {"act": "stop"}, follow=True))
    assert again(begun.patient).mail_state == "opted_out"
    assert "are on again" in words(choosing.post("/m/", {"act": "start"}, follow=True))
    assert again(begun.patient).mail_state == "on"


@pytest.mark.slow
def test_an_unknown_press_changes_nothing(choosing: Client) -> None:
    before = rows()
    assert choosing.post("/m/", {"act": "erase"}).status_code == 200
    assert rows() == before


@pytest.mark.slow
def test_the_page_of_choices_shows_no_health_data(choosing: Client) -> None:
    assert not shows_doses(choosing.get("/m/"))


@pytest.mark.slow
def test_the_address_of_one_purpose_opens_no_page_of_another(choosing: Client) -> None:
    for path in ("/p/", "/y/"):
        choosing.cookies["tp_p"] = choosing.cookies["tp_m"].value
        choosing.cookies["tp_y"] = choosing.cookies["tp_m"].value
        assert choosing.get(path).status_code == 403


# --- what a document is worth ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_page_in_force_is_current_and_one_replaced_says_since_when(begun: Story, client: Client) -> None:
    first = token(begun.patient, LinkPurpose.DOCUMENT, version=begun.plan.active_version)
    assert "CURRENT" in words(client.get(f"/q/{first}"))
    plan = hold(begun)
    old = client.get(f"/q/{first}")
    assert "REPLACED ON 23 November 2026" in words(old)
    assert "Throw it away" in words(old)
    new = token(begun.patient, LinkPurpose.DOCUMENT, version=plan.active_version)
    assert "CURRENT" in words(client.get(f"/q/{new}"))
    # The holder is led on, to the page that asks for the year of birth.
    assert f'href="/q/{first}/plan"' in old.content.decode()
    led: Any = client.get(f"/q/{first}/plan", follow=True)
    assert "Which year were you born in?" in words(led)
    assert not shows_doses(led)
    for page in (old, client.get(f"/q/{new}")):
        assert not shows_doses(page)
        assert begun.patient.preferred_name not in words(page)


@pytest.mark.slow
def test_the_day_of_replacement_is_the_patients_own(
    begun: Story, client: Client, standing_clock: Any
) -> None:
    standing_clock.move_to(datetime.fromisoformat("2026-11-25T03:30+00:00"))
    first = token(begun.patient, LinkPurpose.DOCUMENT, version=begun.plan.active_version)
    hold(begun)
    assert "REPLACED ON 24 November 2026" in words(client.get(f"/q/{first}"))


@pytest.mark.slow
def test_a_page_after_the_last_dose_is_still_that_plans(
    begun: Story, client: Client, standing_clock: Any
) -> None:
    standing_clock.shift(timedelta(days=800))
    first = token(begun.patient, LinkPurpose.DOCUMENT, version=begun.plan.active_version)
    assert client.get(f"/q/{first}").status_code == 200


def test_a_page_we_do_not_know_is_not_to_be_used(client: Client) -> None:
    response = client.get("/q/unknown-page-of-nobody")
    assert response.status_code == 404
    assert "Do not use it" in words(response)


def test_the_year_of_birth_is_not_needed_to_see_whether_a_document_is_current(
    begun: Story, client: Client
) -> None:
    assert begun.patient.born == date(1979, 3, 14)
    assert (
        client.get(
            f"/q/{token(begun.patient, LinkPurpose.DOCUMENT, version=begun.plan.active_version)}"
        ).status_code
        == 200
    )
    assert not client.cookies
