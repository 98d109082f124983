"""Answering from outside: the button behind a link, and what the provider of text messages posts."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from plans.models import Patient, ReplyCode, ReviewEvent, ReviewItem, StaffChannel, Work
from plans.services import clock, reply_codes
from tests.makers import ClinicMade
from tests.reaching_help import NUMBER, alert_of, code_for, confirmed, raised, row_of

pytestmark = pytest.mark.django_db

SECRET = "a-long-enough-secret-of-forty-characters"
URL = "/text/events"


@pytest.fixture
def work(clinic: ClinicMade, patient: Patient, settings: Any) -> Work:
    """An alert that went out as a text message."""
    settings.TEXT_PROVIDER, settings.TEXT_EVENTS_SECRET = "files", SECRET
    confirmed(clinic.primary)
    work = alert_of(raised(clinic.id, patient), clinic.primary)
    code_for(work, StaffChannel.objects.get().pk)
    Work.objects.filter(pk=work.pk).update(state="sent", settled_at=clock.now())
    return work


@pytest.fixture
def phone() -> Client:
    """A browser that nobody signed in with; forged forms are refused."""
    return Client(enforce_csrf_checks=True)


def link(work: Work) -> str:
    return f"/k/{reply_codes.token_of(row_of(work))}"


def press(phone: Client, address: str) -> str:
    phone.get(address)
    token = phone.cookies["csrftoken"].value
    return phone.post(address, {"csrfmiddlewaretoken": token}).content.decode()


@pytest.mark.slow
def test_opening_the_link_changes_nothing_and_the_button_acknowledges(work: Work, phone: Client) -> None:
    page = phone.get(link(work)).content.decode()
    assert "I have seen it" in page
    assert row_of(work).answered_at is None
    assert "Noted: no repeats to you for ten minutes" in press(phone, link(work))
    assert "I have seen it" not in phone.get(link(work)).content.decode()
    assert ReviewEvent.objects.get(kind="acknowledged").facts == {"how": "link"}


def test_the_page_tells_a_finder_nothing(work: Work, phone: Client, clinic: ClinicMade) -> None:
    response = phone.get(link(work))
    page = response.content.decode()
    item = ReviewItem.objects.select_related("patient", "clinic").get()
    assert item.patient is not None
    for word in (item.patient.name, item.clinic.name, str(item.pk)):
        assert word not in page
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.slow
def test_an_old_link_says_so_and_an_unknown_one_is_not_there(work: Work, phone: Client) -> None:
    ReplyCode.objects.update(expires_at=clock.now())
    assert "This code is too old" in phone.get(link(work)).content.decode()
    assert phone.get(f"/k/{'x' * 43}").status_code == 404


@pytest.mark.slow
def test_a_test_has_its_own_words(work: Work, phone: Client) -> None:
    ReplyCode.objects.update(purpose="test")
    assert "It reached me" in phone.get(link(work)).content.decode()
    assert "Thank you: this channel works" in press(phone, link(work))


# ── the provider ──────────────────────────────────────────────────────────────────────────────────────────────


def post(body: object, *, secret: str = SECRET, **headers: str) -> tuple[int, dict[str, Any]]:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    given = {"authorization": f"Bearer {secret}"} if secret else {}
    response = client.post(
        URL, json.dumps(body), content_type="application/json", headers={**given, **headers}
    )
    return response.status_code, response.json() if "json" in response["Content-Type"] else {}


def reply(work: Work) -> dict[str, str]:
    return {"from": NUMBER, "text": reply_codes.code_of(row_of(work))}


@pytest.mark.slow
def test_a_reply_is_taken_and_answered(work: Work) -> None:
    status, said = post(reply(work))
    assert (status, said["outcome"]) == (200, "noted")
    assert said["answer"].startswith("Noted")
    assert post(reply(work))[1]["outcome"] == "noted_before"


@pytest.mark.slow
def test_a_form_with_the_names_that_providers_use_is_understood(work: Work) -> None:
    given = {"From": NUMBER, "Body": reply(work)["text"], "MessageSid": "SM1"}
    secret = {"authorization": f"Bearer {SECRET}"}
    form = "application/x-www-form-urlencoded"
    response = Client().post(URL, urlencode(given), content_type=form, headers=secret)
    assert response.json()["outcome"] == "noted"
    assert Client().post(URL, given, headers=secret).status_code == 415


def signed(work: Work, *, age: timedelta, said: str = "") -> int:
    """Post a reply that was signed so long ago; `said`: the moment it states in place of that."""
    body = json.dumps(reply(work)).encode()
    moment = str(int((clock.real_now() - age).timestamp()))
    mac = hmac.new(SECRET.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"x-timestamp": said or moment, "x-signature": f"sha256={mac}"}
    return post(reply(work), secret="", **headers)[0]


@pytest.mark.slow
def test_a_signature_of_the_moment_and_the_body_is_as_good_as_the_secret(work: Work) -> None:
    assert signed(work, age=timedelta(minutes=14)) == 200
    assert row_of(work).answered_at is not None


@pytest.mark.parametrize("minutes", [16, -16, 60 * 24 * 365])
def test_an_old_signature_is_not_taken_again(work: Work, minutes: int) -> None:
    assert signed(work, age=timedelta(minutes=minutes)) == 401
    assert row_of(work).answered_at is None


@pytest.mark.parametrize("said", ["9" * 11, "x", "1" * 30])
def test_the_moment_is_part_of_what_is_signed(work: Work, said: str) -> None:
    assert signed(work, age=timedelta(), said=said) == 401


@pytest.mark.parametrize("secret", ["", "wrong", SECRET[:-1], "ö"])
def test_without_the_secret_nothing_is_taken(work: Work, secret: str) -> None:
    headers = {"x-signature": "sha256=" + "0" * 64}
    client = Client(enforce_csrf_checks=True)
    response = client.post(
        URL,
        json.dumps(reply(work)),
        content_type="application/json",
        headers={"authorization": f"Bearer {secret}".encode().decode("latin-1"), **headers},
    )
    assert response.status_code == 401
    assert row_of(work).answered_at is None


def test_where_no_secret_is_set_the_address_does_not_exist(work: Work, settings: Any) -> None:
    settings.TEXT_EVENTS_SECRET = ""
    assert post(reply(work), secret="")[0] == 404


@pytest.mark.parametrize(
    "body", [[], {}, "4711", {"from": NUMBER}, {"id": "1"}, {"from": [NUMBER], "text": 4}]
)
def test_what_is_neither_a_reply_nor_a_report_is_refused(work: Work, body: object) -> None:
    assert post(body)[0] == 400


def test_a_stranger_s_reply_is_not_answered(work: Work) -> None:
    status, said = post({**reply(work), "from": "+15559999999"})
    assert (status, said) == (200, {"answer": "", "outcome": "unknown_sender"})


@pytest.mark.slow
def test_a_report_says_that_it_was_delivered_or_that_it_was_not(work: Work) -> None:
    StaffChannel.objects.update(worked_at=None)
    assert post({"id": f"{work.pk}@mail.example.org", "status": "delivered"})[1] == {"outcome": "delivered"}
    assert StaffChannel.objects.get().worked_at is not None
    assert row_of(work).answered_at is None
    assert post({"id": f"{work.pk}.1@mail.example.org", "status": "failed"})[0] == 200
    work.refresh_from_db()
    assert (work.state, work.reason) == ("rejected", "channel_refused")
    assert post({"id": str(work.pk), "status": "queued"})[1] == {"outcome": "ignored"}
    assert post({"id": "none of ours", "status": "delivered"})[0] == 400


def test_a_report_that_is_faster_than_our_own_settling_comes_again(work: Work) -> None:
    Work.objects.filter(pk=work.pk).update(
        state="sending", lease_until=clock.real_now(), token="t", settled_at=None
    )
    assert post({"id": f"{work.pk}@mail.example.org", "status": "delivered"})[0] == 503
