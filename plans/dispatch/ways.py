"""The connections of a sender: one, and more where there is much to send."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from django.conf import settings

from plans.mail.delivery import Transport, Unreachable

log = logging.getLogger(__name__)

# A further connection is opened for so many letters.
_A_CONNECTION: Final = 10


class Ways:
    """The connections of a run: one, and more where there is much to send and the server lets us have them."""

    def __init__(self, transport: Callable[[], Transport]) -> None:
        self._transport = transport
        self.first = transport()
        self._more: list[Transport] = []

    def enough_for(self, letters: int) -> list[Transport]:
        """As many open connections as so many letters are worth."""
        wanted = min(settings.MAIL_CONNECTIONS, max(1, letters // _A_CONNECTION))
        while len(self._more) < wanted - 1:
            self._more.append(self._transport())
        return [self.first, *(way for way in self._more[: wanted - 1] if _opens(way))]

    def close(self) -> None:
        """Say goodbye on all of them."""
        for way in (self.first, *self._more):
            way.close()


def _opens(way: Transport) -> bool:
    try:
        way.open()
    except Unreachable as error:
        # Many servers let a client have only a few connections; the first one works.
        log.info("mail server gives no further connection", extra={"kind": error.reason})
        return False
    return True
