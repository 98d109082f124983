"""Every provider of text messages has the one interface; the one that writes files loses nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plans.channels import sms
from plans.channels.fates import Fate
from plans.channels.short import ShortMessage
from plans.channels.sms.files import FileProvider

PROVIDERS = sorted(path.stem for path in Path(sms.__file__).parent.glob("[a-z]*.py"))
MESSAGE = ShortMessage("+15550142", "<7.1@mail.example.org>", "Taperplan: a test of your alerts.")


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_can_be_chosen_and_sends(name: str, settings: Any) -> None:
    settings.TEXT_URL, settings.TEXT_PROVIDER = "http://127.0.0.1:1/", name
    assert callable(sms.chosen().send)


def test_a_file_is_written_for_each_message_and_the_same_for_the_same(tmp_path: Path) -> None:
    provider = FileProvider(tmp_path / "texts")
    assert [provider.send(MESSAGE).fate for _ in range(2)] == [Fate.SENT, Fate.SENT]
    (file,) = (tmp_path / "texts").iterdir()
    assert json.loads(file.read_text()) == {"to": "+15550142", "text": MESSAGE.text}


def test_a_folder_that_cannot_be_made_sends_nothing(tmp_path: Path) -> None:
    (tmp_path / "texts").touch()
    assert FileProvider(tmp_path / "texts" / "more").send(MESSAGE).fate is Fate.RETRY
