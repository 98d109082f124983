"""Access to a patient's plan: a link, a year of birth, and what is shown with only one of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from plans.models import AuditEvent, BirthYearTry, PatientDevice, PatientSession, ReviewItem, User
from plans.services import links
from plans.services.links import LinkPurpose
from tests.makers import make_patient
from tests.makers_plans import issue_story_plan
from tests.web.patient_story import MONDAY, Story, give, shows_doses, token_for, words

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_the_link_leads_to_a_clean_address_with_a_cookie_no_script_can_read(
    begun: Story, client: Client
) -> None:
    response = client.get(f"/p/{begun.token}")
    cookie = client.cookies["tp_p"]
    assert response.headers["Location"] == "/p/"
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/p/", True, "Lax")
    assert begun.token not in cookie.value


@pytest.mark.slow
def test_a_scanner_that_only_looks_at_the_head_opens_no_session(begun: Story, client: Client) -> None:
    assert client.head(f"/p/{begun.token}").status_code == 302
    assert not PatientSession.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "twist", [lambda t: t[:-1], lambda t: t + "A", lambda t: t.swapcase(), lambda t: "x" * 9000]
)
def test_a_token_that_is_not_quite_right_opens_nothing(begun: Story, client: Client, twist: Any) -> None:
    assert client.get(f"/p/{twist(begun.token)}").status_code == 404


def test_a_token_for_something_else_opens_no_plan(begun: Story, client: Client) -> None:
    other = links.token_of(links.lasting(purpose=LinkPurpose.MAIL, patient=begun.patient))
    assert client.get(f"/p/{other}").status_code == 404


def test_a_link_that_was_ended_shows_whom_to_call_and_nothing_of_anybody(
    begun: Story, client: Client
) -> None:
    links.revoke_all(begun.patient)
    response = client.get(f"/p/{begun.token}")
    assert response.status_code == 410
    assert "/help/any" in response.content.decode()
    assert not shows_doses(response)
    assert begun.patient.preferred_name not in words(response)
    assert "tp_p" not in client.cookies


@pytest.mark.slow
def test_ending_a_link_ends_the_sessions_it_had_opened(known: Client, begun: Story) -> None:
    links.revoke_all(begun.patient)
    response = known.get("/p/")
    assert response.status_code == 403
    assert not shows_doses(response)


def test_a_link_past_its_day_shows_no_plan(begun: Story, client: Client, standing_clock: Any) -> None:
    row = links.make(
        purpose=LinkPurpose.PLAN,
        patient=begun.patient,
        plan=begun.plan,
        expires_at=MONDAY + timedelta(days=1),
    )
    token = links.token_of(row)
    assert client.get(f"/p/{token}").status_code == 302
    standing_clock.shift(timedelta(days=1))
    assert client.get(f"/p/{token}").status_code == 410
    assert client.get("/p/").status_code == 403


def test_after_half_an_hour_the_page_is_closed_and_the_link_opens_it_again(
    known: Client, begun: Story, standing_clock: Any
) -> None:
    standing_clock.shift(timedelta(minutes=31))
    response = known.get("/p/")
    assert response.status_code == 403
    assert not shows_doses(response)
    known.get(f"/p/{begun.token}")
    assert shows_doses(known.get("/p/"))


def test_without_a_link_there_is_no_page(client: Client) -> None:
    for path in ("/p/", "/p/calendar", "/p/calendar.pdf"):
        assert client.get(path).status_code == 403


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/p/", "/p/calendar", "/p/calendar.pdf"])
def test_no_dose_is_shown_before_the_year_of_birth(opened: Client, path: str) -> None:
    response = opened.get(path)
    assert "Which year were you born in?" in words(response)
    assert not shows_doses(response)


@pytest.mark.slow
def test_the_year_is_asked_once_on_a_device(known: Client, begun: Story, standing_clock: Any) -> None:
    standing_clock.shift(timedelta(days=150))
    known.get(f"/p/{begun.token}")
    assert "Which year" not in words(known.get("/p/"))
    assert PatientDevice.objects.count() == 1


@pytest.mark.slow
def test_after_the_year_the_page_asked_for_is_shown(opened: Client, begun: Story) -> None:
    give(opened, "1900", here="/p/calendar")
    shown = give(opened, "19", here="/p/calendar").content.decode()
    assert 'name="here" value="/p/calendar"' in shown
    assert give(opened, str(begun.patient.born.year), here="/p/calendar").headers["Location"] == "/p/calendar"


@pytest.mark.slow
def test_the_return_address_field_leads_nowhere_else(opened: Client, begun: Story) -> None:
    answer = give(opened, str(begun.patient.born.year), here="https://evil.example.org/")
    assert answer.headers["Location"] == "/p/"


@pytest.mark.slow
@pytest.mark.parametrize("typed", ["", "79", "19790", "197\u0669", "abcd", "-979", "1e3 "])
def test_an_invalid_year_is_reported_and_not_counted(opened: Client, typed: str) -> None:
    response = give(opened, typed)
    assert response.status_code == 422
    assert "four figures" in words(response)
    assert not BirthYearTry.objects.exists()


def test_five_wrong_years_slow_the_next_try_down_and_tell_the_clinic(opened: Client, begun: Story) -> None:
    for _n in range(5):
        assert not ReviewItem.objects.exists()
        assert give(opened, "1950").status_code == 422
    item = ReviewItem.objects.get()
    assert (item.source, item.severity, item.patient_id) == ("access", "routine", begun.patient.pk)
    # The right year is not compared either, so that it is not told apart from a wrong one.
    slowed = give(opened, str(begun.patient.born.year))
    assert (slowed.status_code, "Wait 60 minutes" in words(slowed)) == (422, True)
    assert not PatientDevice.objects.exists()
    assert AuditEvent.objects.filter(act="device.refused").count() == 5


@pytest.mark.slow
def test_an_hour_later_there_is_one_more_try(opened: Client, begun: Story, standing_clock: Any) -> None:
    for _n in range(6):
        give(opened, "1950")
    standing_clock.shift(timedelta(hours=1, minutes=1))
    opened.get(f"/p/{begun.token}")
    assert give(opened, str(begun.patient.born.year)).status_code == 302


@pytest.mark.slow
def test_a_device_that_is_known_stays_open_while_strangers_guess(known: Client, begun: Story) -> None:
    stranger = Client()
    stranger.get(f"/p/{begun.token}")
    for _n in range(7):
        give(stranger, "1950")
    assert not shows_doses(stranger.get("/p/"))
    assert shows_doses(known.get("/p/"))


@pytest.mark.slow
def test_staff_let_the_patient_try_again_after_speaking_with_them(
    opened: Client, begun: Story, client: Client
) -> None:
    for _n in range(6):
        give(opened, "1950")
    client.force_login(User.objects.get(pk=begun.clinic.staff.member_id))
    page = client.get(f"/patients/{begun.patient.pk}")
    assert f"/patients/{begun.patient.pk}/unlock" in page.content.decode()
    client.post(f"/patients/{begun.patient.pk}/unlock")
    client.post(f"/patients/{begun.patient.pk}/unlock")
    assert AuditEvent.objects.filter(act="device.unlocked").count() == 1
    assert give(opened, str(begun.patient.born.year)).status_code == 302


def test_another_patients_device_is_no_help(known: Client, begun: Story) -> None:
    other = make_patient(begun.clinic.primary, born=date(1951, 5, 5), preferred_name="Wren")
    plan = issue_story_plan(begun.clinic.primary, other)
    known.get(f"/p/{token_for(other, plan)}")
    response = known.get("/p/")
    assert "Which year" in words(response)
    assert not shows_doses(response)
    assert begun.patient.preferred_name not in words(response)
