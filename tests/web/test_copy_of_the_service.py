"""A copy of the database on another host writes account mail into files, as all else it sends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from plans.models import User
from plans.services import heartbeat
from tests.makers import ClinicMade

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def forgotten(client: Client, clinic: ClinicMade) -> None:
    address = User.objects.get(pk=clinic.primary.id).email
    client.post("/accounts/password/reset/", {"email": address})


def test_a_new_password_is_asked_for_by_mail(client: Client, clinic: ClinicMade) -> None:
    forgotten(client, clinic)
    assert len(mail.outbox) == 1


def test_on_a_copy_that_letter_is_a_file(
    client: Client, clinic: ClinicMade, settings: Any, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path
    heartbeat.set_paused(True, why=heartbeat.COPIED)
    forgotten(client, clinic)
    assert mail.outbox == []
    assert len(list((tmp_path / "letters").iterdir())) == 1
