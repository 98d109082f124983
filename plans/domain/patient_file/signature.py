"""The signature of a patient's file, with a key that two installations share.

It proves to whoever has the key that somebody who has it made this text, and that nothing of it was changed since. Both
installations have it, so it proves nothing to a third. Without a shared key the fingerprint, told over the telephone
by the clinic that made the file, proves the same to whoever hears it. See ADR 20.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_FINGERPRINT: Final = 20
_CONTEXT: Final = b"taperplan-patient-file/1\0"


class SignatureState(StrEnum):
    """What is known of who made a file."""

    VALID = "valid"
    UNKNOWN = "unknown"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class PartnerKey:
    """A key shared with another installation, and what that installation is called here."""

    name: str
    key: bytes

    @property
    def mark(self) -> str:
        """Which key it is, without telling anything of it."""
        return hashlib.sha256(_CONTEXT + self.key).hexdigest()[:12]


def sign(text: bytes, key: PartnerKey) -> str:
    """The signature of a text, as hexadecimal digits."""
    return hmac.new(key.key, _CONTEXT + text, hashlib.sha256).hexdigest()


def check(
    text: bytes, *, mark: str, signature: str, keys: Iterable[PartnerKey]
) -> tuple[SignatureState, str]:
    """What a signature says of a text, and the name of the installation whose key made it."""
    for key in keys:
        if _same(key.mark, mark):
            right = _same(sign(text, key), signature)
            return (SignatureState.VALID if right else SignatureState.BROKEN), key.name
    return SignatureState.UNKNOWN, ""


def fingerprint(text: bytes) -> str:
    """Twenty digits of a text's SHA-256 in fours, to be read out over the telephone: "9f86 d081 884c 7d65 9a2f"."""
    digits = hashlib.sha256(text).hexdigest()[:_FINGERPRINT]
    return " ".join(digits[n : n + 4] for n in range(0, _FINGERPRINT, 4))


def same_fingerprint(said: str, text: bytes) -> bool:
    """Whether somebody typed the fingerprint of a text, however they spaced it."""
    typed = "".join(said.lower().split())
    return _same(typed, fingerprint(text).replace(" ", ""))


def _same(one: str, other: str) -> bool:
    """Whether two texts are the same, compared in constant time; a file may say anything."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
