"""Handing letters to a mail server, and knowing what became of each.

The same exception from smtplib can mean "surely not sent" and "surely sent". What counts is the phase: before the final
dot has gone out nothing was handed over; after it, without an answer, nobody can know (RFC 1047). So the conversation
is led here, step by step, and its outcome is told by phase.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Final, Protocol, Self

from plans.mail.letters import Letter

_BARE_NEWLINE: Final = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT: Final = re.compile(rb"(?m)^\.")


class Fate(StrEnum):
    """What became of a letter."""

    # The server took responsibility. Not "delivered": it may still come back.
    SENT = "sent"
    # A permanent refusal.
    REJECTED = "rejected"
    # Surely not handed over; worth trying later.
    RETRY = "retry"
    # The last byte went out and no answer came.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of one letter, a stable reason, and the server's code if it gave one."""

    fate: Fate
    reason: str = ""
    code: int | None = None


class Unreachable(Exception):
    """No conversation could be begun: nothing was sent. `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Transport(Protocol):
    """A way to hand letters over. Another provider is another class of these methods."""

    def open(self) -> None:
        """Make sure that a letter can be handed over now. Raises Unreachable."""

    def send(self, letter: Letter) -> Outcome:
        """Hand one letter over; never raises for anything the other side does."""

    def close(self) -> None:
        """Say goodbye; never raises."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where and how letters are handed over. `seconds` is the longest wait for any single answer."""

    host: str
    port: int
    seconds: float = 30.0
    user: str = ""
    password: str = ""
    starttls: bool = False
    hello: str = ""


class _Smtp(smtplib.SMTP):
    """smtplib's client, which says whether the final dot has begun to go out."""

    dot_begun = False
    # Answers to commands sent ahead may still be on their way: the connection is of no further use.
    out_of_step = False

    def connect(
        self, host: str = "localhost", port: int = 0, source_address: Any = None
    ) -> tuple[int, bytes]:
        """Connect, and send small packets at once: the dot travels on its own."""
        answer = super().connect(host, port, source_address)
        if self.sock is not None:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return answer

    def hand_over(self, payload: bytes) -> tuple[int, bytes]:
        """DATA, the letter, the dot; returns the server's last answer, to DATA itself if that was no 354."""
        self.dot_begun = False
        self.putcmd("data")
        code, answer = self.getreply()
        if code != 354:
            return code, answer
        return self.hand_over_now(payload)

    def hand_over_now(self, payload: bytes) -> tuple[int, bytes]:
        """The letter and the dot, after a 354; returns the server's last answer."""
        self.send(as_lines(payload))
        self.dot_begun = True
        self.send(b".\r\n")
        return self.getreply()


def as_lines(payload: bytes) -> bytes:
    """The bytes that go between DATA and the dot: CRLF line ends, leading dots doubled, a line end at the end."""
    ends = payload.count(b"\r\n")
    if (
        payload.count(b"\n") == payload.count(b"\r") == ends
        and b"\r\n." not in payload
        and payload[:1] != b"."
    ):
        # As we write letters ourselves: nothing to be done.
        lines = payload
    else:
        lines = _LEADING_DOT.sub(b"..", _BARE_NEWLINE.sub(b"\r\n", payload))
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


class SmtpTransport:
    """Several letters over one connection, opened when first needed and again after it broke."""

    def __init__(
        self, server: Server, *, secure: Callable[[], ssl.SSLContext] = ssl.create_default_context
    ) -> None:
        self._server = server
        self._secure = secure
        self._smtp: _Smtp | None = None

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
        smtp: _Smtp | None = None
        try:
            smtp = _Smtp(server.host, server.port, server.hello or None, server.seconds)
            smtp.ehlo_or_helo_if_needed()
            if server.starttls:
                smtp.starttls(context=self._secure())
                smtp.ehlo()
            if server.user:
                smtp.login(server.user, server.password)
        except smtplib.SMTPAuthenticationError as error:
            _drop(smtp)
            raise Unreachable("sign_in_refused") from error
        except (OSError, smtplib.SMTPException) as error:
            _drop(smtp)
            raise Unreachable("unreachable") from error
        except BaseException:
            _drop(smtp)
            raise
        self._smtp = smtp

    def send(self, letter: Letter) -> Outcome:
        """Hand one letter over. Whatever goes wrong is told by phase; the connection is dropped when it is in doubt."""
        try:
            self.open()
        except Unreachable as error:
            return Outcome(Fate.RETRY, error.reason)
        smtp = self._smtp
        assert smtp is not None  # noqa: S101 - open() either sets it or raises
        smtp.dot_begun = False
        try:
            outcome = _converse(smtp, letter)
        except Exception:  # noqa: BLE001 - told by phase, whatever it was
            # A time limit of the worker, a broken socket, nonsense from the server: only the phase counts.
            self._abandon()
            if smtp.dot_begun:
                return Outcome(Fate.UNKNOWN, "no_answer_after_dot")
            return Outcome(Fate.RETRY, "dropped")
        if outcome.code == 421 or smtp.out_of_step or (outcome.fate is not Fate.SENT and not _reset(smtp)):
            self._abandon()
        return outcome

    def close(self) -> None:
        """Say goodbye; what the server answers no longer matters."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            smtp.quit()
        except (OSError, smtplib.SMTPException):
            _drop(smtp)

    def _abandon(self) -> None:
        smtp, self._smtp = self._smtp, None
        _drop(smtp)


def _converse(smtp: _Smtp, letter: Letter) -> Outcome:
    if smtp.has_extn("pipelining"):
        return _converse_ahead(smtp, letter)
    code, _ = smtp.mail(letter.envelope_from)
    if code != 250:
        return _sender_refused(code)
    code, _ = smtp.rcpt(letter.to_address)
    if code not in (250, 251):
        return _address_refused(code)
    code, _ = smtp.hand_over(letter.payload)
    return _after_data(smtp, code)


def _converse_ahead(smtp: _Smtp, letter: Letter) -> Outcome:
    """The same in half the round trips, with a server that allows it (RFC 2920): three commands, then their answers.

    The first answer that is a no decides; then the connection is dropped, so that a server that said yes to DATA
    all the same gets no dot.
    """
    if not set("\r\n<>").isdisjoint(letter.envelope_from + letter.to_address):
        raise ValueError("an address that would be more than an address")
    lines = f"MAIL FROM:<{letter.envelope_from}>\r\nRCPT TO:<{letter.to_address}>\r\nDATA\r\n"
    smtp.out_of_step = True
    smtp.send(lines.encode("ascii"))
    code, _ = smtp.getreply()
    if code != 250:
        return _sender_refused(code)
    code, _ = smtp.getreply()
    if code not in (250, 251):
        return _address_refused(code)
    code, _ = smtp.getreply()
    smtp.out_of_step = False
    if code == 354:
        code, _ = smtp.hand_over_now(letter.payload)
    return _after_data(smtp, code)


def _sender_refused(code: int) -> Outcome:
    # Also for a permanent code: it speaks of our server's settings, not of this patient.
    return Outcome(Fate.RETRY, "later" if code < 500 else "sender_refused", code)


def _address_refused(code: int) -> Outcome:
    if code < 500:
        return Outcome(Fate.RETRY, "later", code)
    return Outcome(Fate.REJECTED, "address_refused", code)


def _after_data(smtp: _Smtp, code: int) -> Outcome:
    if code == 250:
        return Outcome(Fate.SENT, "", code)
    if 400 <= code < 500:
        return Outcome(Fate.RETRY, "later", code)
    if code >= 500:
        return Outcome(Fate.REJECTED, "letter_refused", code)
    return Outcome(Fate.UNKNOWN if smtp.dot_begun else Fate.RETRY, "strange_answer", code)


def _reset(smtp: _Smtp) -> bool:
    try:
        return smtp.rset()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _drop(smtp: _Smtp | None) -> None:
    if smtp is not None:
        # smtplib's close may meet a socket that is broken already.
        try:
            smtp.close()
        except OSError:
            return
