"""Whoever has an account is invited to a clinic and decides; until then nothing changes, and nothing is revealed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from plans.models import AuditEvent, Invitation, Membership, Patient, User
from plans.services import clock, invitations
from plans.services.actors import Actor, Role
from tests.clients import client_of
from tests.makers import PASSWORD, ClinicMade, make_clinic
from tests.web.account_messages_help import messages_waiting, path_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def other() -> ClinicMade:
    """Another clinic, whose lead would like to have somebody of this one."""
    return make_clinic(name="Harbour Clinic")


def email_of(actor: Actor) -> str:
    return User.objects.get(pk=actor.member_id).email


def ask_for(other: ClinicMade, actor: Actor, role: str = "clinician") -> Any:
    """The other clinic's lead types the address of somebody who has an account."""
    sent = {"name": "Dr Wrongly Typed", "email": email_of(actor).upper(), "role": role}
    return client_of(other.lead).post("/settings/people/add", sent, follow=True)


def signed_in(actor: Actor) -> Client:
    """A browser in which somebody signed in by the page, with whatever session that gives."""
    client = Client()
    client.post("/accounts/login/", {"login": email_of(actor), "password": PASSWORD})
    return client


def press(client: Client, do: str) -> Any:
    [row] = Invitation.objects.filter(outcome="")
    return client.post("/invitations", {"id": str(row.pk), "do": do}, follow=True)


def belongs(other: ClinicMade, actor: Actor) -> bool:
    return Membership.objects.filter(clinic_id=other.id, user_id=actor.member_id, is_active=True).exists()


def test_until_it_is_accepted_nothing_changes_and_the_lead_sees_only_what_was_typed(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    theirs = signed_in(clinic.lead)
    page = ask_for(other, clinic.lead).content.decode()
    assert not belongs(other, clinic.lead)
    assert f"{email_of(clinic.lead).partition('@')[0].upper()}@clinic.example.org was invited" in page
    assert "Withdraw" in page
    assert clinic.lead.name not in page
    assert "Dr Wrongly Typed" not in page
    assert theirs.get("/queue").status_code == 200
    assert User.objects.get(pk=clinic.lead.member_id).name == clinic.lead.name


def test_a_message_leads_to_the_page_that_accepts_and_the_session_stays_in_its_clinic(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    theirs = signed_in(clinic.primary)
    ask_for(other, clinic.primary)
    [message] = messages_waiting()
    assert message.to_address == email_of(clinic.primary)
    assert path_in(message) == "/invitations"
    assert "Harbour Clinic asks you to join" in theirs.get("/invitations").content.decode()
    press(theirs, "accept")
    assert belongs(other, clinic.primary)
    queue = theirs.get("/queue")
    assert queue.status_code == 200
    assert "Harbour Clinic" not in queue.content.decode()


def test_a_session_that_saw_no_page_yet_keeps_its_clinic_and_what_is_posted_next_is_saved(
    clinic: ClinicMade, other: ClinicMade, patient: Patient
) -> None:
    theirs = signed_in(clinic.primary)
    ask_for(other, clinic.primary)
    press(signed_in(clinic.primary), "accept")
    answer = theirs.post(f"/patients/{patient.pk}/unlock")
    assert answer.headers["Location"] != "/clinics"
    assert theirs.get(f"/patients/{patient.pk}").status_code == 200


def test_signing_in_leads_to_an_invitation_that_waits(clinic: ClinicMade, other: ClinicMade) -> None:
    ask_for(other, clinic.primary)
    sent = {"login": email_of(clinic.primary), "password": PASSWORD}
    assert Client().post("/accounts/login/", sent).headers["Location"] == "/invitations"
    press(signed_in(clinic.primary), "decline")
    assert Client().post("/accounts/login/", sent).headers["Location"] == "/"
    assert not belongs(other, clinic.primary)


def test_an_invitation_that_was_withdrawn_or_is_a_week_old_is_over(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    ask_for(other, clinic.primary)
    theirs = signed_in(clinic.primary)
    [row] = Invitation.objects.all()
    Invitation.objects.update(expires_at=clock.real_now() - timedelta(seconds=1))
    assert "This invitation is no longer open" in press(theirs, "accept").content.decode()
    assert messages_waiting() == []
    ask_for(other, clinic.primary)
    fresh = Invitation.objects.get(outcome="")
    assert fresh.pk != row.pk
    client_of(other.lead).post(f"/settings/invitations/{fresh.pk}/cancel")
    answer = theirs.post("/invitations", {"id": str(fresh.pk), "do": "accept"}, follow=True)
    assert "This invitation is no longer open" in answer.content.decode()
    assert not belongs(other, clinic.primary)


def test_nobody_accepts_the_invitation_of_another_or_withdraws_one_of_another_clinic(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    ask_for(other, clinic.primary)
    [row] = Invitation.objects.all()
    press(signed_in(clinic.second), "accept")
    assert not belongs(other, clinic.second)
    assert client_of(clinic.lead).post(f"/settings/invitations/{row.pk}/cancel").status_code == 404
    assert client_of(other.primary).post(f"/settings/invitations/{row.pk}/cancel").status_code == 403
    assert Invitation.objects.get().outcome == ""


def test_asking_accepting_declining_and_withdrawing_are_in_the_history(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    ask_for(other, clinic.primary)
    press(signed_in(clinic.primary), "decline")
    ask_for(other, clinic.second)
    press(signed_in(clinic.second), "accept")
    ask_for(other, clinic.reader)
    client_of(other.lead).post(f"/settings/invitations/{Invitation.objects.get(outcome='').pk}/cancel")
    acts = list(
        AuditEvent.objects.filter(clinic_id=other.id, act__startswith="member.")
        .order_by("id")
        .values_list("act", flat=True)
    )[-6:]
    assert acts == [
        "member.invited",
        "member.declined",
        "member.invited",
        "member.added",
        "member.invited",
        "member.withdrawn",
    ]
    joined = AuditEvent.objects.filter(act="member.added", clinic_id=other.id, actor_id=clinic.second.id)
    assert joined.count() == 1
    page = client_of(other.lead).get("/settings/history").content.decode()
    assert "declined the invitation" in page


def test_a_clinic_cannot_send_invitations_without_end(clinic: ClinicMade, other: ClinicMade) -> None:
    for _n in range(invitations.MOST_A_DAY):
        ask_for(other, clinic.primary)
    refused = ask_for(other, clinic.primary)
    assert refused.status_code == 422
    assert "too many invitations" in refused.content.decode()


def test_an_ended_membership_moves_nobody_silently_into_another_clinic(
    clinic: ClinicMade, other: ClinicMade
) -> None:
    ask_for(other, clinic.reader, role=Role.READER.value)
    theirs = signed_in(clinic.reader)
    press(theirs, "accept")
    assert theirs.get("/queue").status_code == 200
    client_of(clinic.lead).post(f"/settings/people/{clinic.reader.id}", {"do": "end"})
    assert theirs.get("/queue").headers["Location"] == "/clinics"
