"""The check-in by phone on one page: with and without scripts, branches, help at once, what is missing, two at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from plans.models import CheckIn, ReviewItem
from plans.services import calls
from plans.services.checkins import saving, sessions
from tests.clients import client_of
from tests.makers_checkins import START, Asked, answer_all, asked, calm, checkin_of, on
from tests.services.test_checkins_sheet import by_phone, everything
from tests.web.test_checkin_pages import text_of

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def story() -> Iterator[Asked]:
    with on(START):
        made = asked(country="US")
    with on(made.occasion.due_at):
        yield made


@pytest.fixture
def nurse(story: Asked) -> Client:
    return client_of(story.clinic.staff)


def address(story: Asked) -> str:
    return f"/patients/{story.patient.pk}/checkin"


def hidden(page: Any) -> dict[str, str]:
    """The fields of the form that nobody types."""
    names = ("seen", "for", "nonce")
    html = page.content.decode()
    return {name: found[1] for name in names if (found := re.search(f'name="{name}" value="([^"]*)"', html))}


def test_one_page_has_every_question_in_order_and_nothing_is_chosen(story: Asked, nurse: Client) -> None:
    page = nurse.get(address(story))
    html, said = page.content.decode(), text_of(page)
    asked_for = by_phone(story)
    codes = [code for code in everything(asked_for) if f'name="{code}"' in html]
    assert {"s_fit", "phq_9", "sx_sleep", "dose_taken", "contact"} <= set(codes)
    assert said.index("First, your safety") < said.index("Your doses") < said.index("Your week")
    assert not re.search(r'value="\w*" checked', html)
    assert "s_plan" not in html
    assert not CheckIn.objects.exists()


def test_the_whole_form_in_one_press_is_the_whole_check_in(story: Asked, nurse: Client) -> None:
    page = nurse.get(address(story))
    response = nurse.post(address(story), {**hidden(page), **everything(by_phone(story)), "do": "send"})
    checkin = checkin_of(story.occasion)
    assert response.headers["Location"] == f"/checkins/{checkin.pk}"
    assert (checkin.state, checkin.entered_by_id) == ("submitted", story.clinic.staff.id)


def test_what_is_missing_is_listed_with_a_link_to_each_and_nothing_is_lost(
    story: Asked, nurse: Client
) -> None:
    typed = everything(by_phone(story))
    del typed["sx_sleep"], typed["contact"]
    response = nurse.post(address(story), {**typed, "note": "Sleeps at her sister's.", "do": "send"})
    html = response.content.decode()
    assert response.status_code == 422
    assert "2 questions still need an answer" in text_of(response)
    assert 'href="#sx_sleep-0"' in html
    assert 'id="sx_sleep-0"' in html
    assert "Sleeps at her sister&#x27;s." in html
    assert len(re.findall(r'value="\w*" checked', html)) >= 40
    assert checkin_of(story.occasion).state == "open"


def test_each_answer_is_saved_by_itself_and_brings_its_questions_and_the_help_with_it(
    story: Asked, nurse: Client
) -> None:
    htmx = {"HX-Request": "true"}
    part = nurse.post(address(story), {"s_thoughts": "yes", "note": "Half a w"}, headers=htmx)
    html, said = part.content.decode(), text_of(part)
    assert part.status_code == 200
    assert "<html" not in html
    assert 'name="s_plan"' in html
    assert "Stay on the line. Read out:" in said
    assert "The clinician on call has been sent an alert." in said
    assert said.index("thought about hurting yourself") < said.index("Stay on the line")
    assert checkin_of(story.occasion).answers == {"s_thoughts": "yes", "note": "Half a w"}
    assert ReviewItem.objects.get().severity == "urgent"
    again = nurse.post(address(story), {**hidden(part), "s_thoughts": "no"}, headers=htmx)
    assert 'name="s_plan"' not in again.content.decode()


def test_a_bad_answer_stays_on_the_page_with_what_to_do(story: Asked, nurse: Client) -> None:
    response = nurse.post(address(story), {"s_fit": "no", "note": "x" * 2001, "do": "keep"})
    assert response.status_code == 422
    assert "Use 2000 letters or fewer" in text_of(response)
    assert "x" * 2001 in response.content.decode()
    assert checkin_of(story.occasion).answers == {"s_fit": "no"}


def test_the_patient_answers_meanwhile_and_the_page_says_whose_answer_stands(
    story: Asked, nurse: Client
) -> None:
    page = nurse.get(address(story))
    link = sessions.for_link(story.link)
    saving.save_page(link, page="safety_a", posted=calm(link, "safety_a", s_fit="yes"))
    typed = {**everything(by_phone(story)), "do": "send"}
    response = nurse.post(address(story), {**hidden(page), **typed})
    said = text_of(response)
    assert response.status_code == 422
    assert "Somebody else answered this while you had the page open" in said
    assert "You entered: “No”" in said
    assert checkin_of(story.occasion).answers["s_fit"] == "yes"
    again = nurse.post(address(story), {**hidden(response), **typed})
    assert again.status_code == 302
    assert checkin_of(story.occasion).answers["s_fit"] == "no"


def test_a_check_in_that_the_patient_has_sent_meanwhile_is_not_asked_again(
    story: Asked, nurse: Client
) -> None:
    page = nurse.get(address(story))
    answer_all(sessions.for_link(story.link))
    response = nurse.post(address(story), {**hidden(page), "overall": "much_worse"})
    assert "This check-in has been sent" in text_of(response)
    assert CheckIn.objects.count() == 1


def test_who_is_signed_out_while_typing_gets_what_was_typed_shown_back(story: Asked, nurse: Client) -> None:
    page = nurse.get(address(story))
    nurse.logout()
    response = nurse.post(
        address(story), {**hidden(page), "s_fit": "no", "note": "Sleeps at her sister's.", "do": "keep"}
    )
    assert "Sleeps at her sister&#x27;s." in response.content.decode()
    by_itself = nurse.post(
        address(story),
        {**hidden(page), "s_fit": "no"},
        headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{address(story)}"},
    )
    assert "next=%2Fpatients%2F" in by_itself.headers["HX-Redirect"]


def test_a_check_in_that_was_a_call_records_it_and_goes_on_with_the_next(story: Asked, nurse: Client) -> None:
    by = story.clinic.staff
    calls.claim(by=by, patient_id=story.patient.pk)
    assert "You are calling this patient" in text_of(nurse.get(address(story)))
    response = nurse.post(address(story), {**everything(by_phone(story)), "do": "next"})
    assert response.headers["Location"] == "/calls"
    (line,) = calls.made_today(by).rows
    assert (line.result.value, line.patient_id) == ("reached", story.patient.pk)
