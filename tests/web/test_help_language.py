"""Help in the reader's language: it stands in every link to help; plain links change it where no patient is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from plans.dispatch import messages
from plans.models import Occasion, PatientSession
from plans.services import links
from plans.services.links import LinkPurpose
from tests.makers_checkins import START, Asked, asked, on
from tests.web.patient_story import give
from tests.web.test_checkin_pages import text_of

pytestmark = pytest.mark.django_db

PLANS = Path(messages.__file__).resolve().parents[1]
TEMPLATES = PLANS.parent / "templates"
SPANISH_TITLE = "Hable con alguien ahora"
OTHER = re.compile(r'<nav class="languages".*?</nav>', re.DOTALL)


@pytest.fixture
def story() -> Iterator[Asked]:
    """A Spanish patient with a check-in open."""
    with on(START):
        made = asked(language="es")
    with on(made.occasion.due_at):
        yield made


@pytest.fixture
def phone() -> Client:
    """A phone whose owner reads Spanish and which is set to English."""
    return Client(headers={"accept-language": "en-US,en;q=0.9"})


def token(story: Asked, purpose: LinkPurpose) -> str:
    of_plan: dict[str, Any] = (
        {"plan": story.plan} if purpose in (LinkPurpose.PLAN, LinkPurpose.DOCUMENT) else {}
    )
    if purpose is LinkPurpose.DOCUMENT:
        of_plan = {"plan": story.plan, "version": story.plan.active_version}
    return links.token_of(links.lasting(purpose=purpose, patient=story.patient, **of_plan))


def links_to_help(response: Any) -> set[str]:
    """Every address of whom to call on a page, but those of the other languages."""
    page = OTHER.sub("", response.content.decode())
    found = re.findall(r'href="(/help/[^"]*|/c/help[^"]*)"', page)
    return {address.replace("&amp;", "&") for address in found}


def language_of(response: Any) -> str:
    found = re.search(r'<html lang="([^"]+)"', response.content.decode())
    assert found
    return found[1]


def pages_of(story: Asked, phone: Client) -> dict[str, Any]:
    """Every page that this patient can come to, by its address."""
    opened: dict[str, Any] = {}

    def look(*addresses: str) -> None:
        for address in addresses:
            opened[address] = phone.get(address, follow=True)

    look(f"/c/{story.token}", "/c/about", "/c/stop", "/c/help", "/c/now")
    look(f"/p/{token(story, LinkPurpose.PLAN)}")
    opened["wrong year"] = give(phone, "19")
    give(phone, str(story.patient.born.year))
    look("/p/", "/p/calendar", "/p/calendar.pdf", "/p/about", "/p/feed")
    look(f"/y/{token(story, LinkPurpose.CONFIRM)}", f"/m/{token(story, LinkPurpose.MAIL)}")
    look(f"/q/{token(story, LinkPurpose.DOCUMENT)}")
    PatientSession.objects.update(expires_at=START - timedelta(hours=1))
    look("/c/?over", "/p/?over", "/m/?over", "/c/help?over")
    links.revoke_all(story.patient)
    look(f"/p/{token(story, LinkPurpose.PLAN)}?new")
    return opened


@pytest.mark.slow
def test_every_link_to_help_of_a_spanish_patient_leads_to_spanish_help_on_an_english_phone(
    story: Asked, phone: Client
) -> None:
    opened = pages_of(story, phone)
    addresses = {address for response in opened.values() for address in links_to_help(response)}
    assert {name for name, response in opened.items() if language_of(response) != "es"} == set()
    assert len(addresses) >= 3
    for address in addresses:
        assert language_of(Client(headers={"accept-language": "en"}).get(address)) == "es", address


@pytest.mark.slow
def test_a_link_to_help_out_of_an_ended_session_still_opens_in_spanish(story: Asked, phone: Client) -> None:
    phone.get(f"/c/{story.token}")
    (address,) = links_to_help(phone.get("/c/"))
    stranger = Client(headers={"accept-language": "en"}).get(address)
    assert (stranger.status_code, language_of(stranger)) == (403, "es")


def test_no_page_message_or_document_of_ours_makes_a_link_to_help_without_a_language() -> None:
    """`help` needs a country and a language; the old address is for what was sent before, and nothing else is typed."""
    for path in [*PLANS.rglob("*.py"), *TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.txt")]:
        text = path.read_text("utf-8")
        assert path.parent.name == "help" or "help-any-language" not in text, path
        assert not re.search(r"""["'=/]/?help/(?!<)\w""", text), path


@pytest.mark.slow
def test_no_message_leads_to_help_in_another_language(story: Asked) -> None:
    for page in messages_of(story):
        for address in re.findall(r"https?://[^\s\"<]+", page):
            assert "/help" not in address or address.endswith("/es"), address


def messages_of(story: Asked) -> list[str]:
    """Every message to patients, as text and as HTML, in the patient's language."""
    from django.template.loader import render_to_string
    from django.utils import translation

    with translation.override(story.patient.language):
        return [
            render_to_string(str(path.relative_to(TEMPLATES)), {"emergency": "911", "minutes": 2})
            for path in sorted((TEMPLATES / "messages").rglob("body.*"))
        ]


@pytest.mark.parametrize("country", ["US", "us", "any", "zz"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_address_says_in_which_language_help_opens(client: Client, country: str, language: str) -> None:
    other = {"en": "es", "es": "en"}[language]
    response = client.get(f"/help/{country}/{language}", headers={"accept-language": other})
    assert (response.status_code, language_of(response)) == (200, language)
    switch = OTHER.findall(response.content.decode())
    assert f'href="/help/{country}/{other}" lang="{other}" hreflang="{other}"' in switch[0]


def test_the_old_address_of_help_still_opens(client: Client) -> None:
    assert SPANISH_TITLE in text_of(client.get("/help/US", headers={"accept-language": "es-MX"}))
    assert language_of(client.get("/help/US", headers={"accept-language": "en"})) == "en"


def test_a_language_nobody_here_speaks_never_keeps_anybody_from_help(client: Client) -> None:
    response = client.get("/help/US/xx", headers={"accept-language": "es"})
    assert (response.status_code, language_of(response)) == (200, "es")


def test_help_sets_no_cookie_to_know_the_language(client: Client) -> None:
    assert not client.get("/help/US/es").cookies


@pytest.mark.slow
def test_pages_without_a_patient_can_be_read_in_the_other_language(story: Asked, phone: Client) -> None:
    year = f"/p/{token(story, LinkPurpose.PLAN)}"
    phone.get(year)
    document = f"/q/{token(story, LinkPurpose.DOCUMENT)}"
    over = Client(headers={"accept-language": "en"})
    links_over = {"/c/": 403, "/p/": 403, "/c/" + "A" * 43: 404, "/q/" + "B" * 22: 404, "/p/" + "C" * 43: 404}
    shown = [(over, address, status, "es") for address, status in links_over.items()]
    shown += [(phone, "/p/", 200, "en"), (phone, "/p/calendar", 200, "en"), (phone, document, 200, "en")]
    for browser, address, status, other in shown:
        first = browser.get(address)
        (switch,) = OTHER.findall(first.content.decode())
        (href,) = re.findall(rf'href="([^"]+)" lang="{other}" hreflang="{other}"', switch)
        second = browser.get(href)
        assert (second.status_code, language_of(first), language_of(second)) == (
            status,
            {"en": "es", "es": "en"}[other],
            other,
        ), address
        assert {f"/{other}" in one for one in links_to_help(second)} == {True}, address


@pytest.mark.slow
def test_a_revoked_link_speaks_the_language_of_its_message_and_can_be_read_in_the_other(
    story: Asked, phone: Client
) -> None:
    links.revoke_all(story.patient)
    response = phone.get(f"/c/{story.token}")
    assert (response.status_code, language_of(response)) == (410, "es")
    assert language_of(phone.get(f"/c/{story.token}?lang=en")) == "en"


@pytest.mark.slow
def test_a_check_in_that_has_closed_can_be_read_in_the_other_language(story: Asked, phone: Client) -> None:
    with on(Occasion.objects.get(pk=story.occasion.pk).due_at + timedelta(days=30)):
        phone.get(f"/c/{story.token}")
        assert language_of(phone.get("/c/")) == "es"
        assert "This check-in closed on" in text_of(phone.get("/c/?lang=en"))


@pytest.mark.slow
def test_a_wrong_year_is_answered_in_the_language_that_was_chosen(story: Asked, phone: Client) -> None:
    phone.get(f"/p/{token(story, LinkPurpose.PLAN)}")
    page = phone.get("/p/?lang=en").content.decode()
    (action,) = re.findall(r'<form action="([^"]+)"', page)
    response = phone.post(action, {"year": "19", "here": "/p/"})
    assert "Type the year with four figures" in text_of(response)
    (switch,) = OTHER.findall(response.content.decode())
    assert 'href="/p/?lang=es"' in switch


@pytest.mark.slow
def test_after_the_year_the_plan_is_in_the_language_of_the_patient(story: Asked, phone: Client) -> None:
    phone.get(f"/p/{token(story, LinkPurpose.PLAN)}")
    phone.post("/p/fact?lang=en", {"fact": str(story.patient.born.year), "here": "/p/"})
    assert language_of(phone.get("/p/?lang=en")) == "es"


@pytest.mark.slow
def test_an_answer_lost_with_its_session_is_answered_in_the_language_of_the_patient(
    story: Asked, phone: Client
) -> None:
    phone.get(f"/c/{story.token}")
    PatientSession.objects.update(expires_at=START - timedelta(hours=1))
    response = phone.post("/c/", {"page": "safety_a", "s_fit": "yes"})
    assert (response.status_code, language_of(response)) == (403, "es")
    (switch,) = OTHER.findall(response.content.decode())
    assert 'href="/help/any/en"' in switch


@pytest.mark.slow
def test_an_ended_session_tells_its_language_for_a_day_and_opens_nothing(story: Asked, phone: Client) -> None:
    phone.get(f"/c/{story.token}")
    key = phone.cookies["tp_c"].value
    end = PatientSession.objects.get().expires_at
    links.forget_sessions(end + timedelta(hours=23))
    assert links.language_of_session(key) == "es"
    links.forget_sessions(end + timedelta(hours=25))
    assert links.language_of_session(key) == ""


@pytest.mark.slow
def test_in_spanish_988_is_named_in_spanish_and_says_which_key_to_press(story: Asked, phone: Client) -> None:
    phone.get(f"/c/{story.token}")
    for address in ("/help/US/es", "/c/help"):
        response = phone.get(address)
        said = text_of(response)
        assert "Línea 988 de Prevención del Suicidio y Crisis" in said
        assert "oprima 2" in said
        assert "Envíe AYUDA al 988" in said
        assert 'href="sms:988?body=AYUDA"' in response.content.decode()
    assert "llame al 988 y oprima 2" in text_of(phone.get("/c/"))


def test_in_english_no_key_is_named_and_the_options_for_deaf_people_are(client: Client) -> None:
    said = text_of(client.get("/help/US/en"))
    assert "press 2" not in said
    assert "Sign language by video (ASL): 988" in said
    assert "TTY or relay: first 711, then 988" in said
    assert "unverified" not in said


def test_a_line_that_does_not_answer_in_the_readers_language_says_so(client: Client) -> None:
    assert "contesta en inglés" in text_of(client.get("/help/GB/es"))
    assert "answers in English" not in text_of(client.get("/help/GB/en"))
