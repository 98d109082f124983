"""Short messages: neutral, with code and link, in the clinic's language, and never long."""

from __future__ import annotations

import pytest
from django.conf import settings

from plans.channels import short
from plans.domain.messages import health_words
from plans.domain.notices import MESSAGES, Audience
from plans.domain.reaching import ReplyAnswer
from tests.channels.email.test_rendering import facts

STAFF = [notice.code for notice in MESSAGES.values() if notice.audience is Audience.STAFF]
LANGUAGES = [code for code, _ in settings.LANGUAGES]
LINK = "https://go.example.org/k/" + "a" * 43


def said(notice: str, **changes: object) -> str:
    given = {"link": "https://go.example.org/queue", "about": "text", "whom": "Dr B. Sample", **changes}
    return short.write(facts(notice, first_name="Quill", **given)).text


def test_an_urgent_alert_is_one_line_with_its_code_and_its_link() -> None:
    assert said("item_alert", urgent=True, code="4711", code_link=LINK, may_reply=True) == (
        f"Taperplan: an urgent review item. Open the queue or reply 4711. {LINK}"
    )


def test_where_no_reply_can_be_received_none_is_asked_for() -> None:
    assert (
        said("item_alert", code="4711", code_link=LINK) == f"Taperplan: a review item. Open the queue. {LINK}"
    )


def test_one_about_many_says_how_many_and_one_of_unknown_fate_that_it_comes_again() -> None:
    text = said("item_escalated", items=12, repeat=1, code="4711", code_link=LINK)
    assert text == f"Taperplan: 12 review items (sent again). Open the queue. {LINK}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("notice", STAFF)
def test_none_says_anything_of_health_or_names_a_patient(notice: str, language: str) -> None:
    text = said(notice, language=language, code="4711", code_link=LINK, may_reply=True)
    assert health_words(text.replace("Taperplan", "")) == ()
    assert "Quill" not in text
    # Three parts of a text message at most.
    assert len(text) < 440


@pytest.mark.parametrize("answer", list(ReplyAnswer))
def test_every_answer_to_a_reply_has_its_words_and_no_link(answer: ReplyAnswer) -> None:
    english, spanish = (said("reply_answer", about=answer.value, language=code) for code in ("en", "es"))
    assert len(english) > 25
    assert english != spanish
    assert "https" not in english


def test_a_code_for_a_new_number_says_what_a_stranger_should_do() -> None:
    text = said("channel_code", code="123456")
    assert text == "Taperplan: 123456 is the code for your alerts. Not yours? Ignore it."
