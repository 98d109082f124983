"""Acts that a session left open must not do: who posts has signed in, or shown who they are, just before."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from plans.models import Membership, User
from plans.services import clock
from tests.clients import client_of
from tests.factors import code_of, give_app
from tests.makers import PASSWORD, ClinicMade
from tests.web.access_world import routes

pytestmark = pytest.mark.django_db

CONFIRMED = {
    "member-add",
    "invitation-withdraw",
    "member",
    "member-second-step",
    "settings-second-step",
    "mfa_index",
    "rota-standing",
    "rota-add",
    "rota-shift",
    "rota-leave",
    "rota-leave-cancel",
    "rota-feeds",
    "rota-services",
    "rota-service",
    "downtime",
    "patient-copy",
    "patient-file",
    "patient-merge",
    "patient-move",
    "move",
}
"""Team, rota, what carries a patient away, and one's own factors."""

NEW = {"name": "Dr New Person", "email": "new@clinic.example.org", "role": "clinician"}
ADD = "/settings/people/add"


def added() -> bool:
    return Membership.objects.filter(user__email=NEW["email"]).exists()


def left_open(clinic: ClinicMade) -> Client:
    """A session of the lead that is used, but began twelve minutes ago; call it inside `later`."""
    client = client_of(clinic.lead)
    client.get("/queue")
    return client


def test_the_acts_are_those_that_the_list_names() -> None:
    assert {route.name for route in routes() if getattr(route.view, "confirmed", False)} == CONFIRMED


def test_right_after_signing_in_nothing_is_asked(clinic: ClinicMade) -> None:
    assert client_of(clinic.lead).post(ADD, NEW).headers["Location"] == "/settings/people"
    assert added()


def test_later_the_password_is_asked_and_what_was_sent_is_then_done(clinic: ClinicMade) -> None:
    client = left_open(clinic)
    with time_machine.travel(clock.real_now() + timedelta(minutes=12)):
        asked = client.post(ADD, NEW)
        assert asked.headers["Location"].startswith("/accounts/reauthenticate/")
        assert not added()
        page = client.get(asked.headers["Location"])
        assert b"Show that it is you" in page.content
        wrong = client.post(asked.headers["Location"], {"password": "not this one at all"})
        assert wrong.status_code == 200
        assert not added()
        done = client.post(asked.headers["Location"], {"password": PASSWORD})
        assert done.headers["Location"] == "/settings/people"
        assert added()
        # For the next minutes nothing is asked again.
        again = client.post(ADD, {**NEW, "email": "second@clinic.example.org"})
        assert again.headers["Location"] == "/settings/people"


@pytest.mark.slow
def test_looking_is_never_asked_for(clinic: ClinicMade) -> None:
    client = left_open(clinic)
    with time_machine.travel(clock.real_now() + timedelta(minutes=12)):
        assert client.get("/settings/people").status_code == 200
        assert client.get(f"/settings/people/{clinic.primary.id}").status_code == 200


@pytest.mark.slow
def test_a_code_shows_it_as_well(clinic: ClinicMade) -> None:
    secret, client = give_app(clinic.lead), left_open(clinic)
    with time_machine.travel(clock.real_now() + timedelta(minutes=12)):
        asked = client.post(ADD, NEW)
        other = asked.headers["Location"].replace(
            "/accounts/reauthenticate/", "/accounts/2fa/reauthenticate/"
        )
        assert client.post(other, {"code": code_of(secret)}).headers["Location"] == "/settings/people"
    assert added()


@pytest.mark.slow
def test_guesses_of_the_password_are_slowed_down(clinic: ClinicMade) -> None:
    client = left_open(clinic)
    with time_machine.travel(clock.real_now() + timedelta(minutes=12), tick=False):
        page = client.post(ADD, NEW).headers["Location"]
        for n in range(6):
            shown = client.post(page, {"password": f"a wrong guess {n}"})
        assert b"Too many tries" in shown.content
    assert User.objects.get(pk=clinic.lead.member_id).is_active
