"""The guideline limits: one spec each, with the source of its number, and the verdicts that report them.

Each rule is checked by a function in `limits.py` or a module beside it; `limits.judge` runs them all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from plans.domain.amounts import Dose
from plans.domain.errors import Fact, Facts
from plans.domain.taper.drug import SourceMark
from plans.domain.taper.measure import WINDOW_DAYS


class LimitLevel(StrEnum):
    """What a finding requires."""

    NOTE = "note"
    NEEDS_REASON = "needs_reason"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class LimitRule:
    """One limit.

    `window_days`: 0 for a rule without a window. `basis`: current (the dose before the window) or "". `threshold` is in
    percent if `basis` is set, else a number explained by the docstring of the rule's function. `exempt_up_to`: the
    diazepam equivalent a day (mg) up to which the rule is only a note, "" if none. `once`: one finding per drug,
    product or plan, however many steps it names; other rules make one per run of neighbouring steps.
    """

    id: str
    level: LimitLevel
    source: str
    mark: SourceMark
    window_days: int = 0
    basis: str = ""
    threshold: str = ""
    exempt_up_to: str = ""
    once: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """One finding: the rule, the steps it names and the figures, as codes and texts. A single reason answers it.

    `step` is the first step (None: the whole plan), `steps` are all of them. A finding over neighbouring steps has the
    figures of the step that goes furthest past the limit, whose number is `facts.at_step`; `parts` are the findings it
    was merged from.
    """

    rule: str
    level: LimitLevel
    step: int | None
    facts: Facts = field(hash=False)
    source: str
    mark: str
    steps: tuple[int, ...] = ()
    parts: tuple[Verdict, ...] = field(default=(), hash=False)

    @property
    def each(self) -> tuple[Verdict, ...]:
        """The findings on single steps it was merged from; itself if nothing was merged."""
        if "cuts" in self.facts:
            return tuple(self._at(step) for step in self.steps)
        return self.parts or (self,)

    def _at(self, step: int) -> Verdict:
        """The part of a finding with a list of cuts that concerns one step."""
        listed = {name: _of_step(self.facts[name], step) for name in _LISTED}
        facts = {**self.facts, **listed, "count": len(listed["cuts"])}
        return replace(self, step=step, steps=(step,), facts=facts)


# Facts with a value for each step.
_LISTED: Final = ("cuts", "asked")


def _of_step(fact: Fact, step: int) -> dict[str, str | None]:
    values = fact if isinstance(fact, dict) else {}
    return {key: value for key, value in values.items() if key == str(step)}


JCPG: Final = "Joint Clinical Practice Guideline on Benzodiazepine Tapering 2025"
OURS: Final = "Taperplan's own rule, no guideline's"

# Up to this dose (mg diazepam equivalent a day) published schedules cut by a fixed amount instead of a percentage: NICE
# CKS takes off 0.5 to 1 mg at a time from 5 mg down, which exceeds every percentage on the last steps.
LOW_DOSE: Final = Dose.parse("5")
# The larger of the smallest published last steps (NICE CKS and Maudsley: 0.5 to 1 mg of diazepam).
LAST_STEP: Final = Dose.parse("1")
# The days over which the pace is measured: two cuts of 10 %, one every 2 weeks, are 19 % in 28 days. A single cut above
# a tenth is a note, one above an eighth needs a reason (in thousandths).
PACE_DAYS: Final = 28
PACE_CUT: Final = 100
PACE_LARGE_CUT: Final = 125

_CEILING = LimitRule(
    "ceiling",
    LimitLevel.NEEDS_REASON,
    f"{JCPG}, recommendation 6: typically not over 25 % every 2 weeks",
    SourceMark.VERIFIED,
    WINDOW_DAYS,
    "current",
    "25",
    LOW_DOSE.text,
)
_PACE = LimitRule(
    "pace",
    LimitLevel.NEEDS_REASON,
    f"{JCPG}, key takeaway 5: 5 to 10 % every 2 to 4 weeks, so at most 19 % in 28 days; a single cut of "
    "up to an eighth after NICE CKS, second hand",
    SourceMark.VERIFIED,
    PACE_DAYS,
    "current",
    "19",
    LOW_DOSE.text,
)
_TAIL = LimitRule(
    "tail",
    LimitLevel.NEEDS_REASON,
    f"{OURS}; NICE CKS as transcribed by docslib.org: minus 0.5 to 1 mg of diazepam from 5 mg to 0",
    SourceMark.SECOND_HAND,
    WINDOW_DAYS,
    threshold=LAST_STEP.text,
)
_STOP_FROM = LimitRule(
    "stop_from", LimitLevel.NEEDS_REASON, _TAIL.source, SourceMark.SECOND_HAND, threshold=LAST_STEP.text
)
_COARSE_END = LimitRule("coarse_end", LimitLevel.NOTE, OURS, SourceMark.UNVERIFIED)
_ALTERNATE = LimitRule(
    "alternate_day",
    LimitLevel.NEEDS_REASON,
    "Alprazolam label on symptoms when the interval outlasts the drug; the rule itself is unconfirmed",
    SourceMark.UNVERIFIED,
    once=True,
)
_MAX_DOSE = LimitRule(
    "max_dose",
    LimitLevel.NEEDS_REASON,
    "maximum daily dose of the drug file",
    SourceMark.UNVERIFIED,
    once=True,
)
_ABOVE_BOTH = LimitRule("above_max_and_now", LimitLevel.REFUSED, OURS, SourceMark.UNVERIFIED, once=True)
_HALF_LIVES = LimitRule(
    "four_half_lives",
    LimitLevel.NOTE,
    "Pharmacokinetics: a new level stands after four to five half-lives; half-life of the drug file",
    SourceMark.UNVERIFIED,
    threshold="4",
    once=True,
)
_START_DAY = LimitRule("start_day", LimitLevel.NOTE, OURS, SourceMark.UNVERIFIED)
_CUT_DAY = LimitRule("cut_day", LimitLevel.NOTE, OURS, SourceMark.UNVERIFIED)
_STRENGTH = LimitRule(
    "unverified_product",
    LimitLevel.NEEDS_REASON,
    "the drug file's mark of the strength",
    SourceMark.UNVERIFIED,
    once=True,
)
_LAST_DOSE = LimitRule(
    "last_dose",
    LimitLevel.NOTE,
    f"{OURS}; NICE CKS as transcribed by docslib.org, and Maudsley: last doses of 0.5 to 1 mg of diazepam",
    SourceMark.SECOND_HAND,
    once=True,
)
_LONGEST_STEP = LimitRule(
    "longest_step",
    LimitLevel.NOTE,
    f"{OURS}: three times the longest interval of {JCPG}, key takeaway 5",
    SourceMark.UNVERIFIED,
    once=True,
)
_SLOWER = LimitRule(
    "slower_than_asked",
    LimitLevel.NOTE,
    f"{OURS}: a cut after more than twice the interval that was asked for",
    SourceMark.UNVERIFIED,
    once=True,
)
_NEW_DRUGS_MG = LimitRule(
    "new_drugs_mg",
    LimitLevel.NOTE,
    f"{OURS}: an amount in mg means up to twenty times more or less of another drug",
    SourceMark.UNVERIFIED,
    once=True,
)
_RISE = LimitRule(
    "rise",
    LimitLevel.NEEDS_REASON,
    f"{OURS}; class labels: tolerance is lost as the dose falls, and an old dose can sedate and slow breathing",
    SourceMark.UNVERIFIED,
)
_NEW_DRUG = LimitRule(
    "new_drug",
    LimitLevel.NEEDS_REASON,
    f"{OURS}: one drug written in another's place is a usual slip",
    SourceMark.UNVERIFIED,
)
_ABRUPT_STOP = LimitRule(
    "abrupt_stop",
    LimitLevel.NEEDS_REASON,
    f"{JCPG}, recommendation 2: do not stop abruptly in somebody who is likely to be physically dependent",
    SourceMark.VERIFIED,
    threshold=LOW_DOSE.text,
)
_FASTER = LimitRule(
    "faster_than_asked",
    LimitLevel.NEEDS_REASON,
    f"{OURS}: the ceiling, pace, tail and stop of cuts that the products make larger than asked for",
    SourceMark.UNVERIFIED,
    once=True,
)
_DOSE_GAP = LimitRule(
    "dose_gap",
    LimitLevel.NEEDS_REASON,
    f"{OURS}, after labels on symptoms between doses of short-acting drugs; shortest half-life of the drug file",
    SourceMark.UNVERIFIED,
    exempt_up_to=LOW_DOSE.text,
)
_TROUGH = LimitRule(
    "trough",
    LimitLevel.NEEDS_REASON,
    f"{OURS}: the exposure model with the shortest half-lives, an illustration and no measured level",
    SourceMark.UNVERIFIED,
    exempt_up_to=LOW_DOSE.text,
)
_VARIED = LimitRule(
    "varied_before",
    LimitLevel.NEEDS_REASON,
    f"{OURS}: a taper needs an even dose to begin from",
    SourceMark.UNVERIFIED,
    window_days=PACE_DAYS,
    once=True,
)
_ACCUMULATION = LimitRule(
    "accumulation",
    LimitLevel.NOTE,
    f"{OURS}: the exposure model with the half-lives of the drug file, an illustration and no measured level",
    SourceMark.UNVERIFIED,
    once=True,
)
_MAX_BEFORE = LimitRule("max_dose_before", LimitLevel.NOTE, _MAX_DOSE.source, SourceMark.UNVERIFIED)

RULES: Final[dict[str, LimitRule]] = {
    rule.id: rule
    for rule in (
        _CEILING, _PACE, _TAIL, _STOP_FROM, _COARSE_END, _ALTERNATE, _MAX_DOSE, _ABOVE_BOTH, _HALF_LIVES,
        _START_DAY, _CUT_DAY, _STRENGTH, _LAST_DOSE, _LONGEST_STEP, _SLOWER, _FASTER, _RISE, _NEW_DRUG,
        _ABRUPT_STOP, _MAX_BEFORE, _VARIED, _DOSE_GAP, _TROUGH, _ACCUMULATION, _NEW_DRUGS_MG,
    )
}  # fmt: skip


def finding(
    rule: str,
    step: int | None,
    facts: Facts,
    *,
    steps: Iterable[int] = (),
    level: LimitLevel | None = None,
    source: str = "",
    mark: SourceMark | None = None,
) -> Verdict:
    """A finding of the rule; level, source and mark are the rule's unless given.

    `steps` are all steps it names, the first included (empty: `step` alone).
    """
    known = RULES[rule]
    return Verdict(
        rule,
        level or known.level,
        step,
        facts,
        source or known.source,
        str(mark or known.mark),
        tuple(steps) or (() if step is None else (step,)),
    )


_ORDER: Final = {rule: place for place, rule in enumerate(RULES)}
# Facts that keep findings of one rule separate.
_APART: Final = ("drug", "per", "limit", "low_dose", "caused", "above_highest", "agreed")


def gathered(found: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """The findings with neighbouring steps of one rule merged; the step that goes furthest gives the figures.

    Ordered by step, then by rule. Findings of different level, drug, measure or cause stay separate.
    """
    runs: list[list[Verdict]] = []
    last: dict[tuple[object, ...], list[Verdict]] = {}
    for one in sorted(found, key=lambda one: (one.step or 0, _ORDER[one.rule])):
        key = (one.rule, one.level, *map(one.facts.get, _APART))
        run = last.get(key)
        if run and _joins(run[-1], one):
            run.append(one)
        else:
            last[key] = [one]
            runs.append(last[key])
    return tuple(_as_one(run) for run in runs)


def _joins(before: Verdict, one: Verdict) -> bool:
    """Whether a finding continues the previous one of its kind."""
    if RULES[one.rule].once:
        return "cuts" in one.facts
    return one.step is not None and before.step == one.step - 1


def _as_one(run: list[Verdict]) -> Verdict:
    first = run[0]
    if len(run) == 1:
        return first
    if "cuts" in first.facts:
        return _listed(run)
    furthest = max(run, key=_distance)
    facts = {**furthest.facts, "at_step": furthest.step}
    steps = tuple(one.step for one in run if one.step is not None)
    return Verdict(
        furthest.rule, furthest.level, first.step, facts, furthest.source, furthest.mark, steps, tuple(run)
    )


def _listed(run: list[Verdict]) -> Verdict:
    """One finding that lists the cuts of several."""
    listed: dict[str, dict[str, str | None]] = {name: {} for name in _LISTED}
    for one in run:
        for name, values in listed.items():
            fact = one.facts[name]
            values.update(fact if isinstance(fact, dict) else {})
    steps = tuple(step for one in run for step in one.steps)
    return replace(run[0], steps=steps, facts={**run[0].facts, **listed, "count": len(listed["cuts"])})


def _distance(one: Verdict) -> int:
    """How far a finding exceeds its limit, to compare those of one rule; at a low dose, the amount of the fall."""
    if one.rule == "tail":
        return Dose.parse(str(one.facts["before_mg"])).units - Dose.parse(str(one.facts["after_mg"])).units
    return int(str(one.facts.get("change_percent", "0")).lstrip("+-").replace(".", ""))
