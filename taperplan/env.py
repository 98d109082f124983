"""Reads settings from the environment strictly: a wrong value is refused with what to write instead."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off", ""})
LEAST_KEY = 32
"""Characters of a key that somebody else could try to guess."""
_HOST = re.compile(r"^(\*|\.?[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])$")


class WrongSetting(ImproperlyConfigured):
    """An environment variable with an unusable value; the message names it and says what to write."""

    def __init__(self, name: str, problem: str, remedy: str) -> None:
        super().__init__(f"{name}: {problem}. {remedy}")
        self.name = name


def text(name: str, default: str = "") -> str:
    """The variable's text, stripped, or the default if unset or empty."""
    value = os.environ.get(name, "").strip()
    if "\n" in value or "\x00" in value:
        raise WrongSetting(name, "holds a line break", "Write it on one line.")
    return value or default


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
