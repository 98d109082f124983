"""Clinics, users and memberships."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
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
from plans.services.rota import UNWATCHED


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
    lead_id: UUID | None
    holidays: tuple[str, ...]
    settings: dict[str, object]

    @property
    def unwatched(self) -> bool:
        """Whether nobody watches the clinic outside its opening hours."""
        return self.settings.get(UNWATCHED) is True


def card_of(clinic: Clinic) -> ClinicCard:
    """The card of a clinic's row; for services."""
    return from_row(ClinicCard, clinic, holidays=tuple(clinic.holidays))


def clinic_card(actor: Actor) -> ClinicCard:
    """The card of the actor's own clinic."""
    return card_of(get_clinic_for(actor, May.MEMBER))


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
    second_factor_from: date | None = None,
    by: Actor = SYSTEM,
) -> UUID:
    """Create a clinic, as the operator of the installation does. A second step at sign-in is required from the given
    day on, else at once. Raises ZoneInfoNotFoundError for an unknown zone."""
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
        second_factor_from=second_factor_from,
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
        defaults={"role": role.value, "is_active": True, "ends_on": None},
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


def appoint_operator(*, clinic: str, email: str, name: str) -> UUID:
    """Make an operator of the installation, who belongs to a clinic by its name and sees no patient.

    Raises Refused("no_clinic") and, for an address that somebody signs in with already, Refused("has_account").
    """
    clinic_id = Clinic.objects.filter(name=clinic).order_by("id").values_list("pk", flat=True).first()
    if clinic_id is None:
        raise Refused(reason="no_clinic", where="clinic")
    if User.objects.filter(email__iexact=email).exists():
        raise Refused(reason="has_account", where="email")
    return create_member(clinic_id=clinic_id, email=email, name=name, role=Role.OPERATOR)


def login_address(by: Actor) -> str:
    """The e-mail that the actor signs in with."""
    return User.objects.values_list("email", flat=True).get(pk=by.member_id)


def members(actor: Actor) -> tuple[Member, ...]:
    """The active members of the actor's clinic, by name."""
    rows = Membership.objects.filter(clinic_id=actor.home, is_active=True).select_related("user")
    return tuple(
        Member(m.user_id, m.user.name, m.user.email, Role(m.role)) for m in rows.order_by("user__name", "id")
    )
