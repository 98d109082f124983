"""The code on every page, read by a decoder that knows nothing of how it was drawn: zxing on the rendered page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pypdfium2
import pytest
import zxingcpp

from plans.documents.kinds import draw
from tests.documents.plans import clonazepam, facts, of_kind

# As coarse as a scan of a page with a phone held badly: 150 dots an inch.
SCALE = 150 / 72


def decoded(pdf: bytes) -> list[list[str]]:
    """What the codes of each page say."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            image = page.render(scale=SCALE, grayscale=True).to_pil()
            codes = zxingcpp.read_barcodes(
                image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
            )
            found.append([code.text for code in codes])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["calendar", "pharmacy", "summary"])
@pytest.mark.parametrize(
    "look",
    [
        {},
        {"paper": "letter"},
        {"large": True},
        {"low_ink": True},
        {"paper": "letter", "large": True, "low_ink": True},
    ],
    ids=str,
)
def test_every_page_leads_to_the_page_that_says_whether_it_is_current(
    kind: str, look: dict[str, Any]
) -> None:
    address = "https://taper.example.org/q/dGhpcyBpcyBubyByZWFsIHRva2Vu"
    given = replace(facts(clonazepam()), status_url=address, **look)
    codes = decoded(draw(of_kind(given, kind)))
    assert codes
    assert all(page == [address] for page in codes), codes


@pytest.mark.slow
def test_an_address_as_long_as_it_may_be_is_read_as_well() -> None:
    address = "https://taper.example.org/q/".ljust(60, "x")
    assert decoded(draw(of_kind(facts(clonazepam(), status_url=address), "calendar")))[0] == [address]
