"""The two embedded fonts: Fira Sans regular and bold, static, from its wheel; Latin, Greek and Cyrillic.

Its zero has no slash: a slashed zero is on ISMP's list of misread symbols. Registered once per process, because parsing
the files costs more than drawing a month.
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

# No colour is ever parsed from text here; ReportLab's evaluator for that has had code execution bugs.
setattr(rl_config, "toColorCanUse", None)  # noqa: B010 - the stub allows only names of evaluators
# Streams stay binary: ASCII85 adds a quarter more bytes and half the time of compressing.
rl_config.useA85 = 0


class BrokenFonts(TaperplanError):
    """The installed fonts are not usable: fact `why`."""

    code = "broken_fonts"


@lru_cache(maxsize=1)
def register() -> None:
    """Register both fonts with ReportLab, once per process. Raises BrokenFonts if they share a PostScript name, which
    would silently print bold as regular."""
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
    """Code points that both fonts contain."""
    register()
    faces = [font.face for font in map(pdfmetrics.getFont, _FILES) if isinstance(font, TTFont)]
    return frozenset(set.intersection(*(set(face.charToGlyph) for face in faces)))


@lru_cache(maxsize=8192)
def width(text: str, face: str, size: float) -> float:
    """Width of a text in points. Cached: phrases repeat by the hundred in a calendar."""
    register()
    return float(pdfmetrics.stringWidth(text, face, size))
