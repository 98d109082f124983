"""The fixtures that guard every test do fail when they should."""

from __future__ import annotations

import smtplib
from contextlib import suppress
from email.message import EmailMessage
from typing import Any

import pytest
from django.db import connection
from django.template import Context, Template

from tests.fixtures import guards


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["{{ ask }}", "{% if ask == 1 %}{% endif %}"])
def test_a_template_that_asks_the_database_is_refused(text: str) -> None:
    def ask() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return 1

    with suppress(guards.SqlWhileRendering):
        Template(text).render(Context({"ask": ask}))
    assert guards._watch.found
    guards._watch.found.clear()


def test_a_message_is_on_disk_once_the_receiver_has_said_so(mail_receiver: Any) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "a@example.org",
        "b@example.org",
        "A message from your clinic",
    )
    message["Message-ID"] = "<1@example.org>"
    message.set_content("Grüße")
    with smtplib.SMTP("127.0.0.1", mail_receiver.port) as client:
        client.send_message(message)
    [kept] = mail_receiver.mailbox.received()
    assert (kept.recipients, kept.message_id) == (("b@example.org",), "<1@example.org>")
    assert mail_receiver.mailbox.message(kept).get_content().strip() == "Grüße"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_browser_opens_a_page_of_ours(make_page: Any, settings: Any) -> None:
    settings.ROOT_URLCONF = "plans.web.health_urls"
    page = make_page(javascript=False)
    answer = page.goto("/healthz")
    assert (answer.status, page.text_content("body").strip()) == (200, "ok")
