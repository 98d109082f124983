"""Unusual check-ins: closed while being answered, unscheduled, changed afterwards; and whom pages name."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from plans.domain.checkins.response import Response
from plans.models import CheckIn, Clinic, ReviewItem
from plans.services import clock, links, reminders
from plans.services.checkins import responses, sessions
from tests.makers_checkins import CALM, Asked, answer_all, calm, on
from tests.present import present
from tests.web.patient_story import make_known
from tests.web.test_checkin_pages import phone, post, story, text_of

__all__ = ["phone", "story"]
pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_whoever_is_in_the_middle_when_it_closes_goes_on_to_the_receipt(story: Asked, phone: Client) -> None:
    post(phone, "safety_a", s_fit="no", s_seeing="no")
    with on(story.occasion.closes_at + timedelta(minutes=1)):
        phone.get(f"/c/{story.token}")
        reminders.tick(clock.now())
        response = post(phone, "safety_b", s_thoughts="no")
        assert "You can still finish it" in text_of(phone.get(response.headers["Location"]))
        subject = sessions.for_link(story.link)
        answer_all(subject)
        assert "All your answers are saved" in text_of(phone.get("/c/"))
    assert CheckIn.objects.get().late


@pytest.mark.slow
def test_a_safety_answer_on_a_form_opened_before_the_closing_is_saved_late_and_flagged(
    story: Asked, phone: Client
) -> None:
    post(phone, "safety_a", s_fit="no", s_seeing="no")
    with on(story.occasion.closes_at + timedelta(hours=2)):
        phone.get(f"/c/{story.token}")
        said = text_of(post(phone, "safety_b", s_thoughts="yes"))
    assert "Call 988" in said
    assert "This check-in had closed. We kept your answer all the same." in said
    assert CheckIn.objects.get().late
    item = ReviewItem.objects.get(source="checkin")
    assert (item.severity, item.facts["late"]) == ("urgent", True)


@pytest.mark.slow
def test_an_answer_of_the_patients_own_check_in_can_be_changed_from_its_receipt(phone: Client) -> None:
    html = phone.get("/c/now").content.decode()
    nonce = present(re.search(r'name="nonce" value="([^"]+)"', html))[1]
    at = post(phone, "safety_a", to="/c/now", nonce=nonce, s_fit="no", s_seeing="no").headers["Location"]
    for _turn in range(30):
        page = phone.get(at)
        if "All your answers are saved" in text_of(page):
            break
        form = page.content.decode()
        code = present(re.search(r'name="page" value="(\w+)"', form))[1]
        named = set(re.findall(r'<(?:input type="radio"|select)[^>]* name="(\w+)"', form))
        calmly = {name: CALM.get(name, "0" if f'name="{name}" value="0"' in form else "no") for name in named}
        for name in re.findall(r'<select id="(\w+)"', form):
            calmly[name] = "0"
        at = post(phone, code, to="/c/now", nonce=nonce, **calmly).headers["Location"]
    amend = present(re.search(r'href="([^"]+)">Change an answer', page.content.decode()))[1].replace(
        "&amp;", "&"
    )
    again = phone.get(amend).content.decode()
    assert re.search(r'name="s_fit" value="no" checked', again)
    assert "Save my change" in again
    response = post(phone, "safety_a", to="/c/now", nonce=nonce, s_fit="skip", s_seeing="no")
    assert "You are not alone" in text_of(response)
    assert CheckIn.objects.get().answers["s_fit"] == "skip"


@pytest.mark.slow
def test_slow_breathing_puts_the_emergency_number_first_and_speaks_of_naloxone(phone: Client) -> None:
    post(phone, "safety_a", s_fit="no", s_seeing="no")
    post(phone, "safety_b", s_thoughts="no")
    said = text_of(post(phone, "safety_d", s_threat="no", s_stopped="no", s_waking="yes", s_chest="no"))
    assert said.index("Call 911 now") < said.index("naloxone") < said.index("saved")


@pytest.mark.slow
def test_the_clinics_own_words_stand_beside_the_help_whatever_the_danger(story: Asked, phone: Client) -> None:
    Clinic.objects.filter(pk=story.patient.clinic_id).update(crisis_words="Ring our door bell.")
    assert "Ring our door bell." in text_of(post(phone, "safety_a", s_fit="yes", s_seeing="no"))


@pytest.mark.slow
def test_pages_that_know_nobody_name_the_lines_of_every_country_and_when_they_were_checked(
    story: Asked, client: Client
) -> None:
    links.revoke(story.link.id)
    for address in ("/c/", f"/c/{story.token}", "/c/" + "A" * 43, "/help/any", "/q/" + "B" * 22):
        said = text_of(client.get(address))
        for number in ("911", "988", "999", "116 123", "000", "13 11 14", "112"):
            assert number in said, (address, number)
        assert "We last checked these numbers on 22 November 2026" in said, address
        assert "988lifeline.org" in said, address


@pytest.mark.slow
def test_help_on_the_closed_page_and_the_receipt_says_where_it_comes_from(
    story: Asked, phone: Client
) -> None:
    answer_all(sessions.for_link(story.link))
    receipt = text_of(phone.get("/c/"))
    assert "In danger now? Call 911" in receipt
    assert "We last checked these numbers on" in receipt
    assert "988lifeline.org" in receipt


@pytest.mark.slow
def test_help_that_an_answer_brought_up_can_be_looked_at_again_without_sending_anything(
    story: Asked, phone: Client
) -> None:
    post(phone, "safety_a", s_fit="no", s_seeing="no")
    first = post(phone, "safety_b", s_thoughts="yes")
    here = present(re.search(r'data-here="([^"]+)"', first.content.decode()))[1]
    again = phone.get(here.replace("&amp;", "&"))
    assert text_of(again) == text_of(first)
    assert "number ending 42" in text_of(again)
    before = CheckIn.objects.get().revision
    assert phone.get("/c/told?page=safety_a").headers["Location"] == "/c/"
    assert phone.get("/c/told?page=none").headers["Location"] == "/c/"
    with on(story.occasion.due_at + timedelta(days=1)):
        phone.get(f"/c/{story.token}")
        assert phone.get("/c/told?page=safety_b").headers["Location"] == "/c/"
    assert CheckIn.objects.get().revision == before


@pytest.mark.slow
def test_every_page_that_answers_at_once_has_a_first_heading(story: Asked, phone: Client) -> None:
    drives = answer_all(sessions.for_link(story.link), sx_fell="yes")
    assert drives.sent
    make_known(phone, story.patient)
    said = phone.get("/c/told?page=day").content.decode()
    assert re.search(r"<h1[^>]*>.*?Please do not drive for now", said, re.DOTALL)


@pytest.mark.slow
def test_nothing_is_promised_for_an_hour_that_has_passed_or_an_item_that_is_closed(
    story: Asked, phone: Client
) -> None:
    post(phone, "safety_a", s_fit="no", s_seeing="no")
    assert "Someone will call" in text_of(post(phone, "safety_b", s_thoughts="yes"))
    with on(story.occasion.due_at + timedelta(hours=3)):
        make_known(phone, story.patient)
        phone.get(f"/c/{story.token}")
        said = text_of(phone.get("/c/told?page=safety_b"))
        assert "Call 988" in said
        assert "Someone will call" not in said
        ReviewItem.objects.update(
            state="resolved",
            resolved_at=clock.now(),
            outcome="reached_safe",
            resolved_by=story.clinic.staff.id,
        )
        said = text_of(phone.get("/c/told?page=safety_b"))
        assert "Call 988" in said
        assert "We have told your care team" not in said


@pytest.mark.slow
def test_what_was_promised_still_stands_when_everything_is_sent(story: Asked, phone: Client) -> None:
    answer_all(sessions.for_link(story.link), s_thoughts="yes")
    make_known(phone, story.patient)
    said = text_of(phone.get("/c/"))
    assert "Thank you. All your answers are saved." in said
    assert "Someone will call the number ending" in said
    ReviewItem.objects.update(
        state="resolved", resolved_at=clock.now(), outcome="reached_safe", resolved_by=story.clinic.staff.id
    )
    assert "Someone will call" not in text_of(phone.get("/c/"))


@pytest.mark.slow
def test_a_form_left_open_for_days_is_still_received(story: Asked, phone: Client) -> None:
    html = phone.get("/c/").content.decode()
    key = present(re.search(r'name="key" value="([^"]+)"', html))[1]
    with on(story.occasion.due_at + timedelta(days=2)):
        said = text_of(post(phone, "safety_a", key=key, s_fit="yes", s_seeing="no"))
    assert "Call 911 now" in said
    assert CheckIn.objects.get().answers["s_fit"] == "yes"


@pytest.mark.slow
def test_an_answer_that_cannot_be_received_any_more_says_so_and_shows_help_first(
    story: Asked, phone: Client
) -> None:
    with on(story.occasion.due_at + timedelta(days=20)):
        said = text_of(post(phone, "safety_b", key="stale", s_thoughts="yes"))
    assert (
        said.index("We did not get your answer") < said.index("988") < said.index("closed for your privacy")
    )
    calm = text_of(post(Client(), "safety_b", s_thoughts="no"))
    assert "We did not get your answer" not in calm


@pytest.mark.slow
def test_an_empty_page_is_not_told_that_other_answers_are_saved(phone: Client) -> None:
    assert "other answers on this page" not in text_of(post(phone, "safety_a"))
    assert "Your other answers on this page are saved" in text_of(post(phone, "safety_a", s_fit="no"))


@pytest.mark.slow
def test_the_help_page_names_what_the_urgent_questions_ask(phone: Client) -> None:
    said = text_of(phone.get("/c/help"))
    for danger in (
        "a fit, or a blackout",
        "very confused",
        "out to harm you",
        "slow or weak breathing",
        "chest pain",
    ):
        assert danger in said


@pytest.mark.slow
def test_a_page_of_words_left_empty_leads_on_to_the_next(story: Asked, phone: Client) -> None:
    subject = sessions.for_link(story.link)
    for page in Response(responses.look(subject).response.spec).pages:
        told = {"other": "yes"} if page.code == "substances" else {}
        answers = {code: values[0] for code, values in calm(subject, page.code, **told).items()}
        response = post(phone, page.code, **answers)
        if page.code == "substances":
            break
    response = post(phone, "more", other_text="")
    assert "did you start, stop or change any other medicine?" in text_of(
        phone.get(response.headers["Location"])
    )
