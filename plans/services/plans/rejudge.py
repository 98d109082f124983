"""Judging issued plans again by today's limits, catalogue and tables.

Read-only. A plan's active version is judged with the clinic's current holidays and the strengths confirmed when it was
issued; rule, level and step of every finding are compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from plans.domain.errors import NotFound, TaperError
from plans.domain.taper.engine import assess
from plans.domain.taper.limit_rules import RULES
from plans.models import LIVE_STATES, Clinic, Plan
from plans.services import own_limits
from plans.services.plans import taken, versions
from plans.services.plans.preview import holidays_of

# Texts are long: fetch this many at a time.
_AT_A_TIME = 100


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """One finding, for comparing and counting; `step` 0 is the whole plan."""

    rule: str
    level: str
    step: int


@dataclass(frozen=True, slots=True)
class Rejudged:
    """One plan: its findings now, those that are new since it was issued, and those that are gone.

    `broken` is a code if it can no longer be judged, else "": the code of a refusal, such as a table that no longer
    covers a drug, or "broken_version" if the stored text is not the issued text.
    """

    clinic: str
    plan_id: UUID
    version: int
    now: tuple[Found, ...]
    new: tuple[Found, ...]
    gone: tuple[Found, ...]
    broken: str = ""

    @property
    def changed(self) -> bool:
        """Whether its findings differ from those at issue."""
        return bool(self.new or self.gone)


def count(*, clinic: str = "", ended: bool = False) -> int:
    """How many plans `rejudge` will judge. Raises NotFound for an unknown clinic."""
    return _plans(clinic, ended).count()


def rejudge(*, clinic: str = "", ended: bool = False) -> Iterator[Rejudged]:
    """Judge the plans of a clinic (key or exact name; "" for every clinic), one after another.

    Live plans only, unless `ended`. Raises NotFound for an unknown clinic.
    """
    for plan in _plans(clinic, ended).iterator(chunk_size=_AT_A_TIME):
        yield _judged(plan)


def _plans(clinic: str, ended: bool) -> QuerySet[Plan]:
    found = Plan.objects.filter(active_version__isnull=False).select_related("active_version", "clinic")
    if not ended:
        found = found.filter(state__in=LIVE_STATES)
    if clinic:
        found = found.filter(clinic_id=_clinic(clinic))
    return found.order_by("clinic_id", "pk")


def _clinic(named: str) -> UUID:
    known = {str(pk): pk for pk in Clinic.objects.filter(name=named).values_list("pk", flat=True)}
    if not known:
        known = {
            str(pk): pk for pk in Clinic.objects.values_list("pk", flat=True) if str(pk) == named.lower()
        }
    if len(known) != 1:
        raise NotFound(what="Clinic", named=named[:80], several=bool(known))
    return known.popitem()[1]


def _judged(plan: Plan) -> Rejudged:
    version = plan.active_version
    if version is None:
        raise NotFound(what="PlanVersion")  # never: the query leaves such plans out
    try:
        stored = versions.read(version)
        confirmed = frozenset(stored.extra.get("confirmed", ()))
        taper = assess(
            stored.request,
            stored.schedule,
            holidays=holidays_of(plan.clinic),
            confirmed=frozenset(product for product in stored.schedule.products if product.name in confirmed),
            recorded=taken.records_of(plan),
            agreed=own_limits.of_clinic(plan.clinic),
        )
    except versions.BrokenVersion:
        return Rejudged(plan.clinic.name, plan.pk, version.number, (), (), (), "broken_version")
    except TaperError as refusal:
        return Rejudged(plan.clinic.name, plan.pk, version.number, (), (), (), refusal.code)
    # a revision's text still asks to confirm strengths that were confirmed at issue
    was = {
        one
        for said in stored.said
        if said.facts.get("product") not in confirmed
        for one in _found(said.rule, said.level, said.steps)
    }
    found = [
        one for verdict in taper.verdicts for one in _found(verdict.rule, verdict.level.value, verdict.steps)
    ]
    return Rejudged(
        plan.clinic.name,
        plan.pk,
        version.number,
        now=tuple(found),
        new=tuple(sorted(set(found) - was)),
        gone=tuple(sorted(was - set(found))),
    )


def _found(rule: str, level: str, steps: Sequence[int]) -> Iterator[Found]:
    """One finding per step of its run; a finding on a drug or plan only by its first step, as in all versions."""
    known = RULES.get(rule)
    named = steps[:1] if known and known.once else steps
    yield from (Found(rule, level, step) for step in named or (0,))
