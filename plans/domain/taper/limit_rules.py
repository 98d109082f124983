"""The guideline limits: one spec each, with the source of its number, and what a finding of one says.

What each looks for is a function in `limits.py`, whose `judge` runs them all.
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
    """What a finding asks for."""

    NOTE = "note"
    NEEDS_REASON = "needs_reason"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class LimitRule:
    """One limit. `window_days` 0: not a matter of a window. `basis`: current (dose before the window) or "".

    `threshold` is in percent where `basis` is set, else a number the docstring of the rule's function
    explains. `exempt_up_to`: the diazepam equivalent a day (mg) up to which the rule is a note, "" if none. `once`: it
    makes one finding for a drug, a product or the plan, however many steps it names; others make one for each run of
    neighbouring steps.
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
    """One finding: the rule, the steps it names and the figures, as codes and texts. One reason answers it.

    `step` is the first step (None: the whole plan), `steps` are all of them. A finding over neighbouring steps has the
    figures of the step that goes furthest, its number in `facts.at_step`, and keeps what it was gathered from in
    `parts`.
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
        """The findings on single steps it was gathered from: itself, where there was nothing to gather."""
        if "cuts" in self.facts:
            return tuple(self._at(step) for step in self.steps)
        return self.parts or (self,)

    def _at(self, step: int) -> Verdict:
        """What a finding that lists its cuts says of one step alone."""
        listed = {name: _of_step(self.facts[name], step) for name in _LISTED}
        facts = {**self.facts, **listed, "count": len(listed["cuts"])}
        return replace(self, step=step, steps=(step,), facts=facts)


# Facts that have a value for each step.
_LISTED: Final = ("cuts", "asked")


def _of_step(fact: Fact, step: int) -> dict[str, str | None]:
    values = fact if isinstance(fact, dict) else {}
    return {key: value for key, value in values.items() if key == str(step)}


JCPG: Final = "Joint Clinical Practice Guideline on Benzodiazepine Tapering 2025"
OURS: Final = "Taperplan's own rule, no guideline's"

# Up to here (mg diazepam equivalent a day) published schedules no longer cut by percent but by a fixed
# amount: NICE CKS goes "minus 0.5 to 1 mg" from 5 mg down, and breaks every percentage on the last steps.
LOW_DOSE: Final = Dose.parse("5")
# The larger of the smallest published last steps (NICE CKS and Maudsley: 0.5 to 1 mg of diazepam).
LAST_STEP: Final = Dose.parse("1")
# The days over which the pace is measured: two cuts of 10 %, one every 2 weeks, are 19 % in 28 days. A single cut is
# read above a tenth and signed for above an eighth (in thousandths).
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
        _ABRUPT_STOP, _MAX_BEFORE, _VARIED, _DOSE_GAP, _TROUGH, _ACCUMULATION,
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
    """A finding of the rule; level, source and mark are the rule's unless said otherwise.

    `steps` are all steps it names, the first one included (none: `step` alone).
    """
    known = RULES[rule]
    return Verdict(
        rule,
        level or known.level,
        step,
        facts,
        source or known.source,
        (mark or known.mark).value,
        tuple(steps) or (() if step is None else (step,)),
    )


# Facts that keep findings of one rule apart.
_APART: Final = ("drug", "per", "limit", "low_dose", "caused", "above_highest")


def gathered(found: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Findings with those of one rule on neighbouring steps as one, told by the step that goes furthest.

    Ordered by step, then by rule. Kept apart are levels, and what is of another drug, measure or cause.
    """
    order = list(RULES)
    runs: list[list[Verdict]] = []
    last: dict[tuple[object, ...], list[Verdict]] = {}
    for one in sorted(found, key=lambda one: (one.step or 0, order.index(one.rule))):
        key = (one.rule, one.level, *(one.facts.get(name) for name in _APART))
        run = last.get(key)
        if run and _joins(run[-1], one):
            run.append(one)
        else:
            last[key] = [one]
            runs.append(last[key])
    return tuple(_as_one(run) for run in runs)


def _joins(before: Verdict, one: Verdict) -> bool:
    """Whether a finding goes on from the one before it of its kind."""
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
    return replace(furthest, step=first.step, facts=facts, steps=steps, parts=tuple(run))


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
    """How far a finding goes past its limit, beside others of its rule: a fall at a low dose counts by its amount."""
    if one.rule == "tail":
        return Dose.parse(str(one.facts["before_mg"])).units - Dose.parse(str(one.facts["after_mg"])).units
    return int(str(one.facts.get("change_percent", "0")).lstrip("+-").replace(".", ""))
