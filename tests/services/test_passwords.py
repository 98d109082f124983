"""The words that passwords are judged by: breaches, the house, drugs, the person and their clinics."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from plans.models import User
from plans.services import passwords
from tests.makers import PASSWORD, make_clinic


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "letmeinletmein",
        "taperplan2026",
        "benzodiazepine",
        "Lorazepam-2026!",
        "q1w2e3r4t5y6",
    ],
)
def test_breached_words_words_of_the_house_and_drugs_are_refused(password: str) -> None:
    assert passwords.guesser().why_weak(password) == "common"


def test_the_list_has_the_size_that_the_documents_say() -> None:
    assert len(passwords.guesser().words) > 19_000


@pytest.mark.django_db
def test_a_password_of_the_clinics_name_is_refused_for_its_members() -> None:
    clinic = make_clinic(name="Harbour Test Clinic")
    user = User.objects.get(pk=clinic.primary.member_id)
    with pytest.raises(ValidationError, match="easy to guess"):
        validate_password("HarbourClinic2026", user)
    validate_password(PASSWORD, user)
