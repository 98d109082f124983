"""A check-in in Spanish, from the link to the receipt, and the plan page: no English of ours on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client

from plans.domain.checkins import instrument_file
from plans.models import CheckIn, Flag, User
from plans.services.checkins import responses, sessions
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
def test_the_whole_check_in_runs_in_spanish_and_the_scales_in_their_published_words(
    story: Asked, client: Client
) -> None:
    client.get(f"/c/{story.token}")
    subject, seen = sessions.for_link(story.link), ""
    for _turn in range(40):
        state = responses.look(subject)
        if state.sent:
            break
        page = state.response.first_open or state.response.pages[-1]
        seen += text_of(client.get(f"/c/?page={page.code}"))
        client.post("/c/", {"page": page.code, **{k: v[0] for k, v in calm(subject, page.code).items()}})
    receipt = client.get("/c/")
    assert '<html lang="es">' in receipt.content.decode()
    assert "Gracias. Todas sus respuestas están guardadas." in text_of(receipt)
    for spanish in (
        "En los últimos 7 días:",
        "¿Ha tenido dolor en el pecho?",
        "Durante las últimas 2 semanas, ¿qué tan seguido ha tenido molestias debido a los siguientes problemas?",
        "Pensamientos de que estaría mejor muerto(a) o de lastimarse de alguna manera",
        "Ha tenido miedo de que algo terrible fuera a pasar",
        "Más de la mitad de los días",
        "mediante una subvención educativa otorgada por Pfizer Inc. No se requiere permiso para reproducir",
        "Prefiero no decirlo",
        "Siguiente",
        "Atrás",
    ):
        assert spanish in seen
    for english in (
        "In the last",
        "Next",
        "rather not say",
        "Question",
        "Over the last",
        "Developed by",
        "permission",
    ):
        assert english not in seen
    assert {code: one["total"] for code, one in CheckIn.objects.get().scores.items()} == {
        "phq2": 0,
        "phq9": 0,
        "gad2": 0,
        "gad7": 0,
    }


@pytest.mark.slow
def test_the_crisis_is_told_in_spanish(story: Asked, client: Client) -> None:
    client.get(f"/c/{story.token}")
    client.post("/c/", {"page": "safety_a", "s_fit": "no", "s_seeing": "no"})
    said = text_of(client.post("/c/", {"page": "safety_b", "s_thoughts": "yes"}))
    assert "Hable con alguien ahora" in said
    assert "Llamar al 988" in said
    # The hour ends the sentence: its own full stop is the sentence's.
    assert re.search(r"antes de las 11\sa\.\sm \. ", said)
    assert "Talk to someone" not in said


@pytest.mark.slow
def test_the_plan_page_says_what_to_take_in_spanish(story: Asked, client: Client) -> None:
    client.get(f"/p/{token_for(story.patient, story.plan)}")
    give(client, "1979")
    said = text_of(client.get("/p/"))
    assert "Para hoy" in said
    assert "tableta" in said
    for english in ("tablet ", "Take", "Night", "How far", "I took it"):
        assert english not in said


@pytest.mark.slow
def test_item_nine_and_high_totals_reach_the_queue_and_staff_read_whose_words_were_asked(
    story: Asked, client: Client
) -> None:
    high = dict.fromkeys((*(f"phq_{n}" for n in range(1, 9)), *(f"gad_{n}" for n in range(1, 8))), "3")
    answer_all(sessions.for_link(story.link), phq_9="2", **high)
    assert set(Flag.objects.values_list("rule", flat=True)) >= {"U3", "H1", "H2"}
    client.force_login(User.objects.get(pk=story.clinic.reader.member_id))
    for page in (f"/checkins/{CheckIn.objects.get().pk}", f"/patients/{story.patient.pk}", "/settings/rules"):
        said = text_of(client.get(page))
        assert "“Spanish for the USA” of phqscreeners.com" in said
        assert "Not verified by a native reader." in said


@pytest.mark.slow
def test_a_response_begun_before_there_was_a_translation_says_what_was_not_asked(
    story: Asked, client: Client
) -> None:
    answer_all(sessions.for_link(story.link))
    checkin = CheckIn.objects.get()
    without = {
        code: n for code, n in checkin.form_version["versions"].items() if code[:3] not in ("phq", "gad")
    }
    CheckIn.objects.update(form_version={**checkin.form_version, "versions": without, "long": []}, scores={})
    client.force_login(User.objects.get(pk=story.clinic.reader.member_id))
    assert "PHQ and GAD were not asked" in text_of(client.get(f"/checkins/{checkin.pk}"))


@pytest.mark.slow
def test_by_phone_the_published_words_are_read_aloud_with_their_meaning_beneath(
    story: Asked, client: Client
) -> None:
    client.force_login(User.objects.get(pk=story.clinic.primary.member_id))
    here = f"/patients/{story.patient.pk}/checkin"
    first = client.get(here)
    said = text_of(first)
    assert "The patient is asked in Spanish" in said
    assert "¿Ha tenido una convulsión (ataque epiléptico) o un desmayo?" in said
    assert "Have you had a fit, a seizure or a blackout?" in said
    assert "Prefiero no decirlo" in said
    assert '<legend lang="es">' in first.content.decode()


@pytest.mark.parametrize(
    ("questionnaire", "item", "said", "never"),
    [
        ("safety", "s_fit", "una convulsión (ataque epiléptico)", "un ataque o"),
        ("safety", "s_seeing", "muy confundido(a)", "mucha confusión"),
        ("safety", "s_threat", "cuando otros pensaban que no era real", "certeza"),
        ("symptoms", "sx_unreal", "como fuera de su cuerpo", "fuera de sí"),
        ("symptoms", "sx_aches", "músculos que saltan", "tirones"),
        ("substances", "other", "para drogarse", "colocarse"),
    ],
)
def test_urgent_questions_ask_what_they_mean_in_spanish(
    questionnaire: str, item: str, said: str, never: str
) -> None:
    text = instrument_file.newest(questionnaire).items[item].texts["es"]
    assert said in text
    assert never not in text


def test_an_answer_in_the_middle_is_moderate_and_not_so_so() -> None:
    options = instrument_file.newest("symptoms").items["sx_numb"].options
    assert [one.texts["es"] for one in options] == ["Nada", "Leve", "Moderado", "Fuerte", "Muy fuerte"]
