"""Text messages over HTTP: what is sent, and the fate of a message by the phase that was reached."""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import replace
from urllib.parse import parse_qs

import pytest

from plans.channels.fates import Fate
from plans.channels.short import ShortMessage
from plans.channels.sms.http import HttpProvider, TextServer
from taperplan.local.children import free_port
from tests.channels.provider import DRIP, DROP, SILENT, Provider

MESSAGE = ShortMessage("+15550142", "<7@mail.example.org>", "Taperplan: an urgent review item. Reply 4711.")


def server_of(provider: Provider, **changes: object) -> TextServer:
    return replace(TextServer(provider.url, seconds=0.3), **changes)  # type: ignore[arg-type]  # names are checked by the dataclass


def sent(provider: Provider, **changes: object) -> tuple[str, str]:
    result = HttpProvider(server_of(provider, **changes)).send(MESSAGE)
    return result.fate.value, result.reason


def test_a_message_is_one_post_with_number_text_and_id(provider: Provider) -> None:
    assert sent(provider, authorization="Bearer abc", sender="+15550199") == ("sent", "")
    (taken,) = provider.taken
    assert taken.json == {
        "to": "+15550142",
        "text": MESSAGE.text,
        "from": "+15550199",
        "id": "7@mail.example.org",
    }
    assert (taken.headers["Authorization"], taken.headers["Content-Type"]) == (
        "Bearer abc",
        "application/json",
    )
    assert "X-Signature" not in taken.headers


def test_a_provider_that_wants_a_form_gets_its_own_names(provider: Provider) -> None:
    sent(provider, form=True, fields={"to": "To", "text": "Body"})
    (taken,) = provider.taken
    assert parse_qs(taken.body.decode()) == {"To": ["+15550142"], "Body": [MESSAGE.text]}


def test_the_body_is_signed_with_the_key(provider: Provider) -> None:
    sent(provider, signing_key=b"k" * 32)
    (taken,) = provider.taken
    mac = hmac.new(b"k" * 32, taken.body, hashlib.sha256).hexdigest()
    assert taken.headers["X-Signature"] == f"sha256={mac}"


@pytest.mark.parametrize(
    ("answer", "fate", "reason"),
    [
        (200, "sent", ""),
        (202, "sent", ""),
        (302, "retry", "provider_refuses_us"),
        (400, "rejected", "channel_refused"),
        (401, "retry", "provider_refuses_us"),
        (404, "rejected", "channel_refused"),
        (429, "retry", "provider_later"),
        (500, "unknown", "provider_failed"),
        (503, "retry", "provider_later"),
        (DROP, "unknown", "provider_silent"),
    ],
)
def test_the_answer_decides_the_fate(provider: Provider, answer: int | str, fate: str, reason: str) -> None:
    provider.script = [answer]
    assert sent(provider) == (fate, reason)


@pytest.mark.slow
@pytest.mark.parametrize("answer", [SILENT, DRIP])
def test_a_silent_provider_and_one_that_drips_are_cut_off_in_time(provider: Provider, answer: str) -> None:
    provider.script = [answer]
    began = time.monotonic()
    assert sent(provider) == ("unknown", "provider_silent")
    assert time.monotonic() - began < 2


def test_a_provider_that_is_down_got_nothing() -> None:
    result = HttpProvider(TextServer(f"http://127.0.0.1:{free_port()}/", seconds=1)).send(MESSAGE)
    assert (result.fate, result.reason) == (Fate.RETRY, "provider_unreachable")
