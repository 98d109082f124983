"""The mailbox that returned letters go to, read by IMAP. What was dealt with is marked as seen and stays there."""

from __future__ import annotations

import imaplib
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote, urlsplit

_SECONDS: Final = 30
MOST: Final = 500


class MailboxAway(Exception):
    """The mailbox cannot be read now; the message says at which step and holds no address and no password."""


def read_new(url: str, deal_with: Callable[[bytes], object], *, most: int = MOST) -> int:
    """Hand each unseen message to `deal_with`, and mark it as seen when that returned; how many there were.

    `url` is imaps://user:password@host[:port]/folder (imap:// without encryption, for a server on this machine).
    A message whose handling raises stays unseen. Raises MailboxAway.
    """
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "imaps"
    try:
        if secure:
            box: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, parts.port or 993, timeout=_SECONDS)
        else:
            box = imaplib.IMAP4(host, parts.port or 143, timeout=_SECONDS)
    except OSError as error:
        raise MailboxAway("not reached") from error
    try:
        with box:
            box.login(unquote(parts.username or ""), unquote(parts.password or ""))
            box.select(unquote(parts.path.strip("/")) or "INBOX")
            _, found = box.search(None, "UNSEEN")
            numbers = found[0].split()[:most] if found and found[0] else []
            for number in numbers:
                # PEEK: only what was dealt with counts as seen.
                _, data = box.fetch(number.decode(), "(BODY.PEEK[])")
                raw = next((part[1] for part in data if isinstance(part, tuple)), b"")
                deal_with(raw)
                box.store(number.decode(), "+FLAGS", r"(\Seen)")
            return len(numbers)
    except imaplib.IMAP4.error as error:
        raise MailboxAway("refused") from error
    except OSError as error:
        raise MailboxAway("broke off") from error
