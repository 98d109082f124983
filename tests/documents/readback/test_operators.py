"""The reader of a page's operators says what pypdf's own slower one says, and takes no bytes it does not know."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import ContentStream, DictionaryObject

from plans.documents.kinds import draw
from plans.documents.readback.pdf import UnknownBytes, operations
from tests.documents.plans import clonazepam, facts, of_kind


def told(operands: Any) -> list[Any]:
    """pypdf's operands in plain types, members of lists one after the other."""
    found: list[Any] = []
    for one in operands:
        if isinstance(one, list):
            found += told(one)
        elif hasattr(one, "original_bytes"):
            found.append(one.original_bytes)
        else:
            found.append(str(one) if isinstance(one, str) else float(one))
    return found


def streams(pdf: bytes) -> list[ContentStream]:
    """The contents of every page and of every form."""
    reader = PdfReader(BytesIO(pdf))
    found = [page.get_contents() for page in reader.pages]
    for number in range(1, len(reader.xref[0]) + 1):
        entry = reader.get_object(number)
        if isinstance(entry, DictionaryObject) and entry.get("/Subtype") == "/Form":
            found.append(ContentStream(entry, reader))
    return [one for one in found if one is not None]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["calendar", "pharmacy"])
@pytest.mark.parametrize("changes", [{}, {"large": True, "patient_name": "Zoë (“Zo\\e”) O’Brien-Ñandú"}])
def test_both_readers_find_the_same_in_a_finished_document(kind: str, changes: dict[str, Any]) -> None:
    found = streams(draw(of_kind(facts(clonazepam(), **changes), kind)))
    assert len(found) > 1
    for one in found:
        data = one.get_data()
        assert list(operations(data)) == [(told(operands), operator) for operands, operator in one.operations]


def test_numbers_names_strings_and_lists_are_read() -> None:
    data = b"q 1 0 -.5 +2. 3 4.25 cm /F1+0 9 Tf (a\\(b\\)\\\\\\101\\n) Tj [(x) -20 <4A4b5>] TJ f* T*\n"
    assert list(operations(data)) == [
        ([], b"q"),
        ([1, 0, -0.5, 2, 3, 4.25], b"cm"),
        (["/F1+0", 9], b"Tf"),
        ([b"a(b)\\A\n"], b"Tj"),
        ([b"x", -20, b"JKP"], b"TJ"),
        ([], b"f*"),
        ([], b"T*"),
    ]


@pytest.mark.parametrize(
    "data", [b"q (never closed Tj", b"1 0 0 cm }", b"<< /MCID 0 >> BDC", b"12abc", b"<4g> Tj"]
)
def test_bytes_that_are_no_operator_end_the_reading(data: bytes) -> None:
    with pytest.raises(UnknownBytes):
        list(operations(data))
