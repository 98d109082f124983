"""The connections of a sender: one, and more when there is much to send and the server allows them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final, TypeVar

from django.conf import settings

from plans.channels.email.delivery import Fate, SendResult, SmtpTransport, Transport, Unreachable
from plans.channels.email.rendering import OutgoingMessage

log = logging.getLogger(__name__)

# One further connection is opened for each so many messages.
_A_CONNECTION: Final = 10
# A server that refuses a further connection may take a whole time-out to do so: it is asked again only after this.
_CONTENT_SECONDS: Final = 600.0
# A message that takes longer does not delay the results of the others.
_PATIENCE_SECONDS: Final = 1.0

_granted: int | None = None
_content_until = 0.0

_Key = TypeVar("_Key", bound=Hashable)


def forget() -> None:
    """Forget how many connections the server allowed."""
    global _granted  # noqa: PLW0603 - one server a process
    _granted = None


class ConnectionPool:
    """The connections of a run, with a thread for each. `filed`: messages go into files and reach nobody."""

    def __init__(self, transport: Callable[[], Transport], *, filed: bool = False) -> None:
        self.filed = filed
        self.first = transport()
        self._transport = transport
        self._more: list[Transport] = []
        self._threads: ThreadPoolExecutor | None = None

    def enough_for(self, messages: int) -> list[Transport]:
        """Open connections for a number of messages: as many as are worthwhile, or as the server allows."""
        global _granted, _content_until
        wanted = min(settings.MAIL_CONNECTIONS, max(1, messages // _A_CONNECTION))
        if _granted is not None and time.monotonic() < _content_until:
            wanted = min(wanted, _granted)
        while len(self._more) < wanted - 1:
            self._more.append(self._transport())
        found = [self.first]
        for connection in self._more[: wanted - 1]:
            try:
                connection.open()
            except Unreachable as error:
                # Many servers allow a client only a few connections; the first one works.
                log.info("mail server gives no further connection", extra={"kind": error.reason})
                _granted, _content_until = len(found), time.monotonic() + _CONTENT_SECONDS
                break
            found.append(connection)
        return found

    def send(
        self, connections: Sequence[Transport], messages: Mapping[_Key, OutgoingMessage]
    ) -> Iterator[dict[_Key, SendResult]]:
        """Hand messages over at once, each on its own connection; yields their results as they become known.

        There must be no more messages than connections. No thread touches the database.
        """
        if len(messages) == 1:
            for key, message in messages.items():
                yield {key: _sent(connections[0], message)}
            return
        if self._threads is None:
            self._threads = ThreadPoolExecutor(settings.MAIL_CONNECTIONS, thread_name_prefix="connection")
        waiting: dict[Future[SendResult], _Key] = {
            self._threads.submit(_sent, connection, message): key
            for connection, (key, message) in zip(connections, messages.items(), strict=False)
        }
        while waiting:
            try:
                done, _ = wait(waiting, timeout=_PATIENCE_SECONDS)
            except Exception:
                # The worker's time limit: each conversation ends now, with the fate of its phase.
                log.warning("time is up while messages are handed over", exc_info=True)
                _interrupt(connections)
                continue
            if done:
                yield {waiting.pop(future): future.result() for future in done}

    def close(self) -> None:
        """Close all of them."""
        if self._threads is not None:
            self._threads.shutdown()
        for connection in (self.first, *self._more):
            connection.close()


def _sent(connection: Transport, message: OutgoingMessage) -> SendResult:
    """The result for a message; unknown if a fault of ours cut it off."""
    try:
        return connection.send(message)
    except Exception:
        log.exception("message cannot be handed over")
        return SendResult(Fate.UNKNOWN, "strange_answer")


def _interrupt(connections: Sequence[Transport]) -> None:
    for connection in connections:
        if isinstance(connection, SmtpTransport):
            connection.interrupt()
