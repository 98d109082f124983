"""Invitations to a clinic for people who already have an account. Nothing changes for them until they accept.

The lead sees the address that was typed and that an invitation is open, but no name and no other clinic.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from plans.domain.errors import NotFound, Refused
from plans.models import Clinic, Invitation, Membership, User
from plans.services import account_messages, accounts, audit, clock, wall
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May, Role
from plans.services.wall import Door

GOOD_FOR: Final = timedelta(days=7)
MOST_A_DAY: Final = 20
"""The most invitations a clinic may send per day."""


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An open invitation. `clinic` is the clinic's name, for the invited person; `over`: its week has passed."""

    id: UUID
    email: str
    role: Role
    clinic: str
    until: datetime
    over: bool


def _row(row: Invitation) -> InvitationRow:
    over = row.expires_at <= clock.real_now()
    return InvitationRow(row.pk, row.email, Role(row.role), row.clinic.name, row.expires_at, over)


def of_clinic(actor: Actor) -> tuple[InvitationRow, ...]:
    """The open invitations of the actor's clinic, newest first."""
    clinic = get_clinic_for(actor, May.MANAGE)
    rows = Invitation.objects.filter(clinic=clinic, outcome="").select_related("clinic")
    return tuple(_row(row) for row in rows.order_by("-created_at", "-id")[:100])


def of_user(user_id: UUID) -> tuple[InvitationRow, ...]:
    """The invitations that a user may answer now."""
    email = User.objects.values_list("email", flat=True).get(pk=user_id)
    rows = Invitation.objects.filter(email__iexact=email, outcome="", expires_at__gt=clock.real_now())
    with wall.through(Door.INVITED, user_id):
        return tuple(_row(row) for row in rows.select_related("clinic").order_by("-created_at", "-id")[:20])


def invite(*, by: Actor, clinic: Clinic, user: User, email: str, role: Role) -> None:
    """Invite a user to the clinic, replacing an open invitation. For services with the clinic locked.

    Raises Refused("too_many_invitations").
    """
    real = clock.real_now()
    rows = Invitation.objects.filter(clinic=clinic)
    if rows.filter(created_at__gt=real - timedelta(days=1)).count() >= MOST_A_DAY:
        raise Refused(reason="too_many_invitations", where="email")
    rows.filter(email__iexact=email, outcome="").update(outcome="withdrawn", settled_at=real)
    row = Invitation.objects.create(
        clinic=clinic,
        email=email,
        role=role.value,
        created_at=real,
        created_by_id=by.member_id,
        expires_at=real + GOOD_FOR,
    )
    _record(by, "member.invited", row)
    account_messages.invited(user, row)


@transaction.atomic
def withdraw(*, by: Actor, invitation_id: UUID) -> bool:
    """Withdraw an invitation; False if it was answered meanwhile. Raises NotFound for another clinic's."""
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    row = Invitation.objects.filter(pk=invitation_id, clinic=clinic).first()
    if row is None:
        raise NotFound(what="invitation")
    if not _settle(row, "withdrawn"):
        return False
    _record(by, "member.withdrawn", row)
    return True


@transaction.atomic
def answer(*, user_id: UUID, invitation_id: UUID, accept: bool) -> bool:
    """Accept or decline one's own invitation; False if it is over. Raises NotFound for somebody else's."""
    wall.enter_through(Door.INVITED, user_id)
    user = User.objects.get(pk=user_id)
    row = Invitation.objects.filter(pk=invitation_id, email__iexact=user.email).first()
    if row is None:
        raise NotFound(what="invitation")
    # Lock the clinic first, as when memberships change.
    Clinic.objects.select_for_update(no_key=True).get(pk=row.clinic_id)
    if row.expires_at <= clock.real_now() or not _settle(row, "accepted" if accept else "declined"):
        return False
    by = Actor(kind="user", id=user.pk, name=user.name, clinic_id=row.clinic_id)
    if not accept:
        _record(by, "member.declined", row)
    elif not Membership.objects.filter(clinic_id=row.clinic_id, user=user).exists():
        accounts.create_member(
            clinic_id=row.clinic_id, email=user.email, name=user.name, role=Role(row.role), by=by
        )
    return True


def _settle(row: Invitation, outcome: str) -> bool:
    open_now = Invitation.objects.filter(pk=row.pk, outcome="")
    return open_now.update(outcome=outcome, settled_at=clock.real_now()) == 1


def _record(by: Actor, act: str, row: Invitation) -> None:
    audit.record(
        by=by,
        act=act,
        subject_kind="clinic",
        subject_id=row.clinic_id,
        clinic_id=row.clinic_id,
        facts={"who": row.email, "role": row.role},
    )
