"""Handing letters to a mail server over one connection, or over several at once, and knowing what became of each."""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from plans.channels.email.conversation import Fate, Outcome, Smtp, after_dot, ask, drop, hand_over, reset
from plans.channels.email.rendering import Letter

__all__ = ["Fate", "Outcome", "Server", "SmtpTransport", "Transport", "Unreachable", "send_together"]


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


class SmtpTransport:
    """Several letters over one connection, opened when first needed and again after it broke."""

    def __init__(
        self, server: Server, *, secure: Callable[[], ssl.SSLContext] = ssl.create_default_context
    ) -> None:
        self._server = server
        self._secure = secure
        self._smtp: Smtp | None = None
        # The letter in hand, and its outcome as soon as that is known.
        self._letter: Letter | None = None
        self._outcome: Outcome | None = None

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

    def send(self, letter: Letter) -> Outcome:
        """Hand one letter over. Whatever goes wrong is told by phase; the connection is dropped when it is in doubt."""
        self.ask(letter)
        self.hand_over()
        return self.outcome()

    def ask(self, letter: Letter) -> None:
        """The first step of `send`: connect if need be, and ask whether the letter may come. Waits for no answer from
        a server that takes commands ahead of their answers, so that several connections can ask at once."""
        self._letter, self._outcome = letter, None
        try:
            self.open()
        except Unreachable as error:
            self._outcome = Outcome(Fate.RETRY, error.reason)
            return
        assert self._smtp is not None  # noqa: S101 - open() either sets it or raises
        self._smtp.dot_begun = False
        self._step(ask)

    def hand_over(self) -> None:
        """The second step: hear what was asked, and send the letter and the dot."""
        self._step(hand_over)

    def outcome(self) -> Outcome:
        """The last step: the server's word on the letter, told by phase."""
        self._step(after_dot)
        outcome, smtp = self._outcome, self._smtp
        assert outcome is not None  # noqa: S101 - the last step gives one
        if smtp is not None and (
            outcome.code == 421 or smtp.out_of_step or (outcome.fate is not Fate.SENT and not reset(smtp))
        ):
            self.abandon()
        return outcome

    def _step(self, act: Callable[[Smtp, Letter], Outcome | None]) -> None:
        smtp, letter = self._smtp, self._letter
        if self._outcome is not None or smtp is None or letter is None:
            return
        try:
            self._outcome = act(smtp, letter)
        except Exception:  # noqa: BLE001 - told by phase, whatever it was
            # A time limit of the worker, a broken socket, nonsense from the server: only the phase counts.
            self.abandon()

    def close(self) -> None:
        """Say goodbye; what the server answers no longer matters."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            smtp.quit()
        except (OSError, smtplib.SMTPException):
            drop(smtp)

    def abandon(self) -> None:
        """Drop the connection; a letter whose dot has not begun to go out surely does not arrive any more."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None and self._outcome is None:
            after = smtp.dot_begun
            self._outcome = (
                Outcome(Fate.UNKNOWN, "no_answer_after_dot") if after else Outcome(Fate.RETRY, "dropped")
            )
        drop(smtp)


def send_together(ways: Sequence[Transport], letters: Sequence[Letter], *, seconds: float) -> list[Outcome]:
    """Hand over letters, each on a way of its own; their outcomes in the same order.

    SMTP connections take each step together, so that the way to the server and back is waited for once and not once a
    letter. A letter whose turn comes only after `seconds` is not begun any more: its claim might be over by then.
    """
    pairs = list(zip(ways, letters, strict=False))
    ends = time.monotonic() + seconds
    steps = [(way, letter) for way, letter in pairs if isinstance(way, SmtpTransport)]
    if len(steps) == 1 or len(steps) < len(pairs):
        return [way.send(letter) for way, letter in pairs]
    for way, letter in steps:
        way.ask(letter)
    for way, _ in steps:
        if time.monotonic() > ends:
            way.abandon()
        way.hand_over()
    return [way.outcome() for way, _ in steps]
