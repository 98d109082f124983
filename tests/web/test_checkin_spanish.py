"""A check-in in Spanish, from the link to the receipt, and the plan page: no English of ours on the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from plans.domain.checkins import forms
from plans.models import CheckIn, Flag, User
from plans.services.checkins import sheets
from tests.makers_checkins import START, Asked, answer_all, asked, calm, on
from tests.web.patient_story import give, token_for
from tests.web.test_checkin_pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Iterator[Asked]:
    with on(START):
        made = asked(language="es")
    with on(made.occasion.due_at):
        yield made


@pytest.mark.slow
def test_the_whole_check_in_runs_in_spanish_without_the_scales_we_have_no_translation_of(
    story: Asked, client: Client
) -> None:
    client.get(f"/c/{story.token}")
    subject, seen = sheets.for_link(story.link), ""
    for _turn in range(40):
        sheet = sheets.look(subject)
        if sheet.sent:
            break
        page = forms.place(sheet.ask, sheet.answers) or forms.pages(sheet.ask, sheet.answers)[-1]
        seen += text_of(client.get(f"/c/?page={page.code}"))
        client.post("/c/", {"page": page.code, **{k: v[0] for k, v in calm(subject, page.code).items()}})
    receipt = client.get("/c/")
    assert '<html lang="es">' in receipt.content.decode()
    assert "Gracias. Todas sus respuestas están guardadas." in text_of(receipt)
    for spanish in (
        "En los últimos 7 días:",
        "¿Ha tenido dolor en el pecho?",
        "Prefiero no decirlo",
        "Siguiente",
        "Atrás",
    ):
        assert spanish in seen
    for english in ("In the last", "Next", "rather not say", "Question", "Over the last"):
        assert english not in seen
    assert CheckIn.objects.get().scores == {}


@pytest.mark.slow
def test_the_crisis_is_told_in_spanish(story: Asked, client: Client) -> None:
    client.get(f"/c/{story.token}")
    client.post("/c/", {"page": "safety_a", "s_fit": "no", "s_seeing": "no"})
    said = text_of(client.post("/c/", {"page": "safety_b", "s_thoughts": "yes"}))
    assert "Hable con alguien ahora" in said
    assert "Llamar al 988" in said
    assert "Talk to someone" not in said


@pytest.mark.slow
def test_the_plan_page_says_what_to_take_in_spanish(story: Asked, client: Client) -> None:
    client.get(f"/p/{token_for(story.patient, story.plan)}")
    give(client, "1979")
    said = text_of(client.get("/p/"))
    assert "Tome hoy" in said
    assert "tableta" in said
    for english in ("tablet ", "Take", "Night", "How far", "I took it"):
        assert english not in said


@pytest.mark.slow
def test_without_the_scales_low_mood_and_danger_still_reach_the_queue_and_the_page_says_what_was_not_asked(
    story: Asked, client: Client
) -> None:
    answer_all(sheets.for_link(story.link), s_thoughts="yes", s_plan="yes", sx_numb="3", sx_drive="4")
    assert set(Flag.objects.values_list("rule", flat=True)) >= {"U3", "H3", "R3"}
    client.force_login(User.objects.get(pk=story.clinic.reader.id))
    assert "no published translation" in text_of(client.get(f"/checkins/{CheckIn.objects.get().pk}"))
    assert "PHQ and GAD are not asked" in text_of(client.get(f"/patients/{story.patient.pk}"))
