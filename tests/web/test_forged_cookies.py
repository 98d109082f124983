"""Cookies that were never ours: a page or a refusal, never a fault."""

from __future__ import annotations

import pytest
from django.test import Client

from plans.services.session_store import SessionStore

pytestmark = pytest.mark.django_db
FORGED = ("a" * 31 + "\0", "a\0b", "é" * 32, "' OR 1=1 --" * 3, "9" * 5000)


def test_a_session_key_that_nobody_gave_out_opens_nothing_and_one_that_was_opens_its_session() -> None:
    made = SessionStore()
    made["who"] = "somebody"
    made.create()
    assert SessionStore(made.session_key)["who"] == "somebody"
    assert [dict(SessionStore(key).items()) for key in FORGED] == [{}] * len(FORGED)


@pytest.mark.slow
def test_a_page_takes_a_session_key_that_nobody_gave_out_for_none(client: Client) -> None:
    for path in ("/queue", "/c/"):
        client.cookies.clear()
        honest = client.get(path)
        for key in FORGED:
            client.cookies["sessionid"] = key
            forged = client.get(path)
            assert (forged.status_code, forged.get("Location")) == (
                honest.status_code,
                honest.get("Location"),
            ), key
