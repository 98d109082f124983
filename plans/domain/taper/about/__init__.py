"""What patients are told of their medicine: statements by part, each with its source, for one drug or for its kind."""

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
    """One or two sentences. `group` or `drugs` say for whom; `mark` says how sure the source is.

    `of_benzodiazepines`: the source speaks of these, and what it says was taken over for the sleep medicines.
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
    """How many mg of a drug are about as strong as 10 mg of diazepam, with source and mark of the table's row."""

    mg: str
    source: str
    mark: str


@dataclass(frozen=True, slots=True)
class Hours:
    """A range of hours from the catalogue, with its source and how sure it is."""

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
    """What holds for every drug of these kinds: for a page that must not name one."""
    return tuple(one for one in statements() if one.group == "every")


def of_drug(name: str) -> tuple[Statement, ...]:
    """What holds for a drug of the catalogue, part by part. Raises UnknownDrug."""
    drug = catalogue.drug(name)
    mine = {
        "every",
        "z_drug" if name in Z_DRUGS else "benzodiazepine",
        "long" if drug.long_acting else "short",
    }
    found = [one for one in statements() if one.group in mine or name in one.drugs]
    if name in Z_DRUGS:
        # What was checked was checked for another kind of drug.
        found = [replace(one, mark="unverified") if one.of_benzodiazepines else one for one in found]
    else:
        found = [replace(one, of_benzodiazepines=False) for one in found]
    return tuple(sorted(found, key=lambda one: PARTS.index(one.part)))


def strength(name: str, mg: str, table: str) -> Strength:
    """What a plan's table says of a drug: `mg` as it stood there when the plan was issued. Raises UnknownTable."""
    found = equivalence.table_named(table)
    row = found.rows.get(name)
    # A row that is gone, or says something else by now, was found wanting.
    same = row is not None and row.value is not None and row.value.text == mg
    return Strength(mg, row.source if row else found.source, row.mark.value if row and same else "unverified")


def strongest(name: str) -> Hours:
    """How long after a dose most of it is in the blood, from the catalogue. Raises UnknownDrug."""
    span = catalogue.drug(name).tmax
    return Hours(f"{span.value.low:f}", f"{span.value.high:f}", span.source, span.mark.value)


def half_life(name: str) -> Hours:
    """How long half of a dose stays in the body, of the drug itself or of what the body makes of it.

    From the catalogue. Raises UnknownDrug.
    """
    drug = catalogue.drug(name)
    span, metabolite = drug.half_life, drug.active_metabolite
    if metabolite is not None and metabolite.half_life.value.high > span.value.high:
        span = metabolite.half_life
    return Hours(f"{span.value.low:f}", f"{span.value.high:f}", span.source, span.mark.value)
