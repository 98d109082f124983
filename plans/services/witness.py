"""How often we have begun to send, kept outside the database as well: in Redis and beside the documents.

A database that was put back, or lost its last commits, counts less than what stands outside, at once and whatever its
own files say. Neither place is needed for sending: where one is away, the other tells.
"""

from __future__ import annotations

import fcntl
import functools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import redis
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

log = logging.getLogger(__name__)

_T = TypeVar("_T")

_KEY: Final = "taperplan:sendings"
_FILE: Final = ".sendings-"
# An alert must not wait for a place that is frozen.
_PATIENCE: Final = 0.5
_REST_SECONDS: Final = 30.0
_resting: dict[str, float] = {}
# Installations a bucket is known to hold the mark of: asking costs a request each time.
_in_bucket: set[str] = set()


@dataclass(frozen=True, slots=True)
class Outside:
    """What the places outside say: the highest count, and whether any knows us (None: none could say)."""

    count: int
    known: bool | None


@dataclass(frozen=True, slots=True)
class Told:
    """Which places took a count."""

    anybody: bool
    documents: bool


def look(installation: str) -> Outside:
    """What is known outside of an installation. Never raises."""
    by_redis = _patiently("redis", lambda: int(_client().zscore(_KEY, installation) or 0))
    root = _folder()
    by_store = _patiently("documents", lambda: _read(root, installation)) if root is not None else None
    if count := max(by_redis or 0, by_store or 0):
        return Outside(count, known=True)
    if root is None:
        by_store = _patiently("documents", lambda: int(_marked(installation)))
    return Outside(0, None if by_store is None else bool(by_store))


def tell(installation: str, count: int) -> Told:
    """Say that the count stands at `count`; a higher one that stands there already is left. Never raises."""
    by_redis = _patiently("redis", lambda: _client().zadd(_KEY, {installation: count}, gt=True) is not None)
    root = _folder()
    by_store = _patiently(
        "documents", lambda: _write(root, installation, count) if root is not None else _mark(installation)
    )
    return Told(bool(by_redis or by_store), bool(by_store))


def _patiently(place: str, act: Callable[[], _T]) -> _T | None:
    """What `act` gives; None, and for half a minute no further try, when the place is away."""
    if time.monotonic() < _resting.get(place, 0.0):
        return None
    try:
        return act()
    except Exception as error:  # noqa: BLE001 - a store of whatever make must never keep a message back
        log.warning(
            "count outside the database not reached", extra={"kind": f"{place}: {type(error).__name__}"}
        )
        _resting[place] = time.monotonic() + _REST_SECONDS
        return None


@functools.cache
def _connected(address: str) -> redis.Redis:
    return redis.Redis.from_url(address, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)


def _client() -> redis.Redis:
    return _connected(settings.REDIS_CLIENT_URL)


def _folder() -> Path | None:
    """The folder of the documents; None where they are in a bucket."""
    try:
        return Path(default_storage.path(""))
    except NotImplementedError:
        return None


def _read(root: Path, installation: str) -> int:
    try:
        with (root / f"{_FILE}{installation}").open() as kept:
            fcntl.flock(kept, fcntl.LOCK_SH)
            # A machine that stopped while writing leaves an empty file: known, and no count.
            return int(kept.read() or 1)
    except FileNotFoundError:
        return 0


def _write(root: Path, installation: str, count: int) -> bool:
    root.mkdir(parents=True, exist_ok=True)
    with (root / f"{_FILE}{installation}").open("a+") as kept:
        # Several workers count; the highest stays.
        fcntl.flock(kept, fcntl.LOCK_EX)
        kept.seek(0)
        if int(kept.read() or 0) < count:
            kept.seek(0)
            kept.truncate()
            kept.write(str(count))
    return True


def _marked(installation: str) -> bool:
    """A bucket holds the mark alone: counting there would cost a request a batch, and Redis counts."""
    if installation not in _in_bucket and default_storage.exists(f"{_FILE}{installation}"):
        _in_bucket.add(installation)
    return installation in _in_bucket


def _mark(installation: str) -> bool:
    if not _marked(installation):
        default_storage.save(f"{_FILE}{installation}", ContentFile(b"1"))
        _in_bucket.add(installation)
    return True
