"""The review queue for lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from plans.domain.checkins.flagging import outdated
from plans.domain.checkins.flags import codes_of
from plans.domain.json import JsonObject
from plans.domain.review.deadlines import ClockSign, Opening, clock_sign
from plans.domain.review.item_states import HELD, ItemState, Priority
from plans.domain.review.reasons import SOURCES_OF, Reason
from plans.domain.text import fold
from plans.domain.which import which
from plans.models import LIVE_STATES, Clinic, Flag, Plan, ReviewEvent, ReviewItem
from plans.services import clock, paging
from plans.services.access import check_may
from plans.services.actors import Actor, May
from plans.services.from_row import from_row
from plans.services.paging import Page
from plans.services.plan_summaries import PlanSummary, plan_summaries
from plans.services.review import together
from plans.services.review.holding import opening_of

PAGE: Final = 25
_ORDER: Final[tuple[str, ...]] = ("priority", "first_action_due", "id")
_CLOSED_ORDER: Final[tuple[str, ...]] = ("-resolved_at", "id")
_HELD: Final = tuple(state.value for state in HELD)


class QueueTab(StrEnum):
    """The tabs of the queue."""

    OPEN = "open"
    MINE = "mine"
    NOBODY = "nobody"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """Open counts, for the top bar; `newest` tells an open page whether anything is new."""

    urgent: int
    open: int
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class ItemFlag:
    """A rule that fired: its code and facts."""

    rule: str
    rule_version: int
    severity: str
    facts: JsonObject
    inputs: dict[str, object]
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class EventView:
    """One event of an item; `by` is empty for the system."""

    at: datetime
    by: str
    kind: str
    note: str
    facts: JsonObject


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One item as the queue shows it. Times are clinic time; `lease_until` too, although leases run on real time.

    `together` is the kind of an item that can end together with others of it, else "".
    """

    id: UUID
    severity: str
    state: str
    source: str
    facts: JsonObject
    flags: tuple[ItemFlag, ...]
    opened_at: datetime
    first_action_due: datetime
    first_action_at: datetime | None
    patient_id: UUID | None
    patient: str
    record_no: str
    plan: PlanSummary | None
    holder: str
    mine: bool
    lease_until: datetime | None
    snoozed_until: datetime | None
    waits_for: str
    lock: int
    tier: int
    last: EventView | None
    resolved_at: datetime | None
    resolved_by: str
    outcome: str
    note: str
    together: str
    clock_sign: ClockSign

    @property
    def severity_is(self) -> Mapping[str, bool]:
        """Which priority it has, for templates."""
        return which(Priority, self.severity)

    @property
    def state_is(self) -> Mapping[str, bool]:
        """Which state it is in, for templates."""
        return which(ItemState, self.state)

    @property
    def clock_is(self) -> Mapping[str, bool]:
        """How much of the time to the first action is gone, for templates."""
        return which(ClockSign, self.clock_sign)


def counts(actor: Actor) -> QueueCounts:
    """The open counts of the actor's clinic."""
    rows = ReviewItem.objects.filter(clinic_id=actor.home).exclude(state=ItemState.RESOLVED)
    found = rows.aggregate(
        open=Count("opened_at"),
        urgent=Count("opened_at", filter=Q(severity=Priority.URGENT.value)),
        newest=Max("opened_at"),
    )
    return QueueCounts(urgent=found["urgent"], open=found["open"], newest=found["newest"])


def new_since(actor: Actor, since: datetime) -> dict[str, int]:
    """How many items of each severity were opened after `since` and are still open."""
    check_may(actor, May.LOOK)
    rows = ReviewItem.objects.filter(clinic_id=actor.home, opened_at__gt=since).exclude(
        state=ItemState.RESOLVED
    )
    return dict(rows.order_by().values_list("severity").annotate(n=Count("id")))


def _midnight(clinic: UUID) -> datetime:
    zone = ZoneInfo(Clinic.objects.values_list("zone", flat=True).get(pk=clinic))
    return datetime.combine(clock.now().astimezone(zone).date(), time.min, tzinfo=zone)


def _in_tab(rows: QuerySet[ReviewItem], tab: QueueTab, actor: Actor) -> QuerySet[ReviewItem]:
    if tab is QueueTab.CLOSED:
        return rows.filter(state=ItemState.RESOLVED, resolved_at__gte=_midnight(actor.home))
    rows = rows.exclude(state=ItemState.RESOLVED)
    if tab is QueueTab.MINE:
        return rows.filter(holder_id=actor.user_id, state__in=_HELD)
    if tab is QueueTab.NOBODY:
        return rows.filter(state__in=(ItemState.NEW, ItemState.ESCALATED))
    if tab in (QueueTab.WAITING, QueueTab.SNOOZED):
        return rows.filter(state=tab.value)
    return rows


def _for_reason(rows: QuerySet[ReviewItem], reason: str) -> QuerySet[ReviewItem]:
    if reason not in {r.value for r in Reason}:
        return rows
    which = Reason(reason)
    flagged = Flag.objects.filter(item_id=OuterRef("pk"), rule__in=codes_of(which))
    return rows.filter(Exists(flagged) | Q(source__in=[s.value for s in SOURCES_OF[which]]))


def tab_counts(actor: Actor) -> dict[str, int]:
    """How many items each tab holds."""
    rows = ReviewItem.objects.filter(clinic_id=actor.home)
    return {tab.value: _in_tab(rows, tab, actor).count() for tab in QueueTab}


def _matching(rows: QuerySet[ReviewItem], q: str) -> QuerySet[ReviewItem]:
    """The items of patients whose name or record number has every word of `q`."""
    for word in fold(q).split()[:6]:
        rows = rows.filter(Q(patient__sort_key__contains=word) | Q(patient__record_no__icontains=word))
    return rows


def queue(
    actor: Actor,
    *,
    tab: str = "open",
    reason: str = "",
    q: str = "",
    key: str | None = None,
    size: int = PAGE,
) -> Page[QueueRow]:
    """A page of the queue: most urgent first, then soonest due; resolved ones by when they ended."""
    check_may(actor, May.LOOK)
    which = QueueTab(tab) if tab in {t.value for t in QueueTab} else QueueTab.OPEN
    every = ReviewItem.objects.filter(clinic_id=actor.home)
    order = _ORDER
    if which is QueueTab.CLOSED:
        every, order = every.filter(state=ItemState.RESOLVED), _CLOSED_ORDER
    wanted = _matching(_for_reason(_in_tab(every, which, actor), reason), q)
    return paging.page_of(
        wanted.select_related("patient", "holder", "resolved_by"),
        order,
        lambda rows: rows_of(actor, rows),
        every=every,
        key=key,
        size=size,
    )


def flags_of(items: Sequence[ReviewItem]) -> dict[UUID, tuple[ItemFlag, ...]]:
    """The flags of each item, most urgent first, then the newest, without those superseded by a newer one of the same
    response."""
    rank = {severity.value: n for n, severity in enumerate(Priority)}
    found: dict[UUID, list[ItemFlag]] = defaultdict(list)
    rows = list(Flag.objects.filter(item__in=items).order_by("-raised_at", "id"))
    kinds: dict[UUID | None, list[tuple[str, str]]] = defaultdict(list)
    for flag in rows:
        kinds[flag.checkin_id].append((flag.rule, str(flag.facts.get("kind", ""))))
    for flag in rows:
        old = flag.checkin_id is not None and (flag.rule, flag.facts.get("kind", "")) in outdated(
            kinds[flag.checkin_id]
        )
        if flag.item_id is not None and not old:
            found[flag.item_id].append(from_row(ItemFlag, flag))
    return {key: tuple(sorted(flags, key=lambda f: rank.get(f.severity, 9))) for key, flags in found.items()}


def plans_of(items: Sequence[ReviewItem]) -> dict[UUID, PlanSummary]:
    """The plan of each item, by the item's key: its own, else its patient's live plan."""
    own = [item.plan_id for item in items if item.plan_id]
    patients = [item.patient_id for item in items if item.patient_id and not item.plan_id]
    rows = Plan.objects.select_related("patient", "active_version").filter(
        Q(pk__in=own) | Q(patient_id__in=patients, state__in=LIVE_STATES)
    )
    stand = plan_summaries(rows)
    by_patient = {one.patient_id: one for one in stand.values() if one.state in LIVE_STATES}
    found = {}
    for item in items:
        brief = stand.get(item.plan_id) if item.plan_id else None
        brief = brief or (by_patient.get(item.patient_id) if item.patient_id else None)
        if brief is not None:
            found[item.pk] = brief
    return found


def event_view(event: ReviewEvent) -> EventView:
    """An event without its row."""
    return from_row(EventView, event, by=event.by.name if event.by else "")


def _last_events(items: Sequence[ReviewItem]) -> dict[UUID, EventView]:
    rows = ReviewEvent.objects.filter(item__in=items).exclude(kind="alerted").select_related("by")
    rows = rows.order_by("item_id", "-at").distinct("item_id")
    return {event.item_id: event_view(event) for event in rows}


def rows_of(actor: Actor, items: list[ReviewItem]) -> list[QueueRow]:
    """These items as the queue shows them; `patient`, `holder` and `resolved_by` are read."""
    ahead, now = clock.offset(), clock.now()
    hours = {
        clinic.pk: opening_of(clinic)
        for clinic in Clinic.objects.filter(pk__in={item.clinic_id for item in items})
    }
    flags, plans, last = flags_of(items), plans_of(items), _last_events(items)
    kinds = together.kinds(items) if actor.may(May.REVIEW) else {}
    return [
        from_row(
            QueueRow,
            item,
            flags=flags.get(item.pk, ()),
            patient=item.patient.name if item.patient else "",
            record_no=item.patient.record_no if item.patient else "",
            plan=plans.get(item.pk),
            holder=item.holder.name if item.holder else "",
            mine=item.holder_id is not None and item.holder_id == actor.user_id,
            lease_until=item.lease_until + ahead if item.lease_until else None,
            last=last.get(item.pk),
            resolved_by=item.resolved_by.name if item.resolved_by else "",
            together=str(kinds.get(item.pk, "")),
            clock_sign=_sign_of(item, now, hours[item.clinic_id]),
        )
        for item in items
    ]


def _sign_of(item: ReviewItem, now: datetime, opening: Opening) -> ClockSign:
    """The sign of its clock; an item on which somebody has acted has none."""
    if item.first_action_at is not None or item.resolved_at is not None:
        return ClockSign.IN_TIME
    due = item.first_action_due
    return clock_sign(Priority(item.severity), item.opened_at, due, now, opening)
