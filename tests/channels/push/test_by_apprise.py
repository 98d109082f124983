"""Push messages through Apprise: the fate of each, and the addresses that the server may be made to call."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytest

from plans.channels.push import addresses, by_apprise
from plans.channels.short import ShortMessage
from plans.domain.text import BadText
from taperplan.local.children import free_port
from tests.channels.provider import DRIP, DROP, SILENT, Provider

TEXT = "Taperplan: an urgent review item. Open the queue. https://taper.example.org/k/abc"


@pytest.fixture
def allowed(provider: Provider, settings: Any) -> Provider:
    settings.PUSH_SCHEMES, settings.PUSH_TIMEOUT = ["ntfy"], 1
    settings.PUSH_HOSTS = [f"127.0.0.1:{provider.port}"]
    return provider


def sent(address: str, *, urgent: bool = False) -> tuple[str, str]:
    result = by_apprise.make().send(ShortMessage(address, "<7@mail.example.org>", TEXT, urgent))
    return result.fate.value, result.reason


def topic(provider: Provider) -> str:
    return f"ntfy://127.0.0.1:{provider.port}/a-topic"


def test_a_message_reaches_its_topic_and_only_an_urgent_one_is_loud(allowed: Provider) -> None:
    assert sent(topic(allowed)) == sent(topic(allowed), urgent=True) == ("sent", "")
    quiet, loud = allowed.taken
    assert quiet.json == {"topic": "a-topic", "message": TEXT}
    assert ("X-Priority" in quiet.headers, loud.headers["X-Priority"]) == (False, "high")
    assert "X-Icon" not in quiet.headers


@pytest.mark.parametrize(
    ("answer", "fate", "reason"),
    [
        (302, "rejected", "channel_refused"),
        (403, "rejected", "channel_refused"),
        (429, "retry", "provider_later"),
        (500, "unknown", "provider_failed"),
        (503, "retry", "provider_later"),
        (DROP, "unknown", "provider_silent"),
    ],
)
def test_the_answer_decides_the_fate(allowed: Provider, answer: int | str, fate: str, reason: str) -> None:
    allowed.script = [answer]
    assert sent(topic(allowed)) == (fate, reason)
    # A redirect is followed nowhere.
    assert len(allowed.taken) == 1


@pytest.mark.slow
@pytest.mark.parametrize("answer", [SILENT, DRIP])
def test_a_silent_service_and_one_that_drips_are_cut_off_in_time(allowed: Provider, answer: str) -> None:
    allowed.script = [answer]
    began = time.monotonic()
    assert sent(topic(allowed)) == ("unknown", "provider_silent")
    assert time.monotonic() - began < 4


def test_a_service_that_is_down_got_nothing(settings: Any) -> None:
    port = free_port()
    settings.PUSH_SCHEMES, settings.PUSH_HOSTS = ["ntfy"], [f"127.0.0.1:{port}"]
    assert sent(f"ntfy://127.0.0.1:{port}/a-topic") == ("retry", "provider_unreachable")


def test_an_address_that_is_allowed_no_more_is_refused_when_it_is_used(
    allowed: Provider, settings: Any
) -> None:
    settings.PUSH_HOSTS = []
    assert sent(topic(allowed)) == ("rejected", "channel_refused")
    assert allowed.taken == []


def test_no_topic_and_no_key_stands_in_a_log(allowed: Provider) -> None:
    allowed.script = [403]
    heard: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]  # only for this test
    logging.getLogger().addHandler(handler)
    try:
        sent(topic(allowed))
    finally:
        logging.getLogger().removeHandler(handler)
    assert not any("a-topic" in line for line in heard)


@pytest.mark.parametrize(
    "address",
    [
        "ntfys://a-long-topic",
        "ntfys://ntfy.sh/a-long-topic",
        "ntfys://NTFY.SH/topic",
        f"pover://{'u' * 30}@{'t' * 30}",
    ],
)
def test_the_usual_addresses_are_allowed(address: str) -> None:
    assert addresses.clean(f" {address} ") == address


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "missing"),
        ("my topic", "not_push"),
        ("ntfys://", "not_push"),
        ("pover://nonsense", "not_push"),
        ("ntfy://ntfy.sh/topic", "push_scheme"),
        ("json://10.0.0.1/", "push_scheme"),
        ("file:///etc/passwd", "push_scheme"),
        ("ntfys://10.0.0.1/topic", "push_host"),
        ("ntfys://localhost/topic", "push_host"),
        ("ntfys://[::1]/topic", "push_host"),
        ("ntfys://ntfy.sh:8443/topic", "push_host"),
        ("ntfys://user:word@169.254.169.254/latest", "push_host"),
        ("ntfys://ntfy.sh.example.org/topic", "push_host"),
        ("ntfys://ntfy.sh/topic?attach=http://10.0.0.1/", "push_options"),
        ("ntfys://ntfy.sh/topic#x", "push_options"),
    ],
)
def test_no_address_makes_the_server_call_what_the_operator_did_not_allow(address: str, why: str) -> None:
    with pytest.raises(BadText) as refused:
        addresses.clean(address)
    assert refused.value.why == why
