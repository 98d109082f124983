"""The authenticator app of the demo, and the secrets of apps when the key changes."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken

from plans.models import User
from plans.services import factor_keys, second_factor
from tests.factors import code_of, give_app
from tests.makers import ClinicMade

pytestmark = pytest.mark.django_db


def test_the_demo_shows_the_code_of_its_own_person_and_nothing_else_does(
    clinic: ClinicMade, settings: Any
) -> None:
    email = User.objects.get(pk=clinic.primary.member_id).email
    with pytest.raises(RuntimeError):
        second_factor.give_app(clinic.primary.member_id)
    secret = give_app(clinic.primary)
    assert second_factor.demo_code(email) is None
    settings.TAPERPLAN_DEMO = True
    assert second_factor.demo_code(email) in (code_of(secret), code_of(secret, ahead=-1))
    assert second_factor.demo_code("nobody@clinic.example.org") is None


def test_a_secret_is_read_with_the_old_key_as_long_as_that_is_kept(clinic: ClinicMade, settings: Any) -> None:
    secret, old = give_app(clinic.primary), settings.SECRET_KEY
    stored = Authenticator.objects.get().data["secret"]
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "k" * 50, [old]
    assert factor_keys.decrypt(stored) == secret
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(InvalidToken):
        factor_keys.decrypt(stored)
