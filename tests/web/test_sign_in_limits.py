"""How fast passwords may be tried: strangers are slowed, and nobody can keep a clinician out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from plans.models import Limit, User
from plans.services import limits, sign_ins
from plans.services.actors import Actor
from tests.makers import PASSWORD, ClinicMade, at

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

NOW = at("2026-11-24T10:00+00:00")


@pytest.fixture
def hour() -> Iterator[Any]:
    """The machine's clock, which stands until it is moved."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def attempt(client: Client, actor: Actor, password: str, address: str = "198.51.100.9") -> Any:
    email = User.objects.get(pk=actor.member_id).email
    return client.post("/accounts/login/", {"login": email, "password": password}, REMOTE_ADDR=address)


def hammer(actor: Actor, times: int, first: int = 0) -> None:
    """Wrong passwords for an account, each from another address."""
    for n in range(first, first + times):
        attempt(Client(), actor, "not this one at all", f"203.0.{n // 250}.{n % 250 + 1}")


def wait_of(response: Any) -> int:
    """The seconds a refusal asks to wait; 0 if it asks for none."""
    found = re.search(r"Wait (\d+) second", response.content.decode())
    return int(found[1]) if found else 0


@pytest.fixture
def known_browser(hour: Any, clinic: ClinicMade) -> Client:
    """A browser in which the clinician on call has signed in before, and is signed out."""
    client = Client()
    assert attempt(client, clinic.primary, PASSWORD).status_code == 302
    client.post("/accounts/logout/")
    return client


@pytest.mark.parametrize("network", ["198.51.100.9", "192.0.2.77"])
def test_no_number_of_wrong_passwords_stops_a_clinician_on_a_known_device(
    clinic: ClinicMade, known_browser: Client, network: str
) -> None:
    hammer(clinic.primary, 60)
    for _n in range(20):
        attempt(Client(), clinic.primary, "not this one at all", network)
    assert attempt(known_browser, clinic.primary, PASSWORD, network).status_code == 302


def test_from_a_new_network_she_waits_a_few_seconds_once_while_others_go_on_trying(
    clinic: ClinicMade, hour: Any
) -> None:
    hammer(clinic.primary, 60)
    new = Client()
    wait = wait_of(attempt(new, clinic.primary, PASSWORD, "192.0.2.5"))
    assert 0 < wait <= 10
    hammer(clinic.primary, 30, first=60)
    hour.shift(timedelta(seconds=wait))
    hammer(clinic.primary, 10, first=90)
    assert attempt(new, clinic.primary, PASSWORD, "192.0.2.5").status_code == 302


def test_the_same_network_is_slowed_and_the_wait_never_grows_beyond_ten_seconds(
    clinic: ClinicMade, hour: Any
) -> None:
    waits = [
        wait_of(attempt(Client(), clinic.primary, f"wrong {n} entirely", "192.0.2.5")) for n in range(60)
    ]
    assert waits[:5] == [0] * 5
    assert all(0 < wait <= 10 for wait in waits[5:])
    hour.shift(timedelta(seconds=max(waits)))
    assert attempt(Client(), clinic.primary, PASSWORD, "192.0.2.5").status_code == 302


def test_trying_unknown_links_resets_no_limit(clinic: ClinicMade, hour: Any) -> None:
    for n in range(6):
        attempt(Client(), clinic.primary, f"wrong {n} entirely", "192.0.2.5")
    for n in range(345):
        Client().get(f"/q/nonsense{n:020}", REMOTE_ADDR=f"198.18.{n // 250}.{n % 250 + 1}")
    cache.clear()
    assert wait_of(attempt(Client(), clinic.primary, PASSWORD, "192.0.2.5")) > 0


def test_one_host_with_many_ipv6_addresses_is_one_network(clinic: ClinicMade, hour: Any) -> None:
    tries = [
        attempt(Client(), clinic.primary, "not this one at all", f"2001:db8:1:2::{n:x}") for n in range(1, 7)
    ]
    assert wait_of(tries[-1]) > 0
    assert attempt(Client(), clinic.primary, PASSWORD, "2001:db8:1:3::1").status_code == 302
    statuses = [
        Client().get(f"/c/{n:043}", REMOTE_ADDR=f"2001:db8:9::{n:x}").status_code for n in range(1, 22)
    ]
    assert statuses == [404] * 20 + [429]


def test_a_right_password_costs_no_try(clinic: ClinicMade, hour: Any) -> None:
    for _n in range(12):
        assert attempt(Client(), clinic.primary, PASSWORD, "192.0.2.5").status_code == 302


def test_an_account_that_is_not_there_is_slowed_alike(clinic: ClinicMade, hour: Any) -> None:
    def waits(email: str, address: str) -> list[int]:
        sent = {"login": email, "password": "not this one at all"}
        return [wait_of(Client().post("/accounts/login/", sent, REMOTE_ADDR=address)) for _n in range(8)]

    there = waits(User.objects.get(pk=clinic.primary.member_id).email, "192.0.2.5")
    assert there == waits("nobody@clinic.example.org", "192.0.2.6")


def test_the_cookie_of_a_device_is_signed_of_one_account_and_void_with_a_new_password(
    clinic: ClinicMade, known_browser: Client
) -> None:
    key = known_browser.cookies["device"].value
    email = User.objects.get(pk=clinic.primary.member_id).email
    assert sign_ins.knows(key, email.upper())
    assert not sign_ins.knows(key, User.objects.get(pk=clinic.second.member_id).email)
    for forged in (key[:-1], key + "A", "", "a:b:c", key.swapcase()):
        assert not sign_ins.knows(forged, email)
    user = User.objects.get(pk=clinic.primary.member_id)
    user.set_password("another quiet river 43")
    user.save()
    assert not sign_ins.knows(key, email)


def test_a_known_device_that_was_stolen_is_slowed_as_well(clinic: ClinicMade, known_browser: Client) -> None:
    waits = [wait_of(attempt(known_browser, clinic.primary, f"wrong {n} entirely")) for n in range(30)]
    assert 0 < max(waits) <= 3
    assert waits[:10] == [0] * 10


def test_limits_that_are_over_are_deleted_and_others_stand(hour: Any, clinic: ClinicMade) -> None:
    limits.count("a", within=timedelta(seconds=10))
    limits.count("b", within=timedelta(hours=1))
    cache.set("old", 1, timeout=5)
    cache.set("new", 1, timeout=3600)
    hour.shift(timedelta(seconds=11))
    assert limits.forget() >= 2
    assert Limit.objects.count() == 1
    assert (limits.counted("a"), limits.counted("b"), cache.get("new")) == (0, 1, 1)


def test_a_limits_row_names_nobody(clinic: ClinicMade, hour: Any) -> None:
    attempt(Client(), clinic.primary, "not this one at all", "192.0.2.5")
    assert Limit.objects.exists()
    assert all(re.fullmatch("[0-9a-f]{64}", row.key) for row in Limit.objects.all())
