"""After the session ends, people are redirected to the sign-in, as a whole page, and then back to where they were."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db
HOST = "http://testserver"


def led_back_to(address: str) -> str:
    """The page that a sign-in at this address leads to."""
    at = urlsplit(address)
    assert at.path == reverse("account_login")
    return parse_qs(at.query)["next"][0]


def test_a_part_of_a_page_is_not_replaced_by_the_sign_in() -> None:
    shown = f"{HOST}/queue?tab=mine"
    answer = Client().get(reverse("queue-fresh"), headers={"HX-Request": "true", "HX-Current-URL": shown})
    assert answer.status_code == 204
    assert led_back_to(answer.headers["HX-Redirect"]) == "/queue?tab=mine"


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        (f"{HOST}/settings/rules?a=1", "/settings/rules?a=1"),
        ("https://elsewhere.example.org/settings", "/"),
        ("", "/"),
    ],
)
def test_a_form_sent_after_signing_out_leads_back_to_its_page(referer: str, back: str) -> None:
    answer = Client().post(reverse("rules-save"), headers={"Referer": referer})
    assert answer.status_code == 302
    assert led_back_to(answer.headers["Location"]) == back


def test_a_page_leads_back_to_itself() -> None:
    assert led_back_to(Client().get("/queue?tab=mine").headers["Location"]) == "/queue?tab=mine"
