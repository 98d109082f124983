"""Messages that anybody can cause: none to strangers, none without end, and no page that waits or tells by its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from plans.models import Patient, User, Work
from plans.services import account_messages, patient_mail, people
from tests.clients import client_of
from tests.makers import ClinicMade, at
from tests.web.account_messages_help import messages_waiting

pytestmark = pytest.mark.django_db


def forgot(email: str) -> Any:
    return Client().post("/accounts/password/reset/", {"email": email})


def email_of(clinic: ClinicMade) -> str:
    return User.objects.get(pk=clinic.primary.member_id).email


def test_nobody_without_an_account_gets_a_message_and_the_answer_is_the_same(
    clinic: ClinicMade, mailoutbox: list[Any]
) -> None:
    strange, known = forgot("stranger@example.org"), forgot(email_of(clinic))
    assert strange.headers["Location"] == known.headers["Location"]
    assert strange.content == known.content
    assert mailoutbox == []
    assert [message.to_address for message in messages_waiting()] == [email_of(clinic)]


def test_asking_does_not_wait_for_a_mail_server(clinic: ClinicMade, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert forgot(email_of(clinic)).status_code == 302
    assert Work.objects.filter(notice="password_reset", queue="alerts", state="pending").count() == 1


@pytest.mark.slow
def test_a_recipient_gets_so_many_a_day_and_more_are_answered_alike(clinic: ClinicMade) -> None:
    with time_machine.travel(at("2026-11-24T10:00+00:00"), tick=False) as hour:
        answers = []
        for _n in range(account_messages.MOST_RESETS_A_DAY + 4):
            answers.append(forgot(email_of(clinic)).headers["Location"])
            hour.shift(timedelta(minutes=1))
        assert len(set(answers)) == 1
        assert len(messages_waiting()) == account_messages.MOST_RESETS_A_DAY
        hour.shift(timedelta(days=1))
        forgot(email_of(clinic))
        assert Work.objects.filter(notice="password_reset").count() == account_messages.MOST_RESETS_A_DAY + 1


def test_somebody_who_left_every_clinic_and_an_account_that_is_closed_get_none(clinic: ClinicMade) -> None:
    email = User.objects.get(pk=clinic.reader.member_id).email
    client_of(clinic.lead).post(f"/settings/people/{clinic.reader.id}", {"do": "end"})
    forgot(email)
    closed = User.objects.get(pk=clinic.second.member_id)
    closed.is_active = False
    closed.save()
    forgot(closed.email)
    assert messages_waiting() == []


@pytest.mark.slow
def test_an_address_flipped_to_and_fro_is_refused_with_what_was_typed(
    clinic: ClinicMade, patient: Patient
) -> None:
    for n in range(patient_mail.MOST_A_DAY - 1):
        card = people.patient_card(clinic.staff, patient.pk)
        data = replace(people.data_of(card), email=f"another{n}@mail.example.org")
        people.update_patient(by=clinic.staff, patient_id=patient.pk, seen_version=card.version, data=data)
    client = client_of(clinic.staff)
    page = client.get(f"/patients/{patient.pk}/edit").context
    form = {name: value for name, value in page["form"].initial.items() if value not in (None, [], ())}
    sent = {**form, "email": "onemore@mail.example.org", "email_again": "onemore@mail.example.org"}
    sent["seen_version"] = str(people.patient_card(clinic.staff, patient.pk).version)
    refused = client.post(f"/patients/{patient.pk}/edit", sent)
    said = refused.content.decode()
    assert refused.status_code == 422
    assert "Change it again tomorrow" in said
    assert 'value="onemore@mail.example.org"' in said
    assert Work.objects.filter(patient=patient, notice="confirm_address").count() == patient_mail.MOST_A_DAY
    assert Patient.objects.get(pk=patient.pk).email != "onemore@mail.example.org"
