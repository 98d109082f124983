"""An SMTP receiver that stores each message as one file, for the demo and the tests. It forwards nothing.

A message is answered with 250 only when its file is on disk.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from taperplan.local.mail_page import serve
from taperplan.local.mailbox import Mailbox


class _Keep:
    """aiosmtpd's handler, which stores every message in the mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        # So that a demo can show what happens to messages to a mailbox that does not exist.
        if address.rpartition("@")[2].startswith("bounces."):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content or b""
        self.mailbox.add(
            str(envelope.mail_from or ""),
            tuple(str(address) for address in envelope.rcpt_tos),
            content if isinstance(content, bytes) else content.encode(),
        )
        return "250 kept"


class Receiver:
    """An SMTP server on 127.0.0.1 in its own thread."""

    def __init__(self, folder: Path, port: int) -> None:
        self.mailbox = Mailbox(folder)
        self.port = port
        self._controller = Controller(_Keep(self.mailbox), hostname="127.0.0.1", port=port, ready_timeout=20)

    def start(self) -> None:
        """Listen; returns when a connection is answered."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening; the messages stay."""
        self._controller.stop()


def main(arguments: list[str]) -> int:
    """Receive messages and show them on a page until told to stop."""
    options = argparse.ArgumentParser(prog="python -m taperplan.local.smtp", description=__doc__)
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--page-port", type=int, required=True)
    options.add_argument("--site", required=True, help="links into this address can be followed on the page")
    chosen = options.parse_args(arguments)
    receiver = Receiver(chosen.folder, chosen.port)
    receiver.start()
    page = serve(receiver.mailbox, chosen.page_port, chosen.site)
    signal.sigwait({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
    page.shutdown()
    receiver.stop()
    return 0


if __name__ == "__main__":
    # Block the signals before any thread exists, so that sigwait gets them.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
    sys.exit(main(sys.argv[1:]))
