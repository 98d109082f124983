"""Devices and links: on the patient's own page and on the record."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from plans.models import Link, Patient, PatientCode, PatientDevice, ReviewItem, User, Work
from tests.web.patient_story import Story, give, words

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PAGE = "/p/devices"


def staff(begun: Story) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=begun.clinic.staff.member_id))
    return client


def test_the_patient_sees_this_device_and_ends_a_link_and_the_device(known: Client, begun: Story) -> None:
    shown = words(known.get(PAGE))
    assert "this one" in shown
    assert "Link to the plan, in an e-mail" in shown
    other = Link.objects.exclude(purpose="plan").filter(patient=begun.patient, revoked_at=None).first()
    assert other is not None
    assert known.post(PAGE, {"act": "end_link", "id": other.pk}).status_code == 302
    assert Link.objects.get(pk=other.pk).revoked_at is not None
    assert "ended already" in words(known.post(PAGE, {"act": "end_link", "id": other.pk}))
    device = PatientDevice.objects.get()
    assert known.post(PAGE, {"act": "end_device", "id": device.pk}).status_code == 302
    assert not PatientDevice.objects.exists()


def test_somebody_else_may_read_my_mail_ends_everything_and_tells_the_clinic(
    known: Client, begun: Story
) -> None:
    answer = known.post(PAGE, {"act": "end_all"})
    assert "A new link is on its way" in words(answer)
    assert known.get("/p/").status_code == 403
    assert known.get(f"/p/{begun.token}").status_code == 410
    assert Work.objects.filter(notice="new_link").count() == 1
    assert ReviewItem.objects.get().facts["code"] == "mail_read"


def test_the_patient_chooses_a_code_that_the_next_device_is_asked_for(known: Client, begun: Story) -> None:
    year = str(begun.patient.born.year)
    wrong = {"act": "code", "present": "1900", "new": "482913", "again": "482913"}
    assert known.post(PAGE, wrong).status_code == 422
    easy = known.post(PAGE, {**wrong, "present": year, "new": "123456", "again": "123456"})
    assert (easy.status_code, "easy to guess" in words(easy)) == (422, True)
    assert "123456" not in easy.content.decode()
    assert known.post(PAGE, {**wrong, "present": year}).status_code == 302
    phone = Client()
    phone.get(f"/p/{begun.token}")
    assert "What is your code?" in words(phone.get("/p/"))
    assert give(phone, "48 29-13").status_code == 302


def test_messages_that_say_less_are_one_press_away_and_back(known: Client, begun: Story) -> None:
    for act, on in (("say_less", True), ("say_more", False)):
        assert known.post(PAGE, {"act": act}).status_code == 302
        assert Patient.objects.get(pk=begun.patient.pk).discreet is on
    assert known.post(PAGE, {"act": "?"}).status_code == 422


def test_a_device_that_others_use_is_asked_again_and_makes_no_lasting_address(
    opened: Client, begun: Story
) -> None:
    sent = {"fact": str(begun.patient.born.year), "here": "/p/", "shared": "1"}
    assert opened.post("/p/fact", sent).status_code == 302
    assert "tp_device" not in opened.cookies
    assert "phone's calendar" not in words(opened.get("/p/"))
    again = Client()
    again.get(f"/p/{begun.token}")
    assert "Which year" in words(again.get("/p/"))


def test_staff_give_a_code_that_is_shown_once(known: Client, begun: Story) -> None:
    client, page = staff(begun), f"/patients/{begun.patient.pk}/links"
    shown = words(client.post(page, {"act": "give_code"}))
    code = re.search(r"\b(\d{3} \d{3})\b", shown)
    assert code is not None
    assert code[1] not in words(client.get(page))
    phone = Client()
    phone.get(f"/p/{begun.token}")
    assert give(phone, code[1]).status_code == 302
    assert client.post(page, {"act": "clear_code"}).status_code == 302
    assert not PatientCode.objects.exists()


def test_staff_see_and_end_what_is_open(known: Client, begun: Story) -> None:
    client, page = staff(begun), f"/patients/{begun.patient.pk}/links"
    assert "Links that still work" in words(client.get(page))
    assert client.post(page, {"act": "end_all"}).status_code == 302
    assert not PatientDevice.objects.exists()
    assert client.post(page, {"act": "?"}).status_code == 422
    assert "What a new device is asked" in words(client.get(page))


def test_a_lead_turns_the_year_of_birth_off(opened: Client, begun: Story, client: Client) -> None:
    client.force_login(User.objects.get(pk=begun.clinic.lead.member_id))
    assert client.post("/settings/second-facts", {"act": "off"}).status_code == 302
    asked = opened.get("/p/")
    assert (asked.status_code, "You need a code from your clinic" in words(asked)) == (403, True)
    assert "988" in words(asked)
