"""What was refused and who looked through lists: in the trail, folded, and of what nobody has, before the operator."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from plans.models import AuditEvent, Patient, User
from plans.services import clock, links, refused_tries, session_trail
from plans.services.links import LinkPurpose
from tests.clients import client_of
from tests.makers import PASSWORD, ClinicMade, make_clinic, make_member

pytestmark = pytest.mark.django_db
NETWORK = "203.0.113.9"


def kept(act: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(act=act).order_by("id"))


def opened(purpose: LinkPurpose, patient: Patient) -> tuple[links.LinkView, str]:
    row = links.make(purpose=purpose, patient=patient)
    token = links.token_of(row)
    return links.look(token, purpose), token


@pytest.mark.slow
def test_a_link_that_was_ended_is_kept_with_its_patient_when_it_is_used_three_times_a_day_at_most(
    clinic: ClinicMade, patient: Patient
) -> None:
    link, token = opened(LinkPurpose.MAIL, patient)
    assert Client().get(f"/m/{token}").status_code == 302
    assert kept("link.refused") == []
    links.revoke(link.id)
    for _ in range(5):
        assert Client().get(f"/m/{token}").status_code == 410
    (first, *others) = kept("link.refused")
    assert len(others) == 2
    assert (first.patient_id, first.clinic_id, first.actor_kind) == (patient.pk, clinic.id, "unknown")
    assert first.facts == {"purpose": "mail", "act": "open", "state": "revoked"}
    history = client_of(clinic.lead).get(f"/patients/{patient.pk}/history")
    assert "Somebody unknown" in history.content.decode()


def test_being_asked_for_the_second_fact_is_no_refusal(patient: Patient) -> None:
    _link, token = opened(LinkPurpose.PLAN, patient)
    client = Client()
    client.get(f"/p/{token}")
    client.get("/p/")
    assert kept("link.refused") == []


@pytest.mark.slow
def test_lists_and_searches_are_kept_once_an_hour_and_session(clinic: ClinicMade, patient: Patient) -> None:
    client = client_of(clinic.primary)
    for path in ("/", "/queue", "/", "/?show=all"):
        assert client.get(path).status_code == 200
    found = client.post("/find", {"q": patient.name[:4], "where": "caseload"}, follow=True)
    assert found.status_code == 200
    events = kept("access.listed")
    assert [one.facts["page"] for one in events] == ["caseload", "queue", "caseload, search"]
    assert {one.actor_id for one in events} == {clinic.primary.id}
    assert len({one.facts["session"] for one in events}) == 1
    assert patient.name[:4] not in str([one.facts for one in events])
    client_of(clinic.primary).get("/")
    assert len(kept("access.listed")) == 4


@pytest.fixture
def failures(clinic: ClinicMade) -> dict[str, str]:
    """Failed sign-ins: one account in two clinics, one that does not exist; and the marks of both."""
    email = User.objects.get(pk=clinic.primary.member_id).email
    make_member(make_clinic().id, email=email)
    nobody = "nobody@clinic.example.org"
    for address in (email, nobody, nobody, email):
        with time_machine.travel(clock.real_now() + timedelta(seconds=1)):
            session_trail.failed(email=address, network=NETWORK)
    session_trail.unknown_link(network="198.51.100.7")
    return {"known": session_trail.account_mark(email), "unknown": session_trail.account_mark(nobody)}


def test_accounts_that_exist_and_that_do_not_look_the_same_to_the_operator(
    clinic: ClinicMade, failures: dict[str, str]
) -> None:
    rows = {row.account: row for row in refused_tries.page_of(clinic.operator).rows}
    known, unknown = rows[failures["known"]], rows[failures["unknown"]]
    assert (known.count, known.network, known.act) == (unknown.count, unknown.network, unknown.act)
    assert known.count == 2
    assert rows[""].network == "198.51.100.7"


@pytest.mark.slow
def test_the_operator_searches_them_by_network_and_by_the_address_typed_and_goes_on_page_by_page(
    clinic: ClinicMade, failures: dict[str, str]
) -> None:
    operator = clinic.operator
    by_address = refused_tries.page_of(operator, q=" Nobody@clinic.example.org").rows
    assert [row.account for row in by_address] == [failures["unknown"]]
    assert [row.act for row in refused_tries.page_of(operator, q="198.51.100.7").rows] == [
        "access.unknown_link"
    ]
    first = refused_tries.page_of(operator, size=2)
    assert len(first.rows) == 2
    assert len(refused_tries.page_of(operator, size=2, before=first.before).rows) == 1
    client = client_of(operator)
    answer: Any = client.post("/installation/refused", {"q": "nobody@clinic.example.org"})
    assert re.fullmatch(r"/installation/refused\?find=[\w-]+", answer["Location"])
    text = client.get(answer["Location"]).content.decode()
    assert failures["unknown"] in text
    assert failures["known"] not in text
    assert (
        "No try matches this"
        in client.post("/installation/refused", {"q": "zzz"}, follow=True).content.decode()
    )
    assert client_of(clinic.lead).get("/installation/refused").status_code == 403
    assert PASSWORD not in text
