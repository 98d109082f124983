"""Access control for staff: every row they touch is fetched here, from their own clinic and within their role.

A row of another clinic and a missing row raise the same NotFound. Each condition is on its own line, so that a reviewer
can read them one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from allauth.mfa.models import Authenticator
from django.db.models import Exists, Model, OuterRef, Q

from plans.domain.errors import NotAllowed, NotFound
from plans.domain.moving import SEEN_BY_RECEIVER
from plans.domain.signing_in import is_required
from plans.models import (
    CaseloadImport,
    CheckIn,
    Clinic,
    ClinicQuestionnaire,
    Document,
    Letter,
    Membership,
    Patient,
    PatientFile,
    PatientMove,
    Plan,
    Proposal,
    RecordCopy,
    ReviewItem,
    Work,
)
from plans.services import clock, wall
from plans.services.actors import Actor, May, Role

ASK_WHY: Final = "ask_why"
"""In a clinic's settings: whether it asks why a record outside one's own list is opened."""
RowT = TypeVar("RowT", bound=Model)
FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts as a second step; recovery codes alone do not."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A row of a patient that somebody was given."""

    kind: str
    key: UUID
    patient_id: UUID


_FETCHED: Final[ContextVar[list[Fetched] | None]] = ContextVar("fetched", default=None)


@contextmanager
def noting() -> Iterator[list[Fetched]]:
    """Note the rows of patients that are fetched here meanwhile, in their order: what a page may show."""
    found: list[Fetched] = []
    before = _FETCHED.set(found)
    try:
        yield found
    finally:
        _FETCHED.reset(before)


def _note(row: Model) -> None:
    found = _FETCHED.get()
    patient_id = row.pk if isinstance(row, Patient) else getattr(row, "patient_id", None)
    if found is not None and patient_id is not None:
        found.append(Fetched(type(row).__name__, row.pk, patient_id))


def clinics_of(user_id: UUID) -> tuple[tuple[UUID, str], ...]:
    """The clinics a user works in, as (key, name), sorted by name."""
    rows = Membership.objects.filter(user_id=user_id, is_active=True, user__is_active=True)
    with wall.as_person(user_id):
        return tuple(rows.order_by("clinic__name").values_list("clinic_id", "clinic__name"))


def actors_of(user_id: UUID) -> dict[UUID, Actor]:
    """The user as a member of staff of each clinic they work in, by the clinic's key."""
    rows = Membership.objects.filter(user_id=user_id, is_active=True, user__is_active=True)
    factors = Authenticator.objects.filter(user_id=OuterRef("user_id"), type__in=FACTORS)
    wanted = rows.values_list(
        "clinic_id",
        "role",
        "user__name",
        f"clinic__settings__{ASK_WHY}",
        "clinic__zone",
        "clinic__second_factor_from",
        Exists(factors),
    )
    with wall.as_person(user_id):
        found = list(wanted)
    now = clock.real_now()
    # Whoever works in one clinic that requires a second step needs it in all: it is one account.
    due = any(
        not has and is_required(begins, today=now.astimezone(ZoneInfo(zone)).date())
        for *_, zone, begins, has in found
    )
    return {
        clinic_id: Actor(
            kind="user",
            id=user_id,
            name=name,
            clinic_id=clinic_id,
            role=Role(role),
            elsewhere=len(found) > 1,
            factor_due=due,
            asks_why=why is True,
        )
        for clinic_id, role, name, why, *_ in found
    }


def actor_for(user_id: UUID, clinic_id: UUID) -> Actor:
    """The member of staff `user_id` in `clinic_id`. Raises NotFound without an active membership."""
    found = actors_of(user_id).get(clinic_id)
    if found is None:
        raise NotFound(what="clinic")
    return found


def check_may(actor: Actor, may: May) -> None:
    """Raise NotAllowed unless the actor's role has the permission."""
    if not actor.may(may):
        raise NotAllowed(may=may.value)


def _get(model: type[RowT], actor: Actor, key: UUID, may: May, *, lock: bool) -> RowT:
    if actor.clinic_id is None:
        raise NotFound(what=model.__name__)
    rows = model._default_manager.filter(pk=key, clinic_id=actor.clinic_id)
    row = (rows.select_for_update(no_key=True) if lock else rows).first()
    if row is None:
        raise NotFound(what=model.__name__)
    # After the look-up: somebody who may not see the row must not learn from a refusal that it exists.
    check_may(actor, may)
    _note(row)
    return row


def get_clinic_for(actor: Actor, may: May = May.LOOK, *, lock: bool = False) -> Clinic:
    """The actor's own clinic."""
    check_may(actor, may)
    rows = Clinic.objects.filter(pk=actor.home)
    clinic = (rows.select_for_update(no_key=True) if lock else rows).first()
    if clinic is None:
        raise NotFound(what="Clinic")
    return clinic


def get_member_for(actor: Actor, user_id: UUID, may: May = May.LOOK) -> Membership:
    """A user's membership of the actor's clinic, active or ended."""
    row = Membership.objects.select_related("user").filter(clinic_id=actor.home, user_id=user_id).first()
    if row is None:
        raise NotFound(what="member")
    check_may(actor, may)
    return row


def get_patient_for(actor: Actor, key: UUID, may: May = May.LOOK, *, lock: bool = False) -> Patient:
    """A patient of the actor's clinic."""
    return _get(Patient, actor, key, may, lock=lock)


def get_plan_for(actor: Actor, key: UUID, may: May = May.LOOK, *, lock: bool = False) -> Plan:
    """A plan of the actor's clinic."""
    return _get(Plan, actor, key, may, lock=lock)


def get_proposal_for(actor: Actor, key: UUID, may: May = May.PLAN, *, lock: bool = False) -> Proposal:
    """What waits, or waited, for a second signature in the actor's clinic."""
    return _get(Proposal, actor, key, may, lock=lock)


def get_item_for(actor: Actor, key: UUID, may: May = May.LOOK, *, lock: bool = False) -> ReviewItem:
    """A review item of the actor's clinic."""
    return _get(ReviewItem, actor, key, may, lock=lock)


def get_checkin_for(actor: Actor, key: UUID, may: May = May.LOOK, *, lock: bool = False) -> CheckIn:
    """A response of the actor's clinic."""
    return _get(CheckIn, actor, key, may, lock=lock)


def get_question_for(
    actor: Actor, key: UUID, may: May = May.LOOK, *, lock: bool = False
) -> ClinicQuestionnaire:
    """A version of a question of the actor's clinic."""
    return _get(ClinicQuestionnaire, actor, key, may, lock=lock)


def get_document_for(actor: Actor, key: UUID, may: May = May.LOOK, *, lock: bool = False) -> Document:
    """A document of the actor's clinic."""
    return _get(Document, actor, key, may, lock=lock)


def get_letter_for(actor: Actor, key: UUID, may: May = May.LOOK, *, lock: bool = False) -> Letter:
    """A letter about a patient of the actor's clinic."""
    return _get(Letter, actor, key, may, lock=lock)


def get_work_for(actor: Actor, key: UUID, may: May = May.LOOK, *, lock: bool = False) -> Work:
    """A message, document or alert of the actor's clinic."""
    return _get(Work, actor, key, may, lock=lock)


def get_import_for(actor: Actor, key: UUID, may: May = May.MANAGE, *, lock: bool = False) -> CaseloadImport:
    """An import of the actor's clinic."""
    return _get(CaseloadImport, actor, key, may, lock=lock)


def get_patient_file_for(actor: Actor, key: UUID, may: May = May.LOOK, *, lock: bool = False) -> PatientFile:
    """A patient's file that came to the actor's clinic."""
    return _get(PatientFile, actor, key, may, lock=lock)


def get_record_copy_for(actor: Actor, key: UUID, may: May = May.PLAN, *, lock: bool = False) -> RecordCopy:
    """A copy of the whole record of a patient of the actor's clinic."""
    return _get(RecordCopy, actor, key, may, lock=lock)


def moves_seen_by(actor: Actor) -> Q:
    """The moves that the actor's clinic may see: its own offers, and those made to it that stand or were accepted."""
    return Q(from_clinic_id=actor.home) | Q(to_clinic_id=actor.home, state__in=SEEN_BY_RECEIVER)


def get_move_for(actor: Actor, key: UUID, may: May = May.LOOK) -> PatientMove:
    """An offer of a patient, from the actor's clinic or to it."""
    rows = PatientMove.objects.filter(moves_seen_by(actor), pk=key)
    row = rows.select_related("from_clinic", "to_clinic", "offered_by", "settled_by").first()
    if row is None:
        raise NotFound(what="move")
    check_may(actor, may)
    # What is done with an offer concerns both of its clinics.
    wall.also(row.from_clinic_id, row.to_clinic_id)
    _note(row)
    return row


def other_clinics(actor: Actor) -> tuple[tuple[UUID, str], ...]:
    """The clinics of the installation besides the actor's own, as (key, name), by name; no more of them."""
    return tuple(Clinic.objects.exclude(pk=actor.home).order_by("name", "id").values_list("pk", "name"))
