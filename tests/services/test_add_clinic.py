"""The command that sets up a clinic: it gives an empty installation its first members."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from plans.models import Clinic, Membership, Work
from tests.present import present

pytestmark = pytest.mark.django_db

GIVEN = {
    "name": "Hill Clinic",
    "phone": "555-0100",
    "zone": "Europe/Dublin",
    "country": "ie",
    "lead_name": "Dr O. Founder",
    "lead_email": "founder@hill.example.org",
}


def found(**changes):
    out = StringIO()
    call_command("add_clinic", **{**GIVEN, **changes}, stdout=out)
    return out.getvalue()


def test_a_clinic_is_founded_and_its_lead_is_told_how_to_get_in():
    said = found()
    assert "/accounts/password/reset/" in said
    place = Membership.objects.get(user__email=GIVEN["lead_email"])
    assert (place.clinic.name, place.role, place.clinic.paper) == ("Hill Clinic", "lead", "a4")
    Client().post("/accounts/password/reset/", {"email": GIVEN["lead_email"]})
    assert present(Work.objects.get(notice="password_reset").user).email == GIVEN["lead_email"]


def test_where_paper_is_letter_size_it_is_so_here():
    found(country="US")
    assert Clinic.objects.get().paper == "letter"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"zone": "Mars/Olympus"}, "--zone"),
        ({"country": "XX"}, "--country"),
        ({"lead_email": "founder"}, "--lead-email"),
        ({"name": " "}, "--name"),
    ],
)
def test_what_cannot_be_read_is_named_and_nothing_is_made(wrong, said):
    with pytest.raises(CommandError, match=f"^{said}.*Nothing was made"):
        found(**wrong)
    assert not Clinic.objects.exists()
