"""Signing in and out, choosing a clinic, the clinic's settings, and the pages of refusals."""

from __future__ import annotations

import pytest
from django.test import Client

from plans.domain.audit import EVENTS
from plans.models import User
from plans.services import accounts
from plans.services.actors import Role
from tests.clients import client_of
from tests.makers import PASSWORD, make_clinic, make_member

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode()


def address(actor):
    return User.objects.get(pk=actor.id).email


def test_whoever_is_not_signed_in_is_asked_to_and_comes_back(clinic):
    client = Client()
    response = client.get("/queue")
    assert response.headers["Location"] == "/accounts/login/?next=%2Fqueue"
    sent = {"login": address(clinic.primary), "password": PASSWORD, "next": "/queue"}
    assert client.post("/accounts/login/", sent).headers["Location"] == "/queue"
    assert client.get("/queue").status_code == 200


def test_signing_in_never_leads_to_another_site(clinic):
    sent = {"login": address(clinic.primary), "password": PASSWORD, "next": "//evil.example.org"}
    assert Client().post("/accounts/login/", sent).headers["Location"] == "/"


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(clinic):
    wrong = Client().post(
        "/accounts/login/", {"login": address(clinic.primary), "password": "not this one 12"}
    )
    unknown = Client().post(
        "/accounts/login/", {"login": "nobody@clinic.example.org", "password": "not this one 12"}
    )
    for response in (wrong, unknown):
        assert response.status_code == 200
        assert 'class="errors"' in text(response)
        assert "not this one 12" not in text(response)
    says = [text(r).split('class="errors"')[1].split("</ol>")[0] for r in (wrong, unknown)]
    assert says[0] == says[1]


def test_signing_out_needs_a_press_of_the_button(clinic):
    client = client_of(clinic.primary)
    assert client.get("/accounts/logout/").status_code == 200
    assert client.get("/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("page", ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"])
def test_pages_before_signing_in_are_ours_and_carry_no_inline_style_or_script(page):
    response = Client().get(page)
    body = text(response)
    assert "plans/taperplan" in body
    assert " style=" not in body
    assert "<style" not in body
    assert "<script>" not in body


def test_nobody_opens_an_account_by_themselves():
    assert "Accounts are made by clinics" in text(Client().get("/accounts/signup/"))


def test_a_forgotten_password_is_answered_alike_for_everybody(clinic, mailoutbox):
    answers = [
        Client().post("/accounts/password/reset/", {"email": email}).headers["Location"]
        for email in (address(clinic.primary), "nobody@clinic.example.org")
    ]
    assert answers[0] == answers[1]


@pytest.mark.slow
def test_somebody_with_two_clinics_chooses_one_and_can_change(clinic):
    other = make_clinic(name="Harbour Clinic")
    accounts.create_member(clinic_id=other.id, email=address(clinic.primary), name="", role=Role.READER)
    client = Client()
    client.force_login(User.objects.get(pk=clinic.primary.id))
    assert client.get("/").headers["Location"] == "/clinics"
    assert "Harbour Clinic" in text(client.get("/clinics"))
    assert client.post("/clinics", {"clinic": str(other.id)}).headers["Location"] == "/"
    assert "Harbour Clinic" in text(client.get("/"))
    assert client.get("/patients/new").status_code == 403


def test_a_clinic_that_is_not_mine_cannot_be_chosen(clinic):
    client = client_of(clinic.primary)
    assert client.post("/clinics", {"clinic": str(make_clinic().id)}).status_code == 404
    assert client.post("/clinics", {"clinic": "rubbish"}).status_code == 404


def test_a_user_without_a_clinic_is_told_what_to_do(clinic):
    loner = User.objects.create(
        email="loner@clinic.example.org", name="Loner", created_at="2026-01-01T00:00Z"
    )
    client = Client()
    client.force_login(loner)
    assert "You are not a member of a clinic yet" in text(client.get("/clinics"))


def test_a_deactivated_member_is_out_at_once(clinic):
    client = client_of(clinic.second)
    assert client.get("/").status_code == 200
    User.objects.filter(pk=clinic.second.id).update(is_active=False)
    assert client.get("/").status_code == 302


def test_a_page_that_is_not_there_is_ours():
    response = Client().get("/nowhere")
    assert response.status_code == 404
    assert "There is no page at this address" in text(response)


def test_a_form_without_its_token_is_refused_with_what_to_do(clinic):
    client = client_of(clinic.lead, enforce_csrf_checks=True)
    response = client.post("/settings/rota/standing", {})
    assert response.status_code == 403
    assert "This form has expired" in text(response)


@pytest.mark.slow
def test_times_on_pages_are_the_clinics():
    tokyo = make_clinic(zone="Asia/Tokyo")
    from plans.services import clock

    page = text(client_of(make_member(tokyo.id)).get("/"))
    assert clock.today("Asia/Tokyo").strftime("%B %Y") in page


def test_every_act_in_the_history_has_its_words():
    from plans.domain.taper import plan_states
    from plans.wording.review import EVENT_KINDS

    assert {spec.audit for spec in plan_states.ACTS.values()} <= EVENTS.keys()
    # Alerts are messages, which have acts of their own.
    assert {f"item.{kind}" for kind in EVENT_KINDS - {"alerted"}} <= EVENTS.keys()
