"""The envelope address of each message, which names its outbox entry and the day, and is signed.

A message's key stands in every reply and forward of it, so a report that names only the key could be anybody's.

>>> from datetime import date
>>> from uuid import UUID
>>> work = UUID("0192f0c1-2222-4333-8444-555566667777")
>>> address = write(b"a key", work, date(2026, 12, 1), "mail.example.org")
>>> len(address.partition("@")[0]) <= 64
True
>>> read(b"a key", address) == SignedAddress(work, date(2026, 12, 1))
True
>>> read(b"another key", address) is None
True
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

_FIRST_DAY: Final = date(2020, 1, 1)
_ADDRESS: Final = re.compile(r"bounce\+([0-9a-f]{32})-([0-9]{1,5})-([a-z2-7]{16})@", re.IGNORECASE)
REPORTS_WITHIN: Final = timedelta(days=10)
"""How long after the sending a report is believed. Mail servers give up after five days at most (RFC 5321)."""


@dataclass(frozen=True, slots=True)
class SignedAddress:
    """Whose message an address is of, and on which day (UTC) it was sent."""

    work_id: UUID
    day: date


def write(key: bytes, work_id: UUID, day: date, domain: str) -> str:
    """The address of a message that is sent on `day`; its local part has 64 characters at most."""
    number = (day - _FIRST_DAY).days
    return f"bounce+{work_id.hex}-{number}-{_mac(key, work_id, number)}@{domain}"


def read(key: bytes, text: str) -> SignedAddress | None:
    """The first address of ours in a text whose signature is right; None if there is none."""
    for hexed, days, mac in _ADDRESS.findall(text):
        work_id, number = UUID(hexed), int(days)
        if hmac.compare_digest(mac.lower(), _mac(key, work_id, number)):
            return SignedAddress(work_id, _FIRST_DAY + timedelta(days=number))
    return None


def _mac(key: bytes, work_id: UUID, number: int) -> str:
    """80 bits in letters that survive a change of case."""
    said = hmac.digest(key, b"bounce\0" + work_id.bytes + str(number).encode(), hashlib.sha256)
    return base64.b32encode(said[:10]).decode().lower()
