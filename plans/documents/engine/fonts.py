"""The two embedded faces: Fira Sans regular and bold, static, from its wheel; Latin, Greek and Cyrillic.

Its zero has no slash: a slashed zero stands on ISMP's list of what is misread. Registered once a process, because
parsing the files costs more than drawing a month.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import as_file, files
from typing import Final

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from plans.domain.errors import TaperplanError

REGULAR: Final = "Taperplan-Regular"
BOLD: Final = "Taperplan-Bold"
_FILES: Final = {REGULAR: "FiraSans-Regular.ttf", BOLD: "FiraSans-Bold.ttf"}

# No colour is ever read from text here; the evaluator behind it has a history of running code.
setattr(rl_config, "toColorCanUse", None)  # noqa: B010 - the stub knows only names of evaluators
# Streams stay binary: the text armour around them is a quarter more bytes and half the time of compressing.
rl_config.useA85 = 0


class BrokenFonts(TaperplanError):
    """The installed faces are not what documents need: fact `why`."""

    code = "broken_fonts"


@lru_cache(maxsize=1)
def register() -> None:
    """Register both faces with ReportLab, once a process. Raises BrokenFonts if they share a PostScript name: a PDF
    would then print bold as regular in silence."""
    names = set()
    for name, file in _FILES.items():
        with as_file(files("fontpkg_fira_sans") / "files" / file) as path:
            font = TTFont(name, str(path))
        names.add(font.face.name)
        pdfmetrics.registerFont(font)
    if len(names) != len(_FILES):
        raise BrokenFonts(why="one_postscript_name")


@lru_cache(maxsize=1)
def covered() -> frozenset[int]:
    """Code points that both faces can show."""
    register()
    faces = [font.face for font in map(pdfmetrics.getFont, _FILES) if isinstance(font, TTFont)]
    return frozenset(set.intersection(*(set(face.charToGlyph) for face in faces)))


@lru_cache(maxsize=8192)
def width(text: str, face: str, size: float) -> float:
    """Width of a text in points. Phrases repeat by the hundred in a calendar: each is measured once."""
    register()
    return float(pdfmetrics.stringWidth(text, face, size))
