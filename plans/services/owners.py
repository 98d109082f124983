"""The owner of a patient: the member who looks after them and sees them under Mine. It changes no permission, and is
handed over when somebody leaves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from plans.domain.errors import Refused
from plans.models import Membership, Patient
from plans.services import audit
from plans.services.access import check_may, get_clinic_for, get_patient_for
from plans.services.actors import ROLE_MAY, Actor, May

# Roles whose members can own patients: those who plan.
OWNING: Final = tuple(role.value for role, may in ROLE_MAY.items() if May.PLAN in may)


@dataclass(frozen=True, slots=True)
class Ownership:
    """A patient's owner; `owner_id` is None and `owner` empty without one."""

    patient_id: UUID
    name: str
    owner_id: UUID | None
    owner: str


def ownership(actor: Actor, patient_id: UUID, may: May = May.LOOK) -> Ownership:
    """The owner of a patient. Raises NotFound."""
    return _seen(get_patient_for(actor, patient_id, may))


def _seen(patient: Patient) -> Ownership:
    owner = patient.owner
    return Ownership(patient.pk, patient.name, patient.owner_id, owner.name if owner else "")


def candidates(actor: Actor, *, but: UUID | None = None) -> tuple[tuple[UUID, str], ...]:
    """The members who can own patients, as (key, name), by name."""
    found = _places(actor).order_by("user__name", "user_id").values_list("user_id", "user__name")
    return tuple((key, name) for key, name in found if key != but)


def by_address(actor: Actor) -> dict[str, tuple[UUID, str]]:
    """The members who can own patients, as (key, name), by the address they sign in with, in lower case."""
    rows = _places(actor).values_list("user__email", "user_id", "user__name")
    return {email.lower(): (key, name) for email, key, name in rows}


def hold(actor: Actor, user_ids: Iterable[UUID]) -> None:
    """Make sure that members own patients until the transaction ends; for services, before any patient is locked.

    Raises Refused("not_a_candidate") for somebody who does not plan in this clinic, or no longer does.
    """
    wanted = sorted(set(user_ids))
    for user_id in wanted:
        hold_place(actor, user_id)
    if set(wanted) - {key for key, _ in candidates(actor)}:
        raise Refused(reason="not_a_candidate", where="owner")


def _places(actor: Actor) -> QuerySet[Membership]:
    return Membership.objects.filter(
        clinic=get_clinic_for(actor), is_active=True, user__is_active=True, role__in=OWNING
    )


def owned(actor: Actor, user_id: UUID) -> int:
    """How many patients of the clinic a member owns."""
    return Patient.objects.filter(clinic=get_clinic_for(actor), owner_id=user_id).count()


@transaction.atomic
def set_owner(*, by: Actor, patient_id: UUID, owner_id: UUID | None) -> bool:
    """Set or remove a patient's owner; False if nothing changed.

    Raises Refused("not_a_candidate") for somebody who does not plan in this clinic, or no longer does.
    """
    check_may(by, May.EDIT_PATIENT)
    if owner_id is not None:
        hold_place(by, owner_id)
    patient = get_patient_for(by, patient_id, May.EDIT_PATIENT, lock=True)
    if patient.owner_id == owner_id:
        return False
    names = dict(candidates(by))
    if owner_id is not None and owner_id not in names:
        raise Refused(reason="not_a_candidate", where="owner")
    patient.owner_id = owner_id
    patient.save(update_fields=["owner"])
    if owner_id is None:
        _record(by, patient.pk, "patient.owner_cleared", {})
    else:
        _record(by, patient.pk, "patient.owner_set", {"who": names[owner_id]})
    return True


@transaction.atomic
def hand_over(*, by: Actor, from_id: UUID, to_id: UUID, only: Collection[UUID] | None = None) -> int:
    """Hand every patient of one member over to another, or `only` some of them; returns how many.

    Raises Refused("not_a_candidate") for somebody who does not plan in this clinic.
    """
    clinic = get_clinic_for(by, May.MANAGE)
    hold_place(by, to_id)
    names = dict(candidates(by, but=from_id))
    if to_id not in names:
        raise Refused(reason="not_a_candidate", where="to")
    rows = (
        Patient.objects.select_for_update(no_key=True).filter(clinic=clinic, owner_id=from_id).order_by("id")
    )
    if only is not None:
        rows = rows.filter(pk__in=only)
    keys = list(rows.values_list("pk", flat=True))
    Patient.objects.filter(pk__in=keys).update(owner_id=to_id)
    audit.record_all(
        audit.Event(
            by=by, act="patient.owner_set", subject_kind="patient", subject_id=key, patient_id=key,
            facts={"who": names[to_id]},
        )
        for key in keys
    )  # fmt: skip
    return len(keys)


def check_owns_none(actor: Actor, user_id: UUID) -> None:
    """Raise Refused("owns_patients") for a member whose patients must be handed over first.

    Call it in the transaction that ends the membership, which is locked against new patients.
    """
    hold_place(actor, user_id)
    number = owned(actor, user_id)
    if number:
        raise Refused(reason="owns_patients", where="role", number=number)


def hold_place(actor: Actor, user_id: UUID) -> None:
    """Lock a membership before any patient, so that nobody leaves while getting patients."""
    places = Membership.objects.select_for_update(no_key=True).filter(clinic=actor.home, user_id=user_id)
    list(places.values_list("pk", flat=True))


def begin(patient: Patient, by: Actor) -> None:
    """Make the issuer the owner of a patient without one, in the transaction of the issue; the row is locked."""
    if patient.owner_id is None and by.user_id is not None:
        patient.owner_id = by.user_id
        patient.save(update_fields=["owner"])
        _record(by, patient.pk, "patient.owner_set", {"who": by.name})


def _record(by: Actor, patient_id: UUID, act: str, facts: dict[str, str]) -> None:
    audit.record(
        by=by,
        act=act,
        subject_kind="patient",
        subject_id=patient_id,
        patient_id=patient_id,
        facts=dict(facts),
    )
