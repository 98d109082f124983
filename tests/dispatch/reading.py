"""Reading what arrived and what is in the outbox."""

from __future__ import annotations

import email
import email.policy

from plans.models import Work
from tests.channels.email.scripted import Kept


def text_of(kept: Kept) -> str:
    message = email.message_from_bytes(kept.content, policy=email.policy.default)
    return str(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]  # our messages have one


def header(kept: Kept, name: str) -> str:
    return str(email.message_from_bytes(kept.content, policy=email.policy.default)[name] or "")


def work(notice: str) -> Work:
    return Work.objects.get(notice=notice)


def rungs() -> list[tuple[int, str, str]]:
    """The messages of check-ins: rung, state and reason."""
    return list(
        Work.objects.filter(occasion__isnull=False).order_by("rung").values_list("rung", "state", "reason")
    )
