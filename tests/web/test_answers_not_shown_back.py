"""Answers given are shown to whoever typed them, and where the year of birth is known; a bare link shows none."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from plans.domain.checkins.instrument import QuestionPage
from plans.models import CheckIn, Link, PatientSession, ReviewItem
from plans.services import links
from plans.services.checkins import responses, sessions
from plans.services.links import LinkPurpose
from tests.makers_checkins import Asked, answer_all, on
from tests.present import present
from tests.web.patient_story import give, make_known
from tests.web.test_checkin_pages import phone, post, story, text_of

__all__ = ["phone", "story"]
pytestmark = pytest.mark.django_db


def checked(response: Any) -> list[str]:
    """The answers that a page shows as chosen."""
    return re.findall(r'value="(\w+)" checked', response.content.decode())


def pages_of(story: Asked) -> tuple[QuestionPage, ...]:
    """The pages of the check-in as it was answered."""
    state = responses.look(sessions.for_link(story.link))
    return state.response.pages


@pytest.fixture
def other(story: Asked) -> Client:
    """Another phone on which the same link of the message was opened."""
    client = Client()
    client.get(f"/c/{story.token}")
    return client


@pytest.mark.slow
def test_what_was_typed_is_shown_in_the_same_sitting_and_on_no_other_phone(
    story: Asked, phone: Client, other: Client
) -> None:
    post(phone, "safety_a", s_fit="yes", s_seeing="no")
    assert checked(phone.get("/c/?page=safety_a")) == ["yes", "no"]
    page = other.get("/c/?page=safety_a")
    assert "You answered this" in text_of(page)
    assert checked(page) == []


@pytest.mark.slow
def test_the_link_opened_again_in_the_same_browser_goes_on_with_what_was_typed(
    story: Asked, phone: Client
) -> None:
    post(phone, "safety_a", s_fit="yes", s_seeing="no")
    phone.get(f"/c/{story.token}")
    assert checked(phone.get("/c/?page=safety_a")) == ["yes", "no"]
    assert PatientSession.objects.count() == 1


@pytest.mark.slow
def test_a_device_that_knows_the_year_is_shown_what_was_answered_elsewhere(
    story: Asked, phone: Client, other: Client
) -> None:
    post(phone, "safety_a", s_fit="yes", s_seeing="no")
    make_known(other, story.patient)
    assert checked(other.get("/c/?page=safety_a")) == ["yes", "no"]


@pytest.mark.slow
def test_the_year_given_on_the_plans_page_counts_for_check_ins(
    story: Asked, phone: Client, other: Client
) -> None:
    post(phone, "safety_a", s_fit="yes", s_seeing="no")
    other.post("/c/plan")
    assert give(other, str(story.patient.born.year)).status_code == 302
    assert checked(other.get("/c/?page=safety_a")) == ["yes", "no"]


@pytest.mark.slow
def test_a_response_that_was_sent_shows_no_answer_from_change_to_the_last_page(
    story: Asked, other: Client
) -> None:
    answer_all(sessions.for_link(story.link), s_thoughts="yes")
    receipt = other.get("/c/")
    assert "Someone will call" not in text_of(receipt)
    at = present(re.search(r'href="(/c/\?page=\w+)"', receipt.content.decode()))[1]
    for _page in range(40):
        page = other.get(at)
        if "All your answers are saved" in text_of(page):
            return
        assert "You answered this" in text_of(page)
        assert checked(page) == []
        assert "selected" not in page.content.decode()
        at = present(re.search(r'class="btn main" href="([^"]+)"', page.content.decode()))[1].replace(
            "&amp;", "&"
        )
    raise AssertionError("the pages have no end")


@pytest.mark.slow
def test_a_page_answered_anew_without_seeing_the_old_answer_is_saved_and_flagged(
    story: Asked, phone: Client, other: Client
) -> None:
    post(phone, "safety_a", s_fit="no", s_seeing="no")
    page = other.get("/c/?page=safety_a")
    anew = present(re.search(r'href="([^"]+anew[^"]*)"', page.content.decode()))[1].replace("&amp;", "&")
    form = other.get(anew)
    assert 'name="s_fit"' in form.content.decode()
    assert checked(form) == []
    post(other, "safety_a", s_fit="yes", s_seeing="no")
    assert CheckIn.objects.get().answers["s_fit"] == "yes"
    assert ReviewItem.objects.get(source="checkin").severity == "urgent"
    assert checked(other.get("/c/?page=safety_a")) == ["yes", "no"]


@pytest.mark.slow
def test_whoever_answered_first_is_not_shown_what_another_answered_after(
    story: Asked, phone: Client, other: Client
) -> None:
    post(other, "safety_a", s_fit="no", s_seeing="no")
    post(phone, "safety_a", s_fit="yes", s_seeing="yes")
    assert checked(other.get("/c/?page=safety_a")) == []
    assert checked(phone.get("/c/?page=safety_a")) == ["yes", "yes"]


@pytest.mark.slow
def test_half_a_page_posted_by_another_phone_brings_back_only_its_own_half(
    story: Asked, phone: Client, other: Client
) -> None:
    post(phone, "safety_a", s_fit="yes", s_seeing="yes")
    again = post(other, "safety_a", s_seeing="no")
    assert again.status_code == 422
    assert checked(again) == ["no"]


@pytest.mark.slow
def test_the_help_an_answer_brought_up_is_not_shown_to_another_phone(
    story: Asked, phone: Client, other: Client
) -> None:
    post(phone, "safety_a", s_fit="no", s_seeing="no")
    assert "Someone will call" in text_of(post(phone, "safety_b", s_thoughts="yes"))
    assert "Someone will call" in text_of(phone.get("/c/told?page=safety_b"))
    assert other.get("/c/told?page=safety_b").status_code == 302


@pytest.mark.slow
def test_an_empty_field_does_not_take_back_a_text_that_was_not_shown(story: Asked, other: Client) -> None:
    answer_all(sessions.for_link(story.link), note="Please call after four.")
    asked_on = next(page for page in pages_of(story) if "note" in page.items)
    rest = {code: CheckIn.objects.get().answers[code] for code in asked_on.items if code != "note"}
    assert post(other, asked_on.code, note="", **rest).status_code == 302
    assert CheckIn.objects.get().answers["note"] == "Please call after four."


@pytest.mark.slow
def test_a_form_that_outlived_its_session_goes_on_in_a_new_one(story: Asked, phone: Client) -> None:
    key = present(re.search(r'name="key" value="([^"]+)"', phone.get("/c/").content.decode()))[1]
    with on(story.occasion.due_at + timedelta(minutes=40)):
        led = post(phone, "safety_a", key=key, s_fit="no", s_seeing="no")
        assert led.status_code == 302
        assert phone.get(led.headers["Location"]).status_code == 200
        assert checked(phone.get("/c/?page=safety_a")) == ["no", "no"]


@pytest.mark.slow
def test_a_check_in_of_ones_own_under_way_is_not_shown_to_whoever_opens_it_next(
    story: Asked, phone: Client, other: Client
) -> None:
    post(phone, "safety_a", to="/c/now", nonce="a-form", s_fit="yes", s_seeing="no")
    page = other.get("/c/now?page=safety_a&sent=a-form")
    assert "You answered this" in text_of(page)
    assert checked(page) == []


# --- document -------------------------------------------------------------------------------------------------------


@pytest.fixture
def finder(story: Asked) -> Client:
    """Whoever found a printed page and scanned its code."""
    plan = story.plan
    row = links.lasting(purpose=LinkPurpose.DOCUMENT, patient=story.patient, version=plan.active_version)
    client = Client()
    client.get(f"/q/{links.token_of(row)}/plan", follow=True)
    return client


@pytest.mark.slow
def test_document_leads_to_the_year_with_help_lines_before_the_question_and_no_further(
    story: Asked, finder: Client
) -> None:
    said = text_of(finder.get("/p/"))
    assert said.index("988") < said.index("Which year were you born in?")
    before = set(Link.objects.values_list("purpose", flat=True))
    for where in ("/p/tell", "/p/mail", "/p/feed"):
        answer = finder.post(where, {"act": "open_doses"})
        assert "Which year were you born in?" in text_of(answer), where
    finder.post("/p/mark", {"on": "2026-11-23", "time": "night", "drug": "clonazepam", "how": "planned"})
    assert set(Link.objects.values_list("purpose", flat=True)) == before
    assert finder.get("/c/now").status_code == 403
    assert finder.get("/m/").status_code == 403


@pytest.mark.slow
def test_a_document_hands_out_no_token_of_the_plan(story: Asked, finder: Client) -> None:
    plan = links.lasting(purpose=LinkPurpose.PLAN, patient=story.patient, plan=story.plan)
    row = links.lasting(
        purpose=LinkPurpose.DOCUMENT, patient=story.patient, version=story.plan.active_version
    )
    led = Client().get(f"/q/{links.token_of(row)}/plan")
    assert links.token_of(plan) not in led.headers["Location"]
    assert PatientSession.objects.filter(link=plan, origin="document").count() == 2


@pytest.mark.slow
def test_after_the_year_a_document_leads_to_the_plan_and_a_check_in_without_earlier_answers_only(
    story: Asked, finder: Client
) -> None:
    give(finder, str(story.patient.born.year))
    assert "For today" in text_of(finder.get("/p/"))
    assert "I took it" not in text_of(finder.get("/p/"))
    assert finder.post("/p/tell").headers["Location"] == "/c/"
    for where in ("/p/mail", "/p/feed", "/p/devices", "/p/mark"):
        assert finder.post(where, {"act": "open"}).headers["Location"] == "/p/", where
    assert finder.get("/m/").status_code == 403
    shown = finder.get("/c/?page=safety_a").content.decode()
    assert ('" checked' in shown, "safety_a" in shown) == (False, True)
