"""What each country calls a dosage form: the term of its register or label, with mark and source.

The names are data (`form_names.toml`); the terms in the reader's language are in `plans/wording/drugs.py`.
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
    """The name of an orally disintegrating tablet."""

    ORALLY_DISINTEGRATING = "orally_disintegrating"
    ORODISPERSIBLE = "orodispersible"


@cache
def odt_names() -> dict[str, Figure[OdtName]]:
    """The name of an orally disintegrating tablet for every country of the catalogue."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["odt"]
    return {
        country: Figure(
            OdtName(rows[country]["name"]), SourceMark(rows[country]["mark"]), rows[country]["source"]
        )
        for country in COUNTRIES
    }


def odt_name(country: str) -> OdtName:
    """The name of an orally disintegrating tablet in a country; the default country's if it is unknown."""
    known = odt_names()
    return known.get(country, known[DEFAULT_COUNTRY]).value
