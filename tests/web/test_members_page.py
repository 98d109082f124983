"""The members of a clinic: added, given another role, removed and restored by the lead, and by nobody else."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from plans.models import Clinic, Membership, User
from plans.services.actors import Role
from tests.clients import client_of
from tests.makers import make_clinic, make_member
from tests.present import present
from tests.web.account_messages_help import messages_waiting, path_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(clinic):
    return client_of(clinic.lead)


NEW = {"name": "Dr V. Newcome", "email": "newcome@clinic.example.org", "role": "clinician"}


def place(clinic, actor):
    return Membership.objects.get(clinic_id=clinic.id, user_id=actor.id)


def press(lead, actor, **sent):
    return lead.post(f"/settings/people/{actor.id}", sent)


@pytest.mark.slow
def test_somebody_added_gets_a_message_sets_a_password_and_signs_in(lead, clinic):
    page = lead.post("/settings/people/add", NEW, follow=True).content.decode()
    assert "Dr V. Newcome is now a member of the clinic" in page
    [message] = messages_waiting()
    assert message.to_address == NEW["email"]
    assert message.subject == "Set your password"
    theirs = Client()
    form = theirs.get(path_in(message), follow=True).redirect_chain[-1][0]
    theirs.post(form, {"password1": "seven slow herons 31", "password2": "seven slow herons 31"})
    sent = {"login": NEW["email"], "password": "seven slow herons 31"}
    assert theirs.post("/accounts/login/", sent).status_code == 302
    assert theirs.get("/queue").status_code == 200


def test_a_forgotten_password_is_written_about_in_its_own_words(clinic):
    email = User.objects.get(pk=clinic.primary.id).email
    Client().post("/accounts/password/reset/", {"email": email})
    assert [message.subject for message in messages_waiting()] == ["A new password"]


def test_what_is_wrong_is_shown_beside_its_field_and_what_was_typed_stays(lead):
    response = lead.post("/settings/people/add", {**NEW, "email": "newcome at home"})
    assert response.status_code == 422
    assert 'href="#id_email"' in response.content.decode()
    assert 'value="Dr V. Newcome"' in response.content.decode()
    assert not User.objects.filter(name=NEW["name"]).exists()


@pytest.mark.slow
def test_nobody_is_added_twice(lead, clinic):
    email = User.objects.get(pk=clinic.second.id).email
    response = lead.post("/settings/people/add", {**NEW, "email": email})
    assert response.status_code == 422
    assert "is in the list already" in response.content.decode()


@pytest.mark.slow
def test_a_role_is_changed_and_holds_at_once(lead, clinic):
    theirs = client_of(clinic.reader)
    assert theirs.get("/patients/new").status_code == 403
    press(lead, clinic.reader, do="role", role="staff")
    assert theirs.get("/patients/new").status_code == 200


@pytest.mark.slow
def test_an_ended_membership_closes_the_clinic_and_can_be_restored(lead, clinic):
    theirs = client_of(clinic.reader)
    press(lead, clinic.reader, do="end")
    assert theirs.get("/queue").headers["Location"] == "/clinics"
    press(lead, clinic.reader, do="back")
    assert theirs.get("/queue").status_code == 200


@pytest.mark.slow
def test_whoever_is_on_call_can_neither_leave_nor_lose_the_role_that_answers(lead, clinic):
    leave = f"/settings/people/{clinic.primary.id}/leave"
    assert press(lead, clinic.primary, do="end").headers["Location"] == leave
    for response in (lead.post(leave, {"do": "end"}), press(lead, clinic.primary, do="role", role="staff")):
        assert response.status_code == 422
        assert "They are on duty" in response.content.decode()
    assert place(clinic, clinic.primary).is_active


@pytest.mark.slow
def test_the_last_lead_stays_lead(lead, clinic):
    for sent in ({"do": "end"}, {"do": "role", "role": "clinician"}):
        assert "there is no other" in press(lead, clinic.lead, **sent).content.decode()
    make_member(clinic.id, Role.LEAD)
    assert press(lead, clinic.lead, do="role", role="clinician").status_code == 302


@pytest.mark.slow
def test_a_lead_who_leaves_is_not_named_as_the_clinics_lead(lead, clinic):
    other = make_member(clinic.id, Role.LEAD)
    Clinic.objects.filter(pk=clinic.id).update(lead_id=clinic.lead.id)
    press(client_of(other), clinic.lead, do="end")
    assert Clinic.objects.get(pk=clinic.id).lead_id is None


@pytest.mark.slow
def test_pressing_no_button_of_the_page_changes_nothing(lead, clinic):
    assert press(lead, clinic.second, do="explode").status_code == 422
    assert place(clinic, clinic.second).is_active


@pytest.mark.slow
def test_many_people_stand_on_pages_ended_ones_last_and_can_be_found(lead, clinic):
    made = [make_member(clinic.id, name=f"Dr Page {number:02}") for number in range(27)]
    press(lead, made[0], do="end")
    lead.get("/settings")
    first = lead.get("/settings/people").content.decode()
    following = present(re.search(r'href="(\?after=[^"]+)" rel="next"', first))[1]
    second = lead.get(f"/settings/people{following}").content.decode()
    names = re.findall(r"Dr Page \d\d", first) + re.findall(r"Dr Page \d\d", second)
    assert len(names) == len(set(names)) == 27
    assert names[-1] == "Dr Page 00"
    make_member(clinic.id, name="Dr Lonely Findable")
    found = lead.get("/settings/people?name=findable").content.decode()
    assert "Dr Lonely Findable" in found
    assert "Dr Page" not in found
    assert "Nobody of that name" in lead.get("/settings/people?name=zzz").content.decode()


@pytest.mark.slow
def test_the_clinics_own_history_says_who_changed_what(lead, clinic):
    press(lead, clinic.reader, do="role", role="staff")
    page = lead.get("/settings/history").content.decode()
    assert f"changed the role of {clinic.reader.name} to Assistant" in page
    assert "Nothing done by" in lead.get("/settings/history?who=zzz").content.decode()


@pytest.mark.slow
def test_another_clinics_acts_are_not_in_the_history(lead, clinic):
    other = make_clinic()
    press(client_of(other.lead), other.reader, do="end")
    assert other.reader.name not in lead.get("/settings/history").content.decode()
