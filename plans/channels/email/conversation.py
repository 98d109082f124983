"""One message's conversation with a mail server, step by step, and what became of it, told by phase.

The same exception from smtplib can mean "surely not sent" and "surely sent". What counts is the phase: before the final
dot has gone out nothing was handed over; after it, without an answer, nobody can know (RFC 1047).
"""

from __future__ import annotations

import re
import smtplib
import socket
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from plans.channels.email.rendering import OutgoingMessage

_BARE_NEWLINE: Final = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT: Final = re.compile(rb"(?m)^\.")


class Fate(StrEnum):
    """What became of a message."""

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
    """The fate of one message, a stable reason, and the server's code if it gave one."""

    fate: Fate
    reason: str = ""
    code: int | None = None


class Smtp(smtplib.SMTP):
    """smtplib's client, which says whether the final dot has begun to go out."""

    dot_begun = False
    # Answers to commands sent ahead may still be on their way: the connection is of no further use.
    out_of_step = False

    def connect(
        self,
        host: str = "localhost",
        port: int = 0,
        source_address: Any = None,  # Any: as smtplib takes it
    ) -> tuple[int, bytes]:
        """Connect, and send small packets at once: the dot travels on its own."""
        answer = super().connect(host, port, source_address)
        if self.sock is not None:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return answer

    def hand_over(self, payload: bytes) -> None:
        """The message and the dot, after a 354."""
        self.send(as_lines(payload))
        self.dot_begun = True
        self.send(b".\r\n")


def as_lines(payload: bytes) -> bytes:
    """The bytes that go between DATA and the dot: CRLF line ends, leading dots doubled, a line end at the end."""
    ends = payload.count(b"\r\n")
    if (
        payload.count(b"\n") == payload.count(b"\r") == ends
        and b"\r\n." not in payload
        and payload[:1] != b"."
    ):
        # As we write messages ourselves: nothing to be done.
        lines = payload
    else:
        lines = _LEADING_DOT.sub(b"..", _BARE_NEWLINE.sub(b"\r\n", payload))
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


def converse(smtp: Smtp, message: OutgoingMessage) -> Outcome:
    """Hand one message over on an open connection. What is raised is told by the phase that `smtp` remembers."""
    return _ask(smtp, message) or _hand_over(smtp, message) or _after_dot(smtp)


def _ask(smtp: Smtp, message: OutgoingMessage) -> Outcome | None:
    """MAIL, RCPT and DATA; with a server that allows it in one piece and in half the round trips (RFC 2920)."""
    if not smtp.has_extn("pipelining"):
        code, _ = smtp.mail(message.envelope_from)
        if code != 250:
            return _sender_refused(code)
        code, _ = smtp.rcpt(message.to_address)
        return None if code in (250, 251) else _address_refused(code)
    if not set("\r\n<>").isdisjoint(message.envelope_from + message.to_address):
        raise ValueError("an address that would be more than an address")
    lines = f"MAIL FROM:<{message.envelope_from}>\r\nRCPT TO:<{message.to_address}>\r\nDATA\r\n"
    smtp.out_of_step = True
    smtp.send(lines.encode("ascii"))
    return None


def _hand_over(smtp: Smtp, message: OutgoingMessage) -> Outcome | None:
    """The message and its dot, if it may come.

    Of commands sent ahead the first answer that is a no decides; then the connection is dropped, so that a server that
    said yes to DATA all the same gets no dot.
    """
    if not smtp.out_of_step:
        smtp.putcmd("data")
    else:
        code, _ = smtp.getreply()
        if code != 250:
            return _sender_refused(code)
        code, _ = smtp.getreply()
        if code not in (250, 251):
            return _address_refused(code)
    code, _ = smtp.getreply()
    smtp.out_of_step = False
    if code != 354:
        return _after_data(smtp, code)
    smtp.hand_over(message.payload)
    return None


def _after_dot(smtp: Smtp) -> Outcome:
    """The server's word on the message."""
    code, _ = smtp.getreply()
    return _after_data(smtp, code)


def _sender_refused(code: int) -> Outcome:
    # Also for a permanent code: it speaks of our server's settings, not of this patient.
    return Outcome(Fate.RETRY, "later" if code < 500 else "sender_refused", code)


def _address_refused(code: int) -> Outcome:
    if code < 500:
        return Outcome(Fate.RETRY, "later", code)
    return Outcome(Fate.REJECTED, "address_refused", code)


def _after_data(smtp: Smtp, code: int) -> Outcome:
    if code == 250:
        return Outcome(Fate.SENT, "", code)
    if 400 <= code < 500:
        return Outcome(Fate.RETRY, "later", code)
    if code >= 500:
        return Outcome(Fate.REJECTED, "message_refused", code)
    return Outcome(Fate.UNKNOWN if smtp.dot_begun else Fate.RETRY, "strange_answer", code)


def reset(smtp: Smtp) -> bool:
    """Begin anew on the same connection; whether the server agrees."""
    try:
        return smtp.rset()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def drop(smtp: Smtp | None) -> None:
    """Close a connection without a word."""
    if smtp is not None:
        # smtplib's close may meet a socket that is broken already.
        try:
            smtp.close()
        except OSError:
            return
