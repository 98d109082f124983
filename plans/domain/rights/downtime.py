"""The downtime list: who takes what, for when the service cannot be reached. How it is encrypted, and when it is stale.

>>> len(typed("abcde-fghij-klmno-pqrst"))
20
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

DAYS: Final = 8
"""Today and the seven days after it."""
EVERY: Final = timedelta(hours=18)
STALE: Final = timedelta(hours=36)
"""After this the lead is told that no new list was made."""
AT_HOUR: Final = 2
"""The hour of the clinic's clock from which the night's list is made."""
KEPT: Final = 2
"""Lists of a clinic that are kept: the newest and the one before."""
ITERATIONS: Final = 600_000
"""Of PBKDF2-HMAC-SHA-256: what OWASP asks for (Password Storage, 2023). The code below has 100 bits besides."""
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_GROUPS: Final = (4, 5)


def new_code() -> str:
    """A code that opens lists: 100 random bits, in four groups of five letters and figures."""
    groups, size = _GROUPS
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(size)) for _ in range(groups))


def typed(code: str) -> str:
    """A code as it counts: capitals, without what parts its groups."""
    return "".join(sign for sign in code.upper() if sign in _LETTERS)


@dataclass(frozen=True, slots=True)
class SealedList:
    """An encrypted list: AES-256-GCM under a key that PBKDF2-HMAC-SHA-256 makes of the code and the salt. `about` is
    authenticated and readable: which clinic's, and of when. Bytes are base64."""

    about: str
    salt: str
    iterations: int
    iv: str
    data: str


@dataclass(frozen=True, slots=True)
class DowntimePatient:
    """One patient: `doses` are the days from today on, runs of the same dose as one; `notes` what must be known."""

    name: str
    born: str
    record_no: str
    phones: tuple[tuple[str, str], ...]
    doses: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DowntimeFacts:
    """What a list says."""

    title: str
    sentences: tuple[str, ...]
    heads: tuple[str, ...]
    phones: tuple[tuple[str, str], ...]
    patients: tuple[DowntimePatient, ...]
    language: str
