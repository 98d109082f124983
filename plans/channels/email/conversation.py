"""One message's conversation with a mail server, and its fate by the phase it reached.

The same smtplib exception can mean "certainly not sent" or "certainly sent". The phase decides: before the final dot
goes out nothing was handed over; after it, without an answer, nobody can know (RFC 1047).
"""

from __future__ import annotations

import re
import smtplib
import socket
from typing import Any, Final

from plans.channels.email.rendering import OutgoingMessage
from plans.channels.fates import Fate, SendResult

_BARE_NEWLINE: Final = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT: Final = re.compile(rb"(?m)^\.")


class Smtp(smtplib.SMTP):
    """smtplib's client, extended to know whether the final dot has begun to go out."""

    dot_begun = False
    # Answers to pipelined commands may still be on their way: the connection cannot be used again.
    out_of_step = False

    def connect(
        self,
        host: str = "localhost",
        port: int = 0,
        source_address: Any = None,  # Any: as smtplib takes it
    ) -> tuple[int, bytes]:
        """Connect with TCP_NODELAY, so that the dot is sent in its own packet."""
        answer = super().connect(host, port, source_address)
        if self.sock is not None:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return answer

    def hand_over(self, payload: bytes) -> None:
        """Send the message and the dot, after a 354."""
        self.send(as_lines(payload))
        self.dot_begun = True
        self.send(b".\r\n")


def as_lines(payload: bytes) -> bytes:
    """The bytes between DATA and the dot: CRLF line ends, leading dots doubled, a final line end."""
    ends = payload.count(b"\r\n")
    if (
        payload.count(b"\n") == payload.count(b"\r") == ends
        and b"\r\n." not in payload
        and payload[:1] != b"."
    ):
        # Messages that we write already look like this.
        lines = payload
    else:
        lines = _LEADING_DOT.sub(b"..", _BARE_NEWLINE.sub(b"\r\n", payload))
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


def converse(smtp: Smtp, message: OutgoingMessage) -> SendResult:
    """Hand one message over on an open connection. After an exception, the phase in `smtp` tells the fate."""
    return _ask(smtp, message) or _hand_over(smtp, message) or _after_dot(smtp)


def _ask(smtp: Smtp, message: OutgoingMessage) -> SendResult | None:
    """Send MAIL, RCPT and DATA, pipelined where the server allows it (RFC 2920), which halves the round trips."""
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


def _hand_over(smtp: Smtp, message: OutgoingMessage) -> SendResult | None:
    """Send the message and its dot, if the server accepted the commands.

    With pipelined commands the first refusal decides. The connection is then dropped, so that a server that accepted
    DATA regardless gets no dot.
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


def _after_dot(smtp: Smtp) -> SendResult:
    """The server's answer to the message."""
    code, _ = smtp.getreply()
    return _after_data(smtp, code)


def _sender_refused(code: int) -> SendResult:
    # Even with a permanent code: it is about our own settings, not about this patient.
    return SendResult(Fate.RETRY, "later" if code < 500 else "sender_refused", code)


def _address_refused(code: int) -> SendResult:
    if code < 500:
        return SendResult(Fate.RETRY, "later", code)
    return SendResult(Fate.REJECTED, "address_refused", code)


def _after_data(smtp: Smtp, code: int) -> SendResult:
    if code == 250:
        return SendResult(Fate.SENT, "", code)
    if 400 <= code < 500:
        return SendResult(Fate.RETRY, "later", code)
    if code >= 500:
        return SendResult(Fate.REJECTED, "message_refused", code)
    return SendResult(Fate.UNKNOWN if smtp.dot_begun else Fate.RETRY, "strange_answer", code)


def reset(smtp: Smtp) -> bool:
    """Send RSET; whether the server accepted it."""
    try:
        return smtp.rset()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def drop(smtp: Smtp | None) -> None:
    """Close a connection without QUIT."""
    if smtp is not None:
        # The socket may be broken already.
        try:
            smtp.close()
        except OSError:
            return
