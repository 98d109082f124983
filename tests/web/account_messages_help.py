"""Messages about accounts as they would go out: composed and written, not sent."""

from __future__ import annotations

import re

from plans.channels.email.rendering import OutgoingMessage, write
from plans.domain.messages import MessageFacts
from plans.domain.notices import ACCOUNT_MESSAGES
from plans.models import Work
from plans.services import messages


def messages_waiting() -> list[OutgoingMessage]:
    """Every message about an account that is in the outbox, oldest first."""
    rows = Work.objects.filter(notice__in=ACCOUNT_MESSAGES, state="pending").order_by("created_at", "id")
    composed = [messages.compose(row.pk) for row in rows]
    return [write(facts) for facts in composed if isinstance(facts, MessageFacts)]


def path_in(message: OutgoingMessage) -> str:
    """Where the link of a message leads."""
    found = re.search(r"https?://[^/\s]+(/\S+)", message.text)
    assert found
    return found[1]
