"""What a country calls a dosage form: the word of its register or label, each with mark and source.

The names are data (`form_names.toml`); the words for them, in the reader's language, stand in `plans/wording/drugs.py`.
"""

from __future__ import annotations

import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from plans.domain.taper.drug import COUNTRIES, DEFAULT_COUNTRY, Figure, SourceMark

_FILE: Final = Path(__file__).parent / "form_names.toml"


class OdtName(StrEnum):
    """What a tablet that melts on the tongue is called."""

    ORALLY_DISINTEGRATING = "orally_disintegrating"
    ORODISPERSIBLE = "orodispersible"


@cache
def odt_names() -> dict[str, Figure[OdtName]]:
    """The name of the tablet that melts on the tongue by country, of every country of the catalogue."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["odt"]
    return {
        country: Figure(
            OdtName(rows[country]["name"]), SourceMark(rows[country]["mark"]), rows[country]["source"]
        )
        for country in COUNTRIES
    }


def odt_name(country: str) -> OdtName:
    """The name of the tablet that melts on the tongue; of a country that is not in the catalogue the default's."""
    known = odt_names()
    return known.get(country, known[DEFAULT_COUNTRY]).value
