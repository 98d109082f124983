"""Alert load: how often each rule flags, how often somebody acted on it, and what other thresholds would do.

Everything here covers the clinic's last twelve weeks, unless other weeks are asked for (`weeks_of`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q

from plans.domain.checkins import clinic_rules, flags, scoring
from plans.domain.checkins.flagging import Evidence, FlagPriority, PatientContext, Thresholds
from plans.domain.checkins.response import Response
from plans.domain.checkins.scoring import Past
from plans.domain.checkins.spec import QuestionnaireSpec
from plans.domain.checkins.states import DONE, CheckInState, OccasionState
from plans.domain.review.item_states import ItemState
from plans.domain.review.outcomes import ReviewOutcome
from plans.models import CheckIn, Clinic, Flag, Occasion, Patient, ReviewEvent
from plans.services import clock
from plans.services.access import check_may, get_clinic_for
from plans.services.actors import Actor, May
from plans.services.bucket import Bucket
from plans.services.checkins.evidence import known_substances
from plans.services.checkins.rules import thresholds_of

WEEKS: Final = 12
BUDGET: Final = 10
"""Flags of one rule per hundred check-ins beyond which alerts go unread (PROMPT-Care)."""
ENOUGH: Final = 20
"""With fewer check-ins than this a rule's share means nothing."""
_CHECKINS: Final = 1000
_ACTS: Final = ("called", "plan_changed", "escalated", "passed")
_ACTED: Final = tuple(
    one.value
    for one in ReviewOutcome
    if one
    not in (
        # Nobody did anything about it: the patient answered.
        ReviewOutcome.ANSWERED_SINCE,
        ReviewOutcome.NOTHING_TO_DO,
        ReviewOutcome.DUPLICATE,
        ReviewOutcome.DATA_ERROR,
        ReviewOutcome.FALSE_ALARM,
    )
)


@dataclass(frozen=True, slots=True)
class RuleLoad:
    """One rule: its flags, flags per hundred check-ins (None while there are too few), and how many were acted on."""

    rule: str
    flags: int
    acted: int
    closed: int
    per_hundred: int | None

    @property
    def acted_share(self) -> int | None:
        """How many of a hundred flags were acted on; None without flags."""
        return 100 * self.acted // self.flags if self.flags else None

    @property
    def over(self) -> bool:
        """Whether it raises more flags than people read."""
        return self.per_hundred is not None and self.per_hundred > BUDGET

    @property
    def idle(self) -> bool:
        """Whether its items were closed but nothing was ever done about them."""
        return self.closed >= ENOUGH // 4 and self.acted == 0


@dataclass(frozen=True, slots=True)
class WeekLoad:
    """One week: its check-ins, missed ones included, and for each rule its flags, those acted on and those closed."""

    checkins: int
    rules: Mapping[str, Sequence[int]]

    @property
    def flags(self) -> int:
        """The flags of all rules."""
        return sum(flags for flags, _acted, _closed in self.rules.values())

    @property
    def per_hundred(self) -> int | None:
        """Flags per hundred check-ins; None while there are too few."""
        return _per_hundred(self.flags, self.checkins)


@dataclass(frozen=True, slots=True)
class Load:
    """The load of every rule that raised a flag, and the number of check-ins, missed ones included."""

    checkins: int
    rules: tuple[RuleLoad, ...]

    @property
    def to_look_at(self) -> tuple[RuleLoad, ...]:
        """Rules over budget or never acted on, which the lead is shown."""
        return tuple(one for one in self.rules if one.over or one.idle)


@dataclass(frozen=True, slots=True)
class Trial:
    """One rule's flags under the current thresholds and under others."""

    rule: str
    now: int
    then: int


@dataclass(frozen=True, slots=True)
class DryRun:
    """What other thresholds would have flagged in the last weeks' answers; nothing is stored.

    `checkins` were looked at, `weeks` they span; items are check-ins with at least one flag that asks for somebody.
    """

    checkins: int
    weeks: int
    items_now: int
    items_then: int
    rules: tuple[Trial, ...]

    def a_week(self, count: int) -> str:
        """A count per week, with one decimal if it is small."""
        tenths = round(10 * count / max(1, self.weeks))
        return str(tenths // 10) if tenths % 10 == 0 or tenths >= 100 else f"{tenths // 10}.{tenths % 10}"


def load(actor: Actor) -> Load:
    """The alert load of the actor's clinic in the last weeks."""
    return add_up(weeks_of(get_clinic_for(actor), (clock.now() - timedelta(weeks=WEEKS),)))


def weeks_of(clinic: Clinic, edges: Sequence[datetime]) -> tuple[WeekLoad, ...]:
    """The alert load of a clinic in weeks that begin at `edges`, the last of which ends with now."""
    checkins = CheckIn.objects.filter(clinic=clinic, state__in=DONE, started_at__gte=edges[0])
    missed = Occasion.objects.filter(
        clinic=clinic, state=OccasionState.MISSED, settled_at__gte=edges[0], checkin=None
    )
    asked: Counter[int] = Counter()
    for rows, at in ((checkins, "started_at"), (missed, "settled_at")):
        asked.update(dict(rows.order_by().values_list(Bucket(at, edges)).annotate(n=Count("id"))))
    done = ReviewEvent.objects.filter(item_id=OuterRef("item_id"), kind__in=_ACTS)
    found = (
        Flag.objects.filter(clinic=clinic, raised_at__gte=edges[0])
        .exclude(severity=FlagPriority.INFO.value)
        .order_by()
        .values_list(Bucket("raised_at", edges), "rule")
        .annotate(
            flags=Count("id"),
            acted=Count("id", filter=Q(item__outcome__in=_ACTED) | Q(Exists(done))),
            closed=Count("id", filter=Q(item__state=ItemState.RESOLVED)),
        )
    )
    rules: defaultdict[int, dict[str, Sequence[int]]] = defaultdict(dict)
    for week, rule, *counts in found:
        rules[week][rule] = counts
    return tuple(WeekLoad(asked[week], rules[week]) for week in range(1, len(edges) + 1))


def add_up(weeks: Sequence[WeekLoad]) -> Load:
    """The load of some weeks together."""
    checkins = sum(week.checkins for week in weeks)
    rules: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for week in weeks:
        for rule, counts in week.rules.items():
            rules[rule] = [one + more for one, more in zip(rules[rule], counts, strict=True)]
    loads = [
        RuleLoad(rule, flags, acted, closed, _per_hundred(flags, checkins))
        for rule, (flags, acted, closed) in rules.items()
    ]
    return Load(checkins, tuple(sorted(loads, key=lambda one: (-one.flags, one.rule))))


def _per_hundred(flags: int, checkins: int) -> int | None:
    return -(-100 * flags // checkins) if checkins >= ENOUGH else None


def dry_run(actor: Actor, thresholds: Mapping[str, int]) -> DryRun:
    """Judge the clinic's past answers under the current thresholds and under `thresholds`. For a lead. Raises BadRules.

    Patients' own thresholds stay as they are. Reviews that had silenced a repeated rule are ignored on both sides.
    """
    check_may(actor, May.MANAGE)
    clinic = get_clinic_for(actor)
    other = clinic_rules.check_thresholds(thresholds)
    now, since = clock.now(), clock.now() - timedelta(weeks=WEEKS)
    own: dict[UUID, Mapping[str, int]] = {}
    abouts: dict[UUID, PatientContext] = {}
    for patient in Patient.objects.filter(clinic=clinic, checkins__started_at__gte=since).distinct():
        own[patient.pk] = patient.thresholds
        abouts[patient.pk] = PatientContext(
            pregnant="pregnancy" in patient.conditions, substances=known_substances(patient)
        )
    recent = CheckIn.objects.filter(clinic=clinic, state__in=DONE, started_at__gte=since)
    latest = recent.order_by("-started_at", "id")[:_CHECKINS]
    wanted = {row.pk: row for row in latest}
    base = thresholds_of(clinic)
    counts: dict[str, Counter[str]] = {"now": Counter(), "then": Counter()}
    items = {"now": 0, "then": 0}
    for plan_checkins in _by_plan({row.plan_id for row in wanted.values()}).values():
        past: list[Past] = []
        for key, on, answers, scores, state, form, version in plan_checkins:
            row = wanted.get(key)
            if row is not None:
                asked = QuestionnaireSpec.from_json(form, version)
                evidence = Evidence(
                    answers=answers,
                    scores=scoring.from_json(scores),
                    past=tuple(past),
                    about=replace(abouts[row.patient_id], taking=asked.taking),
                    abandoned=state == CheckInState.ABANDONED,
                    texts=Response(asked, answers).texts,
                )
                for name, numbers in (("now", base), ("then", other)):
                    asking = _asking(evidence, clinic_rules.usable(own[row.patient_id], base=numbers))
                    counts[name].update(asking)
                    items[name] += bool(asking)
            past.append(Past(on, answers, scoring.from_json(scores)))
    first = min((row.started_at for row in wanted.values()), default=now)
    rules = sorted(counts["now"] | counts["then"])
    return DryRun(
        checkins=len(wanted),
        weeks=max(1, -(-(now - first).days // 7)),
        items_now=items["now"],
        items_then=items["then"],
        rules=tuple(Trial(rule, counts["now"][rule], counts["then"][rule]) for rule in rules),
    )


_Line = tuple[UUID, date, dict[str, str], dict[str, object], str, str, dict[str, object]]


def _by_plan(plans: set[UUID]) -> dict[UUID, list[_Line]]:
    rows = CheckIn.objects.filter(plan_id__in=plans, state__in=DONE).order_by("plan_id", "started_at", "id")
    found: dict[UUID, list[_Line]] = defaultdict(list)
    columns = ("plan_id", "id", "local_date", "answers", "scores", "state", "form", "form_version")
    for plan_id, *rest in rows.values_list(*columns):
        found[plan_id].append(tuple(rest))
    return found


def _asking(evidence: Evidence, thresholds: Thresholds) -> set[str]:
    seen = replace(evidence, about=replace(evidence.about, thresholds=thresholds))
    found = flags.evaluate(seen, whole=True)
    return {one.rule for one in found if one.priority is not FlagPriority.INFO}
