"""What a finished PDF says, in one line: each run of text in its order, as a reader would copy it."""

from __future__ import annotations

import io
import re

from pypdf import PdfReader


def text_of(pdf: bytes) -> str:
    """All pages."""
    said = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return re.sub(r"\s+", " ", said)
