"""A dangerous answer gets its page at once, in the patient's language; a calm one gets none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from plans.domain.checkins import dangers
from plans.domain.checkins.instrument import QuestionPage
from plans.domain.checkins.response import Response
from plans.domain.review.rota import Pattern
from plans.models import CheckIn, Flag, ReviewItem
from plans.services import outside_services, shifts
from plans.services.checkins import responses, sessions
from plans.wording.dangers import WORDS
from tests.makers_checkins import CALM, START, Asked, asked, calm, on
from tests.present import present
from tests.web.test_checkin_pages import text_of
from tests.web.test_rules_page import sign_in

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)

# What is answered, the page after which help comes, what it is about, the rules a person hears it by.
TOLD: list[tuple[dict[str, str], str, str, set[str]]] = [
    ({"opioid": "yes"}, "substances", "mixing", {"H5"}),
    ({"kratom": "yes"}, "substances", "mixing", {"H5"}),
    ({"other": "yes"}, "substances", "mixing", {"H5"}),
    ({"alcohol_days": "7", "alcohol_drinks": "2"}, "substances", "mixing", {"H5"}),
    ({"alcohol_days": "1"}, "substances", "mixing", set()),
    ({"opioid": "yes", "kratom": "yes", "other": "yes"}, "substances", "mixing", {"H5"}),
    ({"dose_taken": "extra"}, "doses", "more", {"H6"}),
    ({"dose_taken": "none"}, "doses", "stopped", {"U4"}),
    ({"s_stopped": "yes"}, "safety_d", "stopped", {"U4"}),
    ({"dose_taken": "fewer", "dose_under_half": "yes"}, "fewer", "less", {"H6"}),
    ({"sx_fell": "yes"}, "day", "driving", {"H7"}),
    ({"sx_unsteady": "4"}, "day", "driving", {"H3"}),
    ({"sx_unsteady": "2"}, "day", "driving", set()),
    ({"sx_sleepy": "3"}, "day", "driving", set()),
    ({"s_threat": "yes"}, "safety_d", "threat", {"U2"}),
]
IDS = ["-".join(f"{item}={value}" for item, value in told[0].items()) for told in TOLD]


def made(language: str = "en", **more: Any) -> Asked:
    with on(START):
        return asked(country="US", language=language, **more)


@pytest.fixture
def story() -> Iterator[Asked]:
    one = made()
    with on(one.occasion.due_at):
        yield one


def walk(client: Client, subject: sessions.CheckInSession, answers: dict[str, str]) -> dict[str, str]:
    """Answer all pages in the browser; what was shown at once, as text, by the page after which it came."""
    shown: dict[str, str] = {}
    state = responses.look(subject)
    page: QuestionPage | None = state.response.pages[0]
    while page is not None:
        mine = {code: value for code, value in answers.items() if code in page.items}
        posted = {code: values[0] for code, values in calm(subject, page.code, **mine).items()}
        response = client.post("/c/", {"page": page.code, **posted})
        if response.status_code == 200:
            shown[page.code] = text_of(response)
        else:
            assert response.status_code == 302
        page = responses.look(subject).response.after(page)
    assert responses.look(subject).sent
    return shown


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("answers", "page", "about", "rules"), TOLD, ids=IDS)
def test_a_dangerous_answer_has_its_page_once_and_reaches_a_person(
    client: Client, answers: dict[str, str], page: str, about: str, rules: set[str], language: str
) -> None:
    story = made(language)
    with on(story.occasion.due_at):
        client.get(f"/c/{story.token}")
        shown = walk(client, sessions.for_link(story.link), answers)
        receipt = text_of(client.get("/c/"))
    assert list(shown) == [page]
    with translation.override(language):
        row = WORDS[about]
        going_on = "You can go on, or stop here." if language == "en" else "Puede seguir o parar aquí."
        for said in (str(row.heading), str(row.ring), *row.said(frozenset(answers)), going_on):
            assert said in shown[page].replace("&#x27;", "'"), said
        for said in row.said(frozenset(answers), again=True):
            assert said in receipt
    assert "555-0110" in shown[page]
    assert "911" in shown[page]
    assert set(Flag.objects.values_list("rule", flat=True)) >= rules


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "es"])
def test_calm_answers_show_nothing_at_once_and_the_receipt_thanks(client: Client, language: str) -> None:
    story = made(language)
    with on(story.occasion.due_at):
        client.get(f"/c/{story.token}")
        assert walk(client, sessions.for_link(story.link), {}) == {}
        receipt = text_of(client.get("/c/"))
    with translation.override(language):
        assert not [code for code, row in WORDS.items() if str(row.heading) in receipt]
    assert not Flag.objects.exists()


@pytest.mark.slow
def test_whoever_mixes_and_takes_more_hears_of_both_and_is_reminded_on_the_receipt(
    story: Asked, client: Client
) -> None:
    client.get(f"/c/{story.token}")
    told = {"opioid": "yes", "kratom": "yes", "other": "yes", "dose_taken": "extra"}
    shown = walk(client, sessions.for_link(story.link), told)
    assert list(shown) == ["doses", "substances"]
    assert "This mix can stop your breathing" in shown["substances"]
    assert "Do not take them together tonight" in shown["substances"]
    assert "Tell them to use it if you will not wake up" in shown["substances"]
    receipt = text_of(client.get("/c/"))
    assert "Thank you. All your answers are saved." in receipt
    assert "Do not take them together tonight" in receipt
    assert "Naloxone can bring breathing back" in receipt
    assert "Go back to your plan with the next dose" in receipt
    assert set(Flag.objects.values_list("rule", flat=True)) == {"H5", "H6"}


@pytest.mark.slow
def test_who_stops_at_the_page_of_advice_has_already_reached_a_person(story: Asked, client: Client) -> None:
    client.get(f"/c/{story.token}")
    subject = sessions.for_link(story.link)
    for page in ("safety_a", "safety_b", "safety_d", "phq9_a"):
        if page in {one.code for one in responses.look(subject).response.pages}:
            client.post("/c/", {"page": page, **{k: v[0] for k, v in calm(subject, page).items()}})
    state = CheckIn.objects.get()
    assert state.state == "open"
    response = client.post("/c/", {"page": "doses", "dose_taken": "extra"})
    assert "Please do not take more than your plan says" in text_of(response)
    assert "Your care team will read this." in text_of(response)
    assert ReviewItem.objects.get().severity == "high"


@pytest.mark.slow
def test_a_known_opioid_raises_nothing_new_and_is_warned_of_all_the_same(client: Client) -> None:
    story = made(substances=["opioids"])
    with on(story.occasion.due_at):
        client.get(f"/c/{story.token}")
        shown = walk(client, sessions.for_link(story.link), {"opioid": "yes"})
    assert "This mix can stop your breathing" in shown["substances"]
    assert not Flag.objects.exists()


@pytest.mark.slow
def test_the_same_advice_is_shown_again_after_a_lost_answer_and_by_the_back_button(
    story: Asked, client: Client
) -> None:
    client.get(f"/c/{story.token}")
    client.post("/c/", {"page": "doses", "dose_taken": "extra"})
    again = client.post("/c/", {"page": "doses", "dose_taken": "extra"})
    assert "Please do not take more" in text_of(again)
    here = present(re.search(r'data-here="([^"]+)"', again.content.decode()))[1].replace("&amp;", "&")
    assert text_of(client.get(here)) == text_of(again)
    calmed = client.post("/c/", {"page": "doses", "dose_taken": "planned"})
    assert calmed.status_code == 302
    assert client.get(here).headers["Location"] == "/c/"


@pytest.mark.slow
def test_a_receipt_opened_a_day_later_tells_nobody_what_was_answered(story: Asked, client: Client) -> None:
    client.get(f"/c/{story.token}")
    walk(client, sessions.for_link(story.link), {"opioid": "yes"})
    assert "Do not take them together" in text_of(client.get("/c/"))
    with on(story.occasion.due_at + timedelta(hours=25)):
        client.get(f"/c/{story.token}")
        said = text_of(client.get("/c/"))
    assert "All your answers are saved" in said
    assert "Do not take them together" not in said


@pytest.mark.slow
def test_the_clinics_phone_says_whether_it_is_answered_now(story: Asked, client: Client) -> None:
    client.get(f"/c/{story.token}")
    said = text_of(client.post("/c/", {"page": "doses", "dose_taken": "extra"})).replace("\u00a0", " ")
    assert re.search(r"Call 555-0110 Riverside Clinic \d+, open now, until 5 pm", said)
    with on(NIGHT):
        client.get(f"/c/{story.token}")
        again = client.post("/c/", {"page": "doses", "dose_taken": "extra"})
        said = text_of(again).replace("\u00a0", " ")
    assert "closed now, opens Tuesday 24 November, 8 am" in said


@pytest.mark.slow
def test_who_feels_in_danger_from_others_is_told_of_no_symptom_and_given_a_line(
    story: Asked, client: Client
) -> None:
    client.get(f"/c/{story.token}")
    shown = walk(client, sessions.for_link(story.link), {"s_threat": "yes"})["safety_d"]
    assert shown.index("Are you in danger now?") < shown.index("Call 911") < shown.index("1-800-799-7233")
    assert "National Domestic Violence Hotline, free, day and night" in shown
    assert "Text START to 88788" in shown
    assert "It is not your fault" in shown
    assert "out to harm you" not in shown
    assert ReviewItem.objects.get().severity == "urgent"
    receipt = text_of(client.get("/c/"))
    assert "in danger now?" not in receipt.replace("In danger now?", "")
    assert "1-800-799-7233" not in receipt


@pytest.mark.slow
def test_no_line_is_made_up_for_a_country_that_has_none(client: Client) -> None:
    with on(START):
        story = asked(country="DE")
    with on(story.occasion.due_at):
        client.get(f"/c/{story.token}")
        shown = walk(client, sessions.for_link(story.link), {"s_threat": "yes"})["safety_d"]
    assert "Are you in danger now?" in shown
    assert "Call 112" in shown
    assert "1-800" not in shown


@pytest.mark.slow
def test_at_night_the_one_on_call_is_told_and_when_others_read_without_contradiction(
    story: Asked, client: Client
) -> None:
    with on(NIGHT):
        client.get(f"/c/{story.token}")
        shown = walk(client, sessions.for_link(story.link), {"s_thoughts": "yes"})["safety_b"]
        receipt = text_of(client.get("/c/"))
    for said in (shown, receipt):
        said = said.replace("\u00a0", " ")
        assert "The clinician on call has been told." in said
        assert "Others read answers Monday to Friday, 8 am to 5 pm." in said
        assert "Nobody reads" not in said


@pytest.mark.slow
def test_at_night_in_a_clinic_whose_nights_are_a_services_patients_are_given_its_number(
    client: Client,
) -> None:
    with on(START):
        story = asked()
        day = START.date()
        outside_services.add(
            by=story.clinic.lead,
            name="Night Line",
            phone="555-0188",
            pattern=Pattern.NIGHTS,
            first_day=day,
            last_day=day,
        )
    with on(NIGHT):
        client.get(f"/c/{story.token}")
        steps = walk(client, sessions.for_link(story.link), {"s_thoughts": "yes"})
        pages = [client.get("/c/help"), client.get("/c/")]
    for shown in (steps["safety_b"], *map(text_of, pages)):
        assert "Now Night Line answers for the clinic. Call 555-0188" in shown
    assert "Nobody at the clinic is on call now." in steps["safety_b"]
    assert (
        'href="tel:555-0188"' in pages[0].content.decode()
        or 'href="tel:5550188"' in pages[0].content.decode()
    )


@pytest.mark.slow
def test_at_night_in_a_clinic_that_nobody_watches_nobody_is_said_to_have_been_told(client: Client) -> None:
    with on(START):
        story = asked()
        clinic = story.clinic
        shifts.set_standing(
            by=clinic.lead, first_id=clinic.primary.id, second_id=clinic.second.id, unwatched=True
        )
    with on(NIGHT):
        client.get(f"/c/{story.token}")
        shown = walk(client, sessions.for_link(story.link), {"s_thoughts": "yes"})["safety_b"]
        help_page = text_of(client.get("/c/help"))
    assert "Nobody at the clinic is on call now." in shown
    assert "has been told" not in shown
    assert "Do not wait for us. Use the numbers on this page." in shown
    assert "When the clinic is closed, nobody there is on call." in help_page


@pytest.mark.slow
def test_by_phone_the_same_is_said_to_the_patient_in_their_language(client: Client) -> None:
    story = made("es")
    with on(story.occasion.due_at):
        sign_in(client, story.clinic.staff)
        said = text_of(
            client.post(f"/patients/{story.patient.pk}/checkin", {"page": "doses", "dose_taken": "extra"})
        )
    assert "Por favor" not in said.split("Say to the patient:")[0]
    assert "No maneje." in said
    assert "Do not drive." in said


@pytest.mark.slow
def test_the_first_page_says_hello_how_long_who_reads_and_what_a_worrying_answer_brings(
    story: Asked, client: Client
) -> None:
    client.get(f"/c/{story.token}")
    said = text_of(client.get("/c/")).replace("\u00a0", " ")
    first = said.index("Have you had a fit")
    for sentence in (
        "Hello.",
        "They take about 6 minutes.",
        "You can stop at any time",
        "Your care team reads answers Monday to Friday, 8 am to 5 pm.",
        "We show you help at once",
        "Nobody will blame you.",
    ):
        assert said.index(sentence) < first
    assert said.count("Your care team reads answers") == 1
    assert "They take about 4 minutes." in text_of(client.get("/c/now"))
    client.post("/c/", {"page": "safety_a", "s_fit": "no", "s_seeing": "no"})
    assert "Hello." not in text_of(client.get("/c/"))


def test_every_kind_of_danger_is_walked_through_here() -> None:
    assert {told[2] for told in TOLD} == {one.code for one in dangers.DANGERS}
    assert CALM["dose_taken"] == "planned"


@pytest.mark.slow
def test_at_night_the_same_is_said_in_spanish(client: Client) -> None:
    story = made("es")
    with on(NIGHT):
        client.get(f"/c/{story.token}")
        said = text_of(client.post("/c/", {"page": "doses", "dose_taken": "none"})).replace("\u00a0", " ")
    assert "El profesional de guardia ya está avisado." in said
    assert "Los demás leen las respuestas de lunes a viernes, de 8 a. m. a 5 p. m." in said
    assert "cerrada ahora, abre el martes 24 de noviembre, 8 a. m." in said


@pytest.mark.slow
def test_whoever_comes_back_from_the_help_is_told_which_question_still_needs_an_answer(
    story: Asked, client: Client
) -> None:
    client.get(f"/c/{story.token}")
    subject = sessions.for_link(story.link)
    for code in [page.code for page in Response(responses.look(subject).response.spec).pages]:
        if code == "substances":
            break
        client.post("/c/", {"page": code, **{item: said[0] for item, said in calm(subject, code).items()}})
    part = {"page": "substances", "opioid": "yes", "kratom": "no", "other": "no"}
    assert "This mix can stop your breathing" in text_of(client.post("/c/", part))
    again = client.get("/c/?page=substances")
    assert again.status_code == 200
    assert "One question still needs an answer" in text_of(again)
    assert 'name="opioid" value="yes" checked' in re.sub(r"\s+", " ", again.content.decode())
