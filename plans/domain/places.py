"""The time zones and countries that may be chosen, from the pinned tzdata package.

Only canonical zones are offered (zone1970.tab: places whose clocks have agreed since 1970). An older name for one of
them, such as Asia/Calcutta, is replaced by it; names that are not places (EST, Factory, UTC) are refused, since they
have no summer time.
"""

from __future__ import annotations

import functools
from importlib import resources

from plans.domain.text import BadText


def _lines(name: str) -> list[str]:
    text = resources.files("tzdata.zoneinfo").joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@functools.cache
def zones() -> tuple[str, ...]:
    """Every canonical zone, by name."""
    return tuple(sorted(line.split("\t")[2] for line in _lines("zone1970.tab")))


@functools.cache
def _older_names() -> dict[str, str]:
    """Older name → canonical name, for names of places only."""
    links = {}
    for line in _lines("tzdata.zi"):
        kind, *rest = line.split()
        if kind == "L" and "/" in rest[1] and not rest[1].startswith("Etc/"):
            links[rest[1]] = rest[0]
    known = set(zones())
    return {old: new for old, new in links.items() if new in known}


@functools.cache
def countries() -> dict[str, str]:
    """ISO 3166 code → English name."""
    pairs = (line.split("\t") for line in _lines("iso3166.tab"))
    return {pair[0]: pair[1] for pair in pairs}


def _typed(raw: str) -> str | None:
    """The zone that somebody meant who typed it in any case and with spaces, or its place alone; None if it is not one.

    "new york" is America/New_York.
    """
    wanted = "_".join(raw.split()).casefold()
    found = {zone for zone in zones() if wanted in (zone.casefold(), zone.rpartition("/")[2].casefold())}
    return found.pop() if len(found) == 1 else None


def clean_zone(raw: str, *, where: str = "") -> str:
    """A canonical zone. Raises BadText."""
    if not raw:
        raise BadText(where=where, why="missing")
    if raw in zones():
        return raw
    if raw in _older_names():
        return _older_names()[raw]
    if (found := _typed(raw)) is not None:
        return found
    raise BadText(where=where, why="not_zone")


def clean_country(raw: str, *, where: str = "") -> str:
    """An ISO 3166 code of two letters. Raises BadText."""
    if not raw:
        raise BadText(where=where, why="missing")
    if raw not in countries():
        raise BadText(where=where, why="not_a_choice")
    return raw
