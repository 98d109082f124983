"""The mailbox that bounces go to, read by IMAP. Processed messages are marked as seen and stay there."""

from __future__ import annotations

import imaplib
from collections.abc import Callable
from enum import Enum
from typing import Final
from urllib.parse import unquote, urlsplit

_SECONDS: Final = 30
MOST: Final = 500


class MailboxAway(Exception):
    """The mailbox cannot be read now. The exception's message names the step, and no address or password."""


class Done(Enum):
    """What becomes of a message."""

    # Processed: marked as seen.
    SEEN = "seen"
    # Unreadable for good: marked as seen, and flagged for whoever looks into the mailbox.
    SET_ASIDE = "set_aside"
    # Not now: stays unseen until the next reading.
    LATER = "later"


def read_new(url: str, deal_with: Callable[[bytes], Done], *, most: int = MOST) -> int:
    """Hand each unseen message to `deal_with`, oldest first, and mark it as that decides; returns how many were
    processed.

    `url` is imaps://user:password@host[:port]/folder (imap:// without encryption, for a server on this machine). At
    most `most` are processed. Those that stay unseen do not count, so that they never block the ones behind them.
    Raises MailboxAway.
    """
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "imaps"
    try:
        if secure:
            box: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, parts.port or 993, timeout=_SECONDS)
        else:
            box = imaplib.IMAP4(host, parts.port or 143, timeout=_SECONDS)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxAway("not reached") from error
    try:
        with box:
            box.login(unquote(parts.username or ""), unquote(parts.password or ""))
            chosen, _ = box.select(unquote(parts.path.strip("/")) or "INBOX")
            if chosen != "OK":
                raise MailboxAway("no such folder")
            _, found = box.search(None, "UNSEEN")
            dealt = 0
            for number in found[0].split() if found and found[0] else []:
                dealt += _deal(box, number.decode(), deal_with)
                if dealt == most:
                    break
            return dealt
    except imaplib.IMAP4.error as error:
        raise MailboxAway("refused") from error
    except OSError as error:
        raise MailboxAway("broke off") from error


def _deal(box: imaplib.IMAP4, number: str, deal_with: Callable[[bytes], Done]) -> bool:
    # PEEK: only a processed message becomes seen.
    _, data = box.fetch(number, "(BODY.PEEK[])")
    done = deal_with(next((part[1] for part in data if isinstance(part, tuple)), b""))
    if done is Done.LATER:
        return False
    box.store(number, "+FLAGS", r"(\Seen \Flagged)" if done is Done.SET_ASIDE else r"(\Seen)")
    return True
