"""Other ways to hand messages over, and a provider's limit."""

from __future__ import annotations

import importlib
import time
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
import time_machine

from plans.channels.email import transports
from plans.channels.email.transports.files import FileTransport
from plans.dispatch import messages
from plans.domain.notices import Queue
from plans.models import Plan, Work
from plans.services import clock, rate_limit
from tests.channels.email.scripted import ScriptedServer
from tests.makers import ClinicMade
from tests.makers_messages import make_invitations


@pytest.mark.slow
def test_a_transport_chosen_by_setting_takes_the_messages(plan: Plan, settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR, settings.MAIL_TRANSPORT = tmp_path, "files"
    assert messages.run(Queue.MESSAGES).sent == 1
    work = Work.objects.get(notice="plan_ready")
    (file,) = (tmp_path / "messages").glob("*.eml")
    assert message_from_bytes(file.read_bytes())["Message-ID"] == work.message_id
    assert work.state == "sent"


@pytest.mark.slow
def test_a_folder_that_cannot_be_made_counts_as_an_unreachable_server(
    plan: Plan, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    messages.run(Queue.MESSAGES, transport=lambda: FileTransport(tmp_path / "file" / "messages"))
    row = Work.objects.get(notice="plan_ready")
    assert (row.state, row.reason) == ("pending", "unreachable")


FILES = sorted(path.stem for path in Path(transports.__file__).parent.glob("[a-z]*.py"))


@pytest.mark.parametrize("name", FILES)
def test_every_transport_has_the_three_methods(name: str) -> None:
    way = transports.named(name)
    assert all(callable(getattr(way, method)) for method in ("open", "send", "close"))


TEXT_MESSAGES = """
from plans.channels.email.delivery import Fate, SendResult

SENT = []


class TextMessages:
    def open(self): ...

    def send(self, message):
        SENT.append((message.to_phone, message.message_id, message.text))
        return SendResult(Fate.SENT)

    def close(self): ...


make = TextMessages
"""


@pytest.mark.slow
def test_text_messages_are_one_more_file(
    clinic: ClinicMade, plan: Plan, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "text_messages.py").write_text(TEXT_MESSAGES)
    monkeypatch.setattr(transports, "__path__", [*transports.__path__, str(tmp_path)])
    settings.MAIL_TRANSPORT = "text_messages"
    make_invitations(clinic, 20)
    sent = importlib.import_module("plans.channels.email.transports.text_messages").SENT
    assert messages.run(Queue.MESSAGES).sent == len(sent) > 20
    work = Work.objects.filter(state="sent").select_related("patient").order_by("id")[0]
    assert work.patient is not None
    (found,) = [one for one in sent if one[1] == work.message_id]
    assert found[0] == work.patient.phone != ""
    assert "/c/" in found[2] or "/p/" in found[2]


@pytest.mark.slow
def test_the_provider_s_limit_is_kept_over_all_workers(
    clinic: ClinicMade, server: ScriptedServer, settings: Any
) -> None:
    make_invitations(clinic, 6)
    settings.MAIL_PER_SECOND = 10
    began = time.monotonic()
    assert messages.run(Queue.MESSAGES).sent == 6
    assert time.monotonic() - began >= 0.5
    # Another worker finds the moments of the next half second taken.
    with time_machine.travel(clock.real_now(), tick=False):
        first = rate_limit.reserve("mail", 5, 10)
        assert rate_limit.reserve("mail", 1, 10) == pytest.approx(first + 0.5)


def test_alerts_do_not_wait_for_the_provider_s_limit(
    clinic: ClinicMade, server: ScriptedServer, settings: Any
) -> None:
    settings.MAIL_PER_SECOND = 1
    rate_limit.reserve("mail", 100, 1)
    began = time.monotonic()
    messages.run(Queue.ALERTS)
    assert time.monotonic() - began < 5
