"""Handing messages to a mail server over one connection, with the fate of each."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from plans.channels.email.conversation import Smtp, converse, drop, reset
from plans.channels.email.rendering import OutgoingMessage
from plans.channels.fates import Fate, SendResult, Unreachable

__all__ = ["Fate", "SendResult", "Server", "SmtpTransport", "Transport", "Unreachable"]


class Transport(Protocol):
    """How messages are handed over. Another provider is another class with these methods."""

    def open(self) -> None:
        """Get ready to hand a message over. Raises Unreachable."""

    def send(self, message: OutgoingMessage) -> SendResult:
        """Hand one message over. Never raises for anything that the other side does."""

    def close(self) -> None:
        """Say goodbye; never raises."""


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server and how to reach it. `seconds` is the longest wait for a single answer."""

    host: str
    port: int
    seconds: float = 30.0
    user: str = ""
    password: str = ""
    starttls: bool = False
    hello: str = ""


class SmtpTransport:
    """Sends several messages over one connection, opened when first needed and again after it breaks."""

    def __init__(
        self, server: Server, *, secure: Callable[[], ssl.SSLContext] = ssl.create_default_context
    ) -> None:
        self._server = server
        self._secure = secure
        self._smtp: Smtp | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Connect, greet, encrypt and sign in, unless that is done. Raises Unreachable."""
        if self._smtp is not None:
            return
        server = self._server
        smtp: Smtp | None = None
        try:
            smtp = Smtp(server.host, server.port, server.hello or None, server.seconds)
            smtp.ehlo_or_helo_if_needed()
            if server.starttls:
                smtp.starttls(context=self._secure())
                smtp.ehlo()
            if server.user:
                smtp.login(server.user, server.password)
        except smtplib.SMTPAuthenticationError as error:
            drop(smtp)
            raise Unreachable("sign_in_refused") from error
        except (OSError, smtplib.SMTPException) as error:
            drop(smtp)
            raise Unreachable("unreachable") from error
        except BaseException:
            drop(smtp)
            raise
        self._smtp = smtp

    def send(self, message: OutgoingMessage) -> SendResult:
        """Hand one message over, connecting if need be. The phase decides what an error means; a doubtful connection is
        dropped."""
        try:
            self.open()
        except Unreachable as error:
            return SendResult(Fate.RETRY, error.reason)
        smtp = self._smtp
        assert smtp is not None  # noqa: S101 - open() either sets it or raises
        smtp.dot_begun = False
        try:
            outcome = converse(smtp, message)
        except Exception:  # noqa: BLE001 - a time-out, a broken socket, nonsense from the server: the phase decides
            self._drop()
            # Before the dot has begun to go out, the message certainly cannot arrive.
            after = smtp.dot_begun
            return (
                SendResult(Fate.UNKNOWN, "no_answer_after_dot")
                if after
                else SendResult(Fate.RETRY, "dropped")
            )
        if outcome.code == 421 or smtp.out_of_step or (outcome.fate is not Fate.SENT and not reset(smtp)):
            self._drop()
        return outcome

    def interrupt(self) -> None:
        """Cut the connection off from another thread: `send` ends at once with the fate of its phase."""
        smtp = self._smtp
        if smtp is None or smtp.sock is None:
            return
        try:
            smtp.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def close(self) -> None:
        """Send QUIT; the server's answer no longer matters."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            smtp.quit()
        except (OSError, smtplib.SMTPException):
            drop(smtp)

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        drop(smtp)
