"""Redis as Celery's broker, which drops what is no task message.

Kombu's own transport reads whatever stands in a queue as a message; one string that is none would end the worker.
"""

from __future__ import annotations

import binascii
import logging
from queue import Empty
from typing import Any, Final

from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import redis as transport

log = logging.getLogger(__name__)

_NAMES: Final = ("redis", "rediss")


class TaskChannel(transport.Channel):
    """Reads queues; an entry that is no JSON is dropped."""

    # Any: kombu ships no types.
    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]  # the stubs leave it out
        except ValueError as unreadable:
            # Redis has handed it out already: it does not come again.
            _dropped(type(unreadable).__name__)
            return True

    # Any: the same.
    def _get(self, queue: str, timeout: float | None = None) -> Any:
        try:
            return super()._get(queue)
        except ValueError as unreadable:
            _dropped(type(unreadable).__name__)
            raise Empty from unreadable


class TaskTransport(transport.Transport):
    """Delivers messages; JSON that is no message is dropped."""

    Channel = TaskChannel

    # Any: whatever somebody wrote into a queue.
    def _deliver(self, message: Any, queue: str | None) -> None:
        if is_message(message):
            super()._deliver(message, queue)
        else:
            _dropped(type(message).__name__)


# Any: the same.
def is_message(found: Any) -> bool:
    """Whether it has the parts that Kombu and Celery read without looking."""
    if not isinstance(found, dict) or not isinstance(found.get("headers"), dict):
        return False
    properties, body = found.get("properties"), found.get("body")
    if not isinstance(properties, dict) or not isinstance(body, str):
        return False
    where, tag = properties.get("delivery_info"), properties.get("delivery_tag")
    return (
        isinstance(where, dict)
        and all(isinstance(where.get(name), str) for name in ("exchange", "routing_key"))
        and isinstance(tag, str)
        and properties.get("body_encoding") == "base64"
        and _is_base64(body)
        and isinstance(found["headers"].get("task"), str)
        and isinstance(found["headers"].get("id"), str)
    )


def _is_base64(body: str) -> bool:
    try:
        binascii.a2b_base64(body.encode("ascii"), strict_mode=True)
    except ValueError:
        return False
    return True


def _dropped(kind: str) -> None:
    log.error("dropped an entry of a queue that is no task", extra={"kind": kind})


def use() -> None:
    """Let every address of Redis be served by this transport."""
    for name in _NAMES:
        TRANSPORT_ALIASES[name] = f"{__name__}:TaskTransport"
