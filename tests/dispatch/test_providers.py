"""Another mail transport is one class."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from plans.channels.email.delivery import Fate, SendResult
from plans.channels.email.rendering import OutgoingMessage
from plans.dispatch import messages
from plans.domain.notices import Queue
from plans.models import Plan


@dataclass
class Folder:
    """A transport that puts messages into a list in place of a mail server."""

    messages: list[OutgoingMessage] = field(default_factory=list)

    def open(self) -> None:
        """Always there."""

    def send(self, message: OutgoingMessage) -> SendResult:
        """Keep it."""
        self.messages.append(message)
        return SendResult(Fate.SENT)

    def close(self) -> None:
        """Nothing to close."""


@pytest.mark.slow
def test_another_provider_is_another_class_of_three_methods(plan: Plan) -> None:
    folder = Folder()
    counts = messages.run(Queue.MESSAGES, transport=lambda: folder)
    assert counts.sent == len(folder.messages) > 0
