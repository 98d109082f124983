"""Unknown links are limited, known ones only far beyond what anybody answers; a form without its cookie gets help."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client

from plans.domain.errors import Refused
from plans.models import CheckIn, Patient
from plans.services import links, mail_choices
from tests.makers_checkins import START, Asked, asked, on
from tests.web.patient_story import Story
from tests.web.test_checkin_pages import post, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Iterator[Asked]:
    with on(START):
        made = asked()
    with on(made.occasion.due_at):
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("where", ["c", "p", "y", "m", "q"])
def test_the_twenty_first_unknown_link_of_a_minute_waits(story: Asked, client: Client, where: str) -> None:
    answers = [client.get(f"/{where}/{n:043}").status_code for n in range(21)]
    assert answers == [404] * 20 + [429]
    last = client.get(f"/{where}/{'x' * 43}")
    assert last.headers["Retry-After"] == "60"
    assert "Get help now" in text_of(last)


@pytest.mark.slow
def test_somebody_else_is_not_kept_waiting(story: Asked, client: Client) -> None:
    for n in range(25):
        client.get(f"/c/{n:043}")
    assert client.get("/c/" + "A" * 43, REMOTE_ADDR="203.0.113.7").status_code == 404


@pytest.mark.slow
def test_a_forged_forwarding_header_does_not_help(story: Asked, client: Client) -> None:
    for n in range(25):
        client.get(f"/c/{n:043}", headers={"x-forwarded-for": f"203.0.113.{n}"})
    assert client.get("/c/" + "A" * 43, headers={"x-forwarded-for": "198.51.100.1"}).status_code == 429


@pytest.mark.slow
def test_a_known_link_and_its_answers_are_not_limited_by_unknown_ones(story: Asked, client: Client) -> None:
    for n in range(25):
        client.get(f"/c/{n:043}")
    assert client.get(f"/c/{story.token}").status_code == 302
    assert post(client, "safety_a", s_fit="yes", s_seeing="no").status_code == 200
    assert CheckIn.objects.get().answers["s_fit"] == "yes"


@pytest.mark.slow
def test_a_form_without_its_cookie_says_so_and_shows_help_where_it_speaks_of_danger(story: Asked) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.get(f"/c/{story.token}")
    response = post(strict, "safety_b", s_thoughts="yes")
    said = text_of(response)
    assert response.status_code == 403
    assert "Nothing was saved" in said
    assert "Talk to someone now" in said
    assert not CheckIn.objects.exists()
    calm = text_of(post(strict, "safety_b", s_thoughts="no"))
    assert "Nothing was saved" in calm
    assert "Talk to someone now" not in calm


@pytest.mark.slow
def test_a_form_changed_without_end_is_told_to_wait_with_help_where_it_speaks_of_danger(
    story: Asked, client: Client
) -> None:
    client.get(f"/c/{story.token}")
    post(client, "safety_a", s_fit="skip", s_seeing="no")
    CheckIn.objects.update(revision=60)
    waits = post(client, "safety_a", s_fit="no", s_seeing="no")
    said = text_of(waits)
    assert (waits.status_code, waits.headers["Retry-After"]) == (429, "60")
    assert "We did not get your answer" in said
    assert "Wait a little, then press Next again" in said
    # What was chosen is still on the page.
    assert 'name="s_fit" value="no" checked' in waits.content.decode()
    assert post(client, "safety_a", s_fit="yes", s_seeing="no").status_code == 200
    assert CheckIn.objects.get().answers["s_fit"] == "yes"


@pytest.mark.slow
def test_choices_changed_without_end_draw_no_more_documents_and_stopping_is_never_refused(
    begun: Story, client: Client, standing_clock: Any
) -> None:
    token = links.token_of(links.lasting(purpose=links.LinkPurpose.MAIL, patient=begun.patient))
    client.get(f"/m/{token}")
    for _time in range(mail_choices.MOST_A_DAY):
        assert client.post("/m/", {"act": "stop"}).headers["Location"].endswith("?stopped")
        assert client.post("/m/", {"act": "start"}).headers["Location"].endswith("?started")
    assert client.post("/m/", {"act": "stop"}).headers["Location"].endswith("?stopped")
    refused = client.post("/m/", {"act": "start"})
    assert refused.status_code == 429
    assert "changed this very often today" in text_of(refused)
    link = links.look(token, links.LinkPurpose.MAIL)
    with pytest.raises(Refused):
        mail_choices.change(link, weekday=3, at=time(9), zone="Europe/Madrid", language="es")
    now = Patient.objects.get(pk=begun.patient.pk)
    assert (now.mail_state, now.language) == ("opted_out", begun.patient.language)
    standing_clock.shift(timedelta(days=1))
    assert mail_choices.start(link)
