"""The archive and the signature of a patient's file: read within its limits, and refused when anything was changed."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.domain.patient_file import archive
from plans.domain.patient_file.archive import MOST_BYTES, MOST_RECORD, pack, unpack
from plans.domain.patient_file.problems import BadPatientFile
from plans.domain.patient_file.signature import (
    PartnerKey,
    SignatureState,
    check,
    fingerprint,
    same_fingerprint,
    sign,
)

KEY, OTHER = PartnerKey("Lakeside", b"k" * 40), PartnerKey("Hillside", b"h" * 40)
PDF = b"%PDF-1.7 a calendar"


def packed(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members:
            made.writestr(name, content)
    return out.getvalue()


def why(raw: bytes) -> object:
    with pytest.raises(BadPatientFile) as refused:
        unpack(raw)
    return refused.value.facts["why"]


def parts(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as found:
        return {name: found.read(name) for name in found.namelist()}


def test_what_is_packed_is_unpacked_and_its_signature_holds() -> None:
    found = unpack(pack({"name": "Quill", "documents": ["Dose calendar (en)"]}, [PDF], KEY))
    assert found.record["name"] == "Quill"
    assert found.documents == (PDF,)
    said = check(found.text, mark=found.mark, signature=found.signature, keys=[OTHER, KEY])
    assert said == (SignatureState.VALID, "Lakeside")


def test_a_key_that_is_not_known_or_none_is_unknown_and_one_that_does_not_fit_is_broken() -> None:
    for key in (None, OTHER):
        found = unpack(pack({"documents": []}, [], key))
        assert (
            check(found.text, mark=found.mark, signature=found.signature, keys=[KEY])[0]
            is SignatureState.UNKNOWN
        )
    for odd in ("é" * 12, "\ud800"):
        assert check(b"text", mark=odd, signature=odd, keys=[KEY])[0] is SignatureState.UNKNOWN
        assert check(b"text", mark=KEY.mark, signature=odd, keys=[KEY])[0] is SignatureState.BROKEN
    broken = check(b"other text", mark=KEY.mark, signature=sign(b"text", KEY), keys=[KEY])
    assert broken == (SignatureState.BROKEN, "Lakeside")


@given(st.binary(max_size=300), st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_any_change_of_a_byte_breaks_the_signature(text: bytes, place: int, by: int) -> None:
    signature = sign(text, KEY)
    assert check(text, mark=KEY.mark, signature=signature, keys=[KEY])[0] is SignatureState.VALID
    changed = bytearray(text or b"x")
    changed[place % len(changed)] ^= by
    assert check(bytes(changed), mark=KEY.mark, signature=signature, keys=[KEY])[0] is SignatureState.BROKEN


def test_a_fingerprint_is_typed_however_it_is_spaced() -> None:
    said = fingerprint(b"text")
    assert len(said.replace(" ", "")) == 20
    for typed in (said, said.upper(), said.replace(" ", ""), f"  {said} "):
        assert same_fingerprint(typed, b"text")
    for wrong in ("", said[:-1], fingerprint(b"another"), "é" * 20):
        assert not same_fingerprint(wrong, b"text")


def test_what_is_no_file_of_ours_is_refused() -> None:
    whole = parts(pack({"documents": []}, [], None))
    for raw in (b"", b"PK", b"not a zip", packed(), packed(("record.json", b"{}"))):
        assert why(raw) == "not_a_file"
    for name in (
        "../record.json",
        "/etc/passwd",
        "documents/0.pdf",
        "documents/../1.pdf",
        "extra.txt",
        "documents/1.PDF",
    ):
        assert why(packed(*whole.items(), (name, PDF))) == "not_a_file"
    for text in (b"[]", b"{", b"\xff", b"null"):
        assert why(packed(("record.json", text), ("signature.json", b"{}"))) == "not_a_file"
    assert why(packed(("record.json", b'{"schema":"other"}'), ("signature.json", b"{}"))) == "other_schema"


def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        raw = packed(*parts(pack({"documents": []}, [], None)).items(), ("record.json", b"{}"))
    assert why(raw) == "not_a_file"


def test_a_bomb_is_not_read_past_its_limit() -> None:
    whole = parts(pack({"documents": []}, [], None))
    bomb = packed(("record.json", b" " * (MOST_RECORD + 1)), ("signature.json", whole["signature.json"]))
    assert len(bomb) < MOST_BYTES
    assert why(bomb) == "too_large"
    assert why(b"P" * (MOST_BYTES + 1)) == "too_large"
    many = [(f"documents/{n}.pdf", PDF) for n in range(1, archive.MOST_DOCUMENTS + 2)]
    assert why(packed(*whole.items(), *many)) == "too_many"


def test_a_document_that_was_changed_added_or_left_out_is_refused() -> None:
    whole = parts(pack({"documents": ["Dose calendar (en)"]}, [PDF], KEY))
    for changed in (
        {**whole, "documents/1.pdf": PDF + b" "},
        {**whole, "documents/2.pdf": PDF},
        {name: content for name, content in whole.items() if not name.startswith("documents")},
    ):
        assert why(packed(*changed.items())) == "document_changed"


def test_a_document_that_is_no_pdf_is_refused() -> None:
    assert why(pack({"documents": ["A page"]}, [b"<html>"], None)) == "document_changed"


def test_a_file_that_is_too_large_is_not_made() -> None:
    import random

    noise = random.Random(1).randbytes(MOST_BYTES)
    with pytest.raises(BadPatientFile):
        pack({"documents": ["x"]}, [noise], None)


def test_the_same_record_gives_the_same_bytes() -> None:
    assert pack({"b": 1, "a": 2, "documents": []}, [], KEY) == pack(
        {"a": 2, "b": 1, "documents": []}, [], KEY
    )
    assert json.loads(parts(pack({"documents": []}, [], KEY))["signature.json"])["key"] == KEY.mark
