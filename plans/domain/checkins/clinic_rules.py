"""What a clinic may set: thresholds within limits, how often it asks, and which of our own items it leaves out.

The limits keep a typing error from switching a rule off.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Final

from plans.domain.checkins import instrument_file
from plans.domain.checkins.flagging import Thresholds
from plans.domain.checkins.flags import BROKEN, SPECS
from plans.domain.checkins.occasions import MAINTENANCE_WEEKS, USUAL_LADDER, Ladder
from plans.domain.errors import TaperplanError
from plans.domain.json import Facts, JsonObject

LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "phq9_high": (10, 27),
    "phq9_watch": (5, 20),
    "phq9_change": (3, 10),
    "affective_change": (2, 8),
    "gad7_high": (8, 21),
    "gad7_watch": (5, 15),
    "gad7_change": (3, 10),
    "gad7_reliable": (4, 12),
    "short_form": (2, 4),
    "symptom_top": (3, 4),
    "symptom_watch": (2, 4),
    "symptom_change": (1, 3),
    "alcohol_week": (1, 50),
    "heavy_day": (1, 15),
    "missed_days": (1, 7),
    "reviewed_days": (7, 56),
}
"""The lowest and highest value of each threshold: score points, levels 0 to 4, drinks or days."""
_PAIRS: Final = (("phq9_watch", "phq9_high"), ("gad7_watch", "gad7_high"), ("symptom_watch", "symptom_top"))
EVERY_WEEKS: Final = (1, 4)
EVERY_WEEKS_STAYING: Final = (1, 12)
"""By default a dose that stays is reviewed after 12 weeks at the latest; check-ins are never further apart."""
AFTER_CUT_DAYS: Final = (0, 7)
REMINDERS: Final = (0, 2)
APART_DAYS: Final = (1, 2)
CLOSES_DAYS: Final = (2, 5)
"""At most three messages per check-in, at least a day apart, since at most one may be sent in 20 hours."""
KEPT_ITEMS: Final = frozenset(
    {"sx_numb", "sx_swings_before", "sx_sleepy", "sx_unsteady", "sx_fell", "sx_heart", "sx_heat"}
)
"""Items of ours that cannot be left out: an urgent rule or a driver's safety depends on them, or another item does."""


class BadRules(TaperplanError):
    """A setting that is refused: fact `where` names it, `why` is out_of_range, crossed or unknown."""

    code = "bad_rules"
    shown = frozenset({"why", "least", "most"})


@dataclass(frozen=True, slots=True)
class Cadence:
    """How a clinic asks: weeks between check-ins, days after a cut (0: not asked), items left out, messages per
    check-in, and weeks between check-ins while a dose stays."""

    every_weeks: int = 1
    after_cut_days: int = 5
    items_off: tuple[str, ...] = ()
    ladder: Ladder = USUAL_LADDER
    maintenance_weeks: int = MAINTENANCE_WEEKS


def optional_items() -> tuple[str, ...]:
    """Our own items that a clinic may leave out, in the order they are asked."""
    return tuple(code for code in instrument_file.newest("symptoms").items if code not in KEPT_ITEMS)


def check_thresholds(values: Mapping[str, int], *, base: Thresholds | None = None) -> Thresholds:
    """`base` (the defaults) with these values. Raises BadRules for the first that is refused."""
    for name, value in values.items():
        if name not in LIMITS:
            raise BadRules(where=name[:40], why="unknown")
        least, most = LIMITS[name]
        if not least <= value <= most:
            raise BadRules(where=name, why="out_of_range", least=least, most=most)
    made = Thresholds(**{**asdict(base or Thresholds()), **values})
    for low, high in _PAIRS:
        if getattr(made, low) > getattr(made, high):
            raise BadRules(where=low, why="crossed", most=getattr(made, high))
    return made


def check_cadence(
    *,
    every_weeks: int,
    after_cut_days: int,
    items_off: Iterable[str],
    ladder: Ladder = USUAL_LADDER,
    maintenance_weeks: int = MAINTENANCE_WEEKS,
) -> Cadence:
    """A cadence within the limits. Raises BadRules."""
    for name, value, (least, most) in (
        ("every_weeks", every_weeks, EVERY_WEEKS),
        ("maintenance_weeks", maintenance_weeks, EVERY_WEEKS_STAYING),
        ("after_cut_days", after_cut_days, AFTER_CUT_DAYS),
        ("reminders", ladder.reminders, REMINDERS),
        ("apart_days", ladder.apart_days, APART_DAYS),
        ("closes_days", ladder.closes_days, CLOSES_DAYS),
    ):
        if not least <= value <= most:
            raise BadRules(where=name, why="out_of_range", least=least, most=most)
    if ladder.reminders * ladder.apart_days >= ladder.closes_days:
        raise BadRules(
            where="closes_days", why="closes_first", least=ladder.reminders * ladder.apart_days + 1
        )
    off = set(items_off)
    if off - set(optional_items()):
        raise BadRules(where="items_off", why="unknown")
    kept = tuple(code for code in optional_items() if code in off)
    return Cadence(every_weeks, after_cut_days, kept, ladder, maintenance_weeks)


def usable_ladder(values: object) -> Ladder:
    """The message ladder from stored settings; the default one if they are not within the limits."""
    stored = values if isinstance(values, dict) else {}
    try:
        found = Ladder(**{str(name): int(value) for name, value in stored.items()})
        return check_cadence(every_weeks=1, after_cut_days=0, items_off=(), ladder=found).ladder
    except (TypeError, ValueError, BadRules):
        return USUAL_LADDER


def usable(values: object, *, base: Thresholds | None = None) -> Thresholds:
    """Thresholds from stored settings, ignoring what is not a whole number within its limits."""
    stored = values if isinstance(values, dict) else {}
    good = {
        name: value
        for name, value in stored.items()
        if name in LIMITS and type(value) is int and LIMITS[name][0] <= value <= LIMITS[name][1]
    }
    return Thresholds(**{**asdict(base or Thresholds()), **good})


def changed(thresholds: Thresholds, base: Thresholds) -> dict[str, int]:
    """The values that differ from `base`; only these are stored."""
    return {
        one.name: getattr(thresholds, one.name)
        for one in fields(Thresholds)
        if getattr(thresholds, one.name) != getattr(base, one.name)
    }


def rule_versions() -> dict[str, int]:
    """Every rule of this release with its version, including those on missed check-ins."""
    return {spec.code: spec.version for spec in SPECS.values() if spec is not BROKEN}


def questions_in_force(own: Mapping[str, str]) -> dict[str, str]:
    """What is asked, by code: the version of each questionnaire, with the SHA-256 of a clinic's own texts."""
    shipped = {one.code for one in instrument_file.shipped().values()}
    found = {code: str(instrument_file.newest(code).version) for code in sorted(shipped)}
    for code, text in sorted(own.items()):
        found[code] = f"{instrument_file.read_text(text).version} {hashlib.sha256(text.encode()).hexdigest()}"
    return found


def own_cadence(values: object, clinic: Cadence) -> Cadence:
    """A patient's cadence from stored settings; the clinic's where a value is not within the limits."""
    stored = values if isinstance(values, dict) else {}
    found = {"every_weeks": clinic.every_weeks, "after_cut_days": clinic.after_cut_days}
    for name, (least, most) in (("every_weeks", EVERY_WEEKS), ("after_cut_days", AFTER_CUT_DAYS)):
        value = stored.get(name)
        if type(value) is int and least <= value <= most:
            found[name] = value
    return replace(clinic, every_weeks=found["every_weeks"], after_cut_days=found["after_cut_days"])


def to_sign(thresholds: Thresholds, cadence: Cadence, own: Mapping[str, str]) -> JsonObject:
    """What a lead signs: rules with their versions, what is asked (`own`: the clinic's texts), thresholds, cadence."""
    return {
        "rules": rule_versions(),
        "questions": questions_in_force(own),
        "thresholds": asdict(thresholds),
        "cadence": {**asdict(cadence), "items_off": list(cadence.items_off)},
    }


def digest(signed: Facts) -> str:
    """SHA-256 of what is signed, independent of the order of its keys."""
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
