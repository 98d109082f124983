"""The connections of a sender: one, and more where there is much to send and the server lets us have them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from django.conf import settings

from plans.channels.email.delivery import Transport, Unreachable

log = logging.getLogger(__name__)

# A further connection is opened for so many letters.
_A_CONNECTION: Final = 10
# A server that gives no further connection may take its whole time-out to say so: it is asked again only after this.
_CONTENT_SECONDS: Final = 600.0

_granted: int | None = None
_content_until = 0.0


def forget() -> None:
    """Forget how many connections the server gave."""
    global _granted  # noqa: PLW0603 - one server a process
    _granted = None


class Ways:
    """The connections of a run; `filed`: they lead into files, and nothing goes to anybody."""

    def __init__(self, transport: Callable[[], Transport], *, filed: bool = False) -> None:
        self.filed = filed
        self._transport = transport
        self.first = transport()
        self._more: list[Transport] = []

    def enough_for(self, letters: int) -> list[Transport]:
        """As many open connections as so many letters are worth, or as the server lets us have."""
        global _granted, _content_until
        wanted = min(settings.MAIL_CONNECTIONS, max(1, letters // _A_CONNECTION))
        if _granted is not None and time.monotonic() < _content_until:
            wanted = min(wanted, _granted)
        while len(self._more) < wanted - 1:
            self._more.append(self._transport())
        found = [self.first]
        for way in self._more[: wanted - 1]:
            try:
                way.open()
            except Unreachable as error:
                # Many servers let a client have only a few connections; the first one works.
                log.info("mail server gives no further connection", extra={"kind": error.reason})
                _granted, _content_until = len(found), time.monotonic() + _CONTENT_SECONDS
                break
            found.append(way)
        return found

    def close(self) -> None:
        """Say goodbye on all of them."""
        for way in (self.first, *self._more):
            way.close()
