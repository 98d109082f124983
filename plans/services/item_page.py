"""One review item with everything its page needs, and acting on the plan from it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from plans.domain.checkins.help_lines import Help, help_for
from plans.domain.checkins.states import CheckInState
from plans.domain.errors import Refused
from plans.domain.json import Facts
from plans.domain.review.item_states import HELD, Act, ItemState, Priority, after
from plans.domain.review.outcomes import Attempts, Endings
from plans.domain.taper.amendments import Amendment
from plans.domain.taper.cautions import Caution, screen
from plans.models import CheckIn, Patient, PlannedVisit, PlanVersion, ReviewItem
from plans.services import clock, rota
from plans.services.access import get_item_for
from plans.services.accounts import ClinicCard, card_of
from plans.services.actors import Actor, May
from plans.services.checkins import occasions
from plans.services.people import PatientCard, facts_of
from plans.services.people import card_of as patient_card_of
from plans.services.plans import revise, versions
from plans.services.review import acts, ends, holding
from plans.services.review.alerts import reviewers
from plans.services.review.queries import EventView, QueueRow, event_view, rows_of
from plans.services.rota import OnDutyNames


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody an item can be reassigned to."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was last agreed: the note with which an earlier item of the patient, or a version of the plan, was made."""

    note: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Ahead:
    """What bears on a patient's next days, beside the plan and the record. `visited_on`: the last planned visit that
    is past; `next_visit_on`: the next one."""

    cautions: tuple[Caution, ...] = ()
    agreed: Agreed | None = None
    visited_on: date | None = None
    next_visit_on: date | None = None


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One item. `yours`: the reader holds it; `unseen`: something was added since they claimed it; `may_take_over`:
    they may take it from whoever holds it; `ends` and `attempts`: how it may end, and the calls that count for that."""

    row: QueueRow
    lock: int
    resolve_due: datetime
    yours: bool
    unseen: bool
    held_by_other: bool
    may_take_over: bool
    ends: Endings
    attempts: Attempts
    ahead: Ahead
    patient: PatientCard | None
    clinic: ClinicCard
    on_duty: OnDutyNames
    help: Help | None
    events: tuple[EventView, ...]
    colleagues: tuple[Colleague, ...]
    checkin_id: UUID | None
    place: int
    open: int
    earlier: int
    note: str
    now: datetime


def item_page(actor: Actor, item_id: UUID) -> ItemPage:
    """Everything about one item. Raises NotFound."""
    item = get_item_for(actor, item_id, May.LOOK)
    row = rows_of(actor, [item])[0]
    waiting = ReviewItem.objects.filter(clinic_id=item.clinic_id).exclude(state=ItemState.RESOLVED)
    before = waiting.filter(priority__lt=item.priority) | waiting.filter(
        priority=item.priority, first_action_due__lt=item.first_action_due
    )
    patient = item.patient
    earlier = (
        ReviewItem.objects.filter(patient=patient, opened_at__lt=item.opened_at).count() if patient else 0
    )
    yours = holding.holds(item, actor) and ItemState(item.state) in HELD
    may, attempts = ends.of_item(item)
    now = clock.now()
    return ItemPage(
        row=row,
        lock=item.lock,
        resolve_due=item.resolve_due,
        yours=yours,
        unseen=yours and item.acknowledged_at is None,
        held_by_other=holding.held_by_other(item, actor),
        may_take_over=acts.may_take_over(actor, item, now),
        ends=may,
        attempts=attempts,
        ahead=_ahead(item, row),
        patient=patient_card_of(patient) if patient else None,
        clinic=card_of(item.clinic),
        on_duty=rota.names_on_duty(item.clinic, clock.now()),
        help=help_for(patient.country) if patient else None,
        events=tuple(event_view(e) for e in item.events.select_related("by").order_by("-at", "-id")),
        colleagues=tuple(Colleague(u.pk, u.name) for u in reviewers(item.clinic) if u.pk != actor.user_id),
        checkin_id=_checkin_of(item),
        place=before.count() + 1,
        open=waiting.count(),
        earlier=earlier,
        note=item.note,
        now=now,
    )


def _ahead(item: ReviewItem, row: QueueRow) -> Ahead:
    patient = item.patient
    if patient is None:
        return Ahead()
    today = clock.today(patient.zone)
    visits = PlannedVisit.objects.filter(patient=patient, cancelled_at=None).order_by("on")
    return Ahead(
        cautions=_cautions(patient, row),
        agreed=_agreed(item, patient),
        visited_on=visits.filter(on__lt=today).values_list("on", flat=True).last(),
        next_visit_on=visits.filter(on__gte=today).values_list("on", flat=True).first(),
    )


def _cautions(patient: Patient, row: QueueRow) -> tuple[Caution, ...]:
    """What the record and the plan's drugs say to beware of, the most severe first."""
    if row.plan is None or row.plan.version is None:
        return ()
    version = PlanVersion.objects.get(plan_id=row.plan.plan_id, number=row.plan.version)
    said = versions.read(version)
    facts = facts_of(patient, clock.today(patient.zone))
    found = screen(facts, said.schedule, table=said.request.equivalence, country=said.request.country)
    return tuple(one for one in found if one.must_sign)


def _agreed(item: ReviewItem, patient: Patient) -> Agreed | None:
    """The latest note with which an earlier item was resolved or the plan was changed."""
    ended = (
        ReviewItem.objects.filter(patient=patient, state=ItemState.RESOLVED)
        .exclude(note="")
        .exclude(pk=item.pk)
        .select_related("resolved_by")
        .order_by("-resolved_at")
        .first()
    )
    changed = (
        PlanVersion.objects.filter(plan__patient=patient)
        .exclude(note="")
        .exclude(item=item)
        .select_related("issued_by")
        .order_by("-issued_at")
        .first()
    )
    found = []
    if ended is not None and ended.resolved_at is not None and ended.resolved_by is not None:
        found.append(Agreed(ended.note, ended.resolved_by.name, ended.resolved_at))
    if changed is not None:
        found.append(Agreed(changed.note, changed.issued_by.name, changed.issued_at))
    return max(found, key=lambda one: one.at, default=None)


def patient_of(actor: Actor, item_id: UUID) -> str:
    """The name of an item's patient; "" for an item of the clinic itself. Raises NotFound."""
    patient = get_item_for(actor, item_id, May.LOOK).patient
    return patient.name if patient else ""


def _checkin_of(item: ReviewItem) -> UUID | None:
    """The response that an item is about, else the latest one its patient sent."""
    own = item.flags.exclude(checkin=None).order_by("-raised_at").values_list("checkin_id", flat=True).first()
    if own is not None or item.patient_id is None:
        return own
    sent = CheckIn.objects.filter(patient_id=item.patient_id, state=CheckInState.SUBMITTED).order_by(
        "-submitted_at"
    )
    return sent.values_list("pk", flat=True).first()


@transaction.atomic
def act_on_plan(
    *,
    by: Actor,
    item_id: UUID,
    seen_lock: int,
    plan_lock: int,
    act: str,
    params: Facts,
    note: str,
    shown: str | None = None,
) -> int:
    """Revise the plan in answer to an item, by its holder, in one transaction; returns the new version's number.

    `act`, `params` and `shown` as in `plans.revise`. Raises what that raises, Stale, Refused("not_yours" or "no_plan").
    """
    item = get_item_for(by, item_id, May.REVIEW)
    holding.check_seen(item, seen_lock)
    holding.check_holds(item, by)
    row = rows_of(by, [item])[0]
    if row.plan is None:
        raise Refused(reason="no_plan", where="act")
    # Locks the patient, then the plan, then this item: the order of every service.
    version_id = revise.revise(
        by=by,
        plan_id=row.plan.plan_id,
        seen_lock=plan_lock,
        act=act,
        params=params,
        note=note,
        item_id=item.pk,
        shown=shown,
    )
    number = PlanVersion.objects.values_list("number", flat=True).get(pk=version_id)
    _note_act(by, item_id, seen_lock, kind="plan_changed", note=note, facts={"act": act, "version": number})
    return number


@transaction.atomic
def change_plan(
    *,
    by: Actor,
    item_id: UUID,
    plan_lock: int,
    changes: Sequence[Amendment],
    note: str,
    correction: bool = False,
    review_on: str | None = None,
    shown: str | None = None,
    signed: Collection[str] = (),
    confirmed: Collection[str] = (),
) -> int:
    """Make one or several changes of the plan in answer to an item, by its holder; returns the new version's number.

    As `plans.revise.change`, which it calls. Raises what that raises, Stale, Refused("not_yours" or "no_plan").
    """
    item = get_item_for(by, item_id, May.REVIEW)
    holding.check_holds(item, by)
    row = rows_of(by, [item])[0]
    if row.plan is None:
        raise Refused(reason="no_plan", where="act")
    version_id = revise.change(
        by=by,
        plan_id=row.plan.plan_id,
        seen_lock=plan_lock,
        changes=changes,
        note=note,
        correction=correction,
        review_on=review_on,
        item_id=item.pk,
        shown=shown,
        signed=signed,
        confirmed=confirmed,
    )
    number, kind = PlanVersion.objects.values_list("number", "kind").get(pk=version_id)
    facts: dict[str, object] = {"act": kind, "version": number}
    _note_act(by, item_id, item.lock, kind="plan_changed", note=note, facts=facts)
    return number


@transaction.atomic
def leave_plan(*, by: Actor, item_id: UUID, seen_lock: int, note: str) -> None:
    """Record that the plan stays as it is, and why. Raises Stale, Refused("not_yours" or "note_missing")."""
    if not note:
        raise Refused(reason="note_missing", where="act_note")
    _note_act(by, item_id, seen_lock, kind="plan_left", note=note, facts={})


@transaction.atomic
def ask_checkin(*, by: Actor, item_id: UUID, seen_lock: int) -> date:
    """Schedule an extra check-in for tomorrow, by the item's holder; returns its day.

    It does not count as the first action: nobody has spoken with the patient. Raises Stale, Refused("not_yours",
    "no_plan", "asked_anyway").
    """
    item = get_item_for(by, item_id, May.REVIEW)
    holding.check_seen(item, seen_lock)
    holding.check_holds(item, by)
    row = rows_of(by, [item])[0]
    if row.plan is None:
        raise Refused(reason="no_plan")
    now = clock.now()
    on = occasions.ask_tomorrow(row.plan.plan_id, now=now)
    item = holding.locked(by, item_id, May.REVIEW, seen_lock)
    holding.check_holds(item, by)
    item.state = after(ItemState(item.state), Act.ACT, Priority(item.severity)).value
    holding.renew(item)
    holding.write(item, by=by, kind="checkin_asked", now=now, facts={"on": on.isoformat()})
    return on


def _note_act(
    by: Actor, item_id: UUID, seen_lock: int, *, kind: str, note: str, facts: dict[str, object]
) -> None:
    item = holding.locked(by, item_id, May.REVIEW, seen_lock)
    holding.check_holds(item, by)
    item.state = after(ItemState(item.state), Act.ACT, Priority(item.severity)).value
    now = clock.now()
    if item.first_action_at is None:
        item.first_action_at = now
    holding.renew(item)
    holding.write(item, by=by, kind=kind, now=now, note=note, facts=facts)
