"""Django's sessions in the database, asked only for keys that it can have given out."""

from __future__ import annotations

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """A store that takes a key with any other sign for no key at all, as PostgreSQL refuses a NUL in a text."""

    def _validate_session_key(self, key: str | None) -> bool:
        # Private to Django; the test with such a key fails if it changes.
        return bool(key and key.isascii() and key.isalnum()) and super()._validate_session_key(key)  # type: ignore[misc]  # not in the stubs
