"""An SMTP receiver that misbehaves on request: it answers, drops or falls silent at any point of the conversation.

Threads and plain sockets, so that a connection can be cut at an exact byte. What it accepted is in `kept`; `doubtful`
is what arrived completely although the sender never got the answer.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

DROP = "drop"
SILENT = "silent"


@dataclass
class Script:
    """What to answer: a line such as "451 later", DROP (cut the connection) or SILENT (never answer).

    `queue` entries are taken first, one a message, as (step, answer); steps are greeting, mail, rcpt, data, body, dot.
    """

    answers: dict[str, str] = field(default_factory=dict)
    queue: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, step: str, usual: str) -> str:
        """The answer at a step."""
        if self.queue and self.queue[0][0] == step:
            return self.queue.pop(0)[1]
        return self.answers.get(step, usual)


@dataclass(frozen=True)
class Kept:
    """A message as it arrived."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


class _Conversation(socketserver.StreamRequestHandler):
    server: ScriptedServer

    def handle(self) -> None:
        self._here = True
        too_many = self.server.came()
        try:
            if too_many:
                self._leave()
                self._utter("421 too many connections")
                return
            self._talk()
        except (_Cut, OSError):
            return
        finally:
            self._leave()

    def _leave(self) -> None:
        """Stop counting the connection before the last reply: the client may connect again at once."""
        here, self._here = self._here, False
        if here:
            self.server.went()

    def _say(self, step: str, usual: str) -> str:
        return self._utter(self.server.script.answer(step, usual))

    def _utter(self, line: str) -> str:
        if line == DROP:
            self.connection.shutdown(socket.SHUT_RDWR)
            raise _Cut
        if line == SILENT:
            self.server.silence.wait()
            raise _Cut
        self.wfile.write(line.encode() + b"\r\n")
        return line

    def _talk(self) -> None:
        self._say("greeting", "220 ready")
        sender = ""
        recipients: list[str] = []
        while line := self.rfile.readline():
            verb = line.split()[0].upper() if line.split() else b""
            if verb in (b"EHLO", b"HELO"):
                self._say("ehlo", "250 hello")
            elif verb == b"MAIL":
                sender, recipients = _address(line), []
                self._say("mail", "250 ok")
            elif verb == b"RCPT":
                recipients.append(_address(line))
                self._say("rcpt", "250 ok")
            elif verb == b"DATA":
                if self._say("data", "354 go on").startswith("354"):
                    self._take(sender, tuple(recipients))
            elif verb == b"RSET":
                self._say("rset", "250 ok")
            elif verb == b"QUIT":
                self._leave()
                self._say("quit", "221 bye")
                return
            else:
                self._say("other", "502 what")

    def _take(self, sender: str, recipients: tuple[str, ...]) -> None:
        if self.server.script.answer("body", "") == DROP:
            self.rfile.read(10)
            self.connection.shutdown(socket.SHUT_RDWR)
            raise _Cut
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise _Cut
            lines.append(line[1:] if line.startswith(b"..") else line)
        message = Kept(sender, recipients, b"".join(lines))
        # Recorded before it is answered, like a real receiver: the sender may look as soon as it has the answer.
        answer = self.server.script.answer("dot", "250 kept")
        self.server.arrived.append(message)
        if answer.startswith("250"):
            self.server.kept.append(message)
        elif answer in (DROP, SILENT):
            self.server.doubtful.append(message)
        self._utter(answer)


class _Cut(Exception):
    pass


def _address(line: bytes) -> str:
    return line.decode().partition("<")[2].partition(">")[0]


class ScriptedServer(socketserver.ThreadingTCPServer):
    """The receiver; `with scripted() as server`."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.script = Script()
        self.kept: list[Kept] = []
        self.arrived: list[Kept] = []
        self.doubtful: list[Kept] = []
        self.connections = self.open = 0
        self.most_at_once = 100
        self.silence = threading.Event()
        self._counting = threading.Lock()

    def came(self) -> bool:
        """Count one more connection; whether that is one too many."""
        with self._counting:
            self.connections += 1
            self.open += 1
            return self.open > self.most_at_once

    def went(self) -> None:
        """Count one connection less."""
        with self._counting:
            self.open -= 1

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A killed client is expected."""


@contextmanager
def scripted() -> Iterator[ScriptedServer]:
    """A receiver of its own for one test."""
    server = ScriptedServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.silence.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
