"""Other ways to hand letters over, and a provider's limit."""

from __future__ import annotations

import time
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from plans.dispatch import letters
from plans.domain.notices import Queue
from plans.mail.transports import TRANSPORTS, FileTransport
from plans.models import Plan, Work
from plans.services import pace
from tests.mail.scripted import ScriptedServer
from tests.makers import ClinicMade
from tests.makers_letters import make_invitations


@pytest.mark.slow
def test_a_transport_chosen_by_setting_takes_the_letters(plan: Plan, settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR, settings.MAIL_TRANSPORT = tmp_path, "files"
    assert letters.run(Queue.LETTERS).sent == 1
    work = Work.objects.get(notice="plan_ready")
    (file,) = (tmp_path / "letters").glob("*.eml")
    assert message_from_bytes(file.read_bytes())["Message-ID"] == work.message_id
    assert work.state == "sent"


@pytest.mark.slow
def test_a_folder_that_cannot_be_made_is_a_server_that_is_away(
    plan: Plan, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    letters.run(Queue.LETTERS, transport=lambda: FileTransport(tmp_path / "file" / "letters"))
    row = Work.objects.get(notice="plan_ready")
    assert (row.state, row.reason) == ("pending", "unreachable")


@pytest.mark.parametrize("name", TRANSPORTS)
def test_every_transport_has_the_three_methods(name: str) -> None:
    way = TRANSPORTS[name]()
    assert all(callable(getattr(way, method)) for method in ("open", "send", "close"))


@pytest.mark.slow
def test_the_provider_s_limit_is_kept_over_all_workers(
    clinic: ClinicMade, server: ScriptedServer, settings: Any
) -> None:
    make_invitations(clinic, 6)
    settings.MAIL_PER_SECOND = 10
    began = time.monotonic()
    assert letters.run(Queue.LETTERS).sent == 6
    assert time.monotonic() - began >= 0.5
    # Another worker finds the moments of the next half second taken.
    assert pace.reserve("mail", 5, 10) >= 0
    assert 0.3 < pace.reserve("mail", 1, 10) <= 0.6


def test_alerts_do_not_wait_for_the_provider_s_limit(
    clinic: ClinicMade, server: ScriptedServer, settings: Any
) -> None:
    settings.MAIL_PER_SECOND = 1
    pace.reserve("mail", 100, 1)
    began = time.monotonic()
    letters.run(Queue.ALERTS)
    assert time.monotonic() - began < 5
