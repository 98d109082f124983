"""Encryption of the secrets of authenticator apps and recovery codes, with a key made from SECRET_KEY.

After a change of SECRET_KEY, secrets can be read as long as the old key is among SECRET_KEY_FALLBACKS.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def _fernet() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    made = (hmac.new(key.encode(), b"plans.second_factor", hashlib.sha256).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in made])


def encrypt(text: str) -> str:
    """The secret as it is stored."""
    return _fernet().encrypt(text.encode()).decode()


def decrypt(stored: str) -> str:
    """The secret that was encrypted. Raises InvalidToken with another key."""
    return _fernet().decrypt(stored.encode()).decode()
