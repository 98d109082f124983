"""Authenticated encryption under the installation's key: sealed bytes open in the context they were sealed for alone.

The keys are derived from SECRET_KEY; after it was changed, those of SECRET_KEY_FALLBACKS still open what they sealed.
"""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE: Final = 12


def seal(content: bytes, *, purpose: str, context: str) -> bytes:
    """Encrypt `content`; only `unseal` with the same purpose and context reads it."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(settings.SECRET_KEY, purpose).encrypt(nonce, content, context.encode())


def unseal(sealed: bytes, *, purpose: str, context: str) -> bytes | None:
    """What was sealed; None if it was changed, or sealed with another key or for something else."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return _cipher(key, purpose).decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode())
        except (InvalidTag, ValueError):
            continue
    return None


def _cipher(key: str, purpose: str) -> AESGCM:
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"taperplan {purpose}".encode())
    return AESGCM(derived.derive(key.encode()))
