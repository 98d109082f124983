"""Staff sessions: a new one at sign-in, a new password ends the others; guesses and forged hosts are refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from plans.models import User
from plans.services.actors import Actor
from tests.clients import client_of
from tests.makers import PASSWORD, ClinicMade
from tests.web.account_messages_help import messages_waiting, path_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LOGIN, NEW = "/accounts/login/", "another quiet river 43"


def address(actor: Actor) -> str:
    return User.objects.get(pk=actor.member_id).email


def sign_in(client: Client, actor: Actor, password: str = PASSWORD, **more: Any) -> Any:
    return client.post(LOGIN, {"login": address(actor), "password": password}, **more)


def is_in(client: Client) -> bool:
    return client.get("/queue").status_code == 200


def test_signing_in_begins_a_session_under_a_new_name(clinic: ClinicMade) -> None:
    client = client_of(clinic.second)
    before = client.cookies["sessionid"].value
    client.post("/accounts/logout/")
    sign_in(client, clinic.primary)
    assert client.cookies["sessionid"].value not in ("", before)
    old = Client()
    old.cookies["sessionid"] = before
    assert not is_in(old)


def test_signing_out_empties_what_the_browser_kept(clinic: ClinicMade) -> None:
    client = client_of(clinic.primary)
    assert "Clear-Site-Data" not in client.get("/queue").headers
    assert client.post("/accounts/logout/").headers["Clear-Site-Data"] == '"cache"'


def test_a_new_password_ends_every_other_session(clinic: ClinicMade) -> None:
    here, elsewhere = client_of(clinic.primary), client_of(clinic.primary)
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert (is_in(here), is_in(elsewhere)) == (True, False)
    assert sign_in(Client(), clinic.primary).status_code == 200
    assert sign_in(Client(), clinic.primary, NEW).status_code == 302


def test_a_forgotten_password_set_anew_ends_every_session(clinic: ClinicMade) -> None:
    elsewhere, here = client_of(clinic.primary), Client()
    here.post("/accounts/password/reset/", {"email": address(clinic.primary)})
    link = path_in(messages_waiting()[-1])
    form = here.get(link, follow=True).request["PATH_INFO"]
    assert here.post(form, {"password1": NEW, "password2": NEW}).status_code == 302
    assert not is_in(elsewhere)
    # The link is of no more use.
    assert b'name="password1"' not in Client().get(link, follow=True).content


def test_who_guesses_passwords_is_kept_waiting_and_others_are_not(clinic: ClinicMade) -> None:
    guesser = Client(REMOTE_ADDR="203.0.113.5")
    for n in range(5):
        assert sign_in(guesser, clinic.primary, f"a wrong guess {n}").status_code == 200
    assert sign_in(guesser, clinic.primary).status_code != 302
    assert not is_in(guesser)
    assert sign_in(Client(REMOTE_ADDR="198.51.100.9"), clinic.second).status_code == 302


@pytest.mark.parametrize(
    "host", ["evil.example.org", "localhost.evil.example.org", "localhost@evil.example.org"]
)
def test_a_forged_host_is_refused_and_stands_in_no_message(clinic: ClinicMade, host: str) -> None:
    sent = {"email": address(clinic.primary)}
    assert Client(headers={"host": host}).post("/accounts/password/reset/", sent).status_code == 400
    Client(headers={"x-forwarded-host": host}).post("/accounts/password/reset/", sent)
    [message] = messages_waiting()
    assert "evil" not in message.text
