"""How a member is reached: the page where channels are added, confirmed, ordered, tested and removed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from plans.domain.reaching import ChannelKind
from plans.models import StaffChannel, Work
from plans.services import channel_tests, staff_channels
from tests.clients import client_of
from tests.makers import ClinicMade, at
from tests.present import present
from tests.reaching_help import NUMBER, confirmed, user_of

pytestmark = pytest.mark.django_db

PAGE = "/settings/reached"


@pytest.fixture(autouse=True)
def _texts(settings: Any) -> None:
    settings.TEXT_PROVIDER = "files"


@pytest.fixture
def doctor(clinic: ClinicMade) -> Client:
    return client_of(clinic.primary)


def shown(client: Client) -> str:
    return client.get(PAGE).content.decode()


def add(client: Client, kind: str, address: str) -> Any:
    return client.post(f"{PAGE}/add", {"kind": kind, "address": address}, follow=True)


@pytest.mark.slow
def test_a_number_is_added_confirmed_and_then_used(doctor: Client, clinic: ClinicMade) -> None:
    login = user_of(clinic.primary).email
    assert f"Alerts go to the e-mail you sign in with, {login}" in shown(doctor)
    page = add(doctor, "text", "+1 (555) 555-0142").content.decode()
    assert "A code is on its way to +15555550142" in page
    row = StaffChannel.objects.get()
    code = staff_channels.confirming_code(row)
    page = doctor.post(
        f"{PAGE}/{row.pk}/confirm", {"code": f" {code[:3]} {code[3:]} "}, follow=True
    ).content.decode()
    assert "Alerts can reach you there from now on" in page
    assert "Alerts go to the e-mail you sign in with" not in shown(doctor)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "address", "said"),
    [
        ("text", "555-0142", "Write the number with its country code"),
        ("email", "me at home", "Give a single address"),
        ("push", "ntfys://10.0.0.1/topic", "This server is not allowed here. Allowed: ntfy.sh."),
        (
            "push",
            "json://ntfy.sh/topic",
            "Addresses of this kind are not allowed here. Allowed: ntfys, pover.",
        ),
        ("push", "ntfys://ntfy.sh/topic?x=1", "Leave out spaces and everything from the question mark on"),
        ("push", "my topic", "This is not the address of a push service"),
        ("pigeon", "loft 4", "Choose one from the list"),
    ],
)
def test_what_cannot_be_used_is_refused_beside_its_field_and_stays(
    doctor: Client, kind: str, address: str, said: str
) -> None:
    response = add(doctor, kind, address)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert f'value="{address}"' in response.content.decode()
    assert not StaffChannel.objects.exists()


@pytest.mark.slow
def test_the_login_s_e_mail_is_added_by_one_button(doctor: Client, clinic: ClinicMade) -> None:
    doctor.post(f"{PAGE}/add", {"do": "login", "kind": "text", "address": "nonsense"})
    assert StaffChannel.objects.get().address == user_of(clinic.primary).email
    assert "instead</button>" not in re.sub(r"\s+", " ", shown(doctor))


def test_a_wrong_code_is_said_at_its_channel(doctor: Client, clinic: ClinicMade) -> None:
    key = staff_channels.add(by=clinic.primary, kind=ChannelKind.TEXT, address=NUMBER)
    response = doctor.post(f"{PAGE}/{key}/confirm", {"code": "1"})
    assert response.status_code == 422
    assert "This is not the code that was sent" in response.content.decode()


@pytest.mark.slow
def test_order_times_and_removal(doctor: Client, clinic: ClinicMade) -> None:
    confirmed(clinic.primary)
    second = confirmed(clinic.primary, ChannelKind.EMAIL, "me@home.example.org")
    doctor.post(f"{PAGE}/{second}/up")
    assert present(re.search(r"1\. (\S+)", shown(doctor)))[1] == "E-mail</h2>"
    doctor.post(f"{PAGE}/{second}/hours", {"since": "08:00", "until": "20:00"})
    assert 'value="08:00"' in shown(doctor)
    response = doctor.post(f"{PAGE}/{second}/hours", {"since": "8", "until": ""})
    assert (response.status_code, 'value="8"' in response.content.decode()) == (422, True)
    doctor.post(f"{PAGE}/{second}/remove")
    assert "me@home.example.org" not in shown(doctor)


def test_a_channel_of_somebody_else_is_not_there(clinic: ClinicMade) -> None:
    key = confirmed(clinic.primary)
    lead = client_of(clinic.lead)
    for act in ("confirm", "code", "hours", "up", "remove"):
        assert lead.post(f"{PAGE}/{key}/{act}", {"code": "1"}).status_code == 404
    assert NUMBER not in shown(lead)


@pytest.mark.slow
def test_a_member_sends_tests_and_the_page_says_what_came_back(doctor: Client, clinic: ClinicMade) -> None:
    page = doctor.post(f"{PAGE}/test", follow=True).content.decode()
    assert "1 test was sent" in page
    assert Work.objects.filter(notice="channel_test").count() == 1
    assert "not yet" in page
    for _ in range(2):
        page = doctor.post(f"{PAGE}/test", follow=True).content.decode()
    assert "Wait ten minutes" in page


@pytest.mark.slow
def test_the_lead_sets_when_the_daily_test_is_sent(clinic: ClinicMade) -> None:
    lead = client_of(clinic.lead)
    assert "Every day at 10:00" in shown(lead)
    lead.post(f"{PAGE}/daily", {"on": "on", "at": "07:30", "minutes": "60"})
    assert "Every day at 07:30" in shown(lead)
    response = lead.post(f"{PAGE}/daily", {"on": "on", "at": "25:00", "minutes": "1"})
    assert response.status_code == 422
    lead.post(f"{PAGE}/daily", {"at": "07:30", "minutes": "60"})
    assert "It is switched off" in shown(lead)
    assert client_of(clinic.primary).post(f"{PAGE}/daily", {}).status_code == 403


@pytest.mark.slow
def test_every_page_says_whose_channel_does_not_answer(clinic: ClinicMade) -> None:
    ten = at("2026-12-01T10:00-05:00")
    for now in (ten, ten + timedelta(minutes=31)):
        with time_machine.travel(now, tick=False):
            channel_tests.tick(now)
    with time_machine.travel(ten + timedelta(hours=1), tick=False):
        page = client_of(clinic.staff).get("/queue").content.decode()
    assert f"{user_of(clinic.primary).name} may not be reached by e-mail: a test did not come back" in page
