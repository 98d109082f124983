"""Close watch: patients whose missed check-ins and lost messages cannot wait, by the rules that hold in their clinic.

The rules are in `plans.domain.checkins.close_watch`; here their facts are read, the lead switches them, and sees what
each of them makes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Min, QuerySet

from plans.domain.checkins import occasions as when
from plans.domain.checkins.close_watch import WatchFacts, WatchRule, rules_met, rules_on
from plans.domain.errors import Stale
from plans.domain.regimen import DayDose
from plans.domain.review.item_states import Priority
from plans.domain.taper.schedule import StepKind
from plans.domain.taper.withdrawal_risk import is_high_risk
from plans.models import (
    LIVE_STATES,
    AuditEvent,
    CheckIn,
    Clinic,
    Patient,
    Plan,
    PlanStep,
    PlanVersion,
    ReviewItem,
)
from plans.services import audit, clock, close_watch_counting
from plans.services.access import check_may, get_clinic_for
from plans.services.actors import Actor, May

TRIED_WEEKS: Final = 13
"""How far back the settings page looks."""
_ACT: Final = "clinic.close_watch_set"
_KEY: Final = "close_watch"


def watched(patient: Patient, now: datetime, *, on: date | None = None) -> bool:
    """Whether a patient is under close watch on a local date (by default today)."""
    day = on or when.local_date(now, when.known_zone(patient.zone, "UTC"))
    facts = facts_of(Patient.objects.filter(pk=patient.pk), day)
    return bool(rules_met(facts[patient.pk], day, rules_on(_switched(patient.clinic))))


def _switched(clinic: Clinic) -> Mapping[str, bool]:
    found = clinic.settings.get(_KEY, {})
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class WatchRuleLoad:
    """A rule, whether it holds, how many patients it puts under close watch today, and how many of the missed check-ins
    of the last weeks were, or would have been, high because of it alone or among others; `a_week` is their mean."""

    rule: WatchRule
    on: bool
    patients: int
    a_week: float


def loads(actor: Actor) -> tuple[WatchRuleLoad, ...]:
    """What each rule makes in the actor's clinic. Marks and risk are taken as they are today. Raises NotAllowed."""
    check_may(actor, May.MANAGE)
    clinic = get_clinic_for(actor)
    now = clock.now()
    tried = now - timedelta(weeks=TRIED_WEEKS)
    # Nothing older bears on what happened since.
    oldest = tried - timedelta(weeks=TRIED_WEEKS)
    made = close_watch_counting.counted(clinic.pk, clinic.zone, now, tried=tried, oldest=oldest)
    on = rules_on(_switched(clinic))
    return tuple(
        WatchRuleLoad(rule, rule in on, made[rule][0], round(made[rule][1] / TRIED_WEEKS, 1))
        for rule in WatchRule
    )


@transaction.atomic
def switch(*, by: Actor, seen: Collection[WatchRule], chosen: Collection[WatchRule]) -> bool:
    """Choose which rules hold in the actor's clinic; False if nothing changed.

    `seen` is what the form began with. Raises NotAllowed, and Stale with `who` chose meanwhile.
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    standing, made = rules_on(_switched(clinic)), frozenset(chosen)
    if made == standing:
        return False
    if frozenset(seen) != standing:
        last = AuditEvent.objects.filter(clinic_id=clinic.pk, act=_ACT).order_by("-id").first()
        raise Stale(what="close_watch", who=last.actor_name if last else "")
    clinic.settings = {**clinic.settings, _KEY: {rule.value: rule in made for rule in WatchRule}}
    clinic.save(update_fields=["settings"])
    audit.record(
        by=by,
        act=_ACT,
        subject_kind="clinic",
        subject_id=clinic.pk,
        facts={"before": sorted(standing), "after": sorted(made)},
    )
    return True


def facts_of(patients: QuerySet[Patient], today: date) -> dict[UUID, WatchFacts]:
    """What the rules look at, of each of some patients."""
    keys = patients.only("pk")
    first_cuts = _first_cuts(keys)
    backs = _steps_back(keys)
    high_risk = _at_high_risk(keys, today)
    opened = ReviewItem.objects.filter(patient__in=keys, severity=Priority.URGENT.value)
    asked = CheckIn.objects.filter(patient__in=keys, answers__has_key="phq_9")
    urgent: defaultdict[UUID | None, list[date]] = defaultdict(list)
    for who, at, zone in opened.values_list("patient_id", "opened_at", "patient__zone"):
        urgent[who].append(when.local_date(at, when.known_zone(zone or "", "UTC")))
    nine: defaultdict[UUID, list[tuple[date, int]]] = defaultdict(list)
    for of, at, zone, value in asked.values_list("patient_id", "saved_at", "patient__zone", "answers__phq_9"):
        if str(value).isdigit():
            nine[of].append((when.local_date(at, when.known_zone(zone, "UTC")), int(value)))
    return {
        patient.pk: WatchFacts(
            first_cut=first_cuts.get(patient.pk),
            step_backs=tuple(backs.get(patient.pk, ())),
            urgent=tuple(urgent[patient.pk]),
            item_nine=tuple(nine[patient.pk]),
            high_risk=patient.pk in high_risk,
            marked=patient.close_watch,
            marked_until=patient.close_watch_until,
        )
        for patient in patients.only("close_watch", "close_watch_until")
    }


def _live(keys: QuerySet[Patient]) -> QuerySet[PlanVersion]:
    return PlanVersion.objects.filter(plan__patient__in=keys, plan__state__in=LIVE_STATES)


def _spans(keys: QuerySet[Patient]) -> Iterable[tuple[UUID, UUID, date, date]]:
    """The versions of live plans: (patient, version, its first day, the day on which the next one begins)."""
    found = _live(keys).order_by("plan_id", "-number")
    after: tuple[UUID | None, date] = (None, date.max)
    for who, plan, version, begins in found.values_list("plan__patient_id", "plan_id", "pk", "from_day"):
        until = after[1] if after[0] == plan else date.max
        yield who, version, begins, until
        after = plan, min(begins, until)


def _first_cuts(keys: QuerySet[Patient]) -> dict[UUID, date]:
    """The first day on which each patient's live plan went down, in the version that held then."""
    steps = PlanStep.objects.filter(
        version__in=_live(keys).values("pk"),
        kind=StepKind.CUT,
        days__startswith__gte=F("version__from_day"),
    )
    firsts = dict(
        steps.values("version_id").annotate(at=Min("days__startswith")).values_list("version_id", "at")
    )
    found: dict[UUID, date] = {}
    for who, version, _begins, until in _spans(keys):
        at = firsts.get(version)
        if at is not None and at < until:
            found[who] = min(at, found.get(who, at))
    return found


def _steps_back(keys: QuerySet[Patient]) -> dict[UUID, list[date]]:
    steps = PlanStep.objects.filter(version__in=_live(keys).values("pk"), kind=StepKind.STEP_BACK)
    starts: defaultdict[UUID, list[date]] = defaultdict(list)
    for version, days in steps.values_list("version_id", "days"):
        starts[version].append(days.lower)
    found: defaultdict[UUID, list[date]] = defaultdict(list)
    for who, version, begins, until in _spans(keys):
        found[who] += [at for at in starts[version] if begins <= at < until]
    return found


def _at_high_risk(keys: QuerySet[Patient], today: date) -> frozenset[UUID]:
    live = Plan.objects.filter(patient__in=keys, state__in=LIVE_STATES)
    steps = PlanStep.objects.filter(version__in=live.values("active_version_id"), days__contains=today)
    read = steps.values_list("version__plan__patient_id", "doses", "version__plan__patient__duration_months")
    # Many take the same: each dose is judged once.
    judged: dict[str, bool] = {}
    found: set[UUID] = set()
    for who, doses, months in read:
        key = f"{months} {sorted(doses.items())}"
        if key not in judged:
            judged[key] = is_high_risk([DayDose.from_units(doses, weekday) for weekday in range(7)], months)
        if judged[key]:
            found.add(who)
    return frozenset(found)
