"""The check-in in a browser without JavaScript: what each page says and what it changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client

from plans.models import CheckIn, Flag, Link, PatientSession, ReviewItem
from plans.services import links
from plans.services.checkins import sessions
from tests.makers_checkins import START, Asked, answer_all, asked, calm, on
from tests.present import present
from tests.web.patient_story import make_known

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Iterator[Asked]:
    with on(START):
        made = asked(country="US")
    with on(made.occasion.due_at):
        yield made


@pytest.fixture
def phone(story: Asked, client: Client) -> Client:
    """A phone on which the link of the message was tapped."""
    assert client.get(f"/c/{story.token}").headers["Location"] == "/c/"
    return client


def post(phone: Client, page: str, *, to: str = "/c/", **answers: str):
    return phone.post(to, {"page": page, **answers})


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.mark.slow
def test_the_link_leads_to_a_clean_address_and_the_cookie_is_kept_from_scripts(
    story: Asked, client: Client
) -> None:
    response = client.get(f"/c/{story.token}")
    cookie = client.cookies["tp_c"]
    assert response.headers["Location"] == "/c/"
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/c/", True, "Lax")


@pytest.mark.slow
def test_looking_as_often_as_a_scanner_does_stores_no_answer(story: Asked, client: Client) -> None:
    for _time in range(3):
        client.head(f"/c/{story.token}")
        client.get(f"/c/{story.token}")
        client.get("/c/")
        client.get("/c/?page=week")
        client.get("/c/now")
        post(client, "safety_a")
    assert not CheckIn.objects.exists()
    assert not Flag.objects.exists()


@pytest.mark.slow
def test_the_first_page_asks_about_safety_and_has_chosen_nothing(phone: Client) -> None:
    page = phone.get("/c/")
    html = page.content.decode()
    assert "Page 1 of 20" in html
    assert "a fit, a seizure or a blackout" in html
    assert " checked" not in html
    assert html.count("I would rather not say") == 2
    assert page.headers["Cache-Control"] == "no-store"
    assert "style=" not in html


@pytest.mark.slow
def test_next_leads_to_the_next_page_and_back_shows_what_was_chosen(phone: Client) -> None:
    assert post(phone, "safety_a", s_fit="no", s_seeing="skip").headers.get("Location") is None
    shown = phone.get("/c/?page=safety_a").content.decode()
    assert re.search(r'name="s_seeing" value="skip" checked', shown)


@pytest.mark.slow
def test_leaving_and_coming_back_goes_on_where_it_was(phone: Client, story: Asked) -> None:
    post(phone, "safety_a", s_fit="no", s_seeing="no")
    other = Client()
    other.get(f"/c/{story.token}")
    assert "thought about hurting yourself" in text_of(other.get("/c/"))


@pytest.mark.slow
def test_a_page_with_a_gap_says_which_question_and_keeps_what_was_chosen(phone: Client) -> None:
    response = post(phone, "safety_a", s_fit="no")
    html = response.content.decode()
    assert response.status_code == 422
    assert 'href="#s_seeing-0"' in html
    assert re.search(r'name="s_fit" value="no" checked', html)


@pytest.mark.slow
def test_thoughts_of_suicide_show_help_at_once_and_who_calls_by_when(phone: Client) -> None:
    post(phone, "safety_a", s_fit="no", s_seeing="no")
    said = text_of(post(phone, "safety_b", s_thoughts="yes"))
    assert "You are not alone" in said
    assert "Call 988" in said
    assert "We have told your care team" in said
    assert "number ending 42 by 11 am" in said.replace("\u00a0", " ")
    assert ReviewItem.objects.get().severity == "urgent"


@pytest.mark.slow
def test_at_night_no_call_is_promised_and_the_opening_time_is_given(story: Asked, client: Client) -> None:
    night = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    with on(night):
        client.get(f"/c/{story.token}")
        post(client, "safety_a", s_fit="no", s_seeing="no")
        said = text_of(post(client, "safety_b", s_thoughts="yes")).replace("\u00a0", " ")
    assert "The clinic is closed now" in said
    assert "We open on Tuesday 24 November, 8 am" in said
    assert "Someone will call" not in said


@pytest.mark.slow
def test_a_fit_puts_the_emergency_number_first(phone: Client) -> None:
    said = text_of(post(phone, "safety_a", s_fit="yes", s_seeing="no"))
    assert said.index("Call 911 now") < said.index("Your answer is saved")
    assert "Do not drive" in said


@pytest.mark.slow
def test_sending_the_last_page_leads_to_a_receipt_with_the_next_day_and_no_answers(
    phone: Client, story: Asked
) -> None:
    subject = sessions.for_link(story.link)
    answer_all(subject)
    again = post(phone, "week", **{code: values[0] for code, values in calm(subject, "week").items()})
    assert again.headers["Location"] == "/c/"
    said = text_of(phone.get("/c/"))
    assert "All your answers are saved" in said
    assert "Your next check-in is Monday 30 November" in said
    assert "As planned" not in said


@pytest.mark.slow
def test_a_closed_check_in_is_no_dead_end(story: Asked, client: Client) -> None:
    with on(story.occasion.closes_at + timedelta(hours=1)):
        client.get(f"/c/{story.token}")
        said = text_of(client.get("/c/"))
        assert "This check-in closed on Thursday 26 November" in said
        assert "555-0110" in said
        assert "Call 988" in said
        assert "a fit, a seizure or a blackout" in text_of(client.get("/c/now"))
        html = client.get("/c/now").content.decode()
        nonce = present(re.search(r'name="nonce" value="([^"]+)"', html)).group(1)
        response = post(client, "safety_a", to="/c/now", nonce=nonce, s_fit="yes", s_seeing="no")
    assert "We kept your answer" in text_of(response)
    checkin = CheckIn.objects.get()
    assert (checkin.late, checkin.occasion) == (True, None)
    assert ReviewItem.objects.get(source="checkin").severity == "urgent"


@pytest.mark.slow
def test_a_revoked_link_takes_nothing_and_shows_help(story: Asked, client: Client) -> None:
    client.get(f"/c/{story.token}")
    links.revoke(story.link.id)
    opened = client.get(f"/c/{story.token}")
    posted = post(client, "safety_a", s_fit="yes", s_seeing="no")
    assert (opened.status_code, posted.status_code) == (410, 403)
    assert "Get help now" in text_of(opened)
    assert not CheckIn.objects.exists()


@pytest.mark.slow
def test_a_form_that_outlived_its_session_is_still_saved(phone: Client) -> None:
    html = phone.get("/c/").content.decode()
    key = present(re.search(r'name="key" value="([^"]+)"', html)).group(1)
    PatientSession.objects.all().delete()
    response = post(phone, "safety_a", key=key, s_fit="no", s_seeing="no")
    assert response.status_code == 302
    assert CheckIn.objects.get().answers == {"s_fit": "no", "s_seeing": "no"}


@pytest.mark.slow
def test_a_key_of_somebody_elses_making_opens_nothing(phone: Client) -> None:
    PatientSession.objects.all().delete()
    assert post(phone, "safety_a", key="made-up", s_fit="yes", s_seeing="no").status_code == 403
    assert not CheckIn.objects.exists()


def test_an_unknown_link_shows_help_and_nothing_else(client: Client) -> None:
    response = client.get("/c/" + "A" * 43)
    assert response.status_code == 404
    assert "Get help now" in text_of(response)


def test_the_help_page_of_a_country_needs_no_link(client: Client) -> None:
    assert "Samaritans" not in text_of(client.get("/help/us"))
    assert "116 123" in text_of(client.get("/help/gb"))
    assert "findahelpline.com" in client.get("/help/zz").content.decode()


@pytest.mark.slow
def test_from_the_plan_page_a_check_in_can_be_sent_at_any_time(story: Asked, client: Client) -> None:
    plan_link = links.lasting(purpose=links.LinkPurpose.PLAN, patient=story.patient, plan=story.plan)
    client.get(f"/p/{links.token_of(plan_link)}")
    make_known(client, story.patient)
    shown = client.get("/p/tell")
    assert (shown.status_code, shown.headers["Allow"]) == (405, "POST")
    assert "Go back and press the button there." in shown.content.decode()
    assert 'href="/p/"' in shown.content.decode()
    assert client.post("/p/tell").headers["Location"] == "/c/"
    response = post(client, "safety_a", nonce="own-form", s_fit="no", s_seeing="no")
    assert response.headers["Location"] == "/c/now?page=safety_b&sent=own-form"
    checkin = CheckIn.objects.get()
    assert (checkin.occasion, checkin.late, checkin.plan_id) == (None, False, story.plan.pk)
    assert Link.objects.filter(purpose="checkin", occasion=None).count() == 1


@pytest.mark.slow
def test_staff_enter_the_same_form_by_phone_under_their_name(story: Asked, client: Client) -> None:
    client.force_login(_user(story.clinic.staff.member_id))
    address = f"/patients/{story.patient.pk}/checkin"
    assert "a fit, a seizure or a blackout" in text_of(client.get(address))
    response = client.post(address, {"page": "safety_a", "s_fit": "yes", "s_seeing": "no"})
    assert "danger to life" in text_of(response)
    checkin = CheckIn.objects.get()
    assert checkin.entered_by_id == story.clinic.staff.id
    shown = text_of(client.get(f"/checkins/{checkin.pk}"))
    assert "Entered by phone by" in shown
    assert "A fit, seizure or blackout." in shown


@pytest.mark.slow
def test_a_reader_may_look_at_a_response_but_enter_none(story: Asked, client: Client) -> None:
    answer_all(sessions.for_link(story.link))
    client.force_login(_user(story.clinic.reader.member_id))
    assert client.get(f"/checkins/{CheckIn.objects.get().pk}").status_code == 200
    assert client.get(f"/patients/{story.patient.pk}/checkin").status_code == 403


def _user(user_id: UUID):
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get(pk=user_id)
