"""Offers of patients to another clinic: made, accepted, declined, taken back, lapsed; and what each clinic sees.

An offer is a row of its own that says who is offered and by whom. Until it is accepted the receiving clinic reads
nothing else of the patient's; when it has ended in any other way, not even that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from plans.domain.errors import NotAllowed, Refused
from plans.domain.moving import ACTS, OFFER_AUDIT, OFFER_STANDS, MoveAct, MoveSide, MoveState, after
from plans.domain.people import ENDS_OF_CARE, CareState
from plans.domain.review.item_states import ItemState, Priority
from plans.domain.review.outcomes import ReviewOutcome
from plans.domain.which import which
from plans.models import LIVE_STATES, Clinic, Patient, PatientMove, Plan, ReviewItem
from plans.services import audit, clock, consents, owners, paging, rows, wall
from plans.services.access import get_clinic_for, get_move_for, get_patient_for, moves_seen_by
from plans.services.actors import SYSTEM, Actor, May
from plans.services.from_row import from_row
from plans.services.moving import following, kept
from plans.services.paging import Page
from plans.services.review import holding
from plans.services.review.review_items import open_item

PAGE: Final = 30
_ORDER: Final = ("-offered_at", "-id")
NOTE_MOST: Final = 1000
"""Characters of a note or a reason."""


@dataclass(frozen=True, slots=True)
class Namesake:
    """Somebody of the reader's own clinic with the name and the date of birth of whoever is offered."""

    patient_id: UUID
    record_no: str


@dataclass(frozen=True, slots=True)
class MoveView:
    """An offer as its two clinics see it.

    `incoming`: made to the reader's clinic. `clinic` and `phone` are the other clinic's. `patient_id` is None while the
    reader may not open the patient. `zone`: the time zone to begin with when the offer is accepted.
    """

    id: UUID
    state: str
    incoming: bool
    clinic: str
    phone: str
    name: str
    born: date
    record_no: str
    drugs: tuple[str, ...]
    note: str
    reason: str
    offered_at: datetime
    offered_by: str
    expires_at: datetime
    settled_at: datetime | None
    settled_by: str
    patient_id: UUID | None
    zone: str = ""
    namesakes: tuple[Namesake, ...] = ()
    number_taken: bool = False

    @property
    def state_is(self) -> Mapping[str, bool]:
        """Which state it is in, for templates."""
        return which(MoveState, self.state)


def _view(actor: Actor, row: PatientMove, *, whole: bool = False) -> MoveView:
    incoming = row.to_clinic_id == actor.home
    other = row.from_clinic if incoming else row.to_clinic
    asked = incoming and row.state == MoveState.OFFERED.value
    return from_row(
        MoveView,
        row,
        incoming=incoming,
        clinic=other.name,
        phone=other.phone,
        drugs=tuple(row.drugs),
        offered_by=row.offered_by.name,
        settled_by=row.settled_by.name if row.settled_by else "",
        patient_id=row.patient_id if _is_here(actor, row) else None,
        zone=_zone(row) if whole and asked else "",
        namesakes=_namesakes(row) if whole and asked else (),
        number_taken=whole and asked and _same_number(row.to_clinic_id, row.record_no) is not None,
    )


def _is_here(actor: Actor, row: PatientMove) -> bool:
    """Whether the patient is the actor's clinic's now."""
    known = getattr(row, "is_here", None)
    return (
        Patient.objects.filter(pk=row.patient_id, clinic_id=actor.home).exists() if known is None else known
    )


def _zone(row: PatientMove) -> str:
    """The patient's zone; the new clinic's if it was the old clinic's."""
    zone = row.patient.zone
    return row.to_clinic.zone if zone == row.from_clinic.zone else zone


def _namesakes(row: PatientMove) -> tuple[Namesake, ...]:
    same = Patient.objects.filter(clinic_id=row.to_clinic_id, born=row.born, name__iexact=row.name)
    return tuple(Namesake(*found) for found in same.order_by("id").values_list("pk", "record_no")[:5])


def _same_number(clinic_id: UUID, record_no: str) -> Patient | None:
    return Patient.objects.filter(clinic_id=clinic_id, record_no__iexact=record_no).first()


def _seen(actor: Actor) -> QuerySet[PatientMove]:
    here = Patient.objects.filter(pk=OuterRef("patient_id"), clinic_id=actor.home)
    rows = PatientMove.objects.filter(moves_seen_by(actor)).annotate(is_here=Exists(here))
    # Not the patient, whom a clinic may not open that was only offered one, or gave one away.
    return rows.select_related("from_clinic", "to_clinic", "offered_by", "settled_by")


def move(actor: Actor, move_id: UUID) -> MoveView:
    """An offer from the actor's clinic or to it. Raises NotFound, also for the receiver of one that came to nothing."""
    return _view(actor, get_move_for(actor, move_id), whole=True)


def offer_of(actor: Actor, patient_id: UUID) -> MoveView | None:
    """The open offer of a patient of the actor's clinic. Raises NotFound."""
    patient = get_patient_for(actor, patient_id)
    row = _seen(actor).filter(patient=patient, state=MoveState.OFFERED).first()
    return _view(actor, row) if row is not None else None


def offered_here(actor: Actor) -> tuple[MoveView, ...]:
    """The open offers to the actor's clinic, oldest first."""
    found = _seen(actor).filter(to_clinic_id=get_clinic_for(actor).pk, state=MoveState.OFFERED)
    return tuple(_view(actor, row) for row in found.order_by("offered_at", "id")[:100])


def offers_made(actor: Actor, *, key: str | None = None, size: int = PAGE) -> Page[MoveView]:
    """Every offer that the actor's clinic made, newest first: those accepted are its records of patients who moved."""
    mine = _seen(actor).filter(from_clinic_id=get_clinic_for(actor).pk)
    return paging.page_of(
        mine, _ORDER, lambda found: [_view(actor, row) for row in found], every=mine, key=key, size=size
    )


@transaction.atomic
def offer(*, by: Actor, patient_id: UUID, to_id: UUID, note: str = "") -> UUID:
    """Offer a patient to another clinic of the installation; returns the key of the offer. Nothing moves yet.

    `note` is for the other clinic. Raises NotFound, NotAllowed, and Refused: not_in_care, offered_already (`clinic`),
    not_a_clinic, no_consent_part2.
    """
    patient = get_patient_for(by, patient_id, May.PLAN, lock=True)
    to = Clinic.objects.filter(pk=to_id).exclude(pk=patient.clinic_id).first()
    if to is None:
        raise Refused(reason="not_a_clinic", where="clinic")
    _check_in_care(patient)
    consents.check_disclosure(patient)
    # It gets an item that says so.
    wall.also(to.pk)
    standing = PatientMove.objects.filter(patient=patient, state=MoveState.OFFERED).first()
    if standing is not None:
        raise Refused(reason="offered_already", clinic=standing.to_clinic.name)
    now = clock.now()
    row = PatientMove.objects.create(
        patient=patient,
        from_clinic_id=patient.clinic_id,
        to_clinic=to,
        note=note.strip(),
        offered_at=now,
        offered_by_id=by.member_id,
        expires_at=now + OFFER_STANDS,
        **_as_offered(patient),
    )
    _record(row, OFFER_AUDIT, by, row.from_clinic, to.name, now)
    open_item(
        clinic_id=to.pk,
        patient=None,
        plan=None,
        source="care",
        source_key=_asked(row),
        priority=Priority.ROUTINE.value,
        facts={"code": "move_offered", "clinic": row.from_clinic.name, "move": str(row.pk)},
        now=now,
    )
    return row.pk


def _as_offered(patient: Patient) -> dict[str, object]:
    """What an offer says of a patient."""
    plan = Plan.objects.filter(patient=patient, state__in=LIVE_STATES).first()
    return {
        "name": patient.name,
        "born": patient.born,
        "record_no": patient.record_no,
        "drugs": list(plan.drugs) if plan is not None else [],
    }


def _check_in_care(patient: Patient) -> None:
    if CareState(patient.care_state) in ENDS_OF_CARE:
        raise Refused(reason="not_in_care")


@transaction.atomic
def accept(*, by: Actor, move_id: UUID, record_no: str, zone: str) -> UUID:
    """Take a patient over, with plan, answers and history, under a record number and a time zone; returns their key.

    The patient is the actor's from now on. Raises NotFound, NotAllowed, and Refused: offer_over, not_in_care, and
    record_no_taken with `name`.
    """
    owners.hold_place(by, by.member_id)
    row, patient, now = *_locked(by, move_id, MoveAct.ACCEPT), clock.now()
    _settle(row, MoveAct.ACCEPT, by, now)
    _check_in_care(patient)
    taken = _same_number(by.home, record_no)
    if taken is not None:
        raise Refused(reason="record_no_taken", where="record_no", name=taken.name)
    PatientMove.objects.filter(pk=row.pk).update(kept=kept.copy_of(patient), **_as_offered(patient))
    _end_earlier(patient, by, now)
    _enter(patient, row, by, record_no, zone)
    following.take_along(patient, row, by=by, now=now)
    spec = ACTS[MoveAct.ACCEPT]
    _record(row, spec.audit, by, row.from_clinic, row.to_clinic.name, now)
    _record(row, spec.received, by, row.to_clinic, row.from_clinic.name, now)
    _answered(row, "move_accepted", by, now)
    return patient.pk


def _end_earlier(patient: Patient, by: Actor, now: datetime) -> None:
    """Resolve what is open about earlier offers, which are no business of the new clinic."""
    items = ReviewItem.objects.filter(patient=patient, source_key__startswith="move:")
    for key in items.exclude(state=ItemState.RESOLVED).values_list("source_key", flat=True):
        holding.end_by_act(
            patient.clinic_id, key, by=by, note="", now=now, outcome=ReviewOutcome.OFFER_ANSWERED
        )


def _enter(patient: Patient, row: PatientMove, by: Actor, record_no: str, zone: str) -> None:
    patient.clinic, patient.owner_id = row.to_clinic, by.member_id
    patient.record_no, patient.zone = record_no, zone
    patient.version += 1
    try:
        with transaction.atomic():
            patient.save(update_fields=["clinic", "owner", "record_no", "zone", "version"])
    except IntegrityError as clash:
        # Somebody gave another patient this number since the check.
        raise Refused(reason="record_no_taken", where="record_no", name="") from clash


@transaction.atomic
def decline(*, by: Actor, move_id: UUID, reason: str) -> None:
    """Decline an offer, with a reason that the offering clinic reads. Raises NotFound, NotAllowed, Refused: offer_over,
    note_missing."""
    _end(by, move_id, MoveAct.DECLINE, reason)


@transaction.atomic
def take_back(*, by: Actor, move_id: UUID, reason: str = "") -> None:
    """Take an offer back that nobody has answered. Raises NotFound, NotAllowed, Refused: offer_over."""
    _end(by, move_id, MoveAct.TAKE_BACK, reason)


def _end(by: Actor, move_id: UUID, act: MoveAct, reason: str) -> None:
    row, _patient = _locked(by, move_id, act)
    spec, words, now = ACTS[act], reason.strip(), clock.now()
    if spec.note and not words:
        raise Refused(reason="note_missing", where="reason")
    _settle(row, act, by, now, reason=words)
    _record(row, spec.audit, by, row.from_clinic, row.to_clinic.name, now, note=words)
    if spec.received:
        audit.record(
            by=by,
            act=spec.received,
            subject_kind="move",
            subject_id=row.pk,
            clinic_id=row.to_clinic_id,
            facts={"clinic": row.from_clinic.name, "note": words},
            at=now,
        )
    _answered(row, "move_declined" if act is MoveAct.DECLINE else "", by, now)


def _locked(by: Actor, move_id: UUID, act: MoveAct) -> tuple[PatientMove, Patient]:
    """The offer, for somebody of the clinic whose act this is, and its patient, locked first as everywhere.

    Raises NotFound or NotAllowed.
    """
    row = get_move_for(by, move_id, May.PLAN)
    side = MoveSide.RECEIVING if row.to_clinic_id == by.home else MoveSide.OFFERING
    if ACTS[act].side is not side:
        raise NotAllowed(may=May.PLAN.value)
    return row, Patient.objects.select_for_update(no_key=True).get(pk=row.patient_id)


def _settle(row: PatientMove, act: MoveAct, by: Actor, now: datetime, *, reason: str = "") -> None:
    """Set the state after an act: whoever comes second, or after the offer's time, is refused."""
    state = after(MoveState(row.state), act)
    if act is not MoveAct.LAPSE and row.expires_at <= now:
        raise Refused(reason="offer_over", state=MoveState.LAPSED.value)
    standing = PatientMove.objects.filter(pk=row.pk, state=MoveState.OFFERED)
    if not standing.update(state=state.value, settled_at=now, settled_by_id=by.user_id, reason=reason):
        raise Refused(reason="offer_over")


def _asked(row: PatientMove) -> str:
    """The source key of the item at the receiving clinic."""
    return f"move:{row.pk}"


def _answered(row: PatientMove, code: str, by: Actor, now: datetime) -> None:
    """Resolve the receiving clinic's item, and tell the offering clinic of an answer."""
    holding.end_by_act(
        row.to_clinic_id, _asked(row), by=by, note="", now=now, outcome=ReviewOutcome.OFFER_ANSWERED
    )
    if code:
        _tell(row.from_clinic, row, code, row.to_clinic.name, now)


def _tell(clinic: Clinic, row: PatientMove, code: str, other: str, now: datetime) -> None:
    """Open an item of a clinic about an offer; it names the patient only where the patient is."""
    at_home = clinic.pk == row.from_clinic_id and code != "move_accepted"
    open_item(
        clinic_id=clinic.pk,
        patient=Patient.objects.get(pk=row.patient_id) if at_home else None,
        plan=None,
        source="care",
        source_key=f"move:{row.pk}",
        priority=Priority.ROUTINE.value,
        # The receiver of an offer that came to nothing does not see it any more.
        facts={"code": code, "clinic": other, "move": str(row.pk) if clinic.pk == row.from_clinic_id else ""},
        now=now,
    )


def _record(
    row: PatientMove, act: str, by: Actor, clinic: Clinic, other: str, now: datetime, *, note: str = ""
) -> None:
    audit.record(
        by=by,
        act=act,
        subject_kind="patient",
        subject_id=row.patient_id,
        clinic_id=clinic.pk,
        patient_id=row.patient_id,
        facts={"clinic": other, **({"note": note} if note else {})},
        at=now,
    )


def lapse(now: datetime) -> int:
    """Let the offers lapse whose time is over; returns how many. Idempotent. Raises RowsFailed after all rows."""
    over = PatientMove.objects.filter(state=MoveState.OFFERED, expires_at__lte=now)
    return rows.count_each(over, "expires_at", lambda key: _lapse_one(key, now))


def _lapse_one(move_id: UUID, now: datetime) -> bool:
    patient_id = PatientMove.objects.values_list("patient_id", flat=True).get(pk=move_id)
    free = Patient.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=patient_id)
    if free.values_list("pk").first() is None:
        return False
    found = PatientMove.objects.select_related("from_clinic", "to_clinic")
    row = found.filter(pk=move_id, state=MoveState.OFFERED).first()
    if row is None:
        return False
    _settle(row, MoveAct.LAPSE, SYSTEM, now)
    _record(row, ACTS[MoveAct.LAPSE].audit, SYSTEM, row.from_clinic, row.to_clinic.name, now)
    _tell(row.from_clinic, row, "move_lapsed", row.to_clinic.name, now)
    # Nobody's act: somebody there sees that a patient was waiting.
    _tell(row.to_clinic, row, "move_not_answered", row.from_clinic.name, now)
    return True
