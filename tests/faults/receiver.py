"""An SMTP receiver of our own that misbehaves on request and keeps a ledger of what it took in.

One asyncio loop in a thread. At each step of a conversation a script is asked what to do: a line to say, DROP (cut the
connection) or SILENT (never answer). `arrived` is the ledger: every message whose final dot came in and which the
receiver did not refuse, in whatever way the conversation ended after that.
"""

from __future__ import annotations

import asyncio
import random
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

DROP = "drop"
SILENT = "silent"

_MESSAGE_ID = re.compile(rb"(?mi)^Message-ID:\s*(\S+)")
_WORK = re.compile(r"<([0-9a-f-]{36})(?:\.(\d+))?@")

# (step, recipient) -> what to say instead of the usual line, or None.
Mood = Callable[[str, str], str | None]


@dataclass(frozen=True)
class Kept:
    """A message as it arrived."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message_id(self) -> str:
        """Its Message-ID, empty if it has none."""
        found = _MESSAGE_ID.search(self.content)
        return found[1].decode() if found else ""

    @property
    def work_id(self) -> UUID | None:
        """The row it was sent for, as its Message-ID says."""
        found = _WORK.match(self.message_id)
        return UUID(found[1]) if found else None


@dataclass
class Script:
    """What to answer. `queue` entries are taken first, one each, as (step, answer); then `mood`; then `answers`."""

    answers: dict[str, str] = field(default_factory=dict)
    queue: list[tuple[str, str]] = field(default_factory=list)
    mood: Mood | None = None
    # Seconds before each answer, once somebody was let in: a slow server is one that workers die on.
    slow: float = 0.0

    def answer(self, step: str, recipient: str, usual: str) -> str:
        """The answer at a step."""
        if self.queue and self.queue[0][0] == step:
            return self.queue.pop(0)[1]
        said = self.mood(step, recipient) if self.mood is not None else None
        return said or self.answers.get(step, usual)


class _Cut(Exception):
    pass


class Receiver:
    """The receiver; `with receiving() as receiver`."""

    def __init__(self) -> None:
        self.script = Script()
        self.arrived: list[Kept] = []
        self.connections = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        # The loop itself holds its tasks only loosely, and one that is silent for ever would be thrown away.
        self._talks: set[asyncio.Task[None]] = set()

    def start(self, port: int = 0) -> None:
        """Listen on a free port of 127.0.0.1, or on `port` to come back."""
        if not self._thread.is_alive():
            self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(port), self._loop).result(10)

    def stop(self) -> None:
        """Stop listening and cut every connection."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def cut(self) -> None:
        """Cut every connection and go on listening."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(10)

    async def _listen(self, port: int) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        talks = list(self._talks)
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        try:
            await self._talk(reader, writer)
        except (_Cut, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # A client that was killed, or we were told to cut.
            pass
        finally:
            writer.transport.abort()
            self._talks.discard(talk)

    async def _say(self, writer: asyncio.StreamWriter, step: str, recipient: str, usual: str) -> str:
        if self.script.slow and step not in ("greeting", "ehlo"):
            await asyncio.sleep(self.script.slow)
        line = self.script.answer(step, recipient, usual)
        if line == DROP:
            raise _Cut
        if line == SILENT:
            await asyncio.Event().wait()
        writer.write(line.encode() + b"\r\n")
        with suppress(ConnectionError):
            await writer.drain()
        return line

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._say(writer, "greeting", "", "220 ready")
        # Every second connection takes commands ahead of their answers, as most servers do.
        hello = "250-hello\r\n250 PIPELINING" if self.connections % 2 else "250 hello"
        sender, to = "", ""
        while line := await reader.readline():
            verb = line[:4].upper().strip()
            if verb in (b"EHLO", b"HELO"):
                await self._say(writer, "ehlo", "", hello)
            elif verb == b"MAIL":
                sender, to = _address(line), ""
                await self._say(writer, "mail", "", "250 ok")
            elif verb == b"RCPT":
                to = _address(line)
                await self._say(writer, "rcpt", to, "250 ok")
            elif verb == b"DATA":
                if (await self._say(writer, "data", to, "354 go on")).startswith("354"):
                    await self._take(reader, writer, sender, to)
            elif verb == b"RSET":
                await self._say(writer, "rset", to, "250 ok")
            elif verb == b"QUIT":
                await self._say(writer, "quit", to, "221 bye")
                return
            else:
                await self._say(writer, "other", to, "502 what")

    async def _take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sender: str, to: str
    ) -> None:
        if self.script.answer("body", to, "") == DROP:
            await reader.readline()
            raise _Cut
        lines: list[bytes] = []
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                raise _Cut
            lines.append(line[1:] if line.startswith(b"..") else line)
        message = Kept(sender, (to,), b"".join(lines))
        said = self.script.answer("dot", to, "250 kept")
        if said[0] not in "45":
            # In the ledger before the answer: what a server keeps does not depend on whether its answer arrives.
            self.arrived.append(message)
        if self.script.slow:
            await asyncio.sleep(self.script.slow)
        if said == DROP:
            raise _Cut
        if said == SILENT:
            await asyncio.Event().wait()
        writer.write(said.encode() + b"\r\n")
        await writer.drain()


def _address(line: bytes) -> str:
    return line.decode().partition("<")[2].partition(">")[0]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver of its own for one test."""
    receiver = Receiver()
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.close()


def moody(seed: int, **chances: float) -> Mood:
    """A server with bad moods: `mail_421`, `rcpt_451`, `rcpt_drop`, `dot_452`, `dot_drop`, … by their chance."""
    chance = random.Random(seed)
    moods = [(name.partition("_"), share) for name, share in chances.items()]

    def mood(step: str, recipient: str) -> str | None:
        for (at, _, what), share in moods:
            if at == step and chance.random() < share:
                return DROP if what == "drop" else f"{what} in a mood"
        return None

    return mood
