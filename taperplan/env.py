"""Reads settings from the environment strictly: a wrong value is refused with what to write instead."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off", ""})
LEAST_KEY = 32
"""Characters of a key that somebody else could try to guess."""
_HOST = re.compile(r"^(\*|\.?[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])$")


SECRETS = frozenset(
    {
        "BOUNCE_MAILBOX_PASSWORD",
        "DATABASE_PASSWORD",
        "DOCUMENTS_S3_KEY",
        "DOCUMENTS_S3_SECRET",
        "EMAIL_HOST_PASSWORD",
        "LINK_KEY",
        "MAIL_WEBHOOK_SECRET",
        "MAIL_WEBHOOK_SIGNING_KEY",
        "MONITOR_SECRET",
        "OWNER_DATABASE_PASSWORD",
        "PARTNER_KEYS",
        "PING_URL",
        "REDIS_PASSWORD",
        "SECRET_KEY",
        "SECRET_KEY_FALLBACKS",
        "TEXT_AUTHORIZATION",
        "TEXT_EVENTS_SECRET",
        "TEXT_SIGNING_KEY",
    }
)
"""Settings that may stand in a file instead, named by the variable with `_FILE` behind it: an environment is easily
shown, and inherited by every child."""


class WrongSetting(ImproperlyConfigured):
    """An environment variable with an unusable value; the message names it and says what to write."""

    def __init__(self, name: str, problem: str, remedy: str) -> None:
        super().__init__(f"{name}: {problem}. {remedy}")
        self.name = name


def text(name: str, default: str = "") -> str:
    """The variable's text, stripped, or the default if unset or empty; a secret's may stand in a file."""
    value = (_in_file(name) if name in SECRETS else "") or os.environ.get(name, "").strip()
    if "\n" in value or "\x00" in value:
        raise WrongSetting(name, "holds a line break", "Write it on one line.")
    return value or default


def _in_file(name: str) -> str:
    """The secret in the file that `name`_FILE names; empty if there is no such variable."""
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path:
        return ""
    if os.environ.get(name, "").strip():
        raise WrongSetting(name, "is given twice, by itself and in a file", f"Unset {name} or {name}_FILE.")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as unreadable:
        raise WrongSetting(
            f"{name}_FILE",
            "names a file that cannot be read",
            "Name a file of text that this process may read.",
        ) from unreadable


def flag(name: str, *, default: bool = False) -> bool:
    """A yes-or-no variable: 1, true, yes, on; 0, false, no, off."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    value = raw.strip().lower()
    if value in _YES:
        return True
    if value in _NO:
        return False
    raise WrongSetting(name, "is neither yes nor no", "Write 1 or 0.")


def number(name: str, default: int, *, least: int, most: int) -> int:
    """A whole number between `least` and `most`."""
    raw = text(name)
    if not raw:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", raw) or not least <= int(raw) <= most:
        raise WrongSetting(name, "is not a whole number in range", f"Write a number from {least} to {most}.")
    return int(raw)


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A list separated by commas."""
    raw = text(name)
    return [part.strip() for part in raw.split(",") if part.strip()] if raw else list(default)


def key(name: str) -> str:
    """A secret that somebody else could try to guess, of at least 32 characters; empty if there is none."""
    found = text(name)
    if found and len(found) < LEAST_KEY:
        raise WrongSetting(name, "is too short", f"Write at least {LEAST_KEY} random characters.")
    return found


def keys(name: str) -> list[tuple[str, str]]:
    """Named keys as name=key, separated by commas; a key has at least 32 characters. No key appears in a refusal."""
    found = [tuple(part.strip() for part in one.partition("=")[::2]) for one in words(name)]
    if any(not label or len(key) < LEAST_KEY for label, key in found):
        raise WrongSetting(
            name,
            "holds a key without a name, or one that is too short",
            f"Write name=key with keys of at least {LEAST_KEY} characters, with commas.",
        )
    if len({label for label, _key in found}) != len(found):
        raise WrongSetting(name, "holds a name twice", "Write each name once.")
    return [(label, key) for label, key in found]


def hosts(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Host names separated by commas, without scheme, path or port."""
    found = words(name, default)
    for host in found:
        if not _HOST.match(host):
            raise WrongSetting(
                name,
                "holds something that is no host name",
                "Write names such as taper.example.org, with commas.",
            )
    return found


def url(name: str, default: str, *, schemes: tuple[str, ...]) -> str:
    """A URL with one of the schemes, without a trailing slash. The value never appears in the refusal."""
    value = text(name, default)
    wanted = " or ".join(f"{scheme}://…" for scheme in schemes)
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as bad:
        raise WrongSetting(name, "cannot be read as an address", f"Write {wanted}") from bad
    if parts.scheme not in schemes or not (parts.netloc or parts.path.strip("/")):
        raise WrongSetting(name, "cannot be read as an address", f"Write {wanted}")
    return value.rstrip("/")


def with_password(address: str, password: str) -> str:
    """The URL with a password beside its user; unchanged without one."""
    if not password:
        return address
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:{quote(password, safe='')}@{host}"))


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One of a few words."""
    value = text(name, default).lower()
    if value not in allowed:
        raise WrongSetting(name, "is none of those we know", f"Write one of: {', '.join(allowed)}.")
    return value


def pairs(name: str, default: str) -> dict[str, str]:
    """Names as ours=theirs, separated by commas."""
    found = dict(part.strip().partition("=")[::2] for part in text(name, default).split(",") if part.strip())
    if not found or not all(ours.strip() and theirs.strip() for ours, theirs in found.items()):
        raise WrongSetting(name, "cannot be read", f"Write pairs with commas, such as {default}.")
    return {ours.strip(): theirs.strip() for ours, theirs in found.items()}
