"""Versions: writing one with its projected steps, and reading its text, checked against its hash."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.backends.postgresql.psycopg_any import DateRange

from plans.domain.json import Facts, JsonObject
from plans.domain.taper import maintenance, snapshot, supply, supply_watch
from plans.domain.taper.engine import Taper
from plans.domain.taper.plan_states import PlanAct
from plans.domain.taper.schedule import Schedule, StepKind
from plans.domain.taper.snapshot import AcceptedReason, Snapshot
from plans.domain.taper.supply_watch import HomeStock, Issued
from plans.models import Dispensing, Plan, PlanStep, PlanVersion, ReviewItem
from plans.services import plan_defaults
from plans.services.actors import Actor
from plans.services.plans.locking import user_key

_MOST_KEPT: Final = 512
# Parsed texts by hash: a version never changes.
_kept: dict[str, Snapshot] = {}


class BrokenVersion(RuntimeError):
    """A stored text that does not match its hash: the database was changed outside the application."""


def read(version: PlanVersion) -> Snapshot:
    """Read a version's taper. Raises BrokenVersion if its text is not the issued text."""
    found = _kept.get(version.sha256)
    if found is None:
        if hashlib.sha256(version.canonical.encode()).hexdigest() != version.sha256:
            raise BrokenVersion(f"version {version.pk}")
        found = snapshot.load(version.canonical)
        if len(_kept) >= _MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[version.sha256] = found
    return found


def issuer(version: PlanVersion) -> str:
    """The name of whoever issued a version, as its text says: of one that came in a file, somebody elsewhere."""
    return str(read(version).extra.get("by") or version.issued_by.name)


def write(
    *,
    plan: Plan,
    number: int,
    kind: str,
    note: str,
    taper: Taper,
    reasons: Sequence[AcceptedReason],
    extra: Facts,
    from_day: date,
    made_on: date,
    by: Actor,
    now: datetime,
    item: ReviewItem | None = None,
) -> PlanVersion:
    """Store a version: the canonical text with its hash, and one row per step. Raises NotReadBack."""
    text = snapshot.dump(taper, reasons=reasons, extra=extra)
    snapshot.check_read_back(text, taper.schedule)
    return store(
        text,
        taper.schedule,
        plan=plan,
        number=number,
        kind=kind,
        note=note,
        from_day=from_day,
        made_on=made_on,
        issued_at=now,
        issued_by_id=user_key(by),
        item=item,
    )


# Any: fields of the row, as the callers above and of files name them.
def store(text: str, schedule: Schedule, **fields: Any) -> PlanVersion:
    """Store a version of this text, which says this schedule."""
    version = PlanVersion.objects.create(
        clinic_id=fields["plan"].clinic_id,
        canonical=text,
        schema=snapshot.SCHEMA,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        last_day=schedule.last_dose_day() or schedule.end,
        **fields,
    )
    PlanStep.objects.bulk_create(
        PlanStep(
            version=version,
            n=step.n,
            days=DateRange(step.start, step.end + timedelta(days=1)),
            kind=step.kind.value,
            doses=step.row_units,
            changes=schedule.changes(step),
        )
        for step in schedule
    )
    return version


def last_hand(plan: Plan) -> str:
    """The name of whoever issued the plan's newest version; empty if there is none."""
    last = PlanVersion.objects.filter(plan=plan).select_related("issued_by").order_by("-number").first()
    return last.issued_by.name if last else ""


def second_of(second: Actor | None, now: datetime) -> JsonObject:
    """What a version keeps of its second signature: who gave it, and when; nothing without one."""
    return {} if second is None else {"second": {"by": second.name, "at": now.isoformat()}}


def second_name(said: Snapshot) -> str:
    """Who gave a version's second signature; "" if it needed none."""
    return str(said.extra.get("second", {}).get("by", ""))


def hands(version: PlanVersion) -> str:
    """The names that stand under a version on documents: who issued it, and who signed second."""
    second = second_name(read(version))
    return f"{version.issued_by.name}, {second}" if second else version.issued_by.name


def written_out(plan: Plan, schedule: Schedule, today: date) -> Schedule:
    """A version's schedule for display: a dose that stays extends through its pages, and through today."""
    return schedule.through(max(plan.pages_until or schedule.end, today))


def point_at(plan: Plan, version: PlanVersion, schedule: Schedule) -> None:
    """Update the plan's row for this version: the projections for lists and for the clock."""
    plan.active_version = version
    plan.drugs = list(schedule.drugs)
    plan.last_day = schedule.last_dose_day()
    plan.ends_at_zero = not schedule.maintenance
    plan.goal_on = maintenance.goal_day(schedule)
    draw_pages(plan, schedule, version.made_on)
    if schedule.steps[-1].kind is not StepKind.PAUSE:
        # A hospital stay does not forget the day that was agreed.
        plan.review_on = _review_on(plan, version.made_on)


def supplied_by(version: PlanVersion, collected: Collection[date] = ()) -> Issued:
    """What a version says of supply: its fills, from which day they count, and the stock counted at home on it.

    `collected` are the first days of its fills that were confirmed as handed out.
    """
    said = read(version)
    stock = said.extra.get("stock")
    return Issued(
        schedule=said.schedule,
        fills_from=supply.first_fill(said.schedule, version.made_on),
        dispense_days=said.request.dispense_days,
        counted=None if stock is None else supply.counted(supply.supplied(said.schedule), stock),
        made_on=version.made_on,
        instalment_days=said.request.instalment_days,
        collected=collected,
    )


def supplied_so_far(version: PlanVersion) -> list[Issued]:
    """What the versions of its plan say of supply up to this one, oldest first."""
    collected: dict[int, set[date]] = defaultdict(set)
    given = Dispensing.objects.filter(plan_id=version.plan_id, withdrawn_at=None)
    for number, first in given.values_list("version__number", "first"):
        collected[number].add(first)
    rows = PlanVersion.objects.filter(plan_id=version.plan_id, number__lte=version.number)
    return [supplied_by(row, collected[row.number]) for row in rows.order_by("number")]


def before_fills(version: PlanVersion) -> HomeStock:
    """What is taken off the fills of a version, wherever they are counted: what should have been at home when it was
    made, of the stock counted last and of the fills since."""
    return supply_watch.before_fills(supplied_so_far(version))


def fills(version: PlanVersion, through: date) -> supply.Supply:
    """The fills of a version from the day on that they count from, less what was at home; of a dose that stays, those
    begun by the day `through`, and the one after them."""
    said = read(version)
    days = said.request.dispense_days
    begins = supply.first_fill(said.schedule, version.made_on)
    return supply.plan_supply(
        said.schedule.through(max(begins, through) + timedelta(days=days)),
        days,
        from_day=begins,
        stock=before_fills(version).stock,
        instalment_days=said.request.instalment_days,
    )


def at_home(version: PlanVersion, day: date) -> HomeStock:
    """What should be at home at the start of a day, of the stock counted last and of every fill since, those of this
    version too."""
    return supply_watch.at_home(supplied_so_far(version), day)


def draw_pages(plan: Plan, schedule: Schedule, day: date) -> None:
    """Let the plan's pages begin on a day; a plan that ends at zero has all its pages from the start."""
    plan.pages_until = maintenance.pages_until(schedule, day)
    plan.pages_from = day if plan.pages_until else None


def _review_on(plan: Plan, today: date) -> date | None:
    """The review date with a new version: a future one is kept."""
    if plan.goal_on is None:
        return None
    if plan.review_on is not None and plan.review_on > today:
        return plan.review_on
    return maintenance.usual_review(plan.goal_on, today, plan_defaults.of_clinic(plan.clinic).review_weeks)


def on_paper_before(version: PlanVersion) -> PlanVersion | None:
    """The earlier version whose pages may be printed; one that paused the plan never had any."""
    earlier = PlanVersion.objects.filter(plan_id=version.plan_id, number__lt=version.number)
    return earlier.exclude(kind=PlanAct.PAUSE.value).order_by("-number").first()
