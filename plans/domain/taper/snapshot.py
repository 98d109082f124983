"""The text of an issued version: canonical JSON with everything the version was based on.

The same taper always gives the same bytes: keys sorted, no spaces, ASCII, amounts as text. This text, not the rows
derived from it, is the authoritative version; its SHA-256 is stored with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from plans.domain.amounts import Dose, Volume
from plans.domain.errors import TaperError
from plans.domain.json import Facts, JsonObject
from plans.domain.taper import catalogue, equivalence
from plans.domain.taper.engine import Taper
from plans.domain.taper.products import Product, Take
from plans.domain.taper.request import TaperRequest, product_from_json, product_json
from plans.domain.taper.schedule import Schedule, Step, StepKind, TimedDose, TimeOfDay
from plans.domain.taper.weekdays import EVERY_DAY, Weekdays

SCHEMA: Final = 1


class UnknownSchema(TaperError):
    """A snapshot with a schema this program cannot read: fact `schema`."""

    code = "unknown_schema"


class NotReadBack(TaperError):
    """A text about to be stored that cannot be read, or does not give the schedule it was written from: fact `why`."""

    code = "not_read_back"


@dataclass(frozen=True, slots=True)
class AcceptedReason:
    """Why a clinician accepts a finding that needs a reason: the rule, its steps (empty: whole plan), their words.

    `step` is the first of them. `source` names what the plan follows, such as a published schedule; "" if the words
    stand alone. `limit`: no words were asked for, since the finding lies within a limit of the clinic
    (`clinic_limits.agreed`). Reasons stored by earlier releases name one step each.
    """

    rule: str
    step: int | None
    text: str
    steps: tuple[int, ...] = ()
    source: str = ""
    limit: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Said:
    """A finding as it was when the version was issued; `steps` are all steps it named."""

    rule: str
    level: str
    step: int | None
    facts: Facts
    steps: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An issued version read back. `extra` is what the caller stored with the taper, `said` are its findings.

    `equivalents`: mg of each drug that equal 10 mg of diazepam, by the plan's table at the time of issue.
    """

    schedule: Schedule
    request: TaperRequest
    reasons: tuple[AcceptedReason, ...]
    schema: int
    extra: Facts
    said: tuple[Said, ...] = ()
    equivalents: Mapping[str, str] = field(default_factory=dict)


def dump(taper: Taper, *, reasons: Sequence[AcceptedReason] = (), extra: Facts | None = None) -> str:
    """The canonical text of a taper as issued, with its reasons and any JSON-able `extra`."""
    schedule = taper.schedule
    products = _all_products(schedule)
    place = {product: n for n, product in enumerate(products)}
    table = equivalence.table_named(taper.equivalence)
    rows = {name: table.rows[name] for name in schedule.drugs if name in table.rows}
    written = {
        "schema": SCHEMA,
        "request": taper.request.to_json(),
        "drug": schedule.drug,
        "drugs": list(schedule.drugs),
        "products": [product_json(product) for product in products],
        "stock": [place[product] for product in schedule.products],
        "steps": [_step_json(step, place) for step in schedule.steps],
        "verdicts": [
            {
                "rule": found.rule,
                "level": found.level.value,
                "step": found.step,
                "steps": list(found.steps),
                "facts": dict(found.facts),
            }
            for found in taper.verdicts
        ],
        "cautions": [{"code": found.code, "must_sign": found.must_sign} for found in taper.cautions],
        "reasons": [_reason_json(given) for given in reasons],
        "equivalence": {
            "table": table.name,
            "year": table.year,
            "rows": {
                name: {
                    "mg": None if row.value is None else row.value.text,
                    "low": row.low.text,
                    "high": row.high.text,
                }
                for name, row in rows.items()
            },
        },
        "catalogue": catalogue.digest(),
        "extra": dict(extra or {}),
    }
    return json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def load(text: str) -> Snapshot:
    """A version read back from its text. Raises UnknownSchema for a newer one."""
    found = json.loads(text)
    if found.get("schema") != SCHEMA:
        raise UnknownSchema(schema=str(found.get("schema"))[:12])
    products = [product_from_json(one, f"products[{n}]") for n, one in enumerate(found["products"])]
    schedule = Schedule(
        drug=found["drug"],
        drugs=tuple(found["drugs"]),
        products=tuple(products[n] for n in found["stock"]),
        steps=tuple(_step(n, one, products) for n, one in enumerate(found["steps"], start=1)),
    )
    reasons = tuple(
        AcceptedReason(
            one["rule"],
            one["step"],
            one["text"],
            _steps_named(one),
            one.get("source", ""),
            one.get("limit", {}),
        )
        for one in found["reasons"]
    )
    said = tuple(
        Said(one["rule"], one["level"], one["step"], one["facts"], _steps_named(one))
        for one in found["verdicts"]
    )
    rows = found.get("equivalence", {}).get("rows", {})
    return Snapshot(
        schedule=schedule,
        request=TaperRequest.from_json(_products_once(found["request"])),
        reasons=reasons,
        schema=found["schema"],
        extra=found["extra"],
        said=said,
        equivalents={name: row["mg"] for name, row in rows.items() if row["mg"] is not None},
    )


def check_read_back(text: str, schedule: Schedule) -> None:
    """Check that a text written from a schedule gives that schedule again. Raises NotReadBack."""
    try:
        found = load(text)
    except (TaperError, ValueError, LookupError, TypeError) as fault:
        why = fault.code if isinstance(fault, TaperError) else type(fault).__name__
        raise NotReadBack(why=why) from fault
    if found.schedule != schedule:
        raise NotReadBack(why="schedule")


def _products_once(request: JsonObject) -> JsonObject:
    """A request as stored, each product once: earlier releases wrote a liquid with and without its syringes."""
    if "products" not in request:
        return request
    alike = {str(sorted((one | {"syringes": ()}).items())): one for one in request["products"]}
    return request | {"products": list(alike.values())}


def _reason_json(given: AcceptedReason) -> dict[str, object]:
    written: dict[str, object] = {
        "rule": given.rule,
        "step": given.step,
        "steps": list(given.steps),
        "text": given.text,
    }
    more = {"source": given.source, "limit": dict(given.limit)}
    return written | {name: value for name, value in more.items() if value}


def _steps_named(one: JsonObject) -> tuple[int, ...]:
    """The steps named by a stored finding or reason. Earlier releases stored the first step, and the last of a run."""
    if "steps" in one:
        return tuple(one["steps"])
    if one["step"] is None:
        return ()
    last = one.get("facts", {}).get("until_step", one["step"])
    return tuple(range(one["step"], last + 1))


def _all_products(schedule: Schedule) -> list[Product]:
    """Every product of the plan and of its takes, once each, in a stable order."""
    taken: Iterable[Product] = (
        take.product for step in schedule for dose in step.doses for take in dose.take
    )
    return list(dict.fromkeys((*schedule.products, *taken)))


def _step_json(step: Step, place: Mapping[Product, int]) -> dict[str, object]:
    return {
        "start": step.start.isoformat(),
        "end": step.end.isoformat(),
        "kind": step.kind.value,
        "doses": [
            {
                "time": dose.time.value,
                "drug": dose.drug,
                "dose_mg": dose.dose.text,
                "take": [_take_json(take, place) for take in dose.take],
            }
            | ({} if dose.weekdays is EVERY_DAY else {"days_of_week": dose.weekdays.names})
            for dose in step.doses
        ],
    }


def _take_json(take: Take, place: Mapping[Product, int]) -> dict[str, object]:
    if take.volume is not None:
        return {"product": place[take.product], "ml": take.volume.text}
    return {"product": place[take.product], "quarters": take.quarters}


def _step(n: int, one: Facts, products: Sequence[Product]) -> Step:
    doses = tuple(
        TimedDose(
            TimeOfDay(dose["time"]),
            dose["drug"],
            _dose(dose["dose_mg"]),
            tuple(_take(take, products) for take in dose["take"]),
            Weekdays.named(dose["days_of_week"]) if "days_of_week" in dose else EVERY_DAY,
        )
        for dose in one["doses"]
    )
    return Step(
        n, date.fromisoformat(one["start"]), date.fromisoformat(one["end"]), doses, StepKind(one["kind"])
    )


def _take(one: Facts, products: Sequence[Product]) -> Take:
    product = products[one["product"]]
    if "ml" in one:
        return Take(product, volume=_volume(one["ml"]))
    return Take(product, quarters=one["quarters"])


# Our own amounts are read whatever their size: strict reading limits what a person types, but a dose made by a
# crossover, or a volume of a weak liquid, may be larger.
def _dose(text: str) -> Dose:
    return Dose(_count(text, 5))


def _volume(text: str) -> Volume:
    return Volume(_count(text, 3))


def _count(text: str, digits: int) -> int:
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(digits, "0"))
