"""Witnesses of the count of sendings outside the database: in Redis and beside the documents.

A database that was restored, or lost its last commits, has a lower count than the witnesses, whatever its own files
say. Sending needs neither: if one is away, the other tells.
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
# An alert must not wait for a frozen witness.
_PATIENCE: Final = 0.5
_REST_SECONDS: Final = 30.0
_resting: dict[str, float] = {}
# Installations whose mark is known to be in the bucket, since checking costs a request.
_in_bucket: set[str] = set()


@dataclass(frozen=True, slots=True)
class Outside:
    """What the witnesses say: the highest count, and whether any knows us (None: none answered)."""

    count: int
    known: bool | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """Which witnesses accepted a count."""

    anybody: bool
    documents: bool


def look(installation: str) -> Outside:
    """What the witnesses know of an installation. Never raises."""
    by_redis = _patiently("redis", lambda: int(_client().zscore(_KEY, installation) or 0))
    root = _folder()
    by_store = _patiently("documents", lambda: _read(root, installation)) if root is not None else None
    if count := max(by_redis or 0, by_store or 0):
        return Outside(count, known=True)
    if root is None:
        by_store = _patiently("documents", lambda: int(_marked(installation)))
    return Outside(0, None if by_store is None else bool(by_store))


def record(installation: str, count: int) -> Accepted:
    """Tell the witnesses a count; they keep a higher one. Never raises."""
    by_redis = _patiently("redis", lambda: _client().zadd(_KEY, {installation: count}, gt=True) is not None)
    root = _folder()
    by_store = _patiently(
        "documents", lambda: _write(root, installation, count) if root is not None else _mark(installation)
    )
    return Accepted(bool(by_redis or by_store), bool(by_store))


def _patiently(place: str, act: Callable[[], _T]) -> _T | None:
    """The result of `act`; None if the witness is away, and then no further try for half a minute."""
    if time.monotonic() < _resting.get(place, 0.0):
        return None
    try:
        return act()
    except Exception as error:  # noqa: BLE001 - no store's failure may keep a message back
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
    """The folder of the documents; None if they are in a bucket."""
    try:
        return Path(default_storage.path(""))
    except NotImplementedError:
        return None


def _read(root: Path, installation: str) -> int:
    try:
        with (root / f"{_FILE}{installation}").open() as kept:
            fcntl.flock(kept, fcntl.LOCK_SH)
            # A machine that stopped while writing leaves an empty file: known, without a count.
            return int(kept.read() or 1)
    except FileNotFoundError:
        return 0


def _write(root: Path, installation: str, count: int) -> bool:
    root.mkdir(parents=True, exist_ok=True)
    with (root / f"{_FILE}{installation}").open("a+") as kept:
        # Several workers count; the highest is kept.
        fcntl.flock(kept, fcntl.LOCK_EX)
        kept.seek(0)
        if int(kept.read() or 0) < count:
            kept.seek(0)
            kept.truncate()
            kept.write(str(count))
    return True


def _marked(installation: str) -> bool:
    """Whether the bucket has the installation's mark. It stores no count, which would cost a request per batch; Redis
    counts."""
    if installation not in _in_bucket and default_storage.exists(f"{_FILE}{installation}"):
        _in_bucket.add(installation)
    return installation in _in_bucket


def _mark(installation: str) -> bool:
    if not _marked(installation):
        default_storage.save(f"{_FILE}{installation}", ContentFile(b"1"))
        _in_bucket.add(installation)
    return True
