"""The pages of outside services on the rota: entered, corrected, cancelled, and every refusal in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from plans.models import ServiceShift
from plans.services import rota
from tests.clients import client_of
from tests.makers import ClinicMade
from tests.makers_checkins import on
from tests.web.test_rota_pages import NOON, words

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def lead(clinic: ClinicMade) -> Iterator[Client]:
    with on(NOON):
        yield client_of(clinic.lead)


def typed(**changes: Any) -> dict[str, Any]:
    wanted = {
        "name": "Night Line", "phone": "555-0188", "first_day": "2026-12-07", "last_day": "2026-12-10",
        "pattern": "nights", "weekdays": [str(number) for number in range(7)],
    }  # fmt: skip
    return wanted | changes


def enter(lead: Client, **changes: Any) -> str:
    return words(lead.post(reverse("rota-services"), typed(**changes), follow=True))


def page_of_the_first() -> str:
    return reverse(
        "rota-service", args=[ServiceShift.objects.filter(cancelled_at=None).earliest("start_at").pk]
    )


def test_a_lead_enters_corrects_and_cancels_it(lead: Client) -> None:
    assert "No outside service has hours here" in words(lead.get(reverse("rota-services")))
    said = enter(lead)
    assert "Night Line is on the rota 4 times Patients are told then to call 555-0188." in said
    assert "Mon 7 Dec, 17:00" in said
    said = words(
        lead.post(
            page_of_the_first(), {"do": "correct", "name": "Night Line", "phone": "555-0189"}, follow=True
        )
    )
    assert "From now on patients are told to call Night Line, 555-0189" in said
    said = words(lead.post(page_of_the_first(), {"do": "cancel"}, follow=True))
    assert "Night Line: 1 time was cancelled" in said
    said = words(lead.post(page_of_the_first(), {"do": "cancel_alike"}, follow=True))
    assert "Night Line: 3 times were cancelled" in said
    assert "No outside service has hours here" in said


def test_its_hours_stand_in_the_calendar_and_say_what_happens_then(clinic: ClinicMade, lead: Client) -> None:
    enter(lead, pattern="all", first_day="2026-12-03", last_day="2026-12-05")
    said = words(lead.get(reverse("rota")))
    assert "Night Line 555-0188" in said
    assert "Nobody of the clinic is on duty now: urgent alerts go to every clinician." in said
    assert "Patients are told to call Night Line now: 555-0188." in said
    for address in ("/queue", reverse("settings")):
        assert "Patients are told to call Night Line now: 555-0188." in words(lead.get(address)), address
    asked = {"day": "2026-12-03", "time": "12:30"}
    assert "Patients were told to call Night Line, 555-0188." in words(lead.get(reverse("rota-then"), asked))
    assert rota.services_to_call(clinic.id, NOON)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"phone": "no number"}, "Its phone number, as patients dial it:"),
        ({"name": ""}, "Name of the service:"),
        ({"last_day": "2026-12-06"}, "Through: This is before the first day."),
        ({"pattern": "chosen"}, "Give both times, or choose other hours above."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    lead: Client, changes: dict[str, Any], said: str
) -> None:
    answer = lead.post(reverse("rota-services"), typed(**changes))
    assert answer.status_code == 422
    assert said in words(answer)
    assert f'value="{typed(**changes)["phone"]}"' in answer.content.decode()
    assert not ServiceShift.objects.exists()


@pytest.mark.parametrize("button", [{}, {"do": ""}, {"do": "erase"}])
def test_without_a_known_button_nothing_is_saved_and_what_was_typed_stays(
    lead: Client, button: dict[str, str]
) -> None:
    enter(lead)
    page = lead.post(page_of_the_first(), {"name": "Dawn Line", "phone": "555-0190", **button})
    shown = page.content.decode()
    assert page.status_code == 422
    assert "Press one of the buttons." in shown
    assert 'value="Dawn Line"' in shown
    assert 'value="555-0190"' in shown
    assert set(ServiceShift.objects.values_list("name", "phone")) == {("Night Line", "555-0188")}


def test_hours_that_are_taken_over_or_cancelled_are_refused_in_words(lead: Client) -> None:
    enter(lead)
    assert "Night Line has some of these hours already, from Mon 7 Dec, 17:00." in enter(
        lead, name="Other Line"
    )
    address = page_of_the_first()
    lead.post(address, {"do": "cancel"})
    answer = lead.post(address, {"do": "cancel"})
    assert answer.status_code == 422
    assert "This shift was cancelled meanwhile. Nothing was changed." in words(answer)
    assert "Press one of the buttons." in words(lead.post(page_of_the_first(), {}))


def test_the_list_can_be_searched(lead: Client) -> None:
    enter(lead)
    found = reverse("rota-services")
    assert "Mon 7 Dec, 17:00" in words(lead.get(found, {"name": "night"}))
    assert "No service of that name" in words(lead.get(found, {"name": "zebra"}))
