"""One's own sign-in: changes are told, sessions are listed and ended, and "it was not me" closes the account."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import signing
from django.test import Client

from plans.domain.signing_in import CredentialChange
from plans.models import AuditEvent, StaffSession, User
from plans.services import credentials, second_factor
from plans.services.actors import Actor
from tests.clients import client_of
from tests.factors import code_of, give_app
from tests.makers import PASSWORD, ClinicMade
from tests.web.account_messages_help import messages_waiting, path_in

pytestmark = pytest.mark.django_db

NEW = "another quiet heron 43"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def signed_in(actor: Actor, **more: Any) -> Client:
    client = Client(**more)
    email = User.objects.get(pk=actor.member_id).email
    assert client.post("/accounts/login/", {"login": email, "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/queue").status_code == 200


def last_message() -> str:
    return messages_waiting()[-1].text


@pytest.mark.slow
def test_a_new_password_is_told(clinic: ClinicMade) -> None:
    client = signed_in(clinic.primary)
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert "The password was changed." in last_message()
    assert is_in(client)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_an_app_is_told_when_it_comes_and_when_it_goes_and_other_sessions_end(clinic: ClinicMade) -> None:
    here, elsewhere = signed_in(clinic.primary), signed_in(clinic.primary)
    secret = here.get("/accounts/2fa/totp/activate/").context["form"].secret
    here.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert "An authenticator app was added." in last_message()
    assert (is_in(here), is_in(elsewhere)) == (True, False)
    here.post("/accounts/2fa/totp/deactivate/")
    assert "The authenticator app was removed." in last_message()
    assert is_in(here)


@pytest.mark.slow
def test_sessions_are_listed_by_browser_and_network_and_ended_one_by_one(clinic: ClinicMade) -> None:
    here = signed_in(clinic.primary, REMOTE_ADDR="198.51.100.9")
    there = signed_in(clinic.primary, HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="203.0.113.5")
    page = here.get("/account").content.decode()
    assert "Firefox, Windows" in page
    assert "203.0.113.5" in page
    row = StaffSession.objects.get(network="203.0.113.5")
    here.post("/account/sessions", {"id": str(row.pk)})
    assert (is_in(here), is_in(there)) == (True, False)
    assert "Firefox, Windows" not in here.get("/account").content.decode()


@pytest.mark.slow
def test_nobody_ends_a_session_of_somebody_else(clinic: ClinicMade) -> None:
    theirs = signed_in(clinic.second)
    row = StaffSession.objects.get(user_id=clinic.second.member_id)
    signed_in(clinic.primary).post("/account/sessions", {"id": str(row.pk)})
    assert is_in(theirs)


def test_all_others_end_at_once_also_those_that_no_list_knows(clinic: ClinicMade) -> None:
    here, there, unlisted = signed_in(clinic.primary), signed_in(clinic.primary), client_of(clinic.primary)
    here.post("/account/sessions", {"do": "others"})
    assert (is_in(here), is_in(there), is_in(unlisted)) == (True, False, False)
    assert [row.here for row in here.get("/account").context["sessions"]] == [True]


@pytest.mark.slow
def test_it_was_not_me_ends_everything_and_takes_back_what_was_added(clinic: ClinicMade) -> None:
    thief = signed_in(clinic.primary)
    give_app(clinic.primary)
    factor = second_factor.own(clinic.primary.member_id)[0].id
    credentials.tell(clinic.primary.member_id, CredentialChange.APP_ADDED, factor_id=factor)
    link = path_in(messages_waiting()[-1])
    # Mail scanners open links.
    assert Client().get(link).status_code == 200
    assert is_in(thief)
    assert b"Your account is closed to others" in Client().post(link).content
    assert not is_in(thief)
    assert not Authenticator.objects.exists()
    email = User.objects.get(pk=clinic.primary.member_id).email
    assert Client().post("/accounts/login/", {"login": email, "password": PASSWORD}).status_code == 200
    assert "/password/reset/key/" in last_message()
    assert AuditEvent.objects.filter(act="member.not_me", clinic_id=clinic.id).count() == 1


def test_it_was_not_me_leaves_a_factor_that_was_there_before(clinic: ClinicMade) -> None:
    give_app(clinic.primary)
    credentials.tell(clinic.primary.member_id, CredentialChange.PASSWORD)
    Client().post(path_in(messages_waiting()[-1]))
    assert second_factor.has_one(clinic.primary.member_id)


@pytest.mark.parametrize("said", ["nothing", ["no key", None], []])
def test_a_link_that_is_not_ours_opens_nothing(clinic: ClinicMade, said: object) -> None:
    token = said if isinstance(said, str) else signing.dumps(said, salt="plans.not_me")
    assert Client().post(f"/n/{token}").status_code == 404
    assert User.objects.get(pk=clinic.primary.member_id).has_usable_password()
