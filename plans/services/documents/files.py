"""The files of documents: stored whole or not at all, and checked against their hash each time they are opened."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final
from uuid import UUID

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

PREFIX: Final = "drawn"
REFUSED: Final = "refused"


class StoreAway(Exception):
    """The store of papers does not answer: nothing is known of a file, least of all that it is missing."""


def _faults() -> tuple[type[Exception], ...]:
    if _local_root() is not None:
        return ()
    from botocore.exceptions import BotoCoreError, ClientError

    return (BotoCoreError, ClientError)


class _Finished(File):  # type: ignore[type-arg]  # generic in the stubs, not at run time
    """A file that is complete on disk: a storage in a folder takes it by renaming, any other reads it."""

    def temporary_file_path(self) -> str:
        """Where it lies; its presence is what Django's storage asks for."""
        return str(self.name)


def digest(content: bytes) -> str:
    """SHA-256, as kept on the row."""
    return hashlib.sha256(content).hexdigest()


def store(document_id: UUID, content: bytes, *, folder: str = PREFIX) -> str:
    """Keep `content` and return its name in the storage: neither name nor drug is in it.

    In a local folder the bytes are on disk before the name exists, so that no half file can be seen; an S3 store shows
    an object whole or not at all. Raises StoreAway.
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
    handle, path = tempfile.mkstemp(dir=root, prefix=".unfinished-")
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    with Path(path).open("rb") as finished:
        saved = default_storage.save(name, _Finished(finished, name=path))
    _fsync_folder((root / saved).parent)
    return saved


def read(name: str) -> bytes | None:
    """The bytes under a name, None if there are none. Raises StoreAway."""
    try:
        with default_storage.open(name, "rb") as file:
            content = file.read()
    except OSError:
        return None
    except _faults() as error:
        raise StoreAway from error
    return bytes(content)


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
