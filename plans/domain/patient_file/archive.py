"""The zip of a patient's file: `record.json`, its signature, and documents by number. Nothing is read past its limit.

No name in a file leads anywhere: members are found by names of ours, and any other is refused.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from plans.domain.json import JsonObject
from plans.domain.patient_file.problems import BadPatientFile
from plans.domain.patient_file.signature import PartnerKey, sign

SCHEMA: Final = "taperplan-patient/1"
MOST_BYTES: Final = 5_000_000
"""Of the zip."""
MOST_RECORD: Final = 20_000_000
"""Bytes of the record: years of plans and answers are a tenth of it."""
MOST_DOCUMENT: Final = 5_000_000
MOST_DOCUMENTS: Final = 20
_RECORD: Final = "record.json"
_SIGNATURE: Final = "signature.json"
_DOCUMENT: Final = re.compile(r"documents/([1-9]\d?)\.pdf")
_MOST_SIGNATURE: Final = 1_000
# The same content gives the same bytes.
_WRITTEN: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Archive:
    """A file as it was unpacked: the record's text with its signature, and the documents in their order."""

    text: bytes
    record: JsonObject
    mark: str
    signature: str
    documents: tuple[bytes, ...]


def pack(record: JsonObject, documents: Sequence[bytes], key: PartnerKey | None) -> bytes:
    """The zip of a record and its documents, signed with a key if there is one. The record names each document's hash.

    Raises BadPatientFile(too_large).
    """
    whole = {**record, "schema": SCHEMA, "documents": _named(record, documents)}
    text = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    signed = {"key": key.mark if key else "", "hmac_sha256": sign(text, key) if key else ""}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        _put(packed, _RECORD, text)
        _put(packed, _SIGNATURE, json.dumps(signed).encode())
        for n, content in enumerate(documents, start=1):
            _put(packed, f"documents/{n}.pdf", content)
    found = out.getvalue()
    if len(found) > MOST_BYTES:
        raise BadPatientFile(why="too_large")
    return found


def _named(record: JsonObject, documents: Sequence[bytes]) -> list[JsonObject]:
    titles = record.get("documents", [])
    return [
        {"title": title, "sha256": hashlib.sha256(content).hexdigest()}
        for title, content in zip(titles, documents, strict=True)
    ]


def _put(packed: zipfile.ZipFile, name: str, content: bytes) -> None:
    packed.writestr(zipfile.ZipInfo(name, _WRITTEN), content, zipfile.ZIP_DEFLATED)


def unpack(raw: bytes) -> Archive:
    """Read a zip within its limits. Raises BadPatientFile."""
    if len(raw) > MOST_BYTES:
        raise BadPatientFile(why="too_large")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            return _unpacked(packed)
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
        ValueError,
        OSError,
    ) as fault:
        # What zipfile raises for a damaged, an encrypted or an oddly packed file.
        raise BadPatientFile(why="not_a_file") from fault


def _unpacked(packed: zipfile.ZipFile) -> Archive:
    names = packed.namelist()
    numbers = sorted(int(found[1]) for name in names if (found := _DOCUMENT.fullmatch(name)))
    if sorted(names) != sorted([_RECORD, _SIGNATURE, *(f"documents/{n}.pdf" for n in numbers)]):
        raise BadPatientFile(why="not_a_file")
    if len(numbers) > MOST_DOCUMENTS or numbers != list(range(1, len(numbers) + 1)):
        raise BadPatientFile(why="too_many")
    text = _member(packed, _RECORD, MOST_RECORD)
    record, signed = _json(text), _json(_member(packed, _SIGNATURE, _MOST_SIGNATURE))
    if record.get("schema") != SCHEMA:
        raise BadPatientFile(why="other_schema")
    documents = tuple(_member(packed, f"documents/{n}.pdf", MOST_DOCUMENT) for n in numbers)
    _check_documents(record, documents)
    return Archive(text, record, str(signed.get("key", "")), str(signed.get("hmac_sha256", "")), documents)


def _member(packed: zipfile.ZipFile, name: str, most: int) -> bytes:
    """A member, read no further than its limit whatever its header says."""
    with packed.open(name) as member:
        content = member.read(most + 1)
    if len(content) > most:
        raise BadPatientFile(why="too_large")
    return content


def _json(text: bytes) -> JsonObject:
    try:
        found = json.loads(text.decode())
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as fault:
        raise BadPatientFile(why="not_a_file") from fault
    if not isinstance(found, dict):
        raise BadPatientFile(why="not_a_file")
    return found


def _check_documents(record: JsonObject, documents: Sequence[bytes]) -> None:
    named = record.get("documents")
    if not isinstance(named, list) or len(named) != len(documents):
        raise BadPatientFile(why="document_changed")
    for one, content in zip(named, documents, strict=True):
        right = isinstance(one, dict) and one.get("sha256") == hashlib.sha256(content).hexdigest()
        if not right or not content.startswith(b"%PDF-"):
            raise BadPatientFile(why="document_changed")
