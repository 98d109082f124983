"""Warns clinicians in time before a supply runs out: checks each live plan once a day, a changed one at once."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max, QuerySet

from plans.domain.json import JsonObject
from plans.domain.people import CareState
from plans.domain.review.closed_days import ClosedDays
from plans.domain.taper import supply_watch
from plans.domain.taper.plan_states import PlanState
from plans.domain.taper.supply_watch import Warned
from plans.models import LIVE_STATES, Heartbeat, Patient, Plan, PlanVersion, ReviewItem
from plans.services import clock, heartbeat, rows
from plans.services.plans import versions
from plans.services.review.holding import opening_of
from plans.services.review.review_items import open_item

log = logging.getLogger(__name__)

_NAME: Final = heartbeat.SUPPLY_ROUND
# A tick is short: the next one checks what is left.
PAGE: Final = 50
# More changed plans than this are a bulk change.
MANY: Final = 200


@dataclass(slots=True)
class _Round:
    """A round over all live plans in the order of their keys. It continues past midnight until it is finished: one that
    restarted each day would silently never reach the last keys of a large service.

    `day` and `began` (real time) are its start; `after` is the last key checked, or "end"; `again`: start the next
    round without waiting for another day.
    """

    day: str = ""
    began: str = ""
    after: str = "end"
    failed: int = 0
    again: bool = False

    @classmethod
    def read(cls, facts: JsonObject) -> _Round:
        return cls(**{one.name: facts[one.name] for one in fields(cls) if one.name in facts})

    def begin(self, now: datetime) -> None:
        """Start a round if the last one is finished and its day is over."""
        today = now.astimezone(UTC).date().isoformat()
        if self.after == "end" and (self.again or self.day != today):
            self.day, self.after, self.failed, self.again = today, "", 0, False
            self.began = clock.real_now().isoformat()

    def turn(self, live: QuerySet[Plan], page: int) -> list[UUID]:
        """The next plans to check."""
        if self.after == "end":
            return []
        ordered = live.filter(pk__gt=self.after) if self.after else live
        due = list(ordered.order_by("id").values_list("id", flat=True)[:page])
        self.after = str(due[-1]) if len(due) == page else "end"
        return due


def tick(now: datetime, *, page: int = PAGE, many: int = MANY) -> int:
    """Check plans that changed since the last tick, and one page of all plans; returns how many items it opened.

    Idempotent, also in two places at once. Raises RowsFailed after all rows if any failed.
    """
    seen = Heartbeat.objects.filter(name=_NAME).values_list("facts", flat=True).first() or {}
    live = Plan.objects.filter(state__in=LIVE_STATES).exclude(state=PlanState.FOLLOW_UP.value)
    newest = PlanVersion.objects.aggregate(at=Max("issued_at"))["at"]
    changed: list[UUID] = []
    if newest is not None and newest.isoformat() != seen.get("newest"):
        since = datetime.fromisoformat(seen["newest"]) if seen.get("newest") else newest - timedelta(days=1)
        fresh = live.filter(active_version__issued_at__gte=since)
        changed = list(fresh.order_by("id").values_list("id", flat=True)[: many + 1])
    whole = _Round.read(seen)
    if len(changed) > many:
        # An import, or a clinic's first tick: checked page by page, in this round or one right after it.
        changed, whole.again = [], True
    whole.begin(now)
    due = whole.turn(live, page)
    looked = [_guarded(key, now) for key in dict.fromkeys([*changed, *due])]
    whole.failed += looked.count(None)
    failed = whole.failed
    facts = {**asdict(whole), "newest": newest.isoformat() if newest else ""}
    if facts != seen:
        heartbeat.beat(_NAME, facts)
    if failed:
        # Reported until the next day's round, since a monitor polls only now and then.
        raise rows.RowsFailed(failed)
    return sum(filter(None, looked))


def _guarded(plan_id: UUID, now: datetime) -> int | None:
    try:
        return look(plan_id, now)
    except Exception:
        # A plan that cannot be read must not block the others.
        log.exception("supply cannot be looked at", extra={"row_id": str(plan_id)})
        return None


@transaction.atomic
def look(plan_id: UUID, now: datetime) -> int:
    """Open items about one plan's supply; returns how many are new."""
    patient = Patient.objects.select_for_update(no_key=True).filter(plans=plan_id).first()
    live = Plan.objects.select_related("clinic", "active_version").filter(state__in=LIVE_STATES)
    plan = live.filter(pk=plan_id).first()
    if (
        plan is None
        or plan.active_version is None
        or patient is None
        or patient.care_state != CareState.IN_CARE
    ):
        return 0
    closed = ClosedDays(opening_of(plan.clinic), plan.clinic.country)
    today = now.astimezone(clock.zone_of(patient.zone)).date()
    warned = supply_watch.look(
        versions.supplied_so_far(plan.active_version),
        today=today,
        closed=closed.why,
        last_open=closed.last_open,
    )
    return sum(_tell(plan, patient, one, one.is_soon(today), now) for one in warned)


def _tell(plan: Plan, patient: Patient, one: Warned, soon: bool, now: datetime) -> bool:
    key = f"supply:{plan.pk}:{one.code}:{one.lasts_until}"
    if ReviewItem.objects.filter(patient=patient, source_key=key).exists():
        return False
    open_item(
        clinic_id=plan.clinic_id,
        patient=patient,
        plan=plan,
        source="supply",
        source_key=key,
        priority="high" if soon else "routine",
        facts={
            "code": f"supply_{one.code}",
            "lasts_until": one.lasts_until.isoformat(),
            "collect_by": one.collect_by.isoformat(),
            "next": one.next.isoformat() if one.next else "",
            "why": one.why,
        },
        now=now,
    )
    return True
