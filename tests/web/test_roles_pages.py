"""Pages show nobody a button that their role may not press, and a refusal says which roles may."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from plans.models import Membership, User
from plans.services.actors import ROLE_MAY, May, Role
from tests.clients import client_of
from tests.makers import ClinicMade, make_patient
from tests.makers_plans import issue_story_plan
from tests.web.access_world import World
from tests.web.test_odd_requests import ours, world

__all__ = ["world"]
pytestmark = pytest.mark.django_db

ROLES = {
    "reader": Role.READER, "staff": Role.STAFF, "pharmacist": Role.PHARMACIST, "operator": Role.OPERATOR,
    "clinician": Role.CLINICIAN,
}  # fmt: skip


def act_of(address: str) -> str:
    """The act that a page of the clinic asks for; "" for any other address."""
    try:
        gate = getattr(resolve(urlsplit(address).path).func, "gate", ("", ""))
    except Resolver404:
        return ""
    return gate[1] if gate[0] == "staff" else ""


def pressed(page: str, path: str) -> set[str]:
    """Where the forms and links of a page lead."""
    forms = re.findall(r'<form[^>]*method="post"[^>]*>', page)
    actions = {(re.search(r' action="([^"]*)"', form) or ["", path])[1] for form in forms}
    return actions | set(re.findall(r'<a [^>]*href="(/[^"#]*)', page))


@pytest.mark.slow
@pytest.mark.parametrize("who", list(ROLES))
def test_no_page_shows_what_a_role_may_not_press(world: World, who: str) -> None:
    client, wrong = world.client(who), set()
    for route in ours():
        path = world.path(route)
        page = client.get(path)
        if page.status_code != 200 or "html" not in page.headers["Content-Type"]:
            continue
        for address in pressed(page.content.decode(), path):
            act = act_of(address)
            home = urlsplit(address).path == reverse("caseload")
            if act and not home and May(act) not in ROLE_MAY[ROLES[who]]:
                wrong.add(f"{route.name} leads to {address}, which needs {act}")
    assert wrong == set()


def test_a_refusal_says_which_roles_may(clinic: ClinicMade) -> None:
    page = client_of(clinic.staff).get(reverse("import-new"))
    assert page.status_code == 403
    assert "These roles may: Lead." in page.content.decode()
    page = client_of(clinic.reader).get(reverse("patient-new"))
    assert "These roles may: Lead, Clinician, Assistant." in page.content.decode()


@pytest.mark.parametrize(
    ("who", "where"), [("pharmacist", "supply"), ("operator", "installation"), ("reader", None)]
)
def test_the_first_page_is_that_of_the_role(clinic: ClinicMade, who: str, where: str | None) -> None:
    answer = client_of(getattr(clinic, who)).get("/")
    if where is None:
        assert answer.status_code == 200
    else:
        assert answer.headers["Location"] == reverse(where)


@pytest.mark.slow
def test_a_pharmacist_confirms_a_fill_on_its_page(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary)
    issue_story_plan(clinic.primary, patient)
    client = client_of(clinic.pharmacist)
    address = reverse("supply-patient", args=[patient.pk])
    page = client.get(address).content.decode()
    first = re.search(r'<option value="(\d{4}-\d\d-\d\d)"', page)
    assert first is not None
    version = re.search(r'name="seen_version" value="(\d+)"', page)
    assert version is not None
    said = {"first": first[1], "on": "2999-01-01", "note": "a word", "seen_version": version[1]}
    late = client.post(address, said)
    assert late.status_code == 422
    assert "a word" in late.content.decode()
    today = re.search(r'name="on" value="([^"]+)"', page)
    assert today is not None
    assert client.post(address, {**said, "on": today[1]}).status_code == 302
    assert "The fill is confirmed" in client.get(address).content.decode()


@pytest.mark.slow
def test_the_search_of_a_pharmacist_leads_to_supply(clinic: ClinicMade) -> None:
    patient = make_patient(clinic.primary, name="Fillable Testcase")
    issue_story_plan(clinic.primary, patient)
    found: Any = client_of(clinic.pharmacist).post("/find", {"q": "fillable", "where": "supply"}, follow=True)
    assert "Fillable Testcase" in found.content.decode()
    nobody: Any = client_of(clinic.pharmacist).post("/find", {"q": "zzz", "where": "supply"}, follow=True)
    assert "Nobody with a running plan matches this" in nobody.content.decode()


@pytest.mark.slow
def test_a_lead_gives_every_role_but_that_of_an_operator(clinic: ClinicMade) -> None:
    page = client_of(clinic.lead).get(reverse("members")).content.decode()
    assert set(re.findall(r'name="role" value="(\w+)"', page)) == {role.value for role in Role} - {"operator"}
    said = {"name": "N", "email": "n@clinic.example.org", "role": "operator"}
    assert client_of(clinic.lead).post(reverse("member-add"), said).status_code == 422


def test_an_operator_is_appointed_by_whoever_runs_the_installation(clinic: ClinicMade, capsys: Any) -> None:
    name = Membership.objects.filter(clinic_id=clinic.id)[0].clinic.name
    said = {"name": "Ms B. Placeholder", "email": "b@run.example.org", "clinic": name}
    call_command("add_operator", **said)
    made = Membership.objects.get(user__email="b@run.example.org")
    assert made.role == "operator"
    client = Client()
    client.force_login(User.objects.get(pk=made.user_id))
    assert client.get(reverse("installation")).status_code == 200
    with pytest.raises(CommandError, match="has an account already"):
        call_command("add_operator", **said)
    with pytest.raises(CommandError, match="no clinic is named"):
        call_command("add_operator", **{**said, "clinic": "Nowhere", "email": "c@run.example.org"})
