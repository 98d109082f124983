"""The types of flag rules: what a rule is, what it reads and what it finds.

A rule is a spec (code, version, priority, family, screen) with a pure function. It never changes a dose.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from plans.domain.checkins import scoring
from plans.domain.checkins.instrument import SKIP
from plans.domain.checkins.scoring import Past, Score
from plans.domain.checkins.spec import Answers
from plans.domain.json import Facts, JsonObject
from plans.domain.review.reasons import Reason

SAFETY: Final = (
    "s_fit", "s_seeing", "s_thoughts", "s_plan", "s_intent", "s_prepared", "s_threat", "s_stopped", "s_waking",
    "s_chest",
)  # fmt: skip


class FlagPriority(StrEnum):
    """How soon somebody must act; `INFO` is stored and shown, and needs no action."""

    URGENT = "urgent"
    HIGH = "high"
    ROUTINE = "routine"
    INFO = "info"


ORDER: Final = (FlagPriority.URGENT, FlagPriority.HIGH, FlagPriority.ROUTINE, FlagPriority.INFO)


class Screen(StrEnum):
    """What the patient is shown at once for a rule's finding; for other dangerous answers see `dangers`."""

    NONE = ""
    CRISIS = "crisis"
    EMERGENCY = "emergency"
    BREATHING = "breathing"
    MATERNITY = "maternity"
    SUPPORT = "support"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds a clinic may set. Defaults: PHQ-9 and GAD-7 cut-offs (Kroenke 2001, Spitzer 2006) and clinically
    important changes (Löwe 2004: 5 points; Toussaint 2020: 4 points); the others are ours."""

    phq9_high: int = 20
    phq9_watch: int = 10
    phq9_change: int = 5
    affective_change: int = 3
    gad7_high: int = 15
    gad7_watch: int = 10
    gad7_change: int = 4
    gad7_reliable: int = 6
    short_form: int = 3
    symptom_top: int = 4
    symptom_watch: int = 3
    symptom_change: int = 2
    alcohol_week: int = 14
    heavy_day: int = 5
    missed_days: int = 2
    reviewed_days: int = 28


@dataclass(frozen=True, slots=True)
class PatientContext:
    """What is known of the patient beside the response.

    `taking`: a dose is planned. `substances`: those already on record. `reviewed`: by rule, the days since an item with
    it was last resolved.
    """

    taking: bool = True
    pregnant: bool = False
    substances: frozenset[str] = frozenset()
    reviewed: Mapping[str, int] = field(default_factory=dict)
    thresholds: Thresholds = field(default_factory=Thresholds)

    def to_json(self) -> JsonObject:
        """As stored with each revision, so that the rules can be run again."""
        return {
            "taking": self.taking,
            "pregnant": self.pregnant,
            "substances": sorted(self.substances),
            "reviewed": dict(self.reviewed),
            "thresholds": asdict(self.thresholds),
        }

    @staticmethod
    def from_json(data: Facts) -> PatientContext:
        """From what was stored."""
        return PatientContext(
            taking=data["taking"],
            pregnant=data["pregnant"],
            substances=frozenset(data["substances"]),
            reviewed=data["reviewed"],
            thresholds=Thresholds(**data["thresholds"]),
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """One response as a rule sees it. `past` is oldest first; `abandoned`: left unfinished when the check-in closed.

    `texts`: the items answered in free text, including the clinic's. `unscored`: the exception that broke the scoring.
    """

    answers: Answers
    scores: Mapping[str, Score]
    past: tuple[Past, ...] = ()
    about: PatientContext = field(default_factory=PatientContext)
    abandoned: bool = False
    texts: tuple[str, ...] = ("note", "other_text", "med_text")
    unscored: str = ""

    def yes(self, item: str) -> bool:
        """Whether an item was answered "yes"."""
        return self.answers.get(item) == "yes"

    def withheld(self, item: str) -> bool:
        """Whether an item was met with "I would rather not say"."""
        return self.answers.get(item) == SKIP

    def number(self, item: str) -> int | None:
        """A numeric answer; None if missing or withheld."""
        raw = self.answers.get(item, "")
        return int(raw) if raw.isascii() and raw.isdigit() else None

    def symptoms(self) -> dict[str, int]:
        """Our own items answered with a level, 0 to 4."""
        return scoring.symptoms(self.answers)

    def total(self, scale: str) -> int | None:
        """The total of a scale, if complete."""
        return self.scores[scale].total if scale in self.scores else None

    def before(self, scale: str) -> tuple[Score | None, Score | None]:
        """The first and the last earlier score of a scale."""
        return scoring.first(self.past, scale), scoring.last(self.past, scale)

    def changes(self, scale: str) -> tuple[int, ...]:
        """The change of the total from the first and from the last score (a fall is negative); empty without earlier
        scores."""
        now = self.total(scale)
        return () if now is None else tuple(now - one.total for one in self.before(scale) if one is not None)

    def affective_rise(self) -> int:
        """The rise of the cognitive-affective part of the PHQ-9 over the lower of the first and the last one."""
        now = self.scores.get("phq9")
        parts = [
            one.affective for one in self.before("phq9") if one is not None and one.affective is not None
        ]
        if now is None or now.affective is None:
            return 0
        return max((now.affective - part for part in parts), default=0)

    def last_answer(self, item: str) -> str | None:
        """The latest earlier answer to an item; responses that were left before it do not count."""
        return next((one.answers[item] for one in reversed(self.past) if item in one.answers), None)

    def last_level(self, item: str) -> int:
        """The latest earlier level of one of our own items; 0 without one."""
        return scoring.symptoms({item: self.last_answer(item) or ""}).get(item, 0)


@dataclass(frozen=True, slots=True)
class FlagFinding:
    """A rule that fired. `kind` tells findings of one rule apart; `inputs` are the answers it is based on; `facts` fill
    its sentence, with the clinic's threshold where the sentence names it."""

    rule: str
    version: int
    priority: FlagPriority
    screen: Screen = Screen.NONE
    kind: str = ""
    inputs: Mapping[str, str | int | None] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FlagSpec:
    """The spec of a flag, from which lists, filters and settings derive everything they say of it.

    `version` goes up whenever the rule may find something else in the same answers. `family` is the review queue's
    filter that shows its items; None: only "any" does. `screen` is what the patient is shown at once. `call`: somebody
    speaks with the patient before the item ends, or says why not.
    """

    code: str
    version: int
    priority: FlagPriority
    family: Reason | None
    screen: Screen = field(default=Screen.NONE, kw_only=True)
    call: bool = field(default=False, kw_only=True)

    def found(
        self,
        *,
        kind: str = "",
        priority: FlagPriority | None = None,
        screen: Screen | None = None,
        inputs: Mapping[str, str | int | None] | None = None,
        # Any: a finding's inputs depend on the rule.
        **facts: Any,
    ) -> FlagFinding:
        """A finding of this rule; give `priority` and `screen` where they differ from the rule's own."""
        return FlagFinding(
            rule=self.code,
            version=self.version,
            priority=priority or self.priority,
            screen=self.screen if screen is None else screen,
            kind=kind,
            inputs=inputs or {},
            facts=facts,
        )


@dataclass(frozen=True, slots=True)
class FlagRule(FlagSpec):
    """A rule over the answers of a response. `immediate` rules run whenever a page is saved, the others when the
    response is sent or closed."""

    evaluate: Callable[[FlagRule, Evidence], tuple[FlagFinding, ...]]
    immediate: bool = field(default=False, kw_only=True)

    def on(self, response: Evidence, *items: str) -> dict[str, str | int | None]:
        """The answers to `items`, as a finding's inputs."""
        return {item: response.answers.get(item) for item in items}


_NEARNESS: Final = frozenset({"plan", "intent", "prepared"})


def outdated(kinds: Collection[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Of one response's flags, as (rule, kind), those that a newer one supersedes: "how near is not known" once it is
    known.

    They stay on record, but beside the newer one they would read as a contradiction.
    """
    known = any(rule == "U3" and kind in _NEARNESS for rule, kind in kinds) or ("H8", "thoughts") in kinds
    return frozenset({("U3", "thoughts")}) if known else frozenset()
