"""Clinics, users, memberships and who is on call."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.db import transaction

from plans.domain.errors import Refused
from plans.models import Clinic, Membership, User
from plans.services import audit, clock
from plans.services.access import get_clinic_for
from plans.services.actors import SYSTEM, Actor, May, Role
from plans.services.from_row import from_row


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a clinic."""

    user_id: UUID
    name: str
    email: str
    role: Role


@dataclass(frozen=True, slots=True)
class ClinicCard:
    """A clinic as pages, messages and documents show it."""

    id: UUID
    name: str
    phone: str
    address: str
    pharmacist_phone: str
    zone: str
    country: str
    language: str
    paper: str
    hours: dict[str, list[str]]
    crisis_words: str
    out_of_hours_words: str
    primary_id: UUID | None
    primary_name: str
    second_id: UUID | None
    second_name: str
    lead_id: UUID | None
    holidays: tuple[str, ...]
    settings: dict[str, object]

    @property
    def can_issue(self) -> bool:
        """Whether plans may be issued: two different people must be on call."""
        return (
            self.primary_id is not None and self.second_id is not None and self.primary_id != self.second_id
        )


def card_of(clinic: Clinic) -> ClinicCard:
    """The card of a clinic's row; for services."""
    return from_row(
        ClinicCard,
        clinic,
        primary_name=clinic.primary.name if clinic.primary else "",
        second_name=clinic.second.name if clinic.second else "",
        holidays=tuple(clinic.holidays),
    )


def clinic_card(actor: Actor) -> ClinicCard:
    """The card of the actor's own clinic."""
    return card_of(get_clinic_for(actor))


@transaction.atomic
def create_clinic(
    *,
    name: str,
    phone: str,
    zone: str,
    country: str,
    hours: dict[str, list[str]],
    language: str = "en",
    paper: str = "a4",
    crisis_words: str = "",
    out_of_hours_words: str = "",
    by: Actor = SYSTEM,
) -> UUID:
    """Create a clinic, as the operator of the installation does. Raises ZoneInfoNotFoundError for an unknown zone."""
    ZoneInfo(zone)
    clinic = Clinic.objects.create(
        name=name,
        phone=phone,
        zone=zone,
        country=country,
        hours=hours,
        language=language,
        paper=paper,
        crisis_words=crisis_words,
        out_of_hours_words=out_of_hours_words,
        created_at=clock.now(),
    )
    audit.record(
        by=by, act="clinic.created", subject_kind="clinic", subject_id=clinic.pk, clinic_id=clinic.pk
    )
    return clinic.pk


@transaction.atomic
def create_member(
    *, clinic_id: UUID, email: str, name: str, role: Role, password: str | None = None, by: Actor = SYSTEM
) -> UUID:
    """Make somebody a member of a clinic, creating the user if needed. Returns the user's key.

    Without a password the user sets one through the reset message.
    """
    # Two clinics may add the same person at the same moment.
    user, _fresh = User.objects.get_or_create(
        email__iexact=email,
        defaults={
            "email": email,
            "name": name,
            "password": make_password(password),
            "created_at": clock.now(),
        },
    )
    Membership.objects.update_or_create(
        user=user,
        clinic_id=clinic_id,
        defaults={"role": role.value, "is_active": True},
        create_defaults={"role": role.value, "is_active": True, "created_at": clock.now()},
    )
    audit.record(
        by=by,
        act="member.added",
        subject_kind="user",
        subject_id=user.pk,
        clinic_id=clinic_id,
        facts={"role": role.value, "who": user.name},
    )
    return user.pk


def login_address(by: Actor) -> str:
    """The e-mail that the actor signs in with."""
    return User.objects.values_list("email", flat=True).get(pk=by.member_id)


def members(actor: Actor) -> tuple[Member, ...]:
    """The active members of the actor's clinic, by name."""
    rows = Membership.objects.filter(clinic_id=actor.home, is_active=True).select_related("user")
    return tuple(
        Member(m.user_id, m.user.name, m.user.email, Role(m.role)) for m in rows.order_by("user__name", "id")
    )


def _on_call_clinician(clinic: Clinic, user_id: UUID | None, where: str) -> None:
    if user_id is None:
        return
    may_review = (Role.LEAD.value, Role.CLINICIAN.value)
    if not Membership.objects.filter(
        clinic=clinic, user_id=user_id, is_active=True, user__is_active=True, role__in=may_review
    ).exists():
        raise Refused(reason="not_a_clinician", where=where)


@transaction.atomic
def set_on_call(
    *, by: Actor, primary_id: UUID | None, second_id: UUID | None, lead_id: UUID | None = None
) -> None:
    """Set who is alerted first and second, and who leads. Primary and second must be two different clinicians.

    Raises Refused("same_person") or Refused("not_a_clinician").
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    if primary_id is not None and primary_id == second_id:
        raise Refused(reason="same_person", where="second")
    for user_id, where in ((primary_id, "primary"), (second_id, "second"), (lead_id, "lead")):
        _on_call_clinician(clinic, user_id, where)
    clinic.primary_id, clinic.second_id = primary_id, second_id
    clinic.lead_id = lead_id or clinic.lead_id
    clinic.save(update_fields=["primary", "second", "lead"])
    audit.record(
        by=by,
        act="clinic.on_call_set",
        subject_kind="clinic",
        subject_id=clinic.pk,
        facts={"primary": str(primary_id), "second": str(second_id)},
    )
