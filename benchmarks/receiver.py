"""An SMTP receiver fast enough not to be the bottleneck: it counts messages and checks that each went to its recipient.

`python -m benchmarks.receiver` listens on a free port of 127.0.0.1 and prints it. On "?" from standard input it prints
how many messages arrived, how many were wrong (not exactly one canary, the recipient's) and how many arrived twice.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from types import TracebackType
from typing import Final, Self

_CANARY: Final = re.compile(rb"[Cc]anary[a-z]+")
_ID: Final = re.compile(rb"\r\nMessage-ID: (\S+)")


class Book:
    """Counts of what arrived."""

    def __init__(self) -> None:
        self.messages = self.strange = self.twice = 0
        self.seen: set[bytes] = set()

    def add(self, recipient: bytes, content: bytes) -> None:
        """Count a message and check its recipient."""
        self.messages += 1
        named = {name.lower() for name in _CANARY.findall(content)}
        if named != {recipient.partition(b"@")[0].lower()}:
            self.strange += 1
        found = _ID.search(content)
        name = found[1] if found else b""
        self.twice += name in self.seen
        self.seen.add(name)


class _Talk(asyncio.Protocol):
    def __init__(self, book: Book) -> None:
        self._book, self._held, self._data, self._to = book, b"", False, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._out = transport
        transport.write(b"220 ready\r\n")

    def data_received(self, data: bytes) -> None:
        held = self._held + data
        while held:
            if self._data:
                content, dot, rest = held.partition(b"\r\n.\r\n")
                if not dot:
                    break
                self._book.add(self._to, content)
                self._data, held = False, rest
                self._out.write(b"250 kept\r\n")
                continue
            line, end, rest = held.partition(b"\r\n")
            if not end:
                break
            held = rest
            self._command(line)
        self._held = held

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"RCPT":
            self._to = line.partition(b"<")[2].partition(b">")[0]
        if verb == b"DATA":
            self._data = True
            self._out.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self._out.write(b"221 bye\r\n")
            self._out.close()
        elif verb == b"EHLO":
            self._out.write(b"250-here\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
        else:
            self._out.write(b"250 ok\r\n")


async def _serve() -> None:
    book = Book()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Talk(book), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(book.messages, book.strange, book.twice, flush=True)
        book.messages = book.strange = book.twice = 0
        book.seen.clear()


class CountingReceiver:
    """The receiver in a process of its own."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "benchmarks.receiver"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait(10)

    def arrived(self) -> tuple[int, int, int]:
        """Messages, wrong ones and duplicates since the last call."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("?\n")
        self._process.stdin.flush()
        messages, strange, twice = (int(word) for word in self._process.stdout.readline().split())
        return messages, strange, twice


if __name__ == "__main__":
    asyncio.run(_serve())
