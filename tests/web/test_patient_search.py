"""A searched name is never part of an address; only the searcher's own session knows it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients import client_of, look_for
from tests.makers import ClinicMade, make_patient

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def clinic(clinic: ClinicMade) -> ClinicMade:
    """With two patients."""
    make_patient(clinic.primary, name="Quill Able")
    make_patient(clinic.primary, name="Marlo Baker")
    return clinic


def names(page: Any) -> list[str]:
    return [name for name in ("Quill Able", "Marlo Baker") if name in page.content.decode()]


@pytest.mark.parametrize("where", ["caseload", "queue", "messages", "somewhere else"])
def test_a_search_leads_to_its_list_by_an_address_without_the_name(clinic: ClinicMade, where: str) -> None:
    page = look_for(client_of(clinic.primary), "Quill", where=where)
    [(address, _status)] = page.redirect_chain
    assert "quill" not in address.lower()
    assert address.startswith({"queue": "/queue?", "messages": "/messages?"}.get(where, "/?"))
    assert "Quill" in page.content.decode()


def test_the_address_shows_the_same_again_and_nothing_to_another_session(clinic: ClinicMade) -> None:
    client = client_of(clinic.primary)
    [(address, _status)] = look_for(client, "able").redirect_chain
    assert names(client.get(address)) == ["Quill Able"]
    assert look_for(client, "able").redirect_chain == [(address, 302)]
    assert names(client_of(clinic.primary).get(address)) == ["Quill Able", "Marlo Baker"]


def test_an_empty_search_shows_everybody(clinic: ClinicMade) -> None:
    page = look_for(client_of(clinic.primary), "  ")
    assert page.redirect_chain == [("/", 302)]
    assert names(page) == ["Quill Able", "Marlo Baker"]


def test_the_last_twenty_searches_can_be_gone_back_to(clinic: ClinicMade) -> None:
    client = client_of(clinic.primary)
    addresses = [look_for(client, f"able {n}").redirect_chain[0][0] for n in range(21)]
    assert "able 0" not in client.get(addresses[0]).content.decode()
    assert "able 1" in client.get(addresses[1]).content.decode()


def test_what_was_chosen_goes_with_the_search_and_nothing_else_does(clinic: ClinicMade) -> None:
    page = look_for(client_of(clinic.primary), "able", show="held", sort="Not A Code", next="//evil.example")
    [(address, _status)] = page.redirect_chain
    assert "show=held&find=" in address
    assert "evil" not in address
    assert "Not" not in address


def test_after_a_sign_in_nobody_is_sent_where_only_posting_leads(clinic: ClinicMade) -> None:
    client = client_of(clinic.primary)
    client.logout()
    # What was typed is shown first; the way to the sign-in beside it leads to a page that can be looked at.
    assert 'href="/accounts/login/?next=%2F"' in client.post("/find", {"q": "able"}).content.decode()
    assert client.get("/queue?tab=mine").headers["Location"].endswith("?next=%2Fqueue%3Ftab%3Dmine")
