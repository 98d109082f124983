"""The provider of push messages: Apprise.

Apprise says only whether a message was accepted; what its log of the attempt names decides the fate: a status code, or
what broke. What cannot be understood is unknown, and goes again marked as a repeat.
"""

from __future__ import annotations

import logging
import re
from typing import Final

from apprise import Apprise, AppriseResult, AppriseResultStatus
from django.conf import settings

from plans.channels.fates import Fate, SendResult
from plans.channels.push import addresses
from plans.channels.short import USUAL_FAULTS, Fault, Provider, ShortMessage
from plans.domain.text import BadText

FAULTS: Final = USUAL_FAULTS
_STATUS: Final = re.compile(r"error=([1-5][0-9]{2})")
# What requests says when no request was made.
_NOT_BEGUN: Final = (
    "Failed to establish a new connection",
    "Failed to resolve",
    "Name or service not known",
    "connect timeout",
    "SSLError",
    "ProxyError",
)


class ApprisePush:
    """Hands each message to the service that its address names."""

    def send(self, message: ShortMessage) -> SendResult:
        """Send it; the setting may have changed since the address was typed, so that it is checked again."""
        try:
            address = addresses.clean(message.to_address)
        except BadText:
            return Fault.REFUSED.ends(FAULTS)
        service = Apprise(asset=addresses.ASSET)
        service.add(f"{address}?{_options(address, urgent=message.urgent)}")
        seconds = float(settings.PUSH_TIMEOUT)
        result = service.notify(body=message.text, timeout=seconds, log_level=logging.DEBUG)
        return SendResult(Fate.SENT) if result else _fate(result)


def _options(address: str, *, urgent: bool) -> str:
    plugin = addresses.plugin_of(address)
    options = [f"cto={settings.PUSH_TIMEOUT}", f"rto={settings.PUSH_TIMEOUT}"]
    if urgent and plugin is not None and "priority" in plugin.template_args:
        options.append("priority=high")
    return "&".join(options)


def _fate(result: AppriseResult) -> SendResult:
    """The fate of a message that was not accepted."""
    said = "\n".join(entry.message for one in result for attempt in one for entry in attempt)
    if found := _STATUS.search(said):
        return of_status(int(found[1]))
    if result.status is AppriseResultStatus.TIMEOUT:
        return Fault.SILENT.ends(FAULTS)
    if any(mark in said for mark in _NOT_BEGUN):
        return Fault.UNREACHABLE.ends(FAULTS)
    return Fault.SILENT.ends(FAULTS)


def of_status(status: int) -> SendResult:
    """The fate by the status that the service answered: 401 and 403 are about the address, which holds the key."""
    if status in (408, 425, 429, 503):
        return Fault.LATER.ends(FAULTS, status)
    if status < 500:
        return Fault.REFUSED.ends(FAULTS, status)
    return Fault.FAILED.ends(FAULTS, status)


def make() -> Provider:
    """The provider of push messages."""
    return ApprisePush()
