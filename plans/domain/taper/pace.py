"""Limits on how much is taken away: ceiling, tail and pace, and how much of it is due to the products.

All figures are those of `limit_rules`; a fall is measured from the doses actually taken (`judged.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from plans.domain.errors import Fact
from plans.domain.taper.drug import SourceMark
from plans.domain.taper.judged import Judged
from plans.domain.taper.limit_rules import (
    LAST_STEP,
    LOW_DOSE,
    PACE_CUT,
    PACE_DAYS,
    PACE_LARGE_CUT,
    RULES,
    LimitLevel,
    Verdict,
    finding,
)
from plans.domain.taper.measure import WINDOW_DAYS, change_percent

# Rules that become notes where a cut is larger than asked for, with the days whose cuts each measures.
_WINDOWS: Final = {
    "ceiling": WINDOW_DAYS,
    "pace": PACE_DAYS,
    "tail": WINDOW_DAYS,
    "stop_from": 1,
    "trough": 1,
}
_PACE_PERCENT: Final = int(RULES["pace"].threshold)


def ceiling(judged: Judged) -> Iterator[Verdict]:
    """Ceiling and tail: how much is taken away in any 14 days.

    From a base of at most 5 mg diazepam equivalent the ceiling is only a note, and an absolute limit applies instead:
    more than 1 mg diazepam equivalent in 14 days is the tail's finding (the step to zero is left to `stopping`), a note
    within the clinic's own limit.
    """
    meter = judged.meter
    for at, step in judged.cuts:
        base, now = judged.bases[at], judged.measured[at]
        low_dose = _low_dose(judged, base)
        if judged.above_ceiling(at, now):
            level = LimitLevel.NOTE if low_dose else LimitLevel.NEEDS_REASON
            facts = _fall(judged, at, base, now, "ceiling") | ({"low_dose": True} if low_dose else {})
            yield finding("ceiling", step.n, facts, level=level)
        if low_dose and now and meter.exceeds_diazepam(base - now, LAST_STEP):
            level, why = _agreed_tail(judged, base - now)
            yield finding("tail", step.n, _fall(judged, at, base, now, "tail") | why, level=level)


def pace(judged: Judged) -> Iterator[Verdict]:
    """The guideline's pace: how much is taken away in any 28 days, and in a single cut.

    More than 19 % in 28 days needs a reason, and so does a single cut of more than 12.5 %; one of more than 10 % is a
    note. An excess of no more than one smallest piece is a note as well, since it is rounding; so are a fall from at
    most 5 mg diazepam equivalent, and one within the clinic's own limit. A cut above the ceiling is reported only
    there.
    """
    for at, step in judged.cuts:
        now = judged.measured[at]
        if judged.above_ceiling(at, now):
            continue
        found = [one for one in (_in_28_days(judged, at, now), _at_once(judged, at, now)) if one is not None]
        if found:
            paced = max(found, key=lambda one: one.level is LimitLevel.NEEDS_REASON)
            yield finding("pace", step.n, paced.facts(), level=paced.level, mark=paced.mark)


class _Paced(NamedTuple):
    """A fall that exceeds the pace; its facts are built only for those reported."""

    level: LimitLevel
    mark: SourceMark
    facts: Callable[[], dict[str, Fact]]


def _in_28_days(judged: Judged, at: int, now: int) -> _Paced | None:
    base = judged.wide[at]
    over = ((base - now) * 100 - _PACE_PERCENT * base) * 10
    if over <= 0:
        return None
    level, why = _softened(judged, at, now, over, base)
    return _Paced(
        level, SourceMark.VERIFIED, lambda: _fall(judged, at, base, now, "pace") | {"per": "window"} | why
    )


def _at_once(judged: Judged, at: int, now: int) -> _Paced | None:
    before = judged.befores[at]
    cut = (before - now) * 1000
    if cut <= PACE_CUT * before:
        return None
    level, mark, limit = LimitLevel.NOTE, SourceMark.VERIFIED, "10"
    why: dict[str, Fact] = {}
    large = cut - PACE_LARGE_CUT * before
    if large > 0:
        mark, limit = SourceMark.SECOND_HAND, "12.5"
        level, why = _softened(judged, at, now, large, judged.bases[at])
    facts = {"per": "step", "limit": limit} | why
    return _Paced(
        level, mark, lambda: _of_original(judged, before - now, judged.figures(at, before, now)) | facts
    )


def _softened(judged: Judged, at: int, now: int, over: int, base: int) -> tuple[LimitLevel, dict[str, Fact]]:
    """The level for a fall `over` a pace figure (thousandths of the measure), and what reduces it to a note.

    The clinic's own limit counts over 28 days, for a single cut too.
    """
    if _low_dose(judged, base):
        return LimitLevel.NOTE, {"low_dose": True}
    piece = judged.piece(at)
    if over <= piece * 1000:
        days, _ = judged.said_of(at)
        return LimitLevel.NOTE, {"rounding_mg": judged.meter.dose(piece // days).text}
    own, most = judged.agreed.pace, judged.wide[at]
    if own is not None and (most - now) * 100 <= own * most:
        return LimitLevel.NOTE, judged.agreed.facts("pace")
    return LimitLevel.NEEDS_REASON, {}


def _agreed_tail(judged: Judged, fallen: int) -> tuple[LimitLevel, dict[str, Fact]]:
    """The level of a tail's finding: a note within the clinic's own limit."""
    own = judged.agreed.tail
    if own is not None and judged.meter.exceeds_diazepam(fallen, own) is False:
        return LimitLevel.NOTE, judged.agreed.facts("tail")
    return LimitLevel.NEEDS_REASON, {}


def _low_dose(judged: Judged, base: int) -> bool:
    return judged.meter.exceeds_diazepam(base, LOW_DOSE) is False


def _fall(judged: Judged, at: int, base: int, now: int, rule: str) -> dict[str, Fact]:
    """A fall from the base of a window as facts, with the window and the limit of the rule."""
    known = RULES[rule]
    facts = judged.figures(at, base, now)
    facts.update(window_days=known.window_days, limit=known.threshold)
    return _of_original(judged, base - now, facts)


def _of_original(judged: Judged, fallen: int, facts: dict[str, Fact]) -> dict[str, Fact]:
    """The facts of a fall, with its share of the first dose where the method takes its cuts from that."""
    if judged.method == "percent_of_original":
        first = judged.befores[0]
        facts["of_original_percent"] = change_percent(first, first - fallen)
    return facts


def faster_than_asked(judged: Judged, found: list[Verdict]) -> list[Verdict]:
    """The findings, with those on cuts larger than asked for reduced to notes and covered by one new finding.

    Such a cut is larger because the products cannot make a smaller one. A finding that the cuts asked for would have
    caused as well is kept, and so is an abrupt stop.
    """
    if not any(one.rule in _WINDOWS and one.level is LimitLevel.NEEDS_REASON for one in found):
        return found
    excess = _excess(judged)
    kept, steps = [], set()
    for one in found:
        at = (one.step or 0) - 1
        if (
            excess
            and one.rule in _WINDOWS
            and one.level is LimitLevel.NEEDS_REASON
            and not _passes_as_asked(judged, excess, one.rule, at)
        ):
            steps |= {at, *_within(judged, excess, at, _WINDOWS[one.rule])}
            facts = {**one.facts, "caused": True}
            kept.append(Verdict(one.rule, LimitLevel.NOTE, one.step, facts, one.source, one.mark, one.steps))
        else:
            kept.append(one)
    return [*kept, _faster(judged, sorted(steps))] if steps else kept


def _passes_as_asked(judged: Judged, excess: Mapping[int, int], rule: str, at: int) -> bool:
    """Whether the cuts asked for in the window of a step would need a reason under this rule as well."""
    now = judged.measured[at] + sum(excess[n] for n in _within(judged, excess, at, _WINDOWS[rule]))
    if rule in ("stop_from", "trough"):
        return at not in excess
    if rule == "ceiling":
        return judged.above_ceiling(at, now)
    if rule == "tail":
        fallen = judged.bases[at] - now
        passed = judged.meter.exceeds_diazepam(fallen, LAST_STEP) is True
        return passed and _agreed_tail(judged, fallen)[0] is LimitLevel.NEEDS_REASON
    alone = judged.measured[at] + excess.get(at, 0)
    paced = (_in_28_days(judged, at, now), _at_once(judged, at, alone))
    return any(one is not None and one.level is LimitLevel.NEEDS_REASON for one in paced)


def _excess(judged: Judged) -> dict[int, int]:
    """By index of step: the measure of what was cut beyond the cut asked for."""
    found = {}
    for n, asked in judged.asked.items():
        drug = _fallen(judged, n - 1)
        if drug is not None:
            more = judged.befores[n - 1] - judged.measured[n - 1] - judged.meter.of_drug(drug, asked)
            if more > 0:
                found[n - 1] = more
    return found


def _fallen(judged: Judged, at: int) -> str | None:
    """The one drug that falls at a step; None if it is not exactly one."""
    if len(judged.drugs) == 1:
        return next(iter(judged.drugs))
    before, day = judged.days_before[at], judged.days[at]
    changed = [drug for drug in judged.drugs if day.get(drug, 0) != before.get(drug, 0)]
    return changed[0] if len(changed) == 1 else None


def _within(judged: Judged, excess: Mapping[int, int], at: int, days: int) -> Iterator[int]:
    """The steps, by index, cut beyond what was asked for in the last `days` days up to a step."""
    steps = judged.schedule.steps
    for n in range(at, -1, -1):
        if (steps[at].start - steps[n].start).days >= days:
            return
        if n in excess:
            yield n


def _faster(judged: Judged, steps: Sequence[int]) -> Verdict:
    """One finding on all such cuts: what each takes, what was asked for, and the products that would help."""
    cuts: dict[str, str | None] = {}
    asked: dict[str, str | None] = {}
    drugs: dict[str, None] = {}
    for at in steps:
        drug, first = _fallen(judged, at), judged.befores[at]
        if drug is not None and at + 1 in judged.asked:
            drugs[drug] = None
            wanted = first - judged.meter.of_drug(drug, judged.asked[at + 1])
            cuts[str(at + 1)] = change_percent(first, judged.measured[at])
            asked[str(at + 1)] = change_percent(first, wanted)
    facts: dict[str, Fact] = {
        "count": len(cuts),
        "cuts": cuts,
        "asked": asked,
        "would_help": [name for drug in drugs for name in _finer(judged, drug)],
    }
    return finding("faster_than_asked", steps[0] + 1, facts, steps=[at + 1 for at in steps])


def _finer(judged: Judged, drug: str) -> list[str]:
    """Products of the country that make smaller pieces of a drug than the plan's own."""
    stock = [product for product in judged.schedule.products if product.drug == drug]
    least = min((product.smallest for product in stock), default=None)
    entries = judged.drugs[drug].products(judged.country)
    return [entry.product.name for entry in entries if least is None or entry.product.smallest < least]
