"""Preparing people's texts for printing: cleaned, checked against the fonts' glyphs, drawn as plain strings.

Documents never parse text as markup: a name such as "A <b" is drawn as it is.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from plans.documents.engine.fonts import covered, width
from plans.domain.amounts import NBSP
from plans.domain.documents.facts import UnprintableText

# Longer than any stored note, so that nothing is silently cut off.
LONGEST: Final = 4_000
# The space between a number and its unit, where no line may end.
_UNIT: Final = re.compile(r"(?<=\d) (?=m[gL]\b)")
# Right-to-left scripts come out reversed without shaping: refused on paper, shown in full on the web page.
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN", "RLE", "RLO", "RLI"})


def clean(raw: str) -> str:
    """A person's text in NFC, without control, bidi, unassigned and lone surrogate characters, with single spaces; a
    number stays with its unit."""
    composed = unicodedata.normalize("NFC", raw.encode("utf-8", "ignore").decode("utf-8"))
    kept = (" " if char.isspace() else char for char in composed)
    visible = "".join(
        char for char in kept if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    return _UNIT.sub(NBSP, " ".join(visible.split())[:LONGEST])


def unprintable(text: str) -> list[str]:
    """The characters of a cleaned text that the fonts cannot show, in order: missing glyphs, uncombined marks, and
    right-to-left scripts. Empty if it can be printed."""
    glyphs = covered()
    return sorted(
        {
            f"U+{ord(char):04X}"
            for char in text
            if (ord(char) not in glyphs and char != NBSP)
            or unicodedata.combining(char)
            or unicodedata.bidirectional(char) in _RIGHT_TO_LEFT
        }
    )


def person_text(raw: str, where: str) -> str:
    """A clinic's or person's text, ready for drawing. Raises UnprintableText, which names the field."""
    text = clean(raw)
    missing = unprintable(text)
    if missing:
        raise UnprintableText(where=where, characters=missing)
    return text


def wrap(text: str, face: str, size: float, room: float) -> list[str]:
    """Lines no wider than `room`, broken only at ordinary spaces and line feeds, since a no-break space holds a number
    to its unit. A word wider than the room gets its own line; the caller checks with `fits`."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if line and width(longer, face, size) > room:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines


def wrap_anywhere(text: str, face: str, size: float, room: float) -> list[str]:
    """Lines no wider than `room`, whatever was typed: a word wider than the room continues on the next line."""
    lines: list[str] = []
    for line in wrap(text, face, size, room):
        rest = line
        while width(rest, face, size) > room and len(rest) > 1:
            count = next(
                n for n in range(len(rest) - 1, 0, -1) if n == 1 or width(rest[:n], face, size) <= room
            )
            lines.append(rest[:count])
            rest = rest[count:]
        lines.append(rest)
    return lines


def fits(lines: list[str], face: str, size: float, room: float) -> bool:
    """Whether every line fits the room."""
    return all(width(line, face, size) <= room for line in lines)


def largest(text: str, face: str, sizes: tuple[float, ...], room: float) -> float | None:
    """The first of the sizes at which a text fits on one line; None if none does."""
    return next((size for size in sizes if width(text, face, size) <= room), None)
