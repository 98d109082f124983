"""The files of documents: stored whole or not at all, and checked against their hash whenever they are opened."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final
from uuid import UUID

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from plans.services import clock

PREFIX: Final = "drawn"
REFUSED: Final = "refused"
_UNFINISHED: Final = ".unfinished-"
# Seconds after which no file is still being written.
_LEFT_AFTER: Final = 3600


class StoreAway(Exception):
    """The document store does not answer, so nothing is known about a file, least of all that it is missing."""


def _faults() -> tuple[type[Exception], ...]:
    if _local_root() is not None:
        return ()
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import, and only an S3 store needs it

    return (BotoCoreError, ClientError)


def _gone() -> tuple[type[Exception], ...]:
    return (OSError, *_faults())


class _Finished(File):  # type: ignore[type-arg]  # generic in the stubs, not at run time
    """A complete file on disk: a folder storage renames it, any other storage reads it."""

    def temporary_file_path(self) -> str:
        """Its path, which makes Django's storage move the file."""
        return str(self.name)


def digest(content: bytes) -> str:
    """SHA-256, as kept on the row."""
    return hashlib.sha256(content).hexdigest()


def store(document_id: UUID, content: bytes, *, folder: str = PREFIX) -> str:
    """Store `content` and return its name in the storage, which contains neither a person's name nor a drug.

    In a local folder the bytes are on disk before the name exists, so that a partial file is never seen; an S3 store
    shows an object whole or not at all. Raises StoreAway.
    """
    name = f"{folder}/{document_id.hex[:2]}/{document_id.hex}-{digest(content)[:16]}.pdf"
    if read(name) == content:
        return name
    root = _local_root()
    if root is None:
        try:
            return default_storage.save(name, ContentFile(content))
        except _faults() as error:
            raise StoreAway from error
    root.mkdir(parents=True, exist_ok=True)
    handle, path = tempfile.mkstemp(dir=root, prefix=_UNFINISHED)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    with Path(path).open("rb") as finished:
        saved = default_storage.save(name, _Finished(finished, name=path))
    _fsync_folder((root / saved).parent)
    return saved


def read(name: str) -> bytes | None:
    """The bytes under a name; None if missing. Raises StoreAway."""
    try:
        with default_storage.open(name, "rb") as file:
            content = file.read()
    except OSError:
        return None
    except _faults() as error:
        raise StoreAway from error
    return bytes(content)


def drop(name: str) -> None:
    """Delete a file that no row points at. If the store is away, the next drawing tidies up."""
    try:
        default_storage.delete(name)
    except _gone():
        return


def keep_only(document_id: UUID, name: str) -> None:
    """Delete earlier files of a document than `name`, so that no outdated copy is kept. If the store is away, the next
    drawing tidies up."""
    folder = f"{PREFIX}/{document_id.hex[:2]}"
    try:
        _, found = default_storage.listdir(folder)
        for other in found:
            if other.startswith(document_id.hex) and f"{folder}/{other}" != name:
                default_storage.delete(f"{folder}/{other}")
    except _gone():
        return


def sweep() -> int:
    """Delete partial files that a killed worker left in a local folder at least an hour ago; returns how many."""
    root, count = _local_root(), 0
    if root is None:
        return 0
    before = clock.real_now().timestamp() - _LEFT_AFTER
    for path in root.glob(f"{_UNFINISHED}*"):
        try:
            if path.stat().st_mtime < before:
                path.unlink()
                count += 1
        except FileNotFoundError:
            # Another worker was quicker.
            continue
    return count


def _local_root() -> Path | None:
    try:
        return Path(default_storage.path(""))
    except NotImplementedError:
        return None


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
