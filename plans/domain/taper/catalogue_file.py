"""Reads one drug file into a `Drug`; refuses unknown keys and any number without mark and source.

The grammar is at the top of `catalogue.py`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

from plans.domain.amounts import Dose, Volume
from plans.domain.errors import TaperError
from plans.domain.taper.drug import (
    COUNTRIES,
    CatalogueProduct,
    Drug,
    Figure,
    LabelSchedule,
    Metabolite,
    NumberRange,
    SourceMark,
    Spread,
    Traits,
)
from plans.domain.taper.products import LIQUIDS, Form, Product

V = TypeVar("V")
# Any: a table as tomllib reads it; each key is checked where it is read.
Table = dict[str, Any]

_DECIMAL: Final = re.compile(r"[0-9]{1,4}(\.[0-9]{1,3})?\Z")
_COUNT: Final = re.compile(r"[1-9][0-9]?\Z")
_PACK: Final = re.compile(r"[1-9][0-9]{0,2}\Z")
_ROUTES: Final = frozenset({"cyp3a4", "cyp2c19", "ugt"})


class BadCatalogue(TaperError):
    """A data file that breaks its grammar: facts `file`, `why`; `where` is the path of the key."""

    code = "bad_catalogue"
    shown = frozenset({"file", "why"})


def read_drug(path: Path) -> Drug:
    """The drug in the file. Raises BadCatalogue, naming the key."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadCatalogue(file=path.name, why="not_toml") from wrong
    return _Reader(path.stem, data).drug()


def hours(raw: str) -> Decimal:
    """A plain decimal such as "1.5" (no sign, no exponent), exact."""
    if not _DECIMAL.match(raw):
        raise ValueError(raw)
    return Decimal(raw)


def _count(raw: str) -> int:
    if not _COUNT.match(raw):
        raise ValueError(raw)
    return int(raw)


def _flag(raw: str) -> bool:
    return {"yes": True, "no": False}[raw]


def _liver(raw: str) -> str:
    return {"avoid": "avoid", "prefer": "prefer", "unknown": ""}[raw]


def _routes(raw: str) -> frozenset[str]:
    found = frozenset(raw.split())
    if not found <= _ROUTES:
        raise ValueError(raw)
    return found


def _split(raw: str) -> int:
    return {"1": 1, "2": 2, "4": 4}[raw]


def _packs(raw: str) -> tuple[int, ...]:
    """Sizes of packs such as "14 28": whole numbers that rise."""
    found = tuple(map(int, raw.split()))
    if not found or not all(map(_PACK.match, raw.split())) or found != tuple(sorted(set(found))):
        raise ValueError(raw)
    return found


class _Reader:
    """Walks one parsed file; every `take` removes a key, so that any key left over is unknown."""

    def __init__(self, stem: str, data: Table) -> None:
        self.stem = stem
        self.data = data
        self.sources: dict[str, str] = self._take(data, "sources", dict, "")

    def drug(self) -> Drug:
        data = self.data
        if self._take(data, "name", str, "") != self.stem:
            raise self._bad("name_is_not_file", "name")
        tall_man: str = self._take(data, "tall_man", str, "")
        brands: list[str] = self._take(data, "brands", list, "")
        codes = data.pop("codes", {})
        daily: Table = self._take(data, "daily", dict, "")
        spans: Table = self._take(data, "hours", dict, "")
        maxima, by_country = daily.pop("max_for", {}), daily.pop("max_in", {})
        if not set(by_country) <= set(COUNTRIES):
            raise self._bad("country", "daily.max_in")
        made = Drug(
            name=self.stem,
            tall_man=tall_man,
            brands=tuple(brands),
            codes=self._figures(codes, str, "codes"),
            max_daily=self._figure(daily, "max", Dose.parse, "daily"),
            other_maxima={
                key: self._figure(maxima, key, Dose.parse, "daily.max_for") for key in list(maxima)
            },
            maxima=self._figures(by_country, Dose.parse, "daily.max_in"),
            usual_times=self._span(daily, "times", "daily"),
            half_life=self._span(spans, "half_life", "hours"),
            tmax=self._span(spans, "tmax", "hours"),
            model_half_life=self._figure(spans, "model_half_life", hours, "hours"),
            model_tmax=self._figure(spans, "model_tmax", hours, "hours"),
            active_metabolite=self._metabolite(data.pop("metabolite", None)),
            traits=self._traits(self._take(data, "traits", dict, "")),
            own_spread=self._spread(data.pop("spread", None)),
            label_schedule=self._label_schedule(data.pop("label_schedule", None)),
            by_country=self._products(data.pop("products", {})),
        )
        for left, where in ((daily, "daily"), (spans, "hours"), (data, "")):
            self._empty(left, where)
        return made

    def _metabolite(self, table: Table | None) -> Metabolite | None:
        if table is None:
            return None
        made = Metabolite(
            name=self._take(table, "name", str, "metabolite"),
            half_life=self._span(table, "half_life", "metabolite"),
            model_half_life=self._figure(table, "model_half_life", hours, "metabolite"),
        )
        self._empty(table, "metabolite")
        return made

    def _spread(self, table: Table | None) -> Figure[Spread] | None:
        if table is None:
            return None
        mark, source = self._trust(table, "spread")
        found = self._read(Spread, table.pop("default", None), "spread.default")
        self._empty(table, "spread")
        return Figure(found, mark, source)

    def _label_schedule(self, table: Table | None) -> LabelSchedule | None:
        if table is None:
            return None
        made = LabelSchedule(
            cut=self._figure(table, "cut_mg", Dose.parse, "label_schedule"),
            times=self._figure(table, "times", _count, "label_schedule"),
            days=self._figure(table, "days", _count, "label_schedule"),
        )
        self._empty(table, "label_schedule")
        return made

    def _traits(self, table: Table) -> Traits:
        made = Traits(
            routes=self._figure(table, "routes", _routes, "traits"),
            liver=self._figure(table, "liver", _liver, "traits"),
            seizure_use=self._figure(table, "seizure_use", _flag, "traits"),
        )
        self._empty(table, "traits")
        return made

    def _products(self, tables: Table) -> dict[str, tuple[CatalogueProduct, ...]]:
        if not set(tables) <= set(COUNTRIES):
            raise self._bad("country", "products")
        return {
            country: tuple(self._product(row, f"products.{country}[{n}]") for n, row in enumerate(rows))
            for country, rows in tables.items()
        }

    def _product(self, row: Table, where: str) -> CatalogueProduct:
        form = self._read(Form, row.pop("form", None), f"{where}.form")
        default: bool = row.pop("default", True)
        packs = self._figure(row, "packs", _packs, where) if "packs" in row else None
        mark, source = self._trust(row, where)
        if form in LIQUIDS:
            strength = self._read(Dose.parse, row.pop("mg_per_ml", None), f"{where}.mg_per_ml")
            step = self._figure(row, "step_ml", Volume.parse, where)
            split = Figure(1, step.mark, step.source)
            product = Product(self.stem, form, strength, 1, step.value)
        elif form is Form.DROPS:
            drop = self._figure(row, "mg_per_drop", Dose.parse, where)
            per_ml = self._read(Dose.parse, row.pop("mg_per_ml", None), f"{where}.mg_per_ml")
            if per_ml.units % drop.value.units:
                raise self._bad("drops_not_whole", f"{where}.mg_per_drop")
            split = Figure(1, drop.mark, drop.source)
            product = Product(self.stem, form, drop.value, drops_per_ml=per_ml.units // drop.value.units)
        else:
            strength = self._read(Dose.parse, row.pop("strength_mg", None), f"{where}.strength_mg")
            split = self._figure(row, "split", _split, where)
            product = Product(self.stem, form, strength, split.value)
        self._empty(row, where)
        return CatalogueProduct(product, mark, source, split, default, packs)

    def _figure(self, table: Table, key: str, parse: Callable[[str], V], where: str) -> Figure[V]:
        where = f"{where}.{key}"
        entry = table.pop(key, None)
        if not isinstance(entry, dict):
            raise self._bad("number_without_mark_and_source", where)
        mark, source = self._trust(entry, where)
        value = self._read(parse, entry.pop("value", None), where)
        self._empty(entry, where)
        return Figure(value, mark, source)

    def _figures(self, table: Table, parse: Callable[[str], V], where: str) -> dict[str, Figure[V]]:
        return {key: self._figure(table, key, parse, where) for key in list(table)}

    def _span(self, table: Table, key: str, where: str) -> Figure[NumberRange]:
        where = f"{where}.{key}"
        entry = table.pop(key, None)
        if not isinstance(entry, dict):
            raise self._bad("number_without_mark_and_source", where)
        mark, source = self._trust(entry, where)
        span = NumberRange(
            self._read(hours, entry.pop("low", None), f"{where}.low"),
            self._read(hours, entry.pop("high", None), f"{where}.high"),
        )
        if span.low > span.high:
            raise self._bad("range_upside_down", where)
        self._empty(entry, where)
        return Figure(span, mark, source)

    def _trust(self, entry: Table, where: str) -> tuple[SourceMark, str]:
        mark, source = entry.pop("mark", None), entry.pop("source", None)
        if mark not in tuple(SourceMark) or source not in self.sources:
            raise self._bad("number_without_mark_and_source", where)
        return SourceMark(mark), self.sources[source]

    def _read(self, parse: Callable[[str], V], raw: object, where: str) -> V:
        if not isinstance(raw, str):
            raise self._bad("number_not_text", where)
        try:
            return parse(raw)
        except (TaperError, ValueError, KeyError):
            raise self._bad("unreadable", where) from None

    def _take(self, table: Table, key: str, kind: type[V], where: str) -> V:
        value = table.pop(key, None)
        if not isinstance(value, kind):
            raise self._bad("missing", f"{where}.{key}".lstrip("."))
        return value

    def _empty(self, table: Table, where: str) -> None:
        if table:
            raise self._bad("unknown_key", f"{where}.{min(table)}".lstrip("."))

    def _bad(self, why: str, where: str) -> BadCatalogue:
        return BadCatalogue(where=where, file=f"{self.stem}.toml", why=why)
