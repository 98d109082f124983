"""A minimal IMAP server: one mailbox, one user, enough to be read from."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PASSWORD = "p@ss word"


class _Session(socketserver.StreamRequestHandler):
    server: ImapServer

    def handle(self) -> None:
        self._line("* OK ready")
        while raw := self.rfile.readline():
            tag, _, rest = raw.decode().strip().partition(" ")
            verb, _, given = rest.partition(" ")
            if self._answer(tag, verb.upper(), given):
                return

    def _line(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def _answer(self, tag: str, verb: str, given: str) -> bool:
        box = self.server
        if verb == "CAPABILITY":
            self._line("* CAPABILITY IMAP4rev1")
        elif verb == "LOGIN" and PASSWORD not in given:
            self._line(f"{tag} NO wrong")
            return False
        elif verb == "SELECT" and "INBOX" not in given:
            self._line(f"{tag} NO no such folder")
            return False
        elif verb == "SELECT":
            self._line(f"* {len(box.messages)} EXISTS")
        elif verb == "SEARCH":
            unseen = [str(n + 1) for n in range(len(box.messages)) if n not in box.seen]
            self._line("* SEARCH " + " ".join(unseen))
        elif verb == "FETCH":
            number = int(given.split(maxsplit=1)[0])
            raw = box.messages[number - 1]
            self.wfile.write(f"* {number} FETCH (BODY[] {{{len(raw)}}}\r\n".encode() + raw + b")\r\n")
        elif verb == "STORE":
            found = re.match(r"(\d+) \+FLAGS \(\\Seen( \\Flagged)?\)", given)
            assert found is not None
            box.seen.add(int(found[1]) - 1)
            if found[2]:
                box.flagged.add(int(found[1]) - 1)
        elif verb == "LOGOUT":
            self._line("* BYE")
        self._line(f"{tag} OK done")
        return verb == "LOGOUT"


class ImapServer(socketserver.ThreadingTCPServer):
    """The server; `with imap() as server`."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.messages: list[bytes] = []
        self.seen: set[int] = set()
        self.flagged: set[int] = set()

    @property
    def url(self) -> str:
        """Its address, with user and password."""
        return f"imap://bounces:p%40ss%20word@127.0.0.1:{self.server_address[1]}/INBOX"


@contextmanager
def imap() -> Iterator[ImapServer]:
    """A server of its own for one test."""
    server = ImapServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
