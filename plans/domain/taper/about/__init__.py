"""What patients are told about their medicine: sourced statements for one drug or a kind of drug, grouped by part."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from plans.domain.errors import TaperplanError
from plans.domain.json import JsonObject
from plans.domain.taper import catalogue, equivalence

PARTS: Final = ("does", "lasts", "mood", "body", "why", "helps", "never", "others", "worse")
Z_DRUGS: Final = frozenset({"eszopiclone", "zaleplon", "zolpidem", "zopiclone"})
_FILE: Final = Path(__file__).with_name("statements.toml")
_GROUPS: Final = frozenset({"every", "benzodiazepine", "z_drug", "long", "short"})
_MARKS: Final = frozenset({"verified", "second_hand", "unverified"})
_LANGUAGES: Final = ("en", "es")


class BadStatement(TaperplanError):
    """A statement that breaks the grammar of `statements.toml`: fact `why`; `where` is its place in the file."""

    code = "bad_statement"


@dataclass(frozen=True, slots=True)
class Statement:
    """One or two sentences for a kind of drug (`group`) or for named `drugs`; `mark` is the trust in the source.

    `of_benzodiazepines`: the source is about benzodiazepines and was also applied to Z-drugs.
    """

    part: str
    group: str
    drugs: tuple[str, ...]
    source: str
    mark: str
    texts: Mapping[str, str]
    of_benzodiazepines: bool = False


@dataclass(frozen=True, slots=True)
class Strength:
    """The mg of a drug that are about as strong as 10 mg of diazepam, with source and mark of the table row."""

    mg: str
    source: str
    mark: str


@dataclass(frozen=True, slots=True)
class Hours:
    """A range of hours from the catalogue, with its source and mark."""

    low: str
    high: str
    source: str
    mark: str


@cache
def statements() -> tuple[Statement, ...]:
    """Every statement in the order of the file. Raises BadStatement."""
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    sources = data["sources"]
    narrow = frozenset(data["of_benzodiazepines"])
    return tuple(_read(n, raw, sources, narrow) for n, raw in enumerate(data["statements"]))


def _read(n: int, raw: JsonObject, sources: Mapping[str, str], narrow: frozenset[str]) -> Statement:
    group, drugs = raw.get("group", ""), tuple(raw.get("drugs", ()))
    where = f"statements[{n}]"
    if (group in _GROUPS) == bool(drugs) or not set(drugs) <= set(catalogue.names()):
        raise BadStatement(where=where, why="for_whom")
    if raw.get("part") not in PARTS or raw.get("mark") not in _MARKS or raw.get("source") not in sources:
        raise BadStatement(where=where, why="unknown_value")
    if sorted(raw.get("text", {})) != sorted(_LANGUAGES):
        raise BadStatement(where=where, why="languages_differ")
    source = raw["source"]
    return Statement(raw["part"], group, drugs, sources[source], raw["mark"], raw["text"], source in narrow)


def of_kind() -> tuple[Statement, ...]:
    """The statements that apply to every drug of these kinds, for a page that must not name the drug."""
    return tuple(one for one in statements() if one.group == "every")


def of_drug(name: str) -> tuple[Statement, ...]:
    """The statements for a drug of the catalogue, part by part. Raises UnknownDrug."""
    drug = catalogue.drug(name)
    mine = {
        "every",
        "z_drug" if name in Z_DRUGS else "benzodiazepine",
        "long" if drug.long_acting else "short",
    }
    found = [one for one in statements() if one.group in mine or name in one.drugs]
    if name in Z_DRUGS:
        # The source covers another kind of drug, so its mark does not carry over.
        found = [replace(one, mark="unverified") if one.of_benzodiazepines else one for one in found]
    else:
        found = [replace(one, of_benzodiazepines=False) for one in found]
    return tuple(sorted(found, key=lambda one: PARTS.index(one.part)))


def strength(name: str, mg: str, table: str) -> Strength:
    """What the plan's table says of a drug; `mg` is its value when the plan was issued. Raises UnknownTable."""
    found = equivalence.table_named(table)
    row = found.rows.get(name)
    # A row removed or changed since the plan was issued was wrong: the issued figure counts as unverified.
    same = row is not None and row.value is not None and row.value.text == mg
    return Strength(mg, row.source if row else found.source, row.mark.value if row and same else "unverified")


def strongest(name: str) -> Hours:
    """The time after a dose at which the blood level peaks, from the catalogue. Raises UnknownDrug."""
    span = catalogue.drug(name).tmax
    return Hours(f"{span.value.low:f}", f"{span.value.high:f}", span.source, span.mark.value)


def half_life(name: str) -> Hours:
    """The half-life of the drug or of its active metabolite, from the catalogue. Raises UnknownDrug."""
    drug = catalogue.drug(name)
    span, metabolite = drug.half_life, drug.active_metabolite
    if metabolite is not None and metabolite.half_life.value.high > span.value.high:
        span = metabolite.half_life
    return Hours(f"{span.value.low:f}", f"{span.value.high:f}", span.source, span.mark.value)
