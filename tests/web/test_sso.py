"""Signing in through a clinic's own system: whom it lets in, with which role, and where such a session may work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from plans.models import Clinic, Membership, User
from plans.services import clock, invitations
from plans.services.actors import Actor, Role
from taperplan import env, sso
from tests import oidc as oidc_server
from tests.clients import client_of
from tests.makers import PASSWORD, ClinicMade, make_clinic, make_member
from tests.oidc import CLIENT, SECRET, Oidc
from tests.web.account_messages_help import messages_waiting

pytestmark = pytest.mark.django_db

FILE = """
[harbour]
name = "Harbour Hospital"
url = "{url}"
client_id = "{client}"
secret = "{secret}"
clinic = "{clinic}"
[harbour.roles]
leads = "lead"
doctors = "clinician"
desk = "staff"
"""


def address(actor: Actor) -> str:
    return User.objects.get(pk=actor.member_id).email


@pytest.fixture
def oidc(clinic: ClinicMade, settings: Any, tmp_path: Path) -> Iterator[Oidc]:
    """The clinic's own system, which vouches for its first clinician."""
    with oidc_server.running() as found:
        path = tmp_path / "sso.toml"
        path.write_text(FILE.format(url=found.url, client=CLIENT, secret=SECRET, clinic=clinic.id))
        settings.SSO_PROVIDERS, apps = sso.read(str(path))
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": apps, "OAUTH_PKCE_ENABLED": True}}
        found.claims = {
            "sub": "u-1",
            "email": address(clinic.primary),
            "email_verified": True,
            "name": "Dr Primary",
            "groups": ["doctors", "football"],
        }
        yield found


def through(client: Client, *, state: str = "") -> Any:
    """Go to the provider and come back."""
    away = client.get("/accounts/oidc/harbour/login/")
    assert away.status_code == 302
    asked = parse_qs(urlsplit(away.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    return client.get(
        "/accounts/oidc/harbour/login/callback/", {"code": "1", "state": state or asked["state"][0]}
    )


def is_in(client: Client) -> bool:
    return client.get("/queue").status_code == 200


def test_the_sign_in_page_offers_it_only_where_it_is_set_up(
    clinic: ClinicMade, oidc: Oidc, settings: Any
) -> None:
    assert "Sign in through Harbour Hospital" in Client().get("/accounts/login/").content.decode()
    settings.SSO_PROVIDERS, settings.SOCIALACCOUNT_PROVIDERS = (), {}
    assert b"Sign in through" not in Client().get("/accounts/login/").content
    assert Client().get("/accounts/oidc/harbour/login/").status_code == 404


@pytest.mark.slow
def test_a_member_is_known_by_the_verified_address_and_told_once(clinic: ClinicMade, oidc: Oidc) -> None:
    for _ in range(2):
        client = Client()
        assert through(client).status_code == 302
        assert is_in(client)
    assert SocialAccount.objects.get().user_id == clinic.primary.id
    told = [one for one in messages_waiting() if "clinic’s own system was added" in one.text]
    assert len(told) == 1


@pytest.mark.slow
def test_somebody_new_becomes_a_member_with_the_role_of_their_group(clinic: ClinicMade, oidc: Oidc) -> None:
    oidc.claims |= {"sub": "u-2", "email": "new@clinic.example.org", "name": "Ms New", "groups": ["desk"]}
    client = Client()
    through(client)
    assert is_in(client)
    place = Membership.objects.get(user__email="new@clinic.example.org")
    assert (place.clinic_id, place.role, place.user.name) == (clinic.id, "staff", "Ms New")
    assert not place.user.has_usable_password()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"groups": ["football"]}, b"gives you no role"),
        ({"groups": None}, b"gives you no role"),
        ({"sub": "u-3", "email_verified": False}, b"did not say that your e-mail address is verified"),
        ({"sub": "u-3", "email": "no address"}, b"did not say that your e-mail address is verified"),
    ],
)
def test_who_has_no_role_or_no_verified_address_is_not_let_in(
    clinic: ClinicMade, oidc: Oidc, change: dict[str, object], words: bytes
) -> None:
    oidc.claims |= change
    client = Client()
    back = through(client)
    assert back.status_code == 403
    assert words in back.content
    assert not is_in(client)


@pytest.mark.slow
def test_an_account_of_another_clinic_is_not_taken_over(clinic: ClinicMade, oidc: Oidc) -> None:
    other = make_clinic()
    oidc.claims |= {"sub": "u-4", "email": address(other.lead)}
    client = Client()
    assert b"Ask the lead of this clinic for an invitation" in through(client).content
    assert not is_in(client)
    assert not SocialAccount.objects.exists()


@pytest.mark.slow
def test_an_ended_membership_is_not_opened_again(clinic: ClinicMade, oidc: Oidc) -> None:
    through(Client())
    Membership.objects.filter(user_id=clinic.primary.member_id).update(is_active=False)
    assert b"Your membership of this clinic has ended" in through(Client()).content


@pytest.mark.slow
def test_the_role_follows_the_group_but_the_last_lead_stays(clinic: ClinicMade, oidc: Oidc) -> None:
    second = make_member(clinic.id, Role.READER)
    oidc.claims |= {"sub": "u-5", "email": address(second), "groups": ["doctors"]}
    through(Client())
    assert Membership.objects.get(user_id=second.member_id).role == "clinician"
    oidc.claims |= {"sub": "u-6", "email": address(clinic.lead), "groups": ["desk"]}
    client = Client()
    through(client)
    assert is_in(client)
    assert Membership.objects.get(user_id=clinic.lead.member_id).role == "lead"


@pytest.mark.slow
def test_such_a_session_works_in_its_own_clinic_and_nowhere_else(clinic: ClinicMade, oidc: Oidc) -> None:
    other = make_clinic(name="The Other Clinic")
    make_member(other.id, email=address(clinic.primary))
    client = Client()
    through(client)
    assert is_in(client)
    assert b"The Other Clinic" not in client.get("/clinics").content
    assert client.post("/clinics", {"clinic": str(other.id)}).status_code == 404
    # Nor does it get a factor that would open the other.
    asked = client.get("/accounts/2fa/webauthn/add/")
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/")
    # The password opens both.
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": address(clinic.primary), "password": PASSWORD})
    assert b"The Other Clinic" in client.get("/clinics").content


@pytest.mark.slow
def test_it_vouches_for_no_operator_and_joins_no_other_clinic(clinic: ClinicMade, oidc: Oidc) -> None:
    other = make_clinic(name="The Other Clinic")
    sent = {"name": "Dr P", "email": address(clinic.primary), "role": "clinician"}
    client_of(other.lead).post("/settings/people/add", sent)
    (waits,) = invitations.of_user(clinic.primary.member_id)
    through(client := Client())
    said = client.post("/invitations", {"id": str(waits.id), "do": "accept"}, follow=True)
    assert "Sign in with your password" in said.content.decode()
    assert not Membership.objects.filter(clinic_id=other.id, user_id=clinic.primary.member_id).exists()
    # Who was appointed meanwhile is out, and is neither let in again nor given another role.
    Membership.objects.filter(user_id=clinic.primary.member_id).update(role=Role.OPERATOR.value)
    assert client.get("/installation").status_code == 302
    assert through(Client()).status_code == 403
    assert Membership.objects.get(user_id=clinic.primary.member_id).role == "operator"


@pytest.mark.slow
def test_the_clinics_own_system_stands_for_the_second_step(clinic: ClinicMade, oidc: Oidc) -> None:
    Clinic.objects.filter(pk=clinic.id).update(second_factor_from=clock.real_now().date() - timedelta(days=1))
    client = Client()
    through(client)
    assert is_in(client)
    password = Client()
    password.post("/accounts/login/", {"login": address(clinic.primary), "password": PASSWORD})
    assert password.get("/queue").headers["Location"] == "/account"


@pytest.mark.slow
def test_acts_that_ask_again_lead_to_the_system_and_what_was_typed_is_shown(
    clinic: ClinicMade, oidc: Oidc
) -> None:
    oidc.claims |= {"sub": "u-7", "email": address(clinic.lead), "groups": ["leads"]}
    client = Client()
    through(client)
    with time_machine.travel(clock.real_now() + timedelta(minutes=12)):
        sent = {"name": "Dr New Person", "email": "new@clinic.example.org", "role": "clinician"}
        asked = client.post("/settings/people/add", sent, HTTP_REFERER="http://testserver/settings/people")
        assert b"Dr New Person" in asked.content
        assert b"/accounts/oidc/harbour/login/?next=%2Fsettings%2Fpeople" in asked.content
        through(client)
        assert client.post("/settings/people/add", sent).status_code == 302


def test_an_answer_that_was_not_asked_for_signs_nobody_in(clinic: ClinicMade, oidc: Oidc) -> None:
    client = Client()
    assert through(client, state="made-up").status_code == 403
    assert not is_in(client)
    assert oidc.asked == []


def test_a_system_that_is_down_is_said_plainly(clinic: ClinicMade, oidc: Oidc) -> None:
    oidc.broken = True
    for page in ("login/", "login/callback/?code=1&state=x"):
        shown = Client().get(f"/accounts/oidc/harbour/{page}")
        assert shown.status_code == 403
        assert b"did not answer as it should" in shown.content


@pytest.mark.parametrize("process", ["connect", "redirect"])
def test_nobody_connects_it_to_another_account_of_theirs(
    clinic: ClinicMade, oidc: Oidc, process: str
) -> None:
    assert Client().get("/accounts/oidc/harbour/login/", {"process": process}).status_code == 404


@pytest.mark.parametrize(
    ("was", "becomes", "problem"),
    [
        ('url = "{url}"', 'url = "http://elsewhere.example.org"', "does not begin with https"),
        ('secret = "{secret}"', "", "has no secret"),
        ('clinic = "{clinic}"', 'clinic = "Harbour"', "is no key"),
        ('leads = "lead"\ndoctors = "clinician"\ndesk = "staff"', "", "has no roles"),
        ('leads = "lead"', 'leads = "king"', "has a role that is none"),
        ("[harbour]", "[Harbour Hospital", "cannot be read"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_name_and_without_its_secret(
    tmp_path: Path, was: str, becomes: str, problem: str
) -> None:
    text = FILE.replace(was, becomes).format(
        url="https://login.example.org", client=CLIENT, secret=SECRET, clinic="7" * 32
    )
    path = tmp_path / "sso.toml"
    path.write_text(text)
    with pytest.raises(env.WrongSetting) as refused:
        sso.read(str(path))
    assert "SSO_FILE" in str(refused.value)
    assert SECRET not in str(refused.value)
    assert problem in str(refused.value) or problem == "cannot be read"
