"""Cookies that were never ours and headers that no browser sends: a page or a refusal, never a fault."""

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


ODD_HEADERS = (
    {"Referer": "http://["},
    {"Origin": "http://["},
    {"HX-Request": "true", "HX-Current-URL": "http://["},
    {"HX-Current-URL": "http://["},
    {"HX-Request": "true", "HX-Current-URL-URI-AutoEncoded": "true", "HX-Current-URL": "%5B"},
    {"Accept-Language": "x" * 8000},
    {"User-Agent": "\x80" * 300},
    {"Cookie": 'messages="\\000"; csrftoken="a\\000"; forms="\\377"; language=../x; =;;'},
)


@pytest.mark.slow
def test_a_header_that_no_browser_sends_is_passed_over() -> None:
    for headers in ODD_HEADERS:
        for path in ("/queue", "/c/", "/accounts/login/"):
            for method in ("get", "post"):
                answer = getattr(Client(enforce_csrf_checks=True), method)(path, headers=headers)
                assert answer.status_code < 500, (headers, path)
