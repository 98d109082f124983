"""A taper as the JSON answer of `docs/taper-json.md`: amounts as text, sentences made by a function passed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict

from plans.domain.amounts import Dose, total
from plans.domain.errors import TaperplanError
from plans.domain.json import JsonObject
from plans.domain.taper import equivalence
from plans.domain.taper.cautions import Caution
from plans.domain.taper.crossover_range import CrossoverEnd, crossover_range
from plans.domain.taper.engine import Taper
from plans.domain.taper.exposure import Exposure, curve
from plans.domain.taper.limit_rules import Verdict
from plans.domain.taper.measure import bases, change_percent, measure
from plans.domain.taper.products import Take
from plans.domain.taper.reading import percent_text
from plans.domain.taper.schedule import Step, TimedDose
from plans.domain.taper.supply import Fill, Order
from plans.domain.taper.weekdays import EVERY_DAY

Says = Callable[[Verdict | Caution | TaperplanError], str]


def answer(taper: Taper, *, says: Says, exposure: bool = False) -> JsonObject:
    """The whole answer. `says` turns a verdict or a caution into a sentence; `exposure` adds the relative curve."""
    schedule = taper.schedule
    lived = taper.lived
    drugs = dict.fromkeys((*schedule.drugs, *lived.drugs))
    meter = measure(tuple(drugs), taper.equivalence, weekly=lived.weekly)
    totals = [meter.of(step.doses) for step in schedule]
    earlier = [meter.of(doses) for doses in lived.before(schedule)]
    highest = bases(schedule, lived, [meter.of(one.doses) for one in lived.days], earlier[0])
    found: JsonObject = {
        "request": taper.request.to_json(),
        "steps": [
            step_json(step, schedule.drugs)
            | {"change_percent": change_percent(was, now), "change_percent_14d": change_percent(most, now)}
            for step, was, now, most in zip(schedule, earlier, totals, highest, strict=True)
        ],
        "end": schedule.end.isoformat(),
        "days": schedule.days,
        "maintenance": schedule.maintenance,
        "under_1_mg_days": taper.low_days,
        "verdicts": [_verdict(verdict, says) for verdict in taper.verdicts],
        "cautions": [_caution(caution, says) for caution in taper.cautions],
        "supply": [_fill(fill) for fill in taper.supply.fills],
        "leftover": [take_json(left.take) for left in taper.supply.leftovers],
    }
    if taper.request.instalment_days is not None:
        found["instalments"] = [_fill(part) for part in taper.supply.instalments]
    if taper.supply.bottles:
        found["bottles"] = [
            {"product": product.name, "count": count} for product, count in taper.supply.bottles.items()
        ]
    if orders := taper.supply.orders():
        found["orders"] = [_order(one) for one in orders]
    if taper.request.stock:
        found["run_out"] = taper.run_out.isoformat() if taper.run_out else None
    if taper.request.crossover is not None:
        found["crossover_range"] = [_crossover_end(one, says) for one in crossover_range(taper)]
    if taper.rate is not None:
        found["rate_percent"] = percent_text(taper.rate)
    if exposure:
        found["exposure"] = _exposure(curve(schedule, table=taper.equivalence))
    return found


def refusal(error: TaperplanError, *, says: Says) -> dict[str, object]:
    """A refusal as JSON: {error: {code, says, where, nearest, facts}}."""
    return {
        "error": {
            "code": error.code,
            "says": says(error),
            "where": error.where,
            "nearest": error.nearest,
            "facts": error.facts,
        }
    }


def step_json(step: Step, drugs: tuple[str, ...]) -> dict[str, object]:
    """One step with its doses, takes and totals; totals list every drug of the plan, zero included.

    Where days differ by the day of the week, the totals are those of the largest day, with the week's sum beside them.
    """
    by_drug = {drug: step.total(drug) for drug in drugs}
    week: dict[str, object] = (
        {"week_mg": {drug: step.week(drug).text for drug in drugs}} if step.weekly else {}
    )
    return week | {
        "n": step.n,
        "start": step.start.isoformat(),
        "end": step.end.isoformat(),
        "days": step.days,
        "kind": step.kind.value,
        "doses": [_dose(dose) for dose in step.doses],
        "total_mg": {drug: dose.text for drug, dose in by_drug.items()},
        "diazepam_equivalent_mg": _equivalents(by_drug),
        "diazepam_equivalent_range_mg": _both_ends(by_drug),
    }


def _dose(dose: TimedDose) -> dict[str, object]:
    written: dict[str, object] = {
        "time": dose.time.value,
        "drug": dose.drug,
        "dose_mg": dose.dose.text,
        "take": [take_json(take) | _draws(take) for take in dose.take],
    }
    return written if dose.weekdays is EVERY_DAY else written | {"days_of_week": dose.weekdays.names}


def take_json(take: Take) -> JsonObject:
    """One take as {product, pieces}, {product, drops} or {product, ml}."""
    if take.volume is not None:
        return {"product": take.product.name, "ml": take.volume.text}
    if take.drops:
        return {"product": take.product.name, "drops": take.drops}
    return {"product": take.product.name, "pieces": take.pieces}


def _draws(take: Take) -> JsonObject:
    """How a volume is drawn up, if the plan names its syringes."""
    draws = [{"syringe_ml": one.syringe.holds.text, "ml": one.volume.text} for one in take.draws]
    return {"draws": draws} if draws else {}


def _equivalents(by_drug: Mapping[str, Dose]) -> dict[str, str]:
    """The day's total in diazepam by every table that covers all drugs of the day with one number."""
    taken = {drug: dose for drug, dose in by_drug.items() if dose}
    return {
        name: total(equivalence.to_diazepam(dose, drug, name) for drug, dose in taken.items()).text
        for name, table in equivalence.TABLES.items()
        if all(table.covers(drug) for drug in by_drug)
    }


def _both_ends(by_drug: Mapping[str, Dose]) -> dict[str, str] | None:
    """The lowest and highest diazepam equivalent of the day over all tables; None if a drug is in no table."""
    taken = [(dose, drug) for drug, dose in by_drug.items() if dose]
    try:
        ends = [equivalence.both_ends(dose, drug) for dose, drug in taken]
    except equivalence.PairNotCovered:
        return None
    return {"low": total(low for low, _ in ends).text, "high": total(high for _, high in ends).text}


def _fill(fill: Fill) -> dict[str, object]:
    return {
        "from": fill.first.isoformat(),
        "to": fill.last.isoformat(),
        "product": fill.product.name,
        "whole_units": fill.whole_units,
    }


def _order(order: Order) -> dict[str, object]:
    return {
        "product": order.product.name,
        "drug": order.product.drug,
        "each_mg": order.product.strength.text,
        "whole_units": order.whole_units,
        "together_mg": order.holds.text,
        "fills": [
            {"there_by": fill.first.isoformat(), "whole_units": fill.whole_units} for fill in order.fills
        ],
    }


def _verdict(verdict: Verdict, says: Says) -> dict[str, object]:
    return {
        "rule": verdict.rule,
        "step": verdict.step,
        "steps": list(verdict.steps),
        "level": verdict.level.value,
        "says": says(verdict),
        "source": verdict.source,
        "mark": verdict.mark,
        "facts": dict(verdict.facts),
    }


def _caution(caution: Caution, says: Says) -> dict[str, object]:
    return {
        "code": caution.code,
        "says": says(caution),
        "source": caution.source,
        "mark": caution.mark,
        "must_sign": caution.must_sign,
    }


def _crossover_end(one: CrossoverEnd, says: Says) -> dict[str, object]:
    """The switch at one end of the published equivalents, or the refusal if it cannot be made."""
    return {
        "end": one.end.value,
        "table": one.table,
        "equal_mg": one.equal.text,
        "first_dose_mg": one.first.text if one.first is not None else None,
        "whole_dose_mg": one.whole.text if one.whole is not None else None,
        "stages": one.stages,
        "last_day": one.last_day.isoformat() if one.last_day is not None else None,
        "refused": says(one.refusal) if one.refusal is not None else None,
        "source": "; ".join(one.sources),
        "mark": one.mark.value,
    }


def _exposure(curve: Exposure) -> dict[str, object]:
    """The relative curve: one level per hour from midnight of `start`; 1000 is the average on the first regimen."""
    return {
        "start": curve.start.isoformat(),
        "levels": list(curve.levels),
        "hours": {time.value: hour for time, hour in curve.hours.items()},
        "inputs": [asdict(drug) for drug in curve.inputs],
        "table": curve.table,
    }
