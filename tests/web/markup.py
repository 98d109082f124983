"""Pages with normalised white space, so that line breaks in templates make no difference to tests."""

from __future__ import annotations

import re

_BLOCKS = (
    "p|div|section|header|ul|ol|li|dl|dt|dd|table|caption|thead|tbody|tr|td|th|form|fieldset|legend|details|summary|h[1-6]|"
    "option|small|br"
)


def tight(page: str) -> str:
    """The page with single spaces, and none beside the tags of blocks, between two tags, or just inside an element."""
    page = re.sub(r"\s+", lambda space: "\u00a0" if "\u00a0" in space[0] else " ", page)
    page = re.sub(rf" ?(</?(?:{_BLOCKS})\b[^>]*>) ?", r"\1", page)
    page = re.sub(r"(<[a-z][^>]*>) ", r"\1", page)
    return re.sub(r" (</[a-z0-9]+>)", r"\1", page).replace("> <", "><")
