"""Short messages to staff, by push or as a text message: one line without a word of health, a code and a link.

Taperplan: an urgent review item. Open the queue or reply 4711. https://taper.example.org/k/…
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from django.template.loader import get_template, select_template
from django.utils import translation

from plans.channels.email import rendering
from plans.channels.fates import Fate, SendResult
from plans.domain.messages import MessageFacts
from plans.domain.notices import CHANNEL_CODE, MESSAGES, REPLY_ANSWER

_SHORT: Final = "messages/short.txt"


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """One message to one address. `message_id` is the same whenever it is sent, and another for a marked repeat.

    `urgent`: it may make a noise at night.
    """

    to_address: str
    message_id: str
    text: str
    urgent: bool = False


class Fault(StrEnum):
    """What can go wrong with a provider. Each file of one says in FAULTS which of them it meets, and the fate of a
    message in each."""

    # No connection, or a sign-in of ours that is refused: our settings, or its trouble.
    UNREACHABLE = "provider_unreachable"
    REFUSES_US = "provider_refuses_us"
    # It broke off before everything was out.
    DROPPED = "provider_dropped"
    # It asks to come back later.
    LATER = "provider_later"
    # Everything went out, and no answer came, or one that says that it failed.
    SILENT = "provider_silent"
    FAILED = "provider_failed"
    # The number or address is refused for good.
    REFUSED = "channel_refused"

    def ends(self, faults: Mapping[Fault, Fate], code: int | None = None) -> SendResult:
        """The result of a message that met it."""
        return SendResult(faults[self], self.value, code)


USUAL_FAULTS: Final[Mapping[Fault, Fate]] = {
    Fault.UNREACHABLE: Fate.RETRY,
    Fault.REFUSES_US: Fate.RETRY,
    Fault.DROPPED: Fate.RETRY,
    Fault.LATER: Fate.RETRY,
    Fault.SILENT: Fate.UNKNOWN,
    Fault.FAILED: Fate.UNKNOWN,
    Fault.REFUSED: Fate.REJECTED,
}
"""What each of them means over a network."""


class Provider(Protocol):
    """How short messages are handed over. Another provider is another file with FAULTS and a `make()` that returns such
    an object."""

    def send(self, message: ShortMessage) -> SendResult:
        """Hand one message over, within the provider's time. Never raises for anything that the other side does.

        Called from several threads at once.
        """


def write(facts: MessageFacts) -> ShortMessage:
    """Render the short message for these facts. Raises KeyError for an unknown notice."""
    code = MESSAGES[facts.notice].code
    given = {
        **rendering.words(facts),
        "link": facts.code_link or facts.link,
        # Whoever gets it need not go anywhere.
        "bare": facts.notice in (CHANNEL_CODE, REPLY_ANSWER),
    }
    with translation.override(facts.language):
        about = " ".join(_about(code).render(dict(given)).split()).replace(" .", ".").rstrip(".")
        text = " ".join(get_template(_SHORT).render({**given, "about": about}).split())
    return ShortMessage(facts.to_address, facts.message_id, text, facts.urgent)


# Any: a compiled template, whose class the stubs do not export.
def _about(code: str) -> Any:
    """What it is about: a line of its own, or the subject of the e-mail."""
    return select_template([f"messages/{code}/short.txt", f"messages/{code}/subject.txt"])
